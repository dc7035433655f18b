"""What goes wrong slowly, or beside the car: heat, stuck buttons, mains, the controller itself.

Code 41 of GB/T 24476-2017 and the kinds of ours for temperatures, stuck buttons, a rescue device
that does not bring the car to a landing, a controller that has fallen silent. Must not know
entrapment.
"""

from math import isnan

from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.episodes import Context, settle
from liftward_detection.facts import NO, UNKNOWN, YES, Facts, known
from liftward_detection.fault_memory import (
    CALL_OPENED,
    DEVICE_KNOWN,
    DEVICE_REACHED,
    counted,
    matters,
    note_worst,
    settle_seen,
    settle_since,
)
from liftward_detection.faults_suppressed import settle_unless_suppressed, unless_suppressed
from liftward_detection.fleet import BYTE, DERIVED, NONE_US, Record
from liftward_detection.kinds import DetectionKind
from liftward_detection.samples import Sample
from liftward_detection.status import bits_of, is_active, status_of
from liftward_detection.thresholds import Limits
from liftward_wire.states import PowerSource, ServiceMode

_GB_41 = constant(DetectionKind.GB_41.code)
_GB_90 = constant(DetectionKind.GB_90.code)
_MOTOR = constant(DetectionKind.MOTOR_OVERHEATING.code)
_ROOM = constant(DetectionKind.MACHINE_ROOM_TEMPERATURE.code)
_ALARM = constant(DetectionKind.STUCK_ALARM_BUTTON.code)
_CALL = constant(DetectionKind.STUCK_CAR_CALL.code)
_DEVICE = constant(DetectionKind.RESCUE_DEVICE_FAILED.code)
_CONTROLLER = constant(DetectionKind.CONTROLLER_FAULT.code)

_TEMPERATURES = bits_of((DetectionKind.MOTOR_OVERHEATING, DetectionKind.MACHINE_ROOM_TEMPERATURE))
_PRESSED_OR_STUCK = bits_of((DetectionKind.GB_90, DetectionKind.STUCK_ALARM_BUTTON))

_EMERGENCY = PowerSource.EMERGENCY.code
_MODE_UNKNOWN = ServiceMode.UNKNOWN.code


@helper
def outside(degc: float, low_degc: float, high_degc: float, back_k: float) -> int:
    """Tell whether a temperature is outside its band: no again only `back_k` inside it."""
    if isnan(degc):
        return UNKNOWN
    if degc >= high_degc or degc < low_degc:
        return YES
    return NO if low_degc + back_k <= degc <= high_degc - back_k else UNKNOWN


@flattened
def _watch_temperatures(record: Record, sample: Sample, at_us: int, context: Context) -> None:
    """Machines get hot in every mode: nothing suppresses it."""
    limits = context.limits
    motor_degc = float(sample.motor_temperature_degc)
    room_degc = float(sample.machine_room_temperature_degc)
    coldest_degc, motor_max, motor_back = -1e9, limits.motor_degc_max, limits.motor_back_k
    room_min, room_max = limits.machine_room_degc_min, limits.machine_room_degc_max
    may_be_hot = motor_degc >= motor_max or room_degc >= room_max or room_degc < room_min
    if not may_be_hot and not record["active"] & _TEMPERATURES:
        return
    for kind, condition, measured in (
        (_MOTOR, outside(motor_degc, coldest_degc, motor_max, motor_back), motor_degc),
        (_ROOM, outside(room_degc, room_min, room_max, limits.machine_room_back_k), room_degc),
    ):
        if matters(record, kind, condition):
            if condition == YES:
                note_worst(record, kind, measured)
            settle_seen(record, kind, condition, at_us, context)


@helper
def stuck_alarm(record: Record, at_us: int, limits: Limits) -> int:
    """Pressed for minutes, although the doors have stood open at a landing meanwhile."""
    if not status_of(record, _GB_90) & DERIVED:
        return NO
    pressed_us = record["since_us"][_GB_90]
    answered = record["open_at_us"] > pressed_us
    return YES if answered and at_us - pressed_us >= limits.button_stuck_us else UNKNOWN


