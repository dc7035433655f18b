"""What befalls a district or a share of the city at one moment, played on the whole fleet at once.

Knows lifts and districts. Must not know what a fault does to a single car.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from liftward_simulator.faults import scripts
from liftward_simulator.faults.agenda import Agenda
from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.halts import halt
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.look_alikes import LookAlikes
from liftward_simulator.faults.pending import Pending
from liftward_simulator.faults.power_cuts import PowerCuts
from liftward_simulator.faults.traps import draw_trap
from liftward_simulator.physics.lifts import IntArray
from liftward_wire.states import ServiceMode

# Counterweights leave their rails: of the cars under way with people so many do not reach a
# landing in earthquake operation. [mem]
EARTHQUAKE_TRAPS_SHARE = 0.05
# Lifts are inspected one after the other before they serve again, over this time. [mem]
EARTHQUAKE_INSPECTION_S, INSPECTION_GROUP_S = 7_200.0, 60.0
# Of the lifts a storm reaches, so many get water into their electrics. [mem]
STORM_WATER_SHARE = 0.05


class CityEventKind(StrEnum):
    MAINS_CUT = "mains_cut"
    EARTHQUAKE = "earthquake"
    STORM_WATER = "storm_water"
    MAINTENANCE_DAY = "maintenance_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class CityEvent:
    """One event; it hits a `share` of the lifts of its district, or of all.

    Raises ValueError when a time or the share is out of its range.
    """

    kind: CityEventKind
    at_s: float
    lasting_s: float
    share: float = 1.0
    district: int | None = None  # index in `LiftTable.district_names`

    def __post_init__(self) -> None:
        if self.at_s < 0 or self.lasting_s <= 0:
            raise ValueError(
                f"{self.kind} at {self.at_s} s for {self.lasting_s} s; allowed: 0 or more, above 0"
            )
        if not 0 <= self.share <= 1:
            raise ValueError(f"share of {self.kind} is {self.share}; allowed: 0 to 1")


@dataclass(slots=True, kw_only=True)
class CityEvents:
    """Events to come, and those whose end is still to be told."""

    pending: Pending
    power_cuts: PowerCuts
    look_alikes: LookAlikes
    rng: np.random.Generator
    coming: Agenda[CityEvent] = field(default_factory=Agenda)
    _ending: Agenda[CityEvent] = field(default_factory=Agenda)

    @property
    def may_trap(self) -> bool:
        """Tell whether an event is to come that people may be trapped in."""
        return len(self.coming) > 0

    def advance(self, now_s: float) -> None:
        """Begin what is due, and tell what is over."""
        for event in self.coming.take_due(now_s):
            hit_count = self._begin(event, self._choose(event), now_s)
            self._tell(Edge.BEGAN, event, hit_count)
            self._ending.put(now_s + event.lasting_s, event)
        for event in self._ending.take_due(now_s):
            self._tell(Edge.ENDED, event, None)

    def _choose(self, event: CityEvent) -> IntArray:
        """Draw the lifts that an event hits."""
        table = self.power_cuts.director.table
        chosen = self.rng.random(table.count) < event.share
        if event.district is not None:
            chosen &= table.district == event.district
        return np.flatnonzero(chosen)

    def _begin(self, event: CityEvent, lifts: IntArray, now_s: float) -> int:
        """Let an event hit these lifts; return how many it does something to."""
        match event.kind:
            case CityEventKind.MAINS_CUT:
                return self.power_cuts.begin(lifts, now_s, now_s + event.lasting_s)
            case CityEventKind.EARTHQUAKE:
                return self._shake(lifts, now_s, now_s + event.lasting_s)
            case CityEventKind.STORM_WATER:
                return self._flood(event, lifts)
            case CityEventKind.MAINTENANCE_DAY:
                for lift, at_s in zip(lifts.tolist(), self._moments_s(event, lifts), strict=True):
                    self.look_alikes.plan_visit(lift, at_s)
                return int(lifts.size)

    def _shake(self, lifts: IntArray, now_s: float, until_s: float) -> int:
        """Send all cars to the nearest landing, to open there; some never get there."""
        director, breakdowns = self.power_cuts.director, self.pending.breakdowns
        mechanism = CAUSES[Cause.EARTHQUAKE].mechanism
        derailed = lifts[breakdowns.fitting(mechanism, lifts, traps=True)]
        derailed = derailed[self.rng.random(derailed.size) < EARTHQUAKE_TRAPS_SHARE]
        for lift in derailed.tolist():
            trap = draw_trap(
                self.rng, now_s, self.pending.habits, cause=Cause.EARTHQUAKE, lift=lift
            )
            breakdowns.begin(lift, Cause.EARTHQUAKE, trap, now_s)
        halted = halt(director.cars, lifts)
        for lift in halted.lifts.tolist():
            director.faults.set_mode(lift, ServiceMode.EARTHQUAKE)
        for lift in np.concatenate([halted.under_way, halted.shut_in]).tolist():
            director.begin(lift, scripts.earthquake_scene(), stays=True)
        self._inspect_later(halted.lifts, until_s)
        return int(halted.lifts.size + derailed.size)

    def _inspect_later(self, lifts: IntArray, until_s: float) -> None:
        """Let lifts serve again one group after the other, in any order."""
        after_s = self.rng.uniform(0.0, EARTHQUAKE_INSPECTION_S, lifts.size)
        group = (after_s // INSPECTION_GROUP_S).astype(np.int64)
        for number in np.unique(group).tolist():
            at_s = until_s + (number + 1) * INSPECTION_GROUP_S
            self.power_cuts.restarts.put(at_s, lifts[group == number])

    def _flood(self, event: CityEvent, lifts: IntArray) -> int:
        """Let water into some of the lifts, in the course of the storm."""
        wet = lifts[self.rng.random(lifts.size) < STORM_WATER_SHARE]
        traps = self.rng.random(wet.size) < 1 / CAUSES[Cause.WATER].faults_per_entrapment
        moments_s = self._moments_s(event, wet)
        for lift, at_s, is_trap in zip(wet.tolist(), moments_s, traps.tolist(), strict=True):
            trap = None
            if is_trap:
                trap = draw_trap(self.rng, at_s, self.pending.habits, cause=Cause.WATER, lift=lift)
            self.pending.put(at_s, Cause.WATER, lift, trap)
        return int(wet.size)

    def _moments_s(self, event: CityEvent, lifts: IntArray) -> list[float]:
        moments: list[float] = (
            event.at_s + self.rng.uniform(0.0, event.lasting_s, lifts.size)
        ).tolist()
        return moments

    def _tell(self, edge: Edge, event: CityEvent, lifts_count: int | None) -> None:
        chronicle = self.power_cuts.director.faults.chronicle
        chronicle.tell(TrueKind.CITY_EVENT, edge, event.kind.value, None, lifts_count=lifts_count)
