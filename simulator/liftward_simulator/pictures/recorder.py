"""Plays a scenario twice: once to find what a picture is about, once to record it.

The same seed gives the same run, so what was found is found again. Must not know how a picture is
drawn.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO

import msgspec
import numpy as np

from liftward_kit.subcommand import CallError
from liftward_simulator.commands.preparation import Preparation
from liftward_simulator.devices.links import Arrival
from liftward_simulator.devices.readings import STATE_NAMES, look
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.truth import TruthWriter
from liftward_simulator.outputs.truth_keeping import TruthKeeper
from liftward_simulator.pictures.focus import Focus, Line, candidates, subject, words
from liftward_simulator.pictures.recording import (
    CityCourse,
    Mark,
    Recording,
    Span,
    ToldCourse,
    TrueCourse,
)
from liftward_simulator.stage import TICK_S, Stage
from liftward_wire.codec import decode
from liftward_wire.messages import Batch, Event, EventKind, Sample, Status
from liftward_wire.states import Occupancy
from liftward_wire.topics import Topic

SPEAK_BEFORE_S = 30.0  # births and the first samples of all are over by then
_SECONDS_PER_HOUR = 3_600.0

Tell = Callable[[str], None]


@dataclass(slots=True)
class _Told:
    """What arrived about one lift; seconds of the world's clock."""

    samples: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def add(self, observed_s: float, received_s: float, values: Mapping[str, object]) -> None:
        occupancy = values.get("occupancy")
        known = occupancy in (Occupancy.OCCUPIED, Occupancy.EMPTY)
        self.samples.append(
            (
                observed_s,
                received_s,
                _number(values.get("position_m")),
                _number(values.get("load_kg")),
                float(occupancy == Occupancy.OCCUPIED) if known else np.nan,
            )
        )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else np.nan


def record(preparation: Preparation, focus: Focus, tell: Tell) -> Recording:
    """Return the recording of what `focus` asks for.

    Raises
    ------
    CallError
        When nothing of the kind happens in the scenario.
    """
    tell(f"looking for: {focus.kind} {focus.word or ''}".strip())
    stage, truth = _stage(preparation, speaks=focus.is_of_devices)
    trips_before = stage.world.cars.trips_count.copy()
    for _ in _ticks(stage, preparation, focus.hours * _SECONDS_PER_HOUR):
        pass
    found = candidates(focus, _lines(truth), preparation.starts_at)
    if not found:
        raise CallError(
            f"in {focus.hours} h of {preparation.name} with {stage.world.table.count} lifts there"
            f" was no {focus.kind} {focus.word or ''}; try another --seed"
        )
    trips = stage.world.cars.trips_count - trips_before
    line = max(found[:50], key=lambda one: int(trips[_lift_of(one, preparation, stage)]))
    begins_s = (line["from"] - preparation.starts_at).total_seconds() - focus.before_s
    lift = _lift_of(line, preparation, stage)
    tell(f"recording: {words(line)} at {stage.world.table.lift_ids[lift]}")
    return _Recorder(preparation, lift, max(begins_s, 0.0), speaks=focus.is_of_devices).run(
        focus.before_s + focus.after_s, f"{preparation.scenario.title}: {words(line)}"
    )


def _stage(preparation: Preparation, *, speaks: bool) -> tuple[Stage, BytesIO]:
    stage = preparation.stage(now=preparation.starts_at, speaks=speaks, journal=Journal(None))
    truth = BytesIO()
    stage.truth = TruthKeeper(writer=TruthWriter(truth), lift_ids=stage.world.table.lift_ids)
    return stage, truth


def _ticks(stage: Stage, preparation: Preparation, until_s: float) -> Iterator[list[Arrival]]:
    started_at = preparation.starts_at
    yield stage.open(started_at)
    for number in range(1, round(until_s / TICK_S) + 1):
        yield stage.tick(started_at + timedelta(seconds=number * TICK_S))


def _lines(truth: BytesIO) -> list[Line]:
    lines = [msgspec.json.decode(line) for line in truth.getvalue().splitlines()]
    for line in lines:
        for name in ("from", "to"):
            if line.get(name) is not None:
                line[name] = datetime.fromisoformat(line[name])
    return lines


def _lift_of(line: Line, preparation: Preparation, stage: Stage) -> int:
    """Return the lift of a line; of a building edge, the first one it serves."""
    name, lift_ids = subject(line), stage.world.table.lift_ids
    if name in lift_ids:
        return lift_ids.index(name)
    served = {device.device_id: device.lift_ids for device in preparation.town.devices}
    return lift_ids.index(served[name][0])


