"""World, devices, links, rescue and truth in step: one tick in, what arrives out.

Without devices only the world is computed. Pure but for the files it appends to; the caller owns
the clock. Must not know brokers, traces or crews that work through an API.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from liftward_simulator.crews.offline import OfflineRescue
from liftward_simulator.devices.devices import Devices
from liftward_simulator.devices.links import Arrival, Links
from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.controller import Happening
from liftward_simulator.faults.traps import Entrapment
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.truth import Episode, utc
from liftward_simulator.outputs.truth_keeping import TruthKeeper, entrapment_record, rescue_of
from liftward_simulator.outputs.truth_records import Rescue
from liftward_simulator.world import SceneReport, World

TICK_S = 0.2  # five looks a second: a door phase has ten, a trip of one floor twenty


@dataclass(slots=True, kw_only=True)
class Stage:
    """The simulated city as one thing that ticks.

    Attributes
    ----------
    devices, links : both or none; without them nothing is said about the world
    rescue : crews of a run without a platform
    release_after_s : instead of crews, a neighbour frees people after so long; None: nobody does
    """

    world: World
    devices: Devices | None
    links: Links | None
    truth: TruthKeeper | None
    journal: Journal
    rescue: OfflineRescue | None = None
    release_after_s: float | None = None
    now: datetime
    begun_at: dict[int, datetime] = field(default_factory=dict)
    begun_count: int = 0
    persons_count: int = 0
    ended_count: int = 0

    def open(self, now: datetime) -> list[Arrival]:
        """Let all devices say that they are there; return what of it arrives at once.

        Over a broker whoever connects them does it, at each connection.
        """
        self.now = now
        if self.devices is None or self.links is None:
            return []
        return self.links.carry(self.devices.births(now), clock_s=self.world.clock_s, now=now)

    def tick(self, now: datetime) -> list[Arrival]:
        """Let one tick pass that ends at `now`; return what arrives by then, in order."""
        self.now = now
        told = self.world.step(TICK_S)
        events = self.world.take_true_events()
        if self.truth is not None:
            self.truth.world(events, self.moment)
        for entrapment in self.world.take_begun():
            self._begun(entrapment)
        for entrapment in self.world.take_ended():
            self._ended(entrapment)
        self._free()
        arrivals = self._said(told)
        if self.truth is not None:
            self.truth.activity(self.world.cars, self.world.clock_s, self.moment)
            self.truth.flush()
        return arrivals

    def close(self) -> list[Arrival]:
        """End: return what is still collected or on its way, and write what is due to the truth."""
        if self.truth is not None:
            self.truth.close_hour(self.world.cars, self.world.clock_s, self.moment)
            self.truth.flush()
        if self.devices is None or self.links is None:
            return []
        clock_s = self.world.clock_s
        last = self.links.carry(self.devices.flush(), clock_s=clock_s, now=self.now)
        return last + self.links.drain()

    def moment(self, at_s: float) -> datetime:
        """Return when something was, by the world's clock."""
        return self.now + timedelta(seconds=at_s - self.world.clock_s)

    def release(self, lift_id: str) -> bool:
        """Let a rescuer open a lift; False when nobody is to be freed."""
        return self.world.release(lift_id)

    def report(self, lift_id: str, *, since: datetime) -> SceneReport:
        """Return what someone finds who goes there now."""
        back_s = (self.now - since).total_seconds()
        return self.world.report(lift_id, since_s=self.world.clock_s - back_s)

    def resume(self, episodes: Sequence[Episode], now: datetime) -> int:
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

    def _begun(self, entrapment: Entrapment) -> None:
        lift, lift_id = entrapment.lift, self.world.table.lift_ids[entrapment.lift]
        self.begun_at[lift] = utc(self.now)
        self.begun_count += 1
        self.persons_count += entrapment.persons
        if self.rescue is not None:
            self.rescue.begun(lift, entrapment.began_s, entrapment.trap.alarm_after_s)
        record = entrapment_record(entrapment, lift_id, self.now)
        if self.truth is not None:
            self.truth.entrapment(record, lift)
        self.journal.tell(
            "trapped",
            utc(self.now),
            lift_id=lift_id,
            persons=record.persons,
            cause=record.cause,
        )

    def _ended(self, entrapment: Entrapment) -> None:
        assert entrapment.ended_by is not None, "an entrapment ends one way or the other"
        lift, lift_id = entrapment.lift, self.world.table.lift_ids[entrapment.lift]
        since = self.begun_at.pop(lift)
        self.ended_count += 1
        record = entrapment_record(entrapment, lift_id, since, self.now, self._rescue_of(lift))
        if self.truth is not None:
            self.truth.entrapment(record, lift)
        self.journal.tell(
            entrapment.ended_by.value,
            utc(self.now),
            lift_id=lift_id,
            persons=record.persons,
            **{"from": since},
        )

    def _rescue_of(self, lift: int) -> Rescue | None:
        """Tell the rescuers that the people are out; return how far they had got."""
        if self.rescue is None:
            return None
        over = self.rescue.over(lift, self.world.clock_s)
        self.rescue.records.clear()  # the truth file has them: nothing is to grow with time
        return None if over is None else rescue_of(over, self.world.clock_s, self.moment)

    def _free(self) -> None:
        """Let crews or neighbours begin to open the cars whose time has come."""
        clock_s, entrapments = self.world.clock_s, self.world.entrapments
        if self.rescue is not None:
            for lift in self.rescue.due(clock_s):
                entrapments.begin_rescue(lift)
        elif self.release_after_s is not None:
            for lift, entrapment in entrapments.active.items():
                if clock_s - entrapment.began_s >= self.release_after_s:
                    entrapments.begin_rescue(lift)

    def _said(self, told: Sequence[Happening]) -> list[Arrival]:
        if self.devices is None or self.links is None:
            return []
        clock_s = self.world.clock_s
        said = self.devices.observe(self.world.cars, told, clock_s=clock_s, now=self.now)
        arrivals = self.links.carry(said, clock_s=clock_s, now=self.now)
        events = self.devices.take_true_events() + self.links.take_true_events()
        if self.truth is not None:
            self.truth.devices(events, self.moment)
        return arrivals
