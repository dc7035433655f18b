"""Faults as they strike a car: what it must be doing, what it does then, and how it is mended.

One fault at a time for each lift. Must not know the people inside, plans or rates.
"""

from dataclasses import dataclass, field

import numpy as np

from liftward_simulator.faults import scripts
from liftward_simulator.faults.causes import CAUSES, Cause, CauseFacts
from liftward_simulator.faults.director import Director
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.mechanisms import MECHANISMS, Mechanism, Springs
from liftward_simulator.faults.scripted_motion import ScriptedMotion, overspeed_room_m
from liftward_simulator.faults.traps import Trap
from liftward_simulator.physics.cars import BRAKE_MPS2, DOOR_ZONE_M, Phase
from liftward_simulator.physics.lifts import BoolArray, IntArray
from liftward_wire.states import PowerSource, ServiceMode

OFF_LEVEL_M_MIN = 0.5  # a trapped car stands clearly outside the unlocking zone (0.35 m at most)
SPEED_MPS_MIN = 0.3  # the fault hits a car that really travels
NEAR_RATED_SHARE = 0.9  # a car at this share of its rated speed cruises
# An overloaded drive trips with a car that is half full, or as full as a crowd makes a large one.
LOAD_SHARE_MIN, OVERLOAD_PERSONS_COUNT = 0.5, 10
# Motor run-time limiter: at full-travel time + 10 s, at least 20 s and at most 45 s. [mem]
RUN_TIME_S_MIN, RUN_TIME_S_MAX, RUN_TIME_MARGIN_S = 20.0, 45.0, 10.0
# Down time is about 4 h on average (an Italian maker's figure): waiting, then work. [weak]
REPAIR_WAIT_MEAN_S, REPAIR_WORK_MEAN_S, REPAIR_SIGMA = 3.2 * 3_600.0, 0.8 * 3_600.0, 0.6
PASSES_AFTER_S = (30.0, 600.0)  # someone takes the rubbish away, a drive resets itself [mem]
_PHASE_OF = {
    Springs.ARRIVING: Phase.MOVING,
    Springs.CLOSING: Phase.CLOSING,
    Springs.STARTING: Phase.STARTING,
    Springs.OPEN: Phase.OPEN,
    Springs.IN_THE_SHAFT: Phase.MOVING,
    Springs.FAST: Phase.MOVING,
}
_OFF_LEVEL_CODE = "04"


@dataclass(slots=True, kw_only=True, eq=False)
class Breakdown:
    """One fault of one lift; with a trap it is to trap whoever is aboard."""

    lift: int
    cause: Cause
    trap: Trap | None
    began_s: float


