"""A detector over a trace: what came in a second of arrival, then a tick, as a worker does it.

Holds one second of messages at a time. Must not know files.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from liftward_detection.fleet import NEVER_DUE_US
from liftward_detection.kinds import Transition
from liftward_detection.transitions import Transitions
from liftward_gateway.admit import Received
from liftward_runtime.detect.contestants import Contestant
from liftward_runtime.detect.scoring import moment
from liftward_runtime.detect.trace_file import UnreadableLine
from liftward_runtime.detect.trace_intake import TraceIntake

_US = 1_000_000
MESSAGES_AT_ONCE_MAX = 100_000  # a second of the largest city; more is taken in parts


@dataclass(slots=True)
class TraceRun:
    """Mutable: one detector, and where in the trace it is."""

    detector: Contestant
    intake: TraceIntake = field(default_factory=TraceIntake)
    messages_count: int = 0
    first_us: int | None = None
    last_us: int = 0
    _second_end_us: int | None = None
    _waiting: list[Received] = field(default_factory=list)

    def detect(self, messages: Iterable[Received | UnreadableLine]) -> Iterator[Transitions]:
        """Yield what the detector concludes, in the order of deciding."""
        for message in messages:
            if isinstance(message, UnreadableLine):
                self.intake.refuse("unreadable_line", f"line {message.number}: {message.why}")
                continue
            yield from self._make_way(message.received_at_us)
            self.messages_count += 1
            self._waiting.append(message)
        if self._second_end_us is not None:
            yield from self._take(self._second_end_us)

    def _make_way(self, received_us: int) -> Iterator[Transitions]:
        """Let the time before a message's second pass; what is dated back stays in this second."""
        end_us = (received_us // _US + 1) * _US
        if self._second_end_us is None:
            self.first_us, self._second_end_us = received_us, end_us
        self.last_us = max(self.last_us, received_us)
        if end_us > self._second_end_us:
            yield from self._take(self._second_end_us)
            yield from self._pass_time(end_us - _US)
            self._second_end_us = end_us
        elif len(self._waiting) >= MESSAGES_AT_ONCE_MAX:
            yield from self._take(self._second_end_us - _US)

    def _pass_time(self, until_us: int) -> Iterator[Transitions]:
        """Tick at each second in which a timer is due and nothing arrived."""
        while (due_us := self.detector.next_due_us()) != NEVER_DUE_US:
            assert self._second_end_us is not None, "time passes after a first message"
            tick_us = max(-(-due_us // _US) * _US, self._second_end_us + _US)
            if tick_us > until_us:
                return
            self._second_end_us = tick_us
            yield from self._take(tick_us)

    def _take(self, now_us: int) -> Iterator[Transitions]:
        messages, self._waiting = self._waiting, []
        samples, events = self.intake.take(messages)
        self.detector.grow(len(self.intake.lift_ids))
        yield from self.detector.take(samples, events, now_us)


def verdict_lines(transitions: Transitions, lift_ids: list[str]) -> Iterator[Mapping[str, Any]]:
    """Yield a line of the verdict file for each transition.

    An episode is what its lines with the same lift, kind and `from` say together; `to` is null
    until it ends. `at` is the instant of the transition on the device's clock, `decided_at` when
    the platform knew.
    """
    for row in transitions.rows():
        has_ended = row["transition"] == Transition.ENDED
        yield {
            "lift": lift_ids[row["lift_index"]],
            "kind": row["kind"],
            "transition": row["transition"],
            "level": row["level"],
            "from": moment(row["onset_at_us"]),
            "to": moment(row["detected_at_us"]) if has_ended else None,
            "at": moment(row["detected_at_us"]),
            "decided_at": moment(row["received_at_us"]),
            "reason": row["reason"],
            "evidence": row["evidence"],
        }
