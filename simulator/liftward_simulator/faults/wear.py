"""Wear that shows before it fails: door times, levelling, vibration and current drift away.

Every fault of a cause that comes from wear is led up to by a drift; some drifts are mended in time.
Courses are arrays, advanced once a minute. Must not know sensors or how the faults strike.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.controller import Faults
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.physics.lifts import BoolArray, IntArray
from liftward_simulator.physics.motion import FloatArray

PERIOD_S = 60.0
# How the drift grows: little at first, most of it shortly before the failure. [mem]
GROWTH_EXPONENT = 2.0
HALF_WAY = 0.5
# For each failure one more component wears as far as this and is mended in time. [mem]
MENDED_AT_SHARE = 0.7
_SECONDS_PER_DAY = 86_400.0


class Component(StrEnum):
    DOOR_ROLLERS = "door_rollers"
    BRAKE_LINING = "brake_lining"
    GUIDE_SHOES = "guide_shoes"
    ENCODER = "encoder"
    MOTOR_BEARING = "motor_bearing"
    COOLING = "cooling"  # of the machine room


@dataclass(frozen=True, slots=True, kw_only=True)
class WearFacts:
    """How long the drift is to be seen, and what has changed when the component fails."""

    lead_days: tuple[float, float]
    door_factor: float = 0.0
    door_reopen_share: float = 0.0
    levelling_drift_mm: float = 0.0
    vibration_factor: float = 0.0
    current_factor: float = 0.0
    machine_room_rise_degc: float = 0.0


# No published figures: door rollers and bearings announce themselves for weeks, heat for an hour.
WEAR: dict[Component, WearFacts] = {
    Component.DOOR_ROLLERS: WearFacts(
        lead_days=(7.0, 60.0), door_factor=0.5, door_reopen_share=0.15
    ),
    Component.BRAKE_LINING: WearFacts(
        lead_days=(14.0, 90.0), levelling_drift_mm=6.0, current_factor=0.2
    ),
    Component.GUIDE_SHOES: WearFacts(lead_days=(14.0, 90.0), vibration_factor=1.5),
    Component.ENCODER: WearFacts(lead_days=(3.0, 30.0), levelling_drift_mm=12.0),
    Component.MOTOR_BEARING: WearFacts(
        lead_days=(14.0, 60.0), vibration_factor=1.0, current_factor=0.3
    ),
    Component.COOLING: WearFacts(lead_days=(0.02, 0.08), machine_room_rise_degc=20.0),
}
COMPONENT_OF: dict[Cause, Component] = {
    Cause.HANGER_ROLLER: Component.DOOR_ROLLERS,
    Cause.DOOR_OPERATOR: Component.DOOR_ROLLERS,
    Cause.PANEL_LINKAGE: Component.DOOR_ROLLERS,
    Cause.BRAKE_NOT_LIFTING: Component.BRAKE_LINING,
    Cause.BRAKE_SLIPS: Component.BRAKE_LINING,
    Cause.GUIDE_SHOE: Component.GUIDE_SHOES,
    Cause.POSITION_LOST: Component.ENCODER,
    Cause.MOTOR: Component.MOTOR_BEARING,
    Cause.OVERHEATING: Component.COOLING,
}
_COMPONENTS = tuple(Component)
_CAUSES = tuple(Cause)
_COMPONENT_OF_CAUSE = np.array(
    [_COMPONENTS.index(COMPONENT_OF[c]) if c in COMPONENT_OF else -1 for c in _CAUSES]
)
_EFFECTS = (
    "door_factor",
    "door_reopen_share",
    "levelling_drift_mm",
    "vibration_factor",
    "current_factor",
    "machine_room_rise_degc",
)


@dataclass(slots=True, kw_only=True)
class Wear:
    """Courses sorted by begin, arrays of shape (n_courses,); `done` is how far each has drifted."""

    faults: Faults
    lift: IntArray
    component: IntArray
    cause: IntArray
    began_s: FloatArray
    fails_s: FloatArray
    mended_s: FloatArray  # when somebody sees it in time; infinite: nobody does
    done: FloatArray
    live: BoolArray
    begun_count: int = 0
    next_s: float = 0.0

    @classmethod
    def leading_to(
        cls, faults: Faults, occurrences: Occurrences, rng: np.random.Generator, lead_factor: float
    ) -> "Wear":
        """Return the drift before each of the occurrences that comes from wear.

        `lead_factor` stretches how long before the failure the drift begins; where that is before
        the world's own begin, the lift starts worn. As many other drifts are mended in time.
        """
        component = _COMPONENT_OF_CAUSE[occurrences.cause]
        worn = np.flatnonzero(component >= 0)
        component, cause = component[worn], occurrences.cause[worn].astype(np.int64)
        fails_s = occurrences.at_s[worn]
        bounds = np.array([WEAR[c].lead_days for c in _COMPONENTS])[component]
        lead_s = rng.uniform(bounds[:, 0], bounds[:, 1]) * _SECONDS_PER_DAY * lead_factor
        other_lift = rng.integers(0, faults.cars.phase.size, worn.size)
        twice = np.tile(np.arange(worn.size), 2)
        began_s = (fails_s - lead_s)[twice]
        order = np.argsort(began_s, kind="stable")
        mended_s = np.concatenate(
            [np.full(worn.size, np.inf), fails_s - lead_s * (1 - MENDED_AT_SHARE)]
        )
        return cls(
            faults=faults,
            lift=np.concatenate([occurrences.lift[worn], other_lift])[order],
            component=component[twice][order],
            cause=cause[twice][order],
            began_s=began_s[order],
            fails_s=fails_s[twice][order],
            mended_s=mended_s[order],
            done=np.zeros(2 * worn.size),
            live=np.zeros(2 * worn.size, np.bool_),
        )

    def advance(self, now_s: float) -> None:
        """Let everything wear on, once a minute."""
        if now_s < self.next_s:
            return
        self.next_s += PERIOD_S
        self._begin(now_s)
        live = np.flatnonzero(self.live)
        if not live.size:
            return
        share = np.clip(
            (now_s - self.began_s[live]) / (self.fails_s[live] - self.began_s[live]), 0.0, 1.0
        )
        before = self.done[live]
        self._set(live, share**GROWTH_EXPONENT)
        half = HALF_WAY**GROWTH_EXPONENT
        for course in live[(before < half) & (self.done[live] >= half)].tolist():
            self._tell(Edge.CHANGED, course)
        self._end(live[self.mended_s[live] <= now_s])

    def mend(self, lift: int, cause: Cause) -> None:
        """Undo the drift that led to this fault: the component is new."""
        courses = np.flatnonzero(
            self.live
            & (self.lift == lift)
            & (self.component == _COMPONENT_OF_CAUSE[_CAUSES.index(cause)])
        )
        self._end(courses)

    def _begin(self, now_s: float) -> None:
        upto = int(np.searchsorted(self.began_s, now_s, side="right"))
        for course in range(self.begun_count, upto):
            if self.mended_s[course] > now_s:  # else it was over before the world began
                self.live[course] = True
                self._tell(Edge.BEGAN, course)
        self.begun_count = upto

    def _end(self, courses: IntArray) -> None:
        if courses.size:
            self._set(courses, np.zeros(courses.size))
            self.live[courses] = False
            for course in courses.tolist():
                self._tell(Edge.ENDED, course)

    def _set(self, courses: IntArray, done: FloatArray) -> None:
        """Bring courses to this share of their drift, in what can be measured."""
        more = done - self.done[courses]
        self.done[courses] = done
        for name in _EFFECTS:
            at_failure = np.array([getattr(WEAR[c], name) for c in _COMPONENTS])
            effect = at_failure[self.component[courses]] * more
            np.add.at(getattr(self.faults.cars, name), self.lift[courses], effect)

    def _tell(self, edge: Edge, course: int) -> None:
        self.faults.chronicle.tell(
            TrueKind.WEAR,
            edge,
            _COMPONENTS[self.component[course]].value,
            int(self.lift[course]),
            cause=_CAUSES[self.cause[course]],
            fails_at_s=float(self.fails_s[course]),
        )
