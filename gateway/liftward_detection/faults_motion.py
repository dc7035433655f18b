"""Cars that do not go, go too fast, or stand where they should not; chain, brake and motor.

Codes 01, 04, 06 and 08 of GB/T 24476-2017, overspeed, the brake. Must not know entrapment.
"""

from math import isnan

from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.episodes import Context, begin, drop, settle
from liftward_detection.facts import NO, UNKNOWN, YES, Facts, known
from liftward_detection.fault_memory import matters, note_worst, settle_seen
from liftward_detection.faults_suppressed import settle_unless_suppressed, unless_suppressed
from liftward_detection.fleet import DERIVED, PENDING, Record
from liftward_detection.kinds import DetectionKind, Reason
from liftward_detection.samples import Sample
from liftward_detection.status import bits_of, is_active, status_of
from liftward_detection.thresholds import Limits
from liftward_wire.states import Brake, Direction, ServiceMode

_GB_01 = constant(DetectionKind.GB_01.code)
_GB_04 = constant(DetectionKind.GB_04.code)
_GB_06 = constant(DetectionKind.GB_06.code)
_GB_08 = constant(DetectionKind.GB_08.code)
_OVERSPEED = constant(DetectionKind.OVERSPEED.code)
_RELEASED_AT_REST = constant(DetectionKind.BRAKE_RELEASED_AT_REST.code)
_APPLIED_MOVING = constant(DetectionKind.BRAKE_APPLIED_MOVING.code)
_CONDITION_HELD = constant(Reason.CONDITION_HELD.code)

_WAITING = bits_of((DetectionKind.GB_04, DetectionKind.GB_06, DetectionKind.GB_08))
_BRAKE = bits_of((DetectionKind.BRAKE_RELEASED_AT_REST, DetectionKind.BRAKE_APPLIED_MOVING))

_UP = Direction.UP.code
_DOWN = Direction.DOWN.code
_DIRECTION_UNKNOWN = Direction.UNKNOWN.code
_APPLIED = Brake.APPLIED.code
_RELEASED = Brake.RELEASED.code
_INDEPENDENT = ServiceMode.INDEPENDENT.code


@flattened
def chain_open_running(record: Record, facts: Facts, travelled_before: int) -> int:
    """Code 01: the chain opens during a run.

    At one sample a second the car often stands by the time the chain is seen open, hence the look
    back, with the doors shut: where the door contacts are part of the chain, every opening door
    opens it. Begun, it lasts until the chain closes.
    """
    if facts.chain_open != YES:
        return facts.chain_open
    lasting = status_of(record, _GB_01) & DERIVED != 0
    opened_in_run = travelled_before == YES and facts.shut == YES
    return known(facts.travelling == YES or opened_in_run or lasting)


@flattened
def _may_run(facts: Facts) -> int:
    """Tell whether a start is to be expected at all: no start without mains."""
    return min(facts.shut, known(facts.power_lost != YES))


@flattened
def driven_fact(sample: Sample, limits: Limits) -> int:
    """Tell whether the controller means the car to move."""
    if sample.direction in (_UP, _DOWN):
        return YES
    pulls = float(sample.motor_current_a) >= limits.holding_current_a
    if sample.brake == _RELEASED and pulls:
        return YES
    return NO if sample.direction != _DIRECTION_UNKNOWN else UNKNOWN


@flattened
def run_time_limit(sample: Sample, facts: Facts, limits: Limits) -> int:
    """Code 06: set to travel, doors shut, chain whole, and the car does not move."""
    driven = min(_may_run(facts), driven_fact(sample, limits))
    return min(facts.stationary, driven, known(facts.chain_open != YES))


@flattened
def prevents_restart(record: Record, facts: Facts) -> int:
    """Code 08: doors shut, and the car does not start although calls wait or the chain is open."""
    demand = max(facts.car_calls, facts.chain_open)
    held = record["service_mode"] == _INDEPENDENT
    return min(facts.stationary, _may_run(facts), demand, known(not held))


@flattened
def is_overspeed(record: Record, sample: Sample, limits: Limits) -> bool:
    """Tell whether the car is known to be at or above the share at which a governor trips."""
    speed_mps, rated_mps = abs(float(sample.speed_mps)), float(record["rated_speed_mps"])
    # NaN on either side compares as false.
    return rated_mps > 0 and speed_mps >= limits.overspeed_share * rated_mps


