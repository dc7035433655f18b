"""A truth file beside a trace: what was found of it, by the rules of `matching`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from liftward_gateway.admit import Received
from liftward_kit.subcommand import CallError
from liftward_runtime.detect.figures import figures_of
from liftward_runtime.detect.matching import EpisodeLog, TrueEntrapment, match
from liftward_runtime.detect.trace_file import UnreadableLine
from liftward_runtime.detect.trace_run import TraceRun
from liftward_simulator.outputs.truth import Episode, TruthError, read_truth
from liftward_wire.columns import microseconds
from liftward_wire.topics import TopicError, parse_topic

_SECONDS_PER_DAY = 86_400.0


@dataclass(slots=True)
class TraceTruth:
    """Mutable: notes, as the trace goes by, since when each entrapment could be heard of."""

    episodes: list[Episode]
    log: EpisodeLog = field(default_factory=EpisodeLog)
    _spoken_us: dict[str, list[int]] = field(default_factory=dict)  # by device, first in a second

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a truth file.

        Raises
        ------
        CallError
            When it is none.
        """
        try:
            return cls(read_truth(path))
        except (OSError, TruthError) as error:
            raise CallError(f"--truth {path}: {error}") from None

    def hearing(
        self, messages: Iterable[Received | UnreadableLine]
    ) -> Iterator[Received | UnreadableLine]:
        """Pass messages on, and note when lifts that trap people are heard."""
        wanted = {episode.lift_id for episode in self.episodes}
        for message in messages:
            if isinstance(message, Received):
                self._note(message, wanted)
            yield message

    def _note(self, message: Received, wanted: set[str]) -> None:
        try:
            topic = parse_topic(message.topic)
        except TopicError:
            return  # the gateway's admission says so, with its reason
        if topic.device_id in wanted:
            self._spoken_us.setdefault(topic.device_id, []).append(message.received_at_us)

    def figures(self, detection: TraceRun) -> dict[str, Any]:
        """Return the figures of a run that is over."""
        index = {lift_id: place for place, lift_id in enumerate(detection.intake.lift_ids)}
        unseen = len(index)  # lifts that never spoke: behind all that did
        truth = [
            TrueEntrapment(
                lift=index.setdefault(episode.lift_id, len(index)),
                begin_us=microseconds(episode.from_at),
                end_us=None if episode.to_at is None else microseconds(episode.to_at),
                persons=episode.persons,
                cause=episode.cause,
                first_heard_us=self._first_heard_us(episode),
            )
            for episode in self.episodes
        ]
        matched = match(truth, self.log.episodes, end_us=detection.last_us)
        played_s = (detection.last_us - (detection.first_us or 0)) / 1e6
        lift_days = unseen * played_s / _SECONDS_PER_DAY
        return figures_of(matched.cases, len(matched.false_probable), lift_days)

    def _first_heard_us(self, episode: Episode) -> int | None:
        begin_us = microseconds(episode.from_at)
        until_us = None if episode.to_at is None else microseconds(episode.to_at)
        later = (at_us for at_us in self._spoken_us.get(episode.lift_id, ()) if at_us >= begin_us)
        first_us = min(later, default=None)
        if first_us is None or (until_us is not None and first_us > until_us):
            return None
        return first_us
