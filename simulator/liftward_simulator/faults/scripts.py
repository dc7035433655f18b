"""Scenes a car plays step by step instead of serving calls: rescues, repairs, inspections, tests.

A scene is a tuple of steps; the director plays one step whenever the car has come to rest in a HELD
phase. Pure data. Must not know why a scene is begun, or who is told.
"""

from dataclasses import dataclass
from enum import StrEnum

from liftward_simulator.physics.cars import Phase
from liftward_wire.states import PowerSource, ServiceMode

DEBRIS_CLOSES_SHARE = 0.8  # so far of its way a door gets before it meets what lies on the sill
DOOR_RETRIES_COUNT = 5  # the usual counter of door cycles before a controller gives up
_DOOR_RETRY_WAIT_S = 2.0
_WALK_S = 1.5  # for one person to pass the door
_PEOPLE_OUT_S = 2.0
_REBOOT_S = 5.0  # a drive that has tripped is reset, and the car crawls


class StepKind(StrEnum):
    SET_MODE = "set_mode"  # to `mode`
    SET_POWER = "set_power"  # to `power`
    TRAVEL = "travel"  # to landing `value`, at rated speed
    CREEP = "creep"  # to height `value` in metres, slowly
    LEVEL = "level"  # creep to the nearest landing
    OPEN = "open"
    CLOSE = "close"
    JAM = "jam"  # close until something on the sill stops the door
    STALL = "stall"  # for `value` seconds the motor runs and the car does not move
    ENTER = "enter"  # a technician or fire-fighter
    LEAVE = "leave"
    LINGER = "linger"  # someone steps in who wants nowhere
    MOVE_ON = "move_on"  # and steps out again
    LOAD = "load"  # goods of `value` kg stand in the car, 0: none
    PEOPLE_OUT = "people_out"  # all passengers
    WAIT = "wait"  # `value` seconds
    RETRY_DOOR = "retry_door"
    RAISE = "raise"  # fault `code`
    CLEAR = "clear"  # all faults
    SETTLE = "settle"  # tell that the car stands for good: whoever is aboard is trapped
    DONE = "done"  # tell that what made the car stand is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    kind: StepKind
    value: float = 0.0
    code: str = ""
    mode: ServiceMode = ServiceMode.NORMAL
    power: PowerSource = PowerSource.MAINS


Scene = tuple[Step, ...]

HELD = (Phase.HELD_CLOSED, Phase.HELD_OPEN, Phase.HELD_AJAR)

SETTLE_SCENE: Scene = (Step(kind=StepKind.SETTLE),)
OPEN_UP: Scene = (Step(kind=StepKind.LEVEL), Step(kind=StepKind.OPEN))
LET_OUT: Scene = (
    *OPEN_UP,
    Step(kind=StepKind.WAIT, value=_PEOPLE_OUT_S),
    Step(kind=StepKind.PEOPLE_OUT),
)
HAND_BACK: Scene = (
    Step(kind=StepKind.CLEAR),
    Step(kind=StepKind.DONE),
    Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
    Step(kind=StepKind.CLOSE),
)


def raising(*codes: str) -> Scene:
    return tuple(Step(kind=StepKind.RAISE, code=code) for code in codes)


def repair(wait_s: float, work_s: float) -> Scene:
    """Return a lift that waits for its maintainer, is worked on in inspection, and serves again."""
    return (
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.OUT_OF_SERVICE),
        Step(kind=StepKind.WAIT, value=wait_s),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.INSPECTION),
        Step(kind=StepKind.WAIT, value=work_s),
        Step(kind=StepKind.LEVEL),
        *HAND_BACK,
    )


def rescue_scene(repair_s: float) -> Scene:
    """Return what a crew does: wind the car to a landing, open, let out, repair, hand back."""
    return (
        *LET_OUT,
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.OUT_OF_SERVICE),
        Step(kind=StepKind.WAIT, value=repair_s),
        *HAND_BACK,
    )


def release_in_the_dark() -> Scene:
    """Return people let out while the mains are gone: afterwards the lift waits for them."""
    return (*LET_OUT, Step(kind=StepKind.SET_MODE, mode=ServiceMode.OUT_OF_SERVICE))


def recovery_scene() -> Scene:
    """Return what a controller does that gets over its fault: to a landing, open, carry on."""
    return (
        Step(kind=StepKind.CLEAR),
        Step(kind=StepKind.DONE),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
        *LET_OUT,
        Step(kind=StepKind.WAIT, value=_PEOPLE_OUT_S),
        Step(kind=StepKind.CLOSE),
    )


def pried_scene(wait_s: float, work_s: float) -> Scene:
    """Return people who force the doors at a landing; the lift stands open until it is repaired."""
    return (
        Step(kind=StepKind.OPEN),
        Step(kind=StepKind.WAIT, value=_PEOPLE_OUT_S),
        Step(kind=StepKind.PEOPLE_OUT),
        *repair(wait_s, work_s),
    )


def limping_home(repair_times_s: tuple[float, float] | None) -> Scene:
    """Return a fault the lift gets over enough to crawl to a landing and open; then repair, if so.

    `repair_times_s` are waiting and work; without them the fault has passed.
    """
    reset = Step(kind=StepKind.WAIT, value=_REBOOT_S)
    if repair_times_s is None:
        return (reset, *recovery_scene())
    return (reset, *LET_OUT, *repair(*repair_times_s))


def passing_scene(lasting_s: float) -> Scene:
    """Return a fault that passes: the rubbish is taken away, the drive resets; people get out."""
    return (Step(kind=StepKind.WAIT, value=lasting_s), *recovery_scene())