@flattened
def note_calls(record: Record, facts: Facts, at_us: int) -> None:
    """Keep since when a car call waits in an empty car, and how often the doors have opened."""
    if facts.car_calls == NO or record["aboard"] == YES:
        if record["calls_since_us"] == NONE_US:
            return
        record["calls_since_us"] = NONE_US
        record["calls_openings_count"] = 0
        return
    empty_with_call = facts.car_calls == YES and record["aboard"] == NO
    if record["calls_since_us"] == NONE_US:
        if not empty_with_call:
            return
        record["calls_since_us"] = at_us
        record["fault_flags"] |= CALL_OPENED  # the opening in which it was entered answers nothing
    if facts.shut == YES:
        record["fault_flags"] &= BYTE ^ CALL_OPENED
    elif facts.shut == NO and not record["fault_flags"] & CALL_OPENED:
        record["fault_flags"] |= CALL_OPENED
        record["calls_openings_count"] = counted(record["calls_openings_count"])


@helper
def stuck_call(record: Record, at_us: int, limits: Limits) -> int:
    """A call waits for minutes in an empty car that has answered it more than once."""
    since_us = record["calls_since_us"]
    if since_us == NONE_US:
        return NO
    answered = record["calls_openings_count"] >= limits.stuck_openings_count
    return YES if answered and at_us - since_us >= limits.button_stuck_us else UNKNOWN


@flattened
def _watch_buttons(record: Record, facts: Facts, at_us: int, context: Context) -> None:
    limits = context.limits
    note_calls(record, facts, at_us)
    if record["active"] & _PRESSED_OR_STUCK:
        judged = unless_suppressed(record, _ALARM, stuck_alarm(record, at_us, limits))
        settle_since(record, _ALARM, judged, record["since_us"][_GB_90], at_us, context)
    if record["calls_since_us"] != NONE_US or is_active(record, _CALL):
        judged = unless_suppressed(record, _CALL, stuck_call(record, at_us, limits))
        settle_since(record, _CALL, judged, record["calls_since_us"], at_us, context)


@flattened
def rescue_device_failed(record: Record, sample: Sample, facts: Facts) -> int:
    """Mains gone, and a lift whose rescue device has worked before is not brought to a landing.

    Whether a lift has such a device nobody registers: it is known by the emergency power it gave.
    An empty car that stands at a landing needs no rescue.
    """
    if sample.power_source == _EMERGENCY:
        record["fault_flags"] |= DEVICE_KNOWN
    if facts.power_lost == NO:
        record["fault_flags"] &= BYTE ^ DEVICE_REACHED
    elif facts.power_lost == YES and facts.shut == NO:
        record["fault_flags"] |= DEVICE_REACHED
    flags = record["fault_flags"]
    needed = max(-facts.at_level, record["aboard"])
    waits = known(flags & DEVICE_KNOWN != 0 and not flags & DEVICE_REACHED)
    return min(facts.power_lost, waits, needed)  # type: ignore[no-any-return]  # records are untyped


@flattened
def controller_fault(record: Record, sample: Sample, facts: Facts) -> int:
    """Used to tell its mode and tells none now, standing off level or with calls waiting."""
    if sample.service_mode != _MODE_UNKNOWN or record["service_mode"] == _MODE_UNKNOWN:
        return NO
    stands = min(facts.stationary, max(-facts.at_level, facts.car_calls))
    return min(stands, known(facts.power_lost != YES), known(facts.shut != NO))


@flattened
def watch_slow(record: Record, sample: Sample, facts: Facts, at_us: int, context: Context) -> None:
    """Settle all of this by this sample."""
    _watch_temperatures(record, sample, at_us, context)
    _watch_buttons(record, facts, at_us, context)
    if matters(record, _GB_41, facts.power_lost):
        settle(record, _GB_41, facts.power_lost, at_us, context)
    settle_unless_suppressed(
        record, _DEVICE, rescue_device_failed(record, sample, facts), at_us, context
    )
    settle_unless_suppressed(
        record, _CONTROLLER, controller_fault(record, sample, facts), at_us, context
    )