@flattened
def overspeed(record: Record, sample: Sample, limits: Limits) -> int:
    rated_mps = float(record["rated_speed_mps"])
    if isnan(sample.speed_mps) or isnan(rated_mps) or rated_mps <= 0:
        return UNKNOWN
    return known(is_overspeed(record, sample, limits))


@flattened
def released_at_rest(sample: Sample, facts: Facts, limits: Limits) -> int:
    """Stands with the brake released and no current in the motor: nothing known holds the car."""
    if sample.brake == _APPLIED:
        return NO
    if sample.brake != _RELEASED or isnan(sample.motor_current_a):
        return UNKNOWN
    currentless = known(float(sample.motor_current_a) < limits.holding_current_a)
    return min(facts.stationary, currentless)


@flattened
def applied_moving(sample: Sample, facts: Facts) -> int:
    """Travels with the brake applied, for longer than it takes to brake."""
    if sample.brake == _RELEASED:
        return NO
    return min(facts.travelling, YES if sample.brake == _APPLIED else UNKNOWN)


@flattened
def _watch_overspeed(
    record: Record, sample: Sample, facts: Facts, at_us: int, context: Context
) -> None:
    """Open overspeed: seen twice, or once with the chain that a governor opens."""
    condition = overspeed(record, sample, context.limits)
    if condition != YES and status_of(record, _OVERSPEED) == 0:
        return
    judged = unless_suppressed(record, _OVERSPEED, condition)
    if judged == YES:
        note_worst(record, _OVERSPEED, float(sample.speed_mps))
    settle_seen(record, _OVERSPEED, judged, at_us, context)
    if facts.chain_open == YES and status_of(record, _OVERSPEED) == PENDING:
        begin(record, _OVERSPEED, _CONDITION_HELD, at_us, context)


@helper
def _watch_brake(
    record: Record, sample: Sample, facts: Facts, at_us: int, context: Context
) -> None:
    may_be_wrong = sample.brake == (_RELEASED if facts.stationary == YES else _APPLIED)
    if not may_be_wrong and not record["active"] & _BRAKE:
        return
    for kind, condition, measured in (
        (
            _RELEASED_AT_REST,
            released_at_rest(sample, facts, context.limits),
            float(sample.motor_current_a),
        ),
        (_APPLIED_MOVING, applied_moving(sample, facts), float(sample.speed_mps)),
    ):
        if matters(record, kind, condition):
            judged = unless_suppressed(record, kind, condition)
            if judged == YES:
                note_worst(record, kind, measured)
            settle_seen(record, kind, judged, at_us, context)


@helper
def _watch_start(
    record: Record, sample: Sample, facts: Facts, at_us: int, context: Context
) -> None:
    """Settle what a car that stands with shut doors may be hindered by."""
    condition = run_time_limit(sample, facts, context.limits)
    if matters(record, _GB_06, condition):
        judged = unless_suppressed(record, _GB_06, condition)
        if judged == YES:
            note_worst(record, _GB_06, float(sample.motor_current_a))
        settle(record, _GB_06, judged, at_us, context)
    settle_unless_suppressed(record, _GB_08, prevents_restart(record, facts), at_us, context)


@flattened
def watch_motion(  # noqa: PLR0917 - positional in compiled code
    record: Record,
    sample: Sample,
    facts: Facts,
    travelled_before: int,
    at_us: int,
    context: Context,
) -> None:
    """Settle everything about motion by this sample; a car that has moved begins to wait anew."""
    if facts.displaced and record["active"] & _WAITING:
        for kind in (_GB_04, _GB_06, _GB_08):
            if status_of(record, kind) & PENDING:
                drop(record, kind)
    if facts.chain_open == YES or is_active(record, _GB_01):
        opened = chain_open_running(record, facts, travelled_before)
        settle_unless_suppressed(record, _GB_01, opened, at_us, context)
    stands_off_level = min(facts.stationary, -facts.at_level)
    settle_unless_suppressed(record, _GB_04, stands_off_level, at_us, context)
    if min(facts.stationary, facts.shut) == YES or record["active"] & _WAITING:
        _watch_start(record, sample, facts, at_us, context)
    _watch_overspeed(record, sample, facts, at_us, context)
    _watch_brake(record, sample, facts, at_us, context)
