"""Scenes a car plays step by step instead of serving calls: rescues, inspections, fire tests.

A scene is a tuple of steps; the director plays one step whenever the car has come to rest in a HELD
phase. Must not know why a scene was begun, or who is told.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from liftward_simulator.faults.controller import Faults
from liftward_simulator.physics.cars import Cars, Phase
from liftward_simulator.physics.lifts import LiftTable
from liftward_wire.messages import EventKind
from liftward_wire.states import ServiceMode

STEPS_AT_ONCE_MAX = 20  # a scene of steps that take no time must still end


class StepKind(StrEnum):
    SET_MODE = "set_mode"  # to `mode`
    TRAVEL = "travel"  # to landing `value`, at rated speed
    CREEP = "creep"  # to height `value` in metres, slowly
    OPEN = "open"
    CLOSE = "close"
    ENTER = "enter"  # a technician or fire-fighter
    LEAVE = "leave"
    PEOPLE_OUT = "people_out"  # all passengers
    WAIT = "wait"  # `value` seconds
    RETRY_DOOR = "retry_door"
    RAISE = "raise"  # fault `code`
    CLEAR = "clear"  # all faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    kind: StepKind
    value: float = 0.0
    code: str = ""
    mode: ServiceMode = ServiceMode.NORMAL


Scene = tuple[Step, ...]

HELD = (Phase.HELD_CLOSED, Phase.HELD_OPEN)


@dataclass(slots=True, kw_only=True)
class _Playing:
    steps: list[Step]
    wait_left_s: float = 0.0
    stays: bool  # at the end the car stays where it is, held


@dataclass(slots=True)
class Director:
    """Plays scenes, at most one per lift."""

    cars: Cars
    table: LiftTable
    faults: Faults
    playing: dict[int, _Playing] = field(default_factory=dict)

    def begin(self, lift: int, scene: Scene, *, stays: bool = False) -> None:
        """Take a resting car out of traffic and play a scene, in place of one that plays."""
        self.cars.scripted[lift] = True
        if self.cars.phase[lift] == Phase.IDLE:
            self.cars.phase[lift] = Phase.HELD_CLOSED
        self.playing[lift] = _Playing(steps=list(scene), stays=stays)

    def advance(self, dt_s: float) -> None:
        """Play on wherever a car rests and no wait is left."""
        for lift in sorted(self.playing):
            scene = self.playing[lift]
            if self.cars.phase[lift] not in HELD:
                continue
            scene.wait_left_s -= dt_s
            for _ in range(STEPS_AT_ONCE_MAX):
                if scene.wait_left_s > 0 or self.cars.phase[lift] not in HELD:
                    break
                if not scene.steps:
                    self._end(lift, scene)
                    break
                self._play(lift, scene, scene.steps.pop(0))

    def _end(self, lift: int, scene: _Playing) -> None:
        del self.playing[lift]
        if not scene.stays:
            self.cars.scripted[lift] = False
            open_now = self.cars.phase[lift] == Phase.HELD_OPEN
            self.cars.phase[lift] = Phase.OPEN if open_now else Phase.IDLE

    def _play(self, lift: int, scene: _Playing, step: Step) -> None:
        if step.kind is StepKind.WAIT:
            scene.wait_left_s = step.value
        elif not self._play_people(lift, step) and not self._play_controller(lift, step):
            self._play_motion(lift, step)

    def _play_people(self, lift: int, step: Step) -> bool:
        """Play a step that moves people; they pass only through open doors."""
        if step.kind not in {StepKind.ENTER, StepKind.LEAVE, StepKind.PEOPLE_OUT}:
            return False
        assert self.cars.phase[lift] == Phase.HELD_OPEN, "nobody walks through a closed door"
        if step.kind is StepKind.PEOPLE_OUT:
            self.cars.aboard[lift] = 0
        else:
            self.cars.staff[lift] = 1 if step.kind is StepKind.ENTER else 0
        return True

    def _play_controller(self, lift: int, step: Step) -> bool:
        match step.kind:
            case StepKind.SET_MODE:
                self.faults.set_mode(lift, step.mode)
            case StepKind.RAISE:
                self.faults.raise_codes(lift, (step.code,))
            case StepKind.CLEAR:
                self.faults.clear(lift)
            case StepKind.RETRY_DOOR:
                self.faults.tell(lift, EventKind.DOOR_RETRY)
            case _:
                return False
        return True

    def _play_motion(self, lift: int, step: Step) -> None:
        one = np.array([lift])
        match step.kind:
            case StepKind.TRAVEL if int(step.value) != self.cars.floor[lift]:
                self.cars.begin_trip(self.table, one, np.array([int(step.value)]))
            case StepKind.CREEP:
                self.cars.begin_creep(lift, step.value)
            case StepKind.OPEN if self.cars.phase[lift] == Phase.HELD_CLOSED:
                self.cars.begin(one, Phase.OPENING, float(self.table.door_open_s[lift]))
            case StepKind.CLOSE if self.cars.phase[lift] == Phase.HELD_OPEN:
                self.cars.begin(one, Phase.CLOSING, float(self.table.door_close_s[lift]))


def rescue_scene(level_m: float, repair_s: float) -> Scene:
    """Return what a crew does: wind the car to a landing, open, let out, repair, hand back."""
    return (
        Step(kind=StepKind.CREEP, value=level_m),
        Step(kind=StepKind.OPEN),
        Step(kind=StepKind.WAIT, value=1.0),
        Step(kind=StepKind.PEOPLE_OUT),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.OUT_OF_SERVICE),
        Step(kind=StepKind.WAIT, value=repair_s),
        Step(kind=StepKind.CLEAR),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
        Step(kind=StepKind.CLOSE),
    )


def recovery_scene(level_m: float) -> Scene:
    """Return what a controller does that gets over its fault: to a landing, open, carry on."""
    return (
        Step(kind=StepKind.CLEAR),
        Step(kind=StepKind.CREEP, value=level_m),
        Step(kind=StepKind.OPEN),
        Step(kind=StepKind.WAIT, value=2.0),
        Step(kind=StepKind.PEOPLE_OUT),
        Step(kind=StepKind.WAIT, value=3.0),
        Step(kind=StepKind.CLOSE),
    )


def jammed_door_scene() -> Scene:
    """Return what a door does that will not open: tries again, then gives up with code 03."""
    retries = (Step(kind=StepKind.WAIT, value=4.0), Step(kind=StepKind.RETRY_DOOR)) * 3
    return (*retries, Step(kind=StepKind.RAISE, code="03"))


def _through_the_door(kind: StepKind) -> Scene:
    """Return someone walking in or out: the doors stand open before and after."""
    pause = Step(kind=StepKind.WAIT, value=1.5)
    return (pause, Step(kind=kind), pause)


def inspection_scene(floor_m: float, between_m: float, lasting_s: float) -> Scene:
    """Return a technician's visit: inside, doors shut, between landings, and no entrapment."""
    return (
        Step(kind=StepKind.OPEN),
        *_through_the_door(StepKind.ENTER),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.INSPECTION),
        Step(kind=StepKind.CLOSE),
        Step(kind=StepKind.CREEP, value=between_m),
        Step(kind=StepKind.WAIT, value=lasting_s),
        Step(kind=StepKind.CREEP, value=floor_m),
        Step(kind=StepKind.OPEN),
        *_through_the_door(StepKind.LEAVE),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
        Step(kind=StepKind.CLOSE),
    )


def fire_test_scene(main_floor: int, top_floor: int, lasting_s: float) -> Scene:
    """Return a fire-fighter test: recall, then a fire-fighter waits upstairs behind shut doors."""
    return (
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.FIRE_RECALL),
        Step(kind=StepKind.TRAVEL, value=main_floor),
        Step(kind=StepKind.OPEN),
        *_through_the_door(StepKind.ENTER),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.FIREFIGHTER),
        Step(kind=StepKind.CLOSE),
        Step(kind=StepKind.TRAVEL, value=top_floor),
        Step(kind=StepKind.WAIT, value=lasting_s),
        Step(kind=StepKind.TRAVEL, value=main_floor),
        Step(kind=StepKind.OPEN),
        *_through_the_door(StepKind.LEAVE),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
        Step(kind=StepKind.CLOSE),
    )
