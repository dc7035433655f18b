"""How one event changes one lift.

Samples and events travel separate paths and keep separate orders: an alarm that overtakes
telemetry must not make that telemetry late. Must not know batches or the fleet.
"""

from liftward_detection.alarm_button import latch_alarm, take_button
from liftward_detection.compiling import constant, helper
from liftward_detection.door_watch import note_retry_event
from liftward_detection.entrapment import begin_rest, count_retry, watch_rest, weigh
from liftward_detection.episodes import (
    Context,
    begin,
    finish,
    raise_level,
)
from liftward_detection.events import EventArrays, EventWord
from liftward_detection.evidence import alarm_counts
from liftward_detection.facts import NO, UNKNOWN, YES
from liftward_detection.faults import take_mode
from liftward_detection.faults_doors import note_retry
from liftward_detection.faults_suppressed import drop_suppressed
from liftward_detection.fleet import (
    BYTE,
    DERIVED,
    EVENTS_AHEAD,
    HEARD_CHANGE,
    NEVER_DUE_US,
    NONE_US,
    OPEN,
    PENDING,
    PRESSED_UNSEEN,
    REPORTED,
    Record,
)
from liftward_detection.intake import allowance_us, forget_stop, is_newer
from liftward_detection.kinds import KIND_OF_GB_CODE, NO_KIND, DetectionKind, Reason
from liftward_detection.overtaking import happened_us, is_ahead, is_old
from liftward_detection.quiet import wake
from liftward_detection.rhythm import is_gap
from liftward_detection.status import set_status, status_of
from liftward_detection.suppression import is_blocked, update_suppression
from liftward_detection.timers import earliest_due_us, fire_due
from liftward_wire.states import Button, DoorState

_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)
_DOOR_UNKNOWN = DoorState.UNKNOWN.code
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
_TEST_CALL = EventWord.TEST_CALL.code
_DOOR_RETRY = EventWord.DOOR_RETRY.code
_MODE_CHANGED = EventWord.MODE_CHANGED.code

_REPORTED_BY_CONTROLLER = constant(Reason.REPORTED_BY_CONTROLLER.code)
_CLEARED_BY_CONTROLLER = constant(Reason.CLEARED_BY_CONTROLLER.code)


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
        set_status(record, kind, status | REPORTED)
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
        set_status(record, kind, status & (BYTE ^ REPORTED))
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
        latch_alarm(record, at_us, context.limits)


@helper
def _watch_unseen(record: Record, at_us: int) -> None:
    """Watch a car in which somebody presses the alarm button, and whose samples do not come.

    Where it stands, and how, is not known: it was last seen long before. Only one that stood then
    between floors, or with people shut in, stands so still, for all that is known.
    """
    record["flags"] |= PRESSED_UNSEEN
    rest_us = record["rest_since_us"]
    held = record["at_level"] == NO or record["aboard"] == YES
    if (
        (held and rest_us != NONE_US)
        or rest_us > record["observed_us"]
        or status_of(record, _ENTRAPMENT) & OPEN
    ):
        return
    forget_stop(record, record["observed_us"])
    record["stationary"] = record["travelling"] = record["at_level"] = record["shut"] = UNKNOWN
    record["car_calls"] = record["direction_set"] = record["chain_open"] = UNKNOWN
    record["car_door"] = _DOOR_UNKNOWN
    begin_rest(record, at_us)


@helper
def _draw_conclusions(record: Record, at_us: int, context: Context) -> None:
    """Weigh what the event told, and drop what is suppressed now.

    A lift that reports by exception sends no sample that would do it. Of one that fell silent long
    before, nobody knows whether it stands shut now that its mode is over, unless somebody presses.
    """
    update_suppression(record, at_us, context)
    sampled_us = record["observed_us"]
    # By both clocks: the one of the events may run ahead of that of the samples.
    passed_us = min(at_us - sampled_us, context.received_us - record["received_us"])
    if sampled_us == NONE_US or not is_gap(record, passed_us, context.limits):
        watch_rest(record, False, at_us)
    elif is_blocked(record):
        watch_rest(record, False, sampled_us)
    elif alarm_counts(record, at_us, context.limits):
        _watch_unseen(record, at_us)
    weigh(record, at_us, context)
    drop_suppressed(record)


@helper
def _place_us(events: EventArrays, i: int, at_us: int, expected_us: int) -> int:
    """Return an event's time in the order of events.

    A clock that runs ahead of the samples' own makes no event one of later. In the midst of a
    backlog what is expected is of long ago, and makes none one of earlier.
    """
    return at_us if is_old(at_us, events.received_at_us[i]) else min(at_us, expected_us)


@helper
def _is_late(record: Record, events: EventArrays, i: int, place_us: int) -> bool:
    """Tell whether an event comes late: before the last one and not sent after it."""
    return place_us < record["event_observed_us"] and not is_newer(
        events.boot_id[i], events.sequence[i], record["event_boot_id"], record["event_sequence"]
    )


@helper
def _note_event(
    record: Record,
    events: EventArrays,
    i: int,
    place_us: int,
    ahead: bool,  # noqa: FBT001 - positional in compiled code
) -> None:
    record["event_observed_us"] = max(record["event_observed_us"], place_us)
    record["event_boot_id"] = events.boot_id[i]
    record["event_sequence"] = events.sequence[i]
    record["seen"] |= HEARD_CHANGE  # what happens at a lift is told by a device that lives
    if ahead:
        record["seen"] |= EVENTS_AHEAD


@helper
def _apply_event(  # noqa: PLR0917 - called from one place, with what it needs
    record: Record,
    events: EventArrays,
    i: int,
    at_us: int,
    ahead: bool,  # noqa: FBT001 - positional in compiled code
    context: Context,
) -> None:
    word = events.kind[i]
    if word in (_FAULT_RAISED, _FAULT_CLEARED):
        kind = KIND_OF_GB_CODE[events.gb_code[i]] if events.gb_code[i] >= 0 else NO_KIND
        if kind != NO_KIND:
            raised = word == _FAULT_RAISED
            _take_fault(record, raised, kind, at_us, context)
    elif word in (_ALARM_PRESSED, _ALARM_RELEASED):
        pressed = word == _ALARM_PRESSED
        record["button_at_us"] = at_us
        if pressed:
            latch_alarm(
                record, at_us, context.limits
            )  # an event is a press of its own, edge or not
        button = _PRESSED if pressed else _RELEASED
        take_button(record, button, at_us, context)
    elif word == _DOOR_RETRY:
        note_retry(record, at_us, context)
        if not ahead:
            count_retry(record)
        note_retry_event(record)
    elif word == _TEST_CALL:
        record["test_at_us"] = at_us
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
    way, and before it is noted: just what a tick at this instant would do. What an event out of a
    backlog means is told by the samples of its time, which come after it.
    """
    sampled, ahead = record["observed_us"] != NONE_US, False
    expected_us = NEVER_DUE_US
    if sampled:
        expected_us = context.received_us - allowance_us(record, context.limits)
    at_us = happened_us(record, events.observed_at_us[i], context.received_us)
    place_us = _place_us(events, i, at_us, expected_us)
    if _is_late(record, events, i, place_us):
        return
    wake(record)
    if sampled:
        ahead = is_ahead(record, at_us, context.received_us)
        fire_due(record, min(at_us, expected_us), context)
    _note_event(record, events, i, place_us, ahead)
    _apply_event(record, events, i, at_us, ahead, context)
    if not ahead:
        _draw_conclusions(record, at_us, context)
    if sampled:
        fire_due(record, record["observed_us"], context)
    record["due_us"] = earliest_due_us(record, context.limits)
