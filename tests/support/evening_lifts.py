"""The lifts of a kill evening: scripted cars that shut people in, and the scene that crews act on.

Each lift is a device that follows the contract. A plan says when somebody is shut in somewhere and
how that is to end: a crew opens the car, the doors open by themselves, nobody was inside at all
(a sensor lies), or no crew can open the car this evening. What really happened is in `troubles`.
"""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from liftward_kit.clock import monotonic_s, utc_now
from liftward_simulator.faults.causes import Cause
from liftward_simulator.world import SceneReport, SceneState
from liftward_wire.codec import encode
from liftward_wire.messages import Event, EventKind, Sample
from liftward_wire.topics import Topic, TopicKind
from support.brokers import RunningBroker
from support.contract_device import ContractDevice, Publication, RepeatRule
from support.evening_oracle import End, Trouble
from support.kill_traffic import BOOT_ID, EVENT, MOVING, OPEN, SHUT_IN, TELEMETRY

_STEP_S = 0.1
_MOVING_PERIOD_S, _SHUT_PERIOD_S = 2.0, 0.5
_OPEN_S = 4.0
# A crew winds the car to a landing; a crew that found nobody switches the lift off and on.
_WINDING_S, _RESET_S = 1.5, 1.0
# So long the same lift leaves people alone: a rescue is confirmed and closed before the next one.
_REST_S = 30.0
_NO_BUTTON: dict[str, Any] = {"alarm_button": "released"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Somebody will be shut in; `opens_after_s`: the doors open by themselves after so long."""

    at_s: float
    end: End
    persons_count: int
    presses: bool
    opens_after_s: float | None = None


def plan_evening(rng: Random, entrapments: int, *, every_s: float) -> list[Planned]:
    """Return what is in store: mostly rescues, at random moments, each end at least once.

    Of a hundred, about 62 are freed by crews, 20 free themselves, 13 are false, 5 stay shut.
    """
    ends = [End.STILL_OPEN, End.FALSE, End.SELF_FREED]
    weights = {End.FREED: 62, End.SELF_FREED: 20, End.FALSE: 13, End.STILL_OPEN: 5}
    ends += rng.choices(list(weights), list(weights.values()), k=max(0, entrapments - len(ends)))
    rng.shuffle(ends)
    return [
        Planned(
            at_s=(number + rng.random()) * every_s,
            end=end,
            persons_count=0 if end is End.FALSE else rng.choice((1, 1, 1, 2, 3, 5)),
            presses=rng.random() < 0.75,
            opens_after_s=rng.uniform(25.0, 45.0) if end is End.SELF_FREED else None,
        )
        for number, end in enumerate(ends[:entrapments])
    ]


@dataclass(slots=True)
class _Car:
    """One lift: what it does, and the last trouble in it."""

    device: ContractDevice
    phase: str = "moving"
    phase_s: float = -_REST_S
    said_s: float = 0.0
    presses: bool = False
    trouble: Trouble | None = None
    opens_at_s: float | None = None
    sequences: dict[str, int] = field(default_factory=lambda: {TELEMETRY: 0, EVENT: 0})


class EveningLifts:
    """All lifts, in the event loop of `run`; crews in the same loop call `report` and `release`."""

    def __init__(
        self,
        broker: RunningBroker,
        rule: RepeatRule,
        rng: Random,
        lift_ids: Sequence[str],
        plan: Sequence[Planned],
    ) -> None:
        self._rng = rng
        self._cars = {
            lift_id: _Car(ContractDevice(broker, rule, Random(rng.random())))
            for lift_id in lift_ids
        }
        self._plan = sorted(plan, key=lambda planned: planned.at_s)
        self._past: list[Trouble] = []
        self._ended = threading.Event()

    @property
    def all_begun(self) -> bool:
        """Whether everybody who is to be shut in this evening was."""
        return not self._plan

    @property
    def people_wait(self) -> int:
        """How many cars are shut that a crew, or time, will open."""
        shut = [car.trouble for car in self._cars.values() if car.phase == "shut_in"]
        return sum(one is not None and one.end is not End.STILL_OPEN for one in shut)

    @property
    def connections_lost(self) -> int:
        return sum(car.device.losses_count for car in self._cars.values())

    def troubles(self) -> list[Trouble]:
        """Return what happened, and what still goes on."""
        going = [car.trouble for car in self._cars.values() if car.trouble is not None]
        return sorted((*self._past, *going), key=lambda trouble: trouble.from_at)

    def report(self, lift_id: str, *, since: datetime) -> SceneReport:
        """Tell a crew what it finds; one that finds nobody sets the lift right."""
        car = self._cars[lift_id]
        last = car.trouble
        if last is None or (last.to_at is not None and last.to_at < since):
            return SceneReport(state=SceneState.NOTHING)
        if last.end is End.FALSE:
            if car.phase == "shut_in" and car.opens_at_s is None:
                car.opens_at_s = monotonic_s() + _RESET_S
            return SceneReport(state=SceneState.NOTHING)
        state = SceneState.TRAPPED if last.to_at is None else SceneState(last.end)
        return SceneReport(state=state, persons=last.persons_count, cause=Cause.DOOR_LOCK_CONTACT)

    def release(self, lift_id: str) -> bool:
        """Let a crew open a car; False when it cannot be opened, or nobody is inside."""
        car = self._cars[lift_id]
        if car.trouble is None or car.phase != "shut_in":
            return False
        if car.trouble.end not in {End.FREED, End.SELF_FREED}:
            return False
        car.trouble = replace(car.trouble, end=End.FREED)
        car.opens_at_s = monotonic_s() + _WINDING_S
        return True

    def end(self) -> None:
        """End `run`."""
        self._ended.set()

    async def run(self) -> None:
        """Let the lifts live until `end`."""
        tasks = [asyncio.create_task(car.device.run()) for car in self._cars.values()]
        started_s = monotonic_s()
        try:
            while not self._ended.is_set():
                for task in tasks:
                    if task.done():
                        task.result()
                self._step(monotonic_s() - started_s, monotonic_s(), utc_now())
                await asyncio.sleep(_STEP_S)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    def _step(self, at_s: float, now_s: float, now: datetime) -> None:
        while self._plan and self._plan[0].at_s <= at_s:
            free = [one for one, car in self._cars.items() if _rests(car, now_s)]
            if not free:
                break  # a small city: the next one waits for a lift
            self._shut_in(self._rng.choice(free), self._plan.pop(0), now_s, now)
        for lift_id, car in self._cars.items():
            if car.phase == "shut_in" and car.opens_at_s is not None and now_s >= car.opens_at_s:
                self._open(lift_id, car, now_s, now)
            elif car.phase == "open" and now_s - car.phase_s >= _OPEN_S:
                self._begin_phase(lift_id, car, "moving", now_s, now)
            period_s = _MOVING_PERIOD_S if car.phase == "moving" else _SHUT_PERIOD_S
            if now_s - car.said_s >= period_s:
                self._sample(lift_id, car, now_s, now)

    def _shut_in(self, lift_id: str, planned: Planned, now_s: float, now: datetime) -> None:
        car = self._cars[lift_id]
        if car.trouble is not None:
            self._past.append(car.trouble)
        car.trouble = Trouble(
            lift_id=lift_id,
            from_at=now,
            to_at=None,
            persons_count=planned.persons_count,
            end=planned.end,
        )
        after_s = planned.opens_after_s
        car.opens_at_s = None if after_s is None else now_s + after_s
        car.presses = planned.presses
        if car.presses:
            self._event(lift_id, car, now, EventKind.ALARM_PRESSED)
        self._begin_phase(lift_id, car, "shut_in", now_s, now)

    def _open(self, lift_id: str, car: _Car, now_s: float, now: datetime) -> None:
        assert car.trouble is not None
        car.trouble = replace(car.trouble, to_at=now)
        car.opens_at_s = None
        if car.presses:
            self._event(lift_id, car, now, EventKind.ALARM_RELEASED)
        self._begin_phase(lift_id, car, "open", now_s, now)

    def _begin_phase(
        self, lift_id: str, car: _Car, phase: str, now_s: float, now: datetime
    ) -> None:
        car.phase, car.phase_s = phase, now_s
        self._sample(lift_id, car, now_s, now)

    def _sample(self, lift_id: str, car: _Car, now_s: float, now: datetime) -> None:
        car.said_s = now_s
        signals = {"moving": MOVING, "shut_in": SHUT_IN, "open": OPEN}[car.phase]
        if car.phase == "shut_in" and not car.presses:
            signals = signals | _NO_BUTTON
        sequence = _take(car, TELEMETRY)
        sample = Sample(observed_at=now, boot_id=BOOT_ID, sequence=sequence, **signals)
        self._send(lift_id, car, TopicKind.TELEMETRY, sample, (lift_id, TELEMETRY, sequence))

    def _event(self, lift_id: str, car: _Car, now: datetime, kind: EventKind) -> None:
        sequence = _take(car, EVENT)
        event = Event(observed_at=now, boot_id=BOOT_ID, sequence=sequence, kind=kind)
        self._send(lift_id, car, TopicKind.EVENT, event, (lift_id, EVENT, sequence))

    def _send(
        self,
        lift_id: str,
        car: _Car,
        kind: TopicKind,
        message: Sample | Event,
        key: tuple[str, str, int],
    ) -> None:
        car.device.send(Publication(str(Topic(lift_id, kind)), encode(message), (key,)))


def _rests(car: _Car, now_s: float) -> bool:
    return car.phase == "moving" and now_s - car.phase_s >= _REST_S


def _take(car: _Car, stream: str) -> int:
    sequence = car.sequences[stream]
    car.sequences[stream] += 1
    return sequence
