"""What looks like an entrapment, or like a fault, and is none.

One clock for the whole town says when the next one begins, so a day of many lifts costs what
happens in it. A parked car whose people sensor sticks is a defect of a device, not of the world.
Must not know devices or messages.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from liftward_simulator.faults import scripts
from liftward_simulator.faults.agenda import Agenda
from liftward_simulator.faults.director import Director
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.scripts import Scene, Step, StepKind
from liftward_simulator.physics.cars import Phase
from liftward_wire.messages import EventKind
from liftward_wire.states import ServiceMode

GOODS_KG = (20.0, 200.0)
SLOW_DOOR_MORE = 1.5  # door times grow by so many times themselves
TRIES_COUNT = 20  # lifts asked at one moment, before it is tried again
TRY_AGAIN_S = 5.0
_SECONDS_PER_DAY = 86_400.0


class LookAlike(StrEnum):
    STANDING_PASSENGER = "standing_passenger"  # idle car, doors shut, nobody has pressed a floor
    CLEANER = "cleaner"  # at work inside with the doors shut
    GOODS_LEFT = "goods_left"
    ATTENDED = "attended"  # someone holds the lift to move goods
    SLOW_DOOR = "slow_door"
    INSPECTION = "inspection"  # a technician inside, between landings
    FIRE_TEST = "fire_test"
    TEST_CALL = "test_call"  # an instant: it only begins


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAlikeFacts:
    per_lift_day: float
    lasting_s: tuple[float, float]


# TSG T5002-2017: a visit every half month. EN 81-28: a test call every 72 h. The rest is assumed.
LOOK_ALIKES: dict[LookAlike, LookAlikeFacts] = {
    LookAlike.STANDING_PASSENGER: LookAlikeFacts(per_lift_day=0.05, lasting_s=(30.0, 180.0)),
    LookAlike.CLEANER: LookAlikeFacts(per_lift_day=0.1, lasting_s=(60.0, 300.0)),
    LookAlike.GOODS_LEFT: LookAlikeFacts(per_lift_day=0.01, lasting_s=(300.0, 3_600.0)),
    LookAlike.ATTENDED: LookAlikeFacts(per_lift_day=0.01, lasting_s=(60.0, 300.0)),
    LookAlike.SLOW_DOOR: LookAlikeFacts(per_lift_day=0.02, lasting_s=(600.0, 3_600.0)),
    LookAlike.INSPECTION: LookAlikeFacts(per_lift_day=1 / 15, lasting_s=(600.0, 2_400.0)),
    LookAlike.FIRE_TEST: LookAlikeFacts(per_lift_day=1 / 90, lasting_s=(120.0, 600.0)),
    LookAlike.TEST_CALL: LookAlikeFacts(per_lift_day=1 / 3, lasting_s=(0.0, 0.0)),
}
_KINDS = tuple(LOOK_ALIKES)
_RATES = np.array([LOOK_ALIKES[kind].per_lift_day for kind in _KINDS])
# A demonstration has no time for more than these two, short, but well past every detector's wait.
_VISITS = (LookAlike.INSPECTION, LookAlike.FIRE_TEST)
VISIT_LASTING_S = (60.0, 120.0)
_FLOORS_MIN = 3  # between two landings there must be somewhere else to go


@dataclass(frozen=True, slots=True)
class _Planned:
    """One look-alike to begin, at a certain lift or at any."""

    kind: LookAlike
    lasting_s: float
    lift: int | None = None


@dataclass(slots=True, kw_only=True)
class LookAlikes:
    """Visits every `visit_every_s` on average, and all kinds at `factor` times their rates."""

    director: Director
    rng: np.random.Generator
    factor: float
    visit_every_s: float | None
    active: dict[int, LookAlike] = field(default_factory=dict)
    _planned: Agenda[_Planned] = field(default_factory=Agenda)
    _slow: Agenda[tuple[int, float]] = field(default_factory=Agenda)
    _next_visit_s: float = np.inf
    _next_usual_s: float = np.inf

    def __post_init__(self) -> None:
        self._next_visit_s = self._visit_gap_s()
        self._next_usual_s = self._usual_gap_s()

    def advance(self, now_s: float) -> None:
        """Begin and end what is due."""
        for lift, more in self._slow.take_due(now_s):
            self.director.cars.door_factor[lift] -= more
            self.over(lift)
        while now_s >= self._next_visit_s:
            kind = _VISITS[int(self.rng.integers(len(_VISITS)))]
            lasting_s = float(self.rng.uniform(*VISIT_LASTING_S))
            self._planned.put(self._next_visit_s, _Planned(kind, lasting_s))
            self._next_visit_s += self._visit_gap_s()
        while now_s >= self._next_usual_s:
            kind = _KINDS[int(self.rng.choice(_RATES.size, p=_RATES / _RATES.sum()))]
            lasting_s = float(self.rng.uniform(*LOOK_ALIKES[kind].lasting_s))
            self._planned.put(self._next_usual_s, _Planned(kind, lasting_s))
            self._next_usual_s += self._usual_gap_s()
        later = [
            planned for planned in self._planned.take_due(now_s) if not self._begin(planned, now_s)
        ]
        for planned in later:
            self._planned.put(now_s + TRY_AGAIN_S, planned)

    def plan_visit(self, lift: int, at_s: float) -> None:
        """Plan a maintenance visit to this lift."""
        lasting_s = float(self.rng.uniform(*LOOK_ALIKES[LookAlike.INSPECTION].lasting_s))
        self._planned.put(at_s, _Planned(LookAlike.INSPECTION, lasting_s, lift))

    def over(self, lift: int) -> LookAlike | None:
        """Note that what goes on at a lift has ended; return what it was."""
        kind = self.active.pop(lift, None)
        if kind is not None:
            self.director.faults.chronicle.tell(TrueKind.LOOK_ALIKE, Edge.ENDED, kind.value, lift)
        return kind

    def _visit_gap_s(self) -> float:
        return (
            np.inf
            if self.visit_every_s is None
            else float(self.rng.exponential(self.visit_every_s))
        )

    def _usual_gap_s(self) -> float:
        per_s = self.factor * float(_RATES.sum()) * self.director.table.count / _SECONDS_PER_DAY
        return float(self.rng.exponential(1 / per_s)) if per_s > 0 else np.inf

    def _begin(self, planned: _Planned, now_s: float) -> bool:
        """Begin at a lift that is idle; False when none of those asked is."""
        tries = [planned.lift]
        if planned.lift is None:
            tries = self.rng.integers(0, self.director.table.count, TRIES_COUNT).tolist()
        lift = next((lift for lift in tries if lift is not None and self._is_quiet(lift)), None)
        if lift is None:
            return False
        chronicle, kind = self.director.faults.chronicle, planned.kind
        chronicle.tell(TrueKind.LOOK_ALIKE, Edge.BEGAN, kind.value, lift)
        self.active[lift] = kind
        if kind is LookAlike.TEST_CALL:
            self.director.faults.tell(lift, EventKind.TEST_CALL)
            self.over(lift)
        elif kind is LookAlike.SLOW_DOOR:
            self.director.cars.door_factor[lift] += SLOW_DOOR_MORE
            self._slow.put(now_s + planned.lasting_s, (lift, SLOW_DOOR_MORE))
        else:
            self.director.begin(lift, self._scene(kind, lift, planned.lasting_s))
        return True

    def _is_quiet(self, lift: int) -> bool:
        """Tell whether a lift stands idle and empty in ordinary service, and nobody holds it."""
        cars, table = self.director.cars, self.director.table
        return bool(
            cars.phase[lift] == Phase.IDLE
            and not cars.scripted[lift]
            and lift not in self.active
            and cars.mode[lift] == ServiceMode.NORMAL.code
            and table.floors_count[lift] >= _FLOORS_MIN
            and not cars.passengers_count[lift]
        )

    def _scene(self, kind: LookAlike, lift: int, lasting_s: float) -> Scene:
        cars, table = self.director.cars, self.director.table
        main, top = int(table.main_floor[lift]), int(table.floors_count[lift]) - 1
        match kind:
            case LookAlike.INSPECTION:
                floor_m, half_m = float(cars.position_m[lift]), float(table.pitch_m[lift]) / 2
                between_m = floor_m - half_m if cars.floor[lift] > 0 else floor_m + half_m
                return scripts.inspection_scene(floor_m, between_m, lasting_s)
            case LookAlike.FIRE_TEST:
                return scripts.fire_test_scene(main, top, lasting_s)
            case LookAlike.GOODS_LEFT:
                goods_kg = round(float(self.rng.uniform(*GOODS_KG)))
                load = Step(kind=StepKind.LOAD, value=goods_kg)
                return scripts.inside_scene(load, Step(kind=StepKind.LOAD), lasting_s)
            case LookAlike.ATTENDED:
                goods_kg = round(float(self.rng.uniform(*GOODS_KG)))
                return scripts.attended_scene(goods_kg, top, lasting_s)
            case _:
                enter, leave = Step(kind=StepKind.LINGER), Step(kind=StepKind.MOVE_ON)
                return scripts.inside_scene(enter, leave, lasting_s)