@dataclass(slots=True, kw_only=True)
class Breakdowns:
    """The faults of now, by lift."""

    director: Director
    motion: ScriptedMotion
    rng: np.random.Generator
    repair_s: float | None  # how long repairs take; None: as in life
    active: dict[int, Breakdown] = field(default_factory=dict)

    def fitting(self, mechanism: Mechanism, lifts: IntArray, *, traps: bool) -> BoolArray:
        """Return which of these lifts such a fault could strike now, shape as `lifts`.

        One that is to trap needs people aboard; another needs an empty car, or one whose people
        it lets out.
        """
        cars, facts = self.director.cars, MECHANISMS[mechanism]
        fits: BoolArray = (
            (cars.phase[lifts] == _PHASE_OF[facts.springs])
            & ~cars.scripted[lifts]
            & (cars.mode[lifts] == ServiceMode.NORMAL.code)
            & (cars.power[lifts] == PowerSource.MAINS.code)
        )
        # Who is aboard is costly to count: only where the rest fits.
        rest = np.flatnonzero(fits)
        fits[rest] = self._people_fit(mechanism, lifts[rest], traps=traps)
        rest = np.flatnonzero(fits)
        if facts.springs is Springs.IN_THE_SHAFT:
            fits[rest] = self._stops_off_level(lifts[rest])
        elif facts.springs is Springs.FAST:
            fits[rest] = self._has_room(lifts[rest])
        return fits

    def begin(self, lift: int, cause: Cause, trap: Trap | None, now_s: float) -> None:
        """Let a fault strike a car that it fits."""
        cars, faults, facts = self.director.cars, self.director.faults, CAUSES[cause]
        self.active[lift] = Breakdown(lift=lift, cause=cause, trap=trap, began_s=now_s)
        self._tell(Edge.BEGAN, lift, cause)
        if facts.cuts_mains:
            faults.lose_mains(np.array([lift]))
        elif facts.mechanism is Mechanism.CONTROLLER_CRASH:
            faults.fall_silent(lift)
        faults.raise_codes(lift, facts.codes_at_once)
        scene = self._scene(lift, facts, traps=trap is not None)
        self.director.begin(lift, scene, stays=True)
        self._strike(lift, facts)
        cars.chain_broken[lift] = facts.breaks_chain and facts.mechanism is not Mechanism.OVERSPEED

    def move(self, dt_s: float) -> None:
        """Move what moves uncommanded; a governor that trips opens the chain."""
        for lift in self.motion.move(dt_s):
            self.director.cars.chain_broken[lift] = True
            self.director.faults.raise_codes(lift, ("01",))

    def settle(self, lift: int) -> Breakdown | None:
        """Raise the codes of a car that has come to rest for good; return its fault.

        One that traps nobody passes, or waits for its maintainer from now on.
        """
        breakdown = self.active.get(lift)
        if breakdown is None:
            return None
        facts = CAUSES[breakdown.cause]
        if facts.mechanism not in _SCENES_WITH_CODES:
            self._raise_at_rest(lift, facts)
        if breakdown.trap is None:
            self.director.begin(lift, self._aftermath(facts))
        return breakdown

    def resume(self, lift: int, cause: Cause, trap: Trap, began_s: float) -> None:
        """Take over a fault of an earlier run, of which its truth has told already."""
        facts = CAUSES[cause]
        self.active[lift] = Breakdown(lift=lift, cause=cause, trap=trap, began_s=began_s)
        self.director.cars.chain_broken[lift] = facts.breaks_chain
        if facts.cuts_mains:
            self.director.faults.lose_mains(np.array([lift]))
        self.director.faults.raise_codes(lift, facts.codes_at_once + facts.codes_at_rest)

    def over(self, lift: int) -> Breakdown | None:
        """Note that a fault is mended or has passed; return which."""
        breakdown = self.active.pop(lift, None)
        if breakdown is not None:
            self._tell(Edge.ENDED, lift, breakdown.cause)
        return breakdown

    def repair_times_s(self) -> tuple[float, float]:
        """Draw how long a lift waits for its maintainer, and how long the work takes."""
        if self.repair_s is not None:
            return self.repair_s, self.repair_s
        factors = self.rng.lognormal(-(REPAIR_SIGMA**2) / 2, REPAIR_SIGMA, 2)
        return REPAIR_WAIT_MEAN_S * float(factors[0]), REPAIR_WORK_MEAN_S * float(factors[1])

    def _people_fit(self, mechanism: Mechanism, lifts: IntArray, *, traps: bool) -> BoolArray:
        persons = self.director.cars.passengers_count[lifts]
        if mechanism is Mechanism.OVERLOAD:
            half = self.director.table.capacity_persons[lifts] * LOAD_SHARE_MIN
            full: BoolArray = persons >= np.minimum(half, OVERLOAD_PERSONS_COUNT)
            return full
        if traps:
            some: BoolArray = persons > 0
            return some
        nobody: BoolArray = (persons == 0) | MECHANISMS[mechanism].lets_out
        return nobody

    def _stops_off_level(self, lifts: IntArray) -> BoolArray:
        """Return which cars would come to rest in the shaft, clearly between two landings."""
        cars, table = self.director.cars, self.director.table
        velocity_mps, pitch_m = cars.velocity_mps[lifts], table.pitch_m[lifts]
        stop_m = cars.position_m[lifts] + velocity_mps * np.abs(velocity_mps) / (2 * BRAKE_MPS2)
        off_level_m = np.abs(stop_m - np.rint(stop_m / pitch_m) * pitch_m)
        in_shaft = (stop_m > 0) & (stop_m < (table.floors_count[lifts] - 1) * pitch_m)
        stops: BoolArray = (
            (np.abs(velocity_mps) >= SPEED_MPS_MIN) & in_shaft & (off_level_m >= OFF_LEVEL_M_MIN)
        )
        return stops

    def _has_room(self, lifts: IntArray) -> BoolArray:
        """Return which cars cruise with enough shaft ahead to overspeed and be stopped."""
        cars, table = self.director.cars, self.director.table
        velocity_mps, rated_mps = cars.velocity_mps[lifts], table.speed_mps[lifts]
        top_m = (table.floors_count[lifts] - 1) * table.pitch_m[lifts]
        position_m = cars.position_m[lifts]
        ahead_m = np.where(velocity_mps > 0, top_m - position_m, position_m)
        fits: BoolArray = (np.abs(velocity_mps) >= NEAR_RATED_SHARE * rated_mps) & (
            ahead_m >= overspeed_room_m(np.abs(velocity_mps), rated_mps)
        )
        return fits

    def _scene(self, lift: int, facts: CauseFacts, *, traps: bool) -> scripts.Scene:
        """Return what the controller tries, and when in it the car stands for good.

        Doors that will not open have shut people in before the first try; debris has not until the
        last. Where nobody is to be trapped, the tries come first.
        """
        match facts.mechanism:
            case Mechanism.DOOR_WILL_NOT_CLOSE:
                return (*scripts.jammed_door_scene(), *scripts.SETTLE_SCENE)
            case Mechanism.DOOR_WILL_NOT_OPEN:
                tries = scripts.shut_door_scene()
            case Mechanism.WILL_NOT_START:
                tries = scripts.stuck_start_scene(0.0, facts.codes_at_rest)
            case Mechanism.RUN_TIME_LIMIT:
                tries = scripts.stuck_start_scene(self._run_time_s(lift), facts.codes_at_rest)
            case _:
                return scripts.SETTLE_SCENE
        return (*scripts.SETTLE_SCENE, *tries) if traps else (*tries, *scripts.SETTLE_SCENE)

    def _strike(self, lift: int, facts: CauseFacts) -> None:
        """Let the car do what the fault makes it do."""
        match MECHANISMS[facts.mechanism].springs:
            case Springs.IN_THE_SHAFT:
                self.director.cars.phase[lift] = Phase.BRAKING
            case Springs.FAST:
                self.motion.run_away(lift)
            case Springs.OPEN:
                self.motion.drift(lift)
            case Springs.CLOSING:
                self.director.cars.phase[lift] = Phase.HELD_AJAR
            case Springs.STARTING:
                self.director.cars.phase[lift] = Phase.HELD_CLOSED
            case Springs.ARRIVING:
                pass  # it travels on, and its doors stay shut when it is there

    def _run_time_s(self, lift: int) -> float:
        """Return when this lift's motor run-time limiter operates."""
        table = self.director.table
        travel_m = float((table.floors_count[lift] - 1) * table.pitch_m[lift])
        travel_s = travel_m / float(table.speed_mps[lift])
        return float(np.clip(travel_s + RUN_TIME_MARGIN_S, RUN_TIME_S_MIN, RUN_TIME_S_MAX))

    def _raise_at_rest(self, lift: int, facts: CauseFacts) -> None:
        codes = facts.codes_at_rest
        if is_at_level(self.director, lift):
            codes = tuple(code for code in codes if code != _OFF_LEVEL_CODE)
        self.director.faults.raise_codes(lift, codes)

    def _aftermath(self, facts: CauseFacts) -> scripts.Scene:
        """Return what becomes of a fault that traps nobody."""
        mechanism = MECHANISMS[facts.mechanism]
        wait_s, work_s = self.repair_times_s()
        passes = bool(self.rng.random() < mechanism.clears_share)
        passes_s = float(self.rng.uniform(*PASSES_AFTER_S))
        if mechanism.lets_out:
            # People are aboard: the car is at a landing within seconds, or it would be a trap.
            return scripts.limping_home(None if passes else (wait_s, work_s))
        return scripts.passing_scene(passes_s) if passes else scripts.repair(wait_s, work_s)

    def _tell(self, edge: Edge, lift: int, cause: Cause) -> None:
        chronicle, facts = self.director.faults.chronicle, CAUSES[cause]
        persons = int(self.director.cars.persons_count[lift])
        chronicle.tell(TrueKind.FAULT, edge, cause.value, lift, persons=persons, cause=cause)
        if facts.cuts_mains:
            chronicle.tell(TrueKind.POWER_CUT, edge, cause.value, lift, cause=cause)


def is_at_level(director: Director, lift: int) -> bool:
    """Tell whether a car stands in the unlocking zone of a landing."""
    return director.off_level_m(lift) <= DOOR_ZONE_M


# Their scenes raise the codes themselves, after all tries are over.
_SCENES_WITH_CODES = frozenset(
    {
        Mechanism.DOOR_WILL_NOT_OPEN,
        Mechanism.DOOR_WILL_NOT_CLOSE,
        Mechanism.WILL_NOT_START,
        Mechanism.RUN_TIME_LIMIT,
    }
)