class _Recorder:
    """Plays once more and keeps what the picture needs.

    Devices that are not what the picture is about need not speak long before it begins: they
    change nothing in the world, and cost most of the time.
    """

    def __init__(
        self, preparation: Preparation, lift: int, begins_s: float, *, speaks: bool
    ) -> None:
        self._preparation, self._lift, self._begins_s = preparation, lift, begins_s
        self._stage, self._truth = _stage(preparation, speaks=speaks)
        self._lift_id = self._stage.world.table.lift_ids[lift]
        self._own_devices = {self._lift_id} | {
            device.device_id
            for device in preparation.town.devices
            if self._lift_id in device.lift_ids
        }
        self._told = _Told()
        self._true: list[tuple[float, ...]] = []
        self._city: list[tuple[float, int, int]] = []

    def run(self, lasting_s: float, title: str) -> Recording:
        """Play to the end of the window and return it."""
        for arrived in _ticks(self._stage, self._preparation, self._begins_s + lasting_s):
            left_s = self._begins_s - self._stage.world.clock_s
            if left_s > SPEAK_BEFORE_S:
                continue
            arrivals = self._begin_to_speak() if self._stage.devices is None else arrived
            if left_s <= 0:
                self._keep(arrivals)
        return self._recording(title, lasting_s)

    def _keep(self, arrivals: list[Arrival]) -> None:
        self._see(len(arrivals))
        for arrival in arrivals:
            if arrival.publication.device_id in self._own_devices:
                self._hear(arrival)

    def _begin_to_speak(self) -> list[Arrival]:
        stage = self._stage
        stage.devices, stage.links = self._preparation.devices(stage.world.table, stage.now)
        return stage.open(stage.now)

    def _see(self, messages_count: int) -> None:
        world, lift = self._stage.world, self._lift
        seen = look(world.cars, world.table)
        states = dict(zip(STATE_NAMES, seen.states[:, lift].tolist(), strict=True))
        at_s = world.clock_s - self._begins_s
        self._true.append(
            (
                at_s,
                float(world.cars.position_m[lift]),
                states["car_door"],
                float(seen.load_kg[lift]),
                states["service_mode"],
                states["power_source"],
            )
        )
        trapped = sum(one.persons for one in world.entrapments.active.values())
        self._city.append((at_s, trapped, messages_count))

    def _hear(self, arrival: Arrival) -> None:
        publication = arrival.publication
        message = decode(Topic(publication.device_id, publication.kind), publication.payload)
        received_s = arrival.arrived_s - self._begins_s
        match message:
            case Sample():
                values = {name: getattr(message, name) for name in _DRAWN}
                self._told.add(self._second(message.observed_at), received_s, values)
            case Batch():
                self._hear_batch(message, received_s)
            case Event() if publication.device_id == self._lift_id and message.kind in _MARKED:
                text = f"{message.kind.value} {message.code or message.service_mode or ''}".strip()
                self._told.marks.append(Mark(received_s, text.replace("_", " ")))
            case Status():
                text = f"{publication.device_id} {message.presence.value}"
                self._told.marks.append(Mark(received_s, text))
            case _:
                return

    def _hear_batch(self, batch: Batch, received_s: float) -> None:
        ids, index = batch.lift_ids or [], batch.lift_index or []
        for row, offset_ms in enumerate(batch.offset_ms):
            if ids and ids[index[row]] != self._lift_id:
                continue
            observed_s = self._second(batch.started_at) + offset_ms / 1_000
            values = {name: column[row] for name, column in batch.columns.items()}
            self._told.add(observed_s, received_s, values)

    def _second(self, moment: datetime) -> float:
        return (moment - self._preparation.starts_at).total_seconds() - self._begins_s

    def _recording(self, title: str, lasting_s: float) -> Recording:
        table, lift = self._stage.world.table, self._lift
        true = np.array(self._true)
        told = np.array(self._told.samples or [(np.nan,) * 5])
        city = np.array(self._city)
        spans = self._spans(lasting_s)
        return Recording(
            title=f"{title} ({self._lift_id}, seed {self._preparation.seed})",
            lift_id=self._lift_id,
            landings_m=np.arange(table.floors_count[lift]) * table.pitch_m[lift],
            true=TrueCourse(
                at_s=true[:, 0],
                position_m=true[:, 1],
                door_codes=true[:, 2].astype(np.int64),
                load_kg=true[:, 3],
                mode_codes=true[:, 4].astype(np.int64),
                power_codes=true[:, 5].astype(np.int64),
            ),
            told=ToldCourse(
                observed_s=told[:, 0],
                received_s=told[:, 1],
                position_m=told[:, 2],
                load_kg=told[:, 3],
                occupied=told[:, 4],
            ),
            city=CityCourse(
                at_s=city[:, 0],
                trapped_persons_count=city[:, 1].astype(np.int64),
                messages_per_s=_per_second(city[:, 2]),
            ),
            entrapments=tuple(span for kind, span in spans if kind == "entrapment"),
            spans=tuple(span for kind, span in spans if kind != "entrapment"),
            marks=tuple(self._told.marks),
        )

    def _spans(self, lasting_s: float) -> list[tuple[str, Span]]:
        """Return what was really going on at the lift and its devices, in order of begin."""
        lasting: dict[tuple[str, str, datetime], Line] = {}
        for line in _lines(self._truth):
            if line.get("record") in ("begin", "end") and subject(line) in self._own_devices:
                lasting[subject(line), words(line), line["from"]] = line
        spans = []
        for line in lasting.values():
            to_s = lasting_s if line["to"] is None else self._second(line["to"])
            if to_s > 0:
                from_s = max(self._second(line["from"]), 0.0)
                spans.append((line["kind"], Span(from_s, min(to_s, lasting_s), words(line))))
        return spans


# That a button is let go again tells nothing: its presses are marks enough.
_MARKED = frozenset(EventKind) - {EventKind.ALARM_RELEASED}
_DRAWN = ("position_m", "load_kg", "occupancy")


def _per_second(counts: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return messages a second over the last second, from messages a tick."""
    ticks_count = round(1 / TICK_S)
    padded = np.concatenate([np.zeros(ticks_count - 1), np.asarray(counts)])
    return np.convolve(padded, np.ones(ticks_count), mode="valid")
