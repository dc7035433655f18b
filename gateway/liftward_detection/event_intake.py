"""How one event changes one lift.

Samples and events travel separate paths and keep separate orders: an alarm that overtakes
telemetry must not make that telemetry late. Must not know batches or the fleet.
"""

from liftward_detection.compiling import constant, helper
from liftward_detection.door_watch import note_retry_event
from liftward_detection.entrapment import update_suppression, watch_alarm
from liftward_detection.episodes import (
    Context,
    begin,
    drop,
    finish,
    fire_due,
    raise_level,
)
from liftward_detection.events import EventArrays, EventWord
from liftward_detection.faults import faults_suppressed, take_mode
from liftward_detection.fleet import (
    BYTE,
    DERIVED,
    DOOR_RETRIED,
    NONE_US,
    OPEN,
    PENDING,
    REPORTED,
    Record,
)
from liftward_detection.intake import allowance_us, is_newer, latch_alarm, take_button
from liftward_detection.kinds import KIND_OF_GB_CODE, NO_KIND, DetectionKind, Reason, Suppression
from liftward_wire.states import Button

_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)
_GB_02 = constant(DetectionKind.GB_02.code)
_GB_04 = constant(DetectionKind.GB_04.code)
_GB_05 = constant(DetectionKind.GB_05.code)
_GB_40 = constant(DetectionKind.GB_40.code)
_GB_41 = constant(DetectionKind.GB_41.code)
_GB_47 = constant(DetectionKind.GB_47.code)
_GB_90 = constant(DetectionKind.GB_90.code)

_PRESSED = Button.PRESSED.code
_RELEASED = Button.RELEASED.code

_FAULT_RAISED = EventWord.FAULT_RAISED.code
_FAULT_CLEARED = EventWord.FAULT_CLEARED.code
_ALARM_PRESSED = EventWord.ALARM_PRESSED.code
_ALARM_RELEASED = EventWord.ALARM_RELEASED.code
_DOOR_RETRY = EventWord.DOOR_RETRY.code
_MODE_CHANGED = EventWord.MODE_CHANGED.code

_REPORTED_BY_CONTROLLER = constant(Reason.REPORTED_BY_CONTROLLER.code)
_CLEARED_BY_CONTROLLER = constant(Reason.CLEARED_BY_CONTROLLER.code)
_NOT_SUPPRESSED = Suppression.NONE.code


@helper
def _raise_fault(
    record: Record,
    kind: int,
    at_us: int,
    context: Context,
) -> None:
    """Merge the controller's report into the episode of its code, or open one."""
    status = record["status"][kind]
    if status & OPEN:
        record["status"][kind] = status | REPORTED
        raise_level(record, kind)
        return
    pending_us = record["since_us"][kind] if status & PENDING else at_us
    record["since_us"][kind] = min(pending_us, at_us)
    begin(record, kind, _REPORTED_BY_CONTROLLER, at_us, context)


@helper
def _clear_fault(
    record: Record,
    kind: int,
    at_us: int,
    context: Context,
) -> None:
    status = record["status"][kind]
    if not status & REPORTED:
        return
    if status & DERIVED:
        record["status"][kind] = status & (BYTE ^ REPORTED)
    else:
        finish(record, kind, _CLEARED_BY_CONTROLLER, at_us, context)


@helper
def _take_fault(
    record: Record,
    raised: bool,  # noqa: FBT001 - positional in compiled code
    kind: int,
    at_us: int,
    context: Context,
) -> None:
    """Take a reported code. 40, automatic operation resumed, clears the reports 41 to 47.

    Many controllers send 40 instead of clearing each; a report of inspection that stayed for ever
    would blind us to the lift.
    """
    if not raised:
        _clear_fault(record, kind, at_us, context)
        return
    if kind == _GB_40:
        for resumed in range(_GB_41, _GB_47 + 1):
            _clear_fault(record, resumed, at_us, context)
    _raise_fault(record, kind, at_us, context)
    if kind == _GB_90:
        latch_alarm(record, at_us)
        watch_alarm(record, at_us, context.limits)


@helper
def _apply_suppression(record: Record) -> None:
    """Drop what runs and is suppressed now: a silent lift sends no sample that would do it."""
    update_suppression(record)
    if record["suppression"] != _NOT_SUPPRESSED and record["status"][_ENTRAPMENT] & PENDING:
        drop(record, _ENTRAPMENT)
    if faults_suppressed(record):
        for kind in (_GB_02, _GB_04, _GB_05):
            if record["status"][kind] & PENDING:
                drop(record, kind)


@helper
def _note_event_time(record: Record, events: EventArrays, i: int) -> bool:
    """Return False for an event that comes late: before the last one and not sent after it."""
    observed_us, boot_id, sequence = events.observed_at_us[i], events.boot_id[i], events.sequence[i]
    if observed_us < record["event_observed_us"] and not is_newer(
        boot_id, sequence, record["event_boot_id"], record["event_sequence"]
    ):
        return False
    record["event_observed_us"] = observed_us
    record["event_boot_id"] = boot_id
    record["event_sequence"] = sequence
    return True


@helper
def _apply_event(
    record: Record,
    events: EventArrays,
    i: int,
    context: Context,
) -> None:
    word, at_us = events.kind[i], events.observed_at_us[i]
    if word in (_FAULT_RAISED, _FAULT_CLEARED):
        kind = KIND_OF_GB_CODE[events.gb_code[i]] if events.gb_code[i] >= 0 else NO_KIND
        if kind != NO_KIND:
            raised = word == _FAULT_RAISED
            _take_fault(record, raised, kind, at_us, context)
    elif word in (_ALARM_PRESSED, _ALARM_RELEASED):
        pressed = word == _ALARM_PRESSED
        record["button_at_us"] = at_us
        if pressed:
            latch_alarm(record, at_us)  # an event is a press of its own, edge or not
        button = _PRESSED if pressed else _RELEASED
        take_button(record, button, at_us, context)
        if pressed:
            watch_alarm(record, at_us, context.limits)
    elif word == _DOOR_RETRY:
        record["flags"] |= DOOR_RETRIED
        note_retry_event(record)
    elif word == _MODE_CHANGED:
        take_mode(record, events.service_mode[i], at_us, context)


@helper
def take_event(
    record: Record,
    events: EventArrays,
    i: int,
    context: Context,
) -> None:
    """Apply event `i` to its lift, after what was due when it happened.

    Timers run on samples: they advance to the event only as far as no sample can still be under
    way, which is what a tick at this instant would do.
    """
    if not _note_event_time(record, events, i):
        return
    at_us = events.observed_at_us[i]
    sampled = record["observed_us"] != NONE_US
    if sampled:
        expected_us = events.received_at_us[i] - allowance_us(record, context.limits)
        fire_due(record, min(at_us, expected_us), context)
    _apply_event(record, events, i, context)
    _apply_suppression(record)
    if sampled:
        fire_due(record, record["observed_us"], context)