def shut_door_scene() -> Scene:
    """Return a door that will not open: it tries again, then the controller gives up."""
    retry = (Step(kind=StepKind.WAIT, value=4.0), Step(kind=StepKind.RETRY_DOOR))
    return (*retry * 3, *raising("03"))


def jammed_door_scene() -> Scene:
    """Return debris on the sill: the lock contact never makes, the door cycles, then all stops.

    Begins with the door ajar on what lies there.
    """
    cycle = (
        Step(kind=StepKind.RETRY_DOOR),
        Step(kind=StepKind.OPEN),
        Step(kind=StepKind.WAIT, value=_DOOR_RETRY_WAIT_S),
        Step(kind=StepKind.JAM),
    )
    return (*cycle * DOOR_RETRIES_COUNT, *raising("02"))


def stuck_start_scene(stall_s: float, codes: tuple[str, ...]) -> Scene:
    """Return a car that is to start and does not: the motor pulls for `stall_s`, if at all."""
    stall = (Step(kind=StepKind.STALL, value=stall_s),) if stall_s else ()
    return (*stall, Step(kind=StepKind.WAIT, value=1.0), *raising(*codes))


def battery_rescue_scene(wait_s: float) -> Scene:
    """Return an automatic rescue device at work: wait, creep to a landing, open, let out, rest."""
    return (
        Step(kind=StepKind.WAIT, value=wait_s),
        Step(kind=StepKind.SET_POWER, power=PowerSource.EMERGENCY),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.EMERGENCY_POWER),
        *LET_OUT,
        Step(kind=StepKind.WAIT, value=_REBOOT_S),
        Step(kind=StepKind.SET_POWER, power=PowerSource.BATTERY),
    )


def earthquake_scene() -> Scene:
    """Return earthquake operation: nearest landing, open, everybody out, stand until inspected."""
    return (
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.EARTHQUAKE),
        *LET_OUT,
        Step(kind=StepKind.WAIT, value=_PEOPLE_OUT_S),
        Step(kind=StepKind.CLOSE),
    )


def restart_scene() -> Scene:
    """Return a lift that serves again after the mains were gone or the ground shook."""
    return (
        Step(kind=StepKind.CLEAR),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
        Step(kind=StepKind.LEVEL),
        Step(kind=StepKind.CLOSE),
    )


def through_the_door(kind: StepKind, value: float = 0.0) -> Scene:
    """Return someone walking in or out: the doors stand open before and after."""
    pause = Step(kind=StepKind.WAIT, value=_WALK_S)
    return (pause, Step(kind=kind, value=value), pause)


def inspection_scene(floor_m: float, between_m: float, lasting_s: float) -> Scene:
    """Return a technician's visit: inside, doors shut, between landings, and no entrapment."""
    return (
        Step(kind=StepKind.OPEN),
        *through_the_door(StepKind.ENTER),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.INSPECTION),
        Step(kind=StepKind.CLOSE),
        Step(kind=StepKind.CREEP, value=between_m),
        Step(kind=StepKind.WAIT, value=lasting_s),
        Step(kind=StepKind.CREEP, value=floor_m),
        Step(kind=StepKind.OPEN),
        *through_the_door(StepKind.LEAVE),
        Step(kind=StepKind.DONE),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
        Step(kind=StepKind.CLOSE),
    )


def fire_test_scene(main_floor: int, top_floor: int, lasting_s: float) -> Scene:
    """Return a fire-fighter test: recall, then a fire-fighter waits upstairs behind shut doors."""
    return (
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.FIRE_RECALL),
        Step(kind=StepKind.TRAVEL, value=main_floor),
        Step(kind=StepKind.OPEN),
        *through_the_door(StepKind.ENTER),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.FIREFIGHTER),
        Step(kind=StepKind.CLOSE),
        Step(kind=StepKind.TRAVEL, value=top_floor),
        Step(kind=StepKind.WAIT, value=lasting_s),
        Step(kind=StepKind.TRAVEL, value=main_floor),
        Step(kind=StepKind.OPEN),
        *through_the_door(StepKind.LEAVE),
        Step(kind=StepKind.DONE),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
        Step(kind=StepKind.CLOSE),
    )


def inside_scene(enter: Step, leave: Step, lasting_s: float) -> Scene:
    """Return something or someone in a car with shut doors for a while, then gone."""
    return (
        Step(kind=StepKind.OPEN),
        *through_the_door(enter.kind, enter.value),
        Step(kind=StepKind.CLOSE),
        Step(kind=StepKind.WAIT, value=lasting_s),
        Step(kind=StepKind.OPEN),
        *through_the_door(leave.kind, leave.value),
        Step(kind=StepKind.DONE),
        Step(kind=StepKind.CLOSE),
    )


def attended_scene(goods_kg: float, far_floor: int, lasting_s: float) -> Scene:
    """Return a lift that someone holds for a while, to bring goods to another landing."""
    there = (
        Step(kind=StepKind.TRAVEL, value=far_floor),
        Step(kind=StepKind.OPEN),
        *through_the_door(StepKind.LOAD),
    )
    return (
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.INDEPENDENT),
        Step(kind=StepKind.OPEN),
        *through_the_door(StepKind.LINGER),
        *through_the_door(StepKind.LOAD, goods_kg),
        Step(kind=StepKind.CLOSE),
        Step(kind=StepKind.WAIT, value=lasting_s),
        *there,
        *through_the_door(StepKind.MOVE_ON),
        Step(kind=StepKind.DONE),
        Step(kind=StepKind.SET_MODE, mode=ServiceMode.NORMAL),
        Step(kind=StepKind.CLOSE),
    )
