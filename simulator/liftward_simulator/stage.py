"""World, devices, truth and journal in step: one tick in, publications out.

Pure but for the two files it appends to; the caller owns the clock. Must not know brokers or crews.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from liftward_simulator.devices.devices import Devices, Publication
from liftward_simulator.devices.readings import readings
from liftward_simulator.faults.traps import Cause, Entrapment
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.truth import Episode, TruthRecord, TruthWriter, utc
from liftward_simulator.world import SceneReport, World

TICK_S = 0.2  # five looks a second: a door phase has ten, a trip of one floor twenty


@dataclass(slots=True, kw_only=True)
class Stage:
    """The simulated town as one thing that ticks."""

    world: World
    devices: Devices
    truth: TruthWriter | None
    journal: Journal
    release_after_s: float | None = None  # without crews: a neighbour frees people after so long
    now: datetime
    begun_at: dict[int, datetime] = field(default_factory=dict)

    def tick(self, now: datetime) -> list[Publication]:
        """Let one tick pass that ends at `now`; return what devices publish."""
        self.now = now
        told = self.world.step(TICK_S)
        for entrapment in self.world.take_begun():
            self._begun(entrapment, now)
        for entrapment in self.world.take_ended():
            self._ended(entrapment, now)
        self._neighbours()
        sensed = readings(self.world.cars, self.world.table)
        return self.devices.observe(sensed, told, clock_s=self.world.clock_s, now=now)

    def release(self, lift_id: str) -> bool:
        """Let a rescuer open a lift; False when nobody is to be freed."""
        return self.world.release(lift_id)

    def report(self, lift_id: str, *, since: datetime) -> SceneReport:
        """Return what someone finds who goes there now."""
        back_s = (self.now - since).total_seconds()
        return self.world.report(lift_id, since_s=self.world.clock_s - back_s)

    def resume(self, episodes: list[Episode], now: datetime) -> int:
        """Put the people of unfinished episodes back where they were; return how many episodes."""
        resumed_count = 0
        for episode in episodes:
            if episode.to_at is not None:
                continue
            began_s = -(now - episode.from_at).total_seconds()
            entrapment = self.world.resume_entrapment(
                episode.lift_id, Cause(episode.cause), episode.persons, began_s=began_s
            )
            if entrapment is not None:
                self.begun_at[entrapment.lift] = episode.from_at
                self.journal.tell("resumed", utc(now), lift_id=episode.lift_id)
                resumed_count += 1
        return resumed_count

    def _begun(self, entrapment: Entrapment, now: datetime) -> None:
        self.begun_at[entrapment.lift] = utc(now)
        record = self._record(entrapment)
        if self.truth is not None:
            self.truth.append(record)
        self.journal.tell(
            "trapped",
            utc(now),
            lift_id=record.lift_id,
            persons=record.persons,
            cause=record.cause,
        )

    def _ended(self, entrapment: Entrapment, now: datetime) -> None:
        assert entrapment.ended_by is not None, "an entrapment ends one way or the other"
        record = self._record(entrapment)
        if self.truth is not None:
            self.truth.append(
                TruthRecord(
                    record="end",
                    lift_id=record.lift_id,
                    from_at=record.from_at,
                    to_at=utc(now),
                    persons=record.persons,
                    cause=record.cause,
                    ended_by=entrapment.ended_by.value,
                )
            )
        self.journal.tell(
            entrapment.ended_by.value,
            utc(now),
            lift_id=record.lift_id,
            persons=record.persons,
            **{"from": record.from_at},
        )
        del self.begun_at[entrapment.lift]

    def _record(self, entrapment: Entrapment) -> TruthRecord:
        return TruthRecord(
            record="begin",
            lift_id=self.world.table.lift_ids[entrapment.lift],
            from_at=self.begun_at[entrapment.lift],
            persons=entrapment.persons,
            cause=entrapment.trap.cause.value,
        )

    def _neighbours(self) -> None:
        if self.release_after_s is None:
            return
        for lift, entrapment in self.world.entrapments.active.items():
            if self.world.clock_s - entrapment.began_s >= self.release_after_s:
                self.world.release(self.world.table.lift_ids[lift])


def trace_times(started_at: datetime, minutes: float) -> list[datetime]:
    """Return the time of every tick of a trace."""
    ticks_count = round(minutes * 60 / TICK_S)
    return [started_at + timedelta(seconds=TICK_S * (i + 1)) for i in range(ticks_count)]
