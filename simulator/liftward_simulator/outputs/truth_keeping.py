"""From what the world and the devices tell as true to the lines of the truth file.

Remembers only what has begun and not ended, and the counters at the last full hour. Must not know
how anything comes about.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.crews import offline
from liftward_simulator.devices import spans
from liftward_simulator.faults import happenings
from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.happenings import Edge
from liftward_simulator.faults.traps import Entrapment
from liftward_simulator.outputs.truth import TruthSink, utc
from liftward_simulator.outputs.truth_records import (
    ActivityRecord,
    CityEventRecord,
    ClockErrorRecord,
    EntrapmentRecord,
    FaultRecord,
    LinkOutageRecord,
    LookAlikeRecord,
    ModeRecord,
    PowerCutRecord,
    RebootRecord,
    RecordKind,
    Rescue,
    SensorDefectRecord,
    TruthRecord,
    WearRecord,
)
from liftward_simulator.physics.cars import Cars
from liftward_wire.states import ServiceMode

ACTIVITY_PERIOD_S = 3_600.0
_DEVICE_RECORDS: dict[
    spans.TrueKind,
    type[SensorDefectRecord | LinkOutageRecord | ClockErrorRecord | RebootRecord],
] = {
    spans.TrueKind.SENSOR_DEFECT: SensorDefectRecord,
    spans.TrueKind.LINK_OUTAGE: LinkOutageRecord,
    spans.TrueKind.CLOCK_ERROR: ClockErrorRecord,
    spans.TrueKind.REBOOT: RebootRecord,
}
_WEAR_WORDS = {Edge.BEGAN: "begin", Edge.CHANGED: "half", Edge.ENDED: "end"}

Moment = Callable[[float], datetime]  # of a time of the world's clock
_Key = tuple[str, int | None, str]  # kind, lift, name


@dataclass(frozen=True, slots=True)
class _Open:
    """A thing that goes on: since when, and what its end must repeat."""

    since: datetime
    persons: int
    trapped: bool = False


@dataclass(slots=True, kw_only=True)
class TruthKeeper:
    """Mutable: what goes on. Writes one line for each thing it is told."""

    writer: TruthSink
    lift_ids: tuple[str, ...]
    counters_s: float = 0.0  # the world's time of the counters
    counters: NDArray[np.float64] | None = None  # None: counting begins with the first look
    _open: dict[_Key, _Open] = field(default_factory=dict)
    _modes: dict[int, str] = field(default_factory=dict)  # by lift, only what is not normal
    _untold: bool = False

    def entrapment(self, record: EntrapmentRecord, lift: int) -> None:
        """Write the begin or the end of an entrapment."""
        self._append(record)
        if record.to_at is None:
            key: _Key = (happenings.TrueKind.FAULT, lift, record.cause)
            if (fault := self._open.get(key)) is not None:
                self._open[key] = _Open(fault.since, fault.persons, trapped=True)

    def world(self, events: Iterable[happenings.TrueEvent], moment: Moment) -> None:
        """Write what the world tells as true; `at_s` of an event becomes a time by `moment`."""
        for event in events:
            at = utc(moment(event.at_s))
            if event.kind is happenings.TrueKind.MODE:
                self._mode(event, at)
            elif event.kind is happenings.TrueKind.WEAR:
                self._wear(event, at, moment)
            else:
                self._lasting(event, at)

    def devices(self, events: Iterable[spans.TrueEvent], moment: Moment) -> None:
        """Write what was really wrong with devices and links."""
        for event in events:
            self._append(
                _DEVICE_RECORDS[event.kind](
                    record=event.record,
                    device_id=event.device_id,
                    detail=event.detail,
                    from_at=utc(moment(event.from_s)),
                    to_at=None if event.to_s is None else utc(moment(event.to_s)),
                )
            )

    def activity(self, cars: Cars, clock_s: float, moment: Moment) -> None:
        """Write, when an hour is full, what each lift did in it."""
        if self.counters is None:
            self.counters, self.counters_s = _counters(cars), clock_s
        if clock_s >= self.counters_s + ACTIVITY_PERIOD_S:
            self.close_hour(cars, clock_s, moment)

    def close_hour(self, cars: Cars, clock_s: float, moment: Moment) -> None:
        """Write what each lift did since the last full hour."""
        if self.counters is None or clock_s <= self.counters_s:
            return
        counters = _counters(cars)
        done = counters - self.counters
        from_at, to_at = utc(moment(self.counters_s)), utc(moment(clock_s))
        for lift in np.flatnonzero(done.any(axis=0)).tolist():
            trips, door_cycles, run_time_s, persons = done[:, lift].tolist()
            self._append(
                ActivityRecord(
                    lift_id=self.lift_ids[lift],
                    from_at=from_at,
                    to_at=to_at,
                    trips=int(trips),
                    door_cycles=int(door_cycles),
                    run_time_s=round(run_time_s, 1),
                    persons_carried=int(persons),
                )
            )
        self.counters, self.counters_s = counters, clock_s

    def flush(self) -> None:
        """Put what was written on its way to the disk."""
        if self._untold:
            self._untold = False
            self.writer.flush()

    def _append(self, record: TruthRecord) -> None:
        self._untold = True
        self.writer.append(record)

    def _lasting(self, event: happenings.TrueEvent, at: datetime) -> None:
        """Write the begin or the end of what lasts; an end whose begin nobody told is no news."""
        key = (event.kind, event.lift, event.name)
        if event.edge is Edge.BEGAN:
            self._open[key] = _Open(at, event.persons)
            self._append(self._record(event, "begin", self._open[key], None))
        elif event.edge is Edge.ENDED and (began := self._open.pop(key, None)) is not None:
            self._append(self._record(event, "end", began, at))

    def _record(
        self, event: happenings.TrueEvent, record: RecordKind, began: _Open, to_at: datetime | None
    ) -> TruthRecord:
        since = began.since
        if event.lift is None:
            return CityEventRecord(
                record=record,
                event=event.name,
                from_at=since,
                to_at=to_at,
                lifts_count=event.lifts_count,
            )
        lift_id = self.lift_ids[event.lift]
        if event.kind is happenings.TrueKind.POWER_CUT:
            return PowerCutRecord(record=record, lift_id=lift_id, from_at=since, to_at=to_at)
        if event.kind is happenings.TrueKind.LOOK_ALIKE:
            return LookAlikeRecord(
                record=record, lift_id=lift_id, from_at=since, to_at=to_at, look_alike=event.name
            )
        facts = CAUSES[Cause(event.name)]
        return FaultRecord(
            record=record,
            lift_id=lift_id,
            from_at=since,
            to_at=to_at,
            cause=event.name,
            family=facts.family.value,
            mechanism=facts.mechanism.value,
            closing_code=facts.closing_code,
            responsible=facts.responsible.value,
            persons=began.persons,
            trapped=None if to_at is None else began.trapped,
        )

    def _mode(self, event: happenings.TrueEvent, at: datetime) -> None:
        """Write the end of the mode before and the begin of the new one; normal is no news."""
        assert event.lift is not None, "a mode is a lift's"
        lift_id = self.lift_ids[event.lift]
        before = self._modes.pop(event.lift, None)
        if before is not None:
            began = self._open.pop((event.kind, event.lift, before))
            self._append(
                ModeRecord(
                    record="end", lift_id=lift_id, mode=before, from_at=began.since, to_at=at
                )
            )
        if event.name != ServiceMode.NORMAL.value:
            self._modes[event.lift] = event.name
            self._open[event.kind, event.lift, event.name] = _Open(at, 0)
            self._append(ModeRecord(record="begin", lift_id=lift_id, mode=event.name, from_at=at))

    def _wear(self, event: happenings.TrueEvent, at: datetime, moment: Moment) -> None:
        assert event.lift is not None, "a component is a lift's"
        key = (event.kind, event.lift, event.name)
        began = self._open.setdefault(key, _Open(at, 0))
        if event.edge is Edge.ENDED:
            del self._open[key]
        fails_at_s = event.fails_at_s
        self._append(
            WearRecord(
                record=_WEAR_WORDS[event.edge],  # type: ignore[arg-type]  # words of the record
                lift_id=self.lift_ids[event.lift],
                from_at=began.since,
                to_at=at if event.edge is Edge.ENDED else None,
                component=event.name,
                leads_to=None if event.cause is None else event.cause.value,
                fails_at=None if fails_at_s is None else utc(moment(fails_at_s)),
            )
        )


def entrapment_record(
    entrapment: Entrapment,
    lift_id: str,
    since: datetime,
    to: datetime | None = None,
    rescue: Rescue | None = None,
) -> EntrapmentRecord:
    """Return the line of an entrapment that begins, or with `to` of one that has ended."""
    facts = CAUSES[entrapment.trap.cause]
    return EntrapmentRecord(
        record="begin" if to is None else "end",
        lift_id=lift_id,
        from_at=utc(since),
        to_at=None if to is None else utc(to),
        persons=entrapment.persons,
        cause=entrapment.trap.cause.value,
        ended_by=None if entrapment.ended_by is None else entrapment.ended_by.value,
        closing_code=facts.closing_code,
        mechanism=facts.mechanism.value,
        responsible=facts.responsible.value,
        behaviour=entrapment.behaviour.value,
        rescue=rescue,
    )


def rescue_of(rescue: offline.Rescue, now_s: float, moment: Moment) -> Rescue:
    """Return how far a rescue had got at `now_s`, when the people were out."""

    def passed(at_s: float) -> datetime | None:
        return utc(moment(at_s)) if at_s <= now_s else None

    return Rescue(
        known_at=passed(rescue.known_s),
        accepted_at=passed(rescue.accepted_s),
        arrived_at=passed(rescue.arrived_s),
        level=rescue.level,
        party_id=rescue.party_id,
    )


def _counters(cars: Cars) -> NDArray[np.float64]:
    """Return what is counted since the begin: shape (4, n_lifts)."""
    return np.stack(
        [
            cars.trips_count.astype(np.float64),
            cars.door_cycles_count.astype(np.float64),
            cars.run_time_s,
            cars.left_count.astype(np.float64),
        ]
    )
