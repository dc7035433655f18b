"""Who is trapped: fixed timers as used in the field (domain: rules seen in gateway firmware).

A candidate runs while the car stands still, someone is aboard, and there is no way out:

- between floors: 30 s, whatever the door says (a door that is open there contradicts: suspected);
- at a landing: 45 s, and only with a sign of distress: the car has made a run and not opened since;
  a car call waits; door-open was pressed; the alarm button was; the safety chain is open; power is
  lost. Without such a sign a person behind shut doors is one who has not pressed anything yet, and
  fixed timers cannot tell the two apart: someone who collapses before choosing a floor is missed
  until they, or the controller, give a sign;
- after an alarm press with the car at rest and no known way out: 10 s, and the press counts as
  someone aboard.

The alarm counts by its edge and until the doors open at a landing, so a button that sticks makes
one alarm, not one for each trip. Unknown holds a running candidate and starts none; silence is the
same. Must not know how people are rescued.
"""

from liftward_detection.compiling import constant, helper
from liftward_detection.episodes import Context, drop, finish, raise_level
from liftward_detection.facts import NO, YES, Facts, known
from liftward_detection.fleet import (
    DOOR_OPEN_PRESSED,
    NONE_US,
    OPEN,
    OPENED_IN_EPISODE,
    PENDING,
    REPORTED,
    TRAVELLED,
    Record,
)
from liftward_detection.kinds import DetectionKind, Reason, Suppression
from liftward_detection.quiet import look_again
from liftward_detection.thresholds import Limits
from liftward_wire.states import ServiceMode

_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)
_GB_42 = constant(DetectionKind.GB_42.code)
_GB_43 = constant(DetectionKind.GB_43.code)
_GB_45 = constant(DetectionKind.GB_45.code)

_WAY_OUT_OPEN = constant(Reason.WAY_OUT_OPEN.code)
_MOVED_ON = constant(Reason.MOVED_ON.code)

_MODE_UNKNOWN = ServiceMode.UNKNOWN.code
_MODE_OUT_OF_SERVICE = ServiceMode.OUT_OF_SERVICE.code
_MODE_INSPECTION = ServiceMode.INSPECTION.code
_MODE_FIREFIGHTER = ServiceMode.FIREFIGHTER.code
_MODE_INDEPENDENT = ServiceMode.INDEPENDENT.code
_MODE_PARKING = ServiceMode.PARKING.code

_LONG_AGO_US = constant(NONE_US)

_NOT_SUPPRESSED = Suppression.NONE.code
_BY_INSPECTION = Suppression.INSPECTION.code
_BY_FIREFIGHTER = Suppression.FIREFIGHTER.code
_BY_OUT_OF_SERVICE = Suppression.OUT_OF_SERVICE.code
_BY_INDEPENDENT = Suppression.INDEPENDENT.code
_BY_PARKED_EMPTY = Suppression.PARKED_EMPTY.code


@helper
def service_mode_of(record: Record) -> int:
    """Return the service mode, as told, or as the controller's reported codes imply."""
    if record["service_mode"] != _MODE_UNKNOWN:
        return record["service_mode"]  # type: ignore[no-any-return]  # records are untyped
    if record["status"][_GB_43] & REPORTED:
        return _MODE_INSPECTION
    if record["status"][_GB_45] & REPORTED:
        return _MODE_FIREFIGHTER
    return _MODE_OUT_OF_SERVICE if record["status"][_GB_42] & REPORTED else _MODE_UNKNOWN


@helper
def suppression_of(record: Record) -> int:
    """Return why this lift must not become a candidate now; it must never hide someone.

    Inspection and fire-fighter operation have a person on site in command of the car. Out of
    service is often set by the controller itself after a fault: it stops no running candidate and
    hides no alarm press. Independent service holds a car at a landing on purpose, never between
    floors. Fire recall, earthquake and emergency power do not suppress: a car must reach a landing
    and open, and whoever is inside when it does not is trapped.
    """
    mode = service_mode_of(record)
    alarm = record["alarm_since_us"] != NONE_US
    if mode == _MODE_INSPECTION:
        return _BY_INSPECTION
    if mode == _MODE_FIREFIGHTER:
        return _BY_FIREFIGHTER
    if mode == _MODE_OUT_OF_SERVICE and not alarm:
        running = record["status"][_ENTRAPMENT] & PENDING
        return _NOT_SUPPRESSED if running else _BY_OUT_OF_SERVICE
    if mode == _MODE_INDEPENDENT and not alarm and record["at_level"] != NO:
        return _BY_INDEPENDENT
    if mode == _MODE_PARKING and not alarm and record["aboard"] == NO:
        return _BY_PARKED_EMPTY
    return _NOT_SUPPRESSED


@helper
def update_suppression(record: Record) -> None:
    """Note why the lift is not watched now.

    With a person in command of the car, a press of the alarm button is theirs, mostly a test of it:
    forgotten, so that it does not count when the lift goes back to normal with its doors shut. An
    entrapment that is already open keeps it.
    """
    suppression = suppression_of(record)
    record["suppression"] = suppression
    commanded = suppression in (_BY_INSPECTION, _BY_FIREFIGHTER)
    if commanded and not record["status"][_ENTRAPMENT] & OPEN:
        record["alarm_since_us"] = NONE_US


@helper
def distress_fact(record: Record, facts: Facts) -> int:
    flags = record["flags"]
    return max(
        known(flags & (TRAVELLED | DOOR_OPEN_PRESSED) != 0),
        known(record["alarm_since_us"] != NONE_US),
        facts.car_calls,
        facts.chain_open,
        facts.power_lost,
    )


@helper
def trapped_fact(record: Record, facts: Facts) -> int:
    """Tell whether someone is shut in now, by the last sample alone."""
    if facts.shut == NO:
        return NO
    alarm = known(record["alarm_since_us"] != NONE_US)
    shut_in = YES
    if facts.at_level != NO:
        # A door that says nothing at a landing may stand open: only an alarm press speaks then.
        door = max(facts.shut, known(facts.door_struggles), alarm)
        shut_in = min(distress_fact(record, facts), door)
    people: int = max(record["aboard"], alarm)
    return min(facts.stationary, people, shut_in)


@helper
def _set_due(record: Record, at_us: int, limits: Limits) -> None:
    """Set when a running candidate is due; never in the past, so that nothing fires backdated."""
    since_us = record["since_us"][_ENTRAPMENT]
    limit_us = limits.off_level_us if record["at_level"] == NO else limits.at_level_us
    record["entrapment_due_us"] = max(since_us + limit_us, at_us)
    shorten_by_alarm(record, at_us, limits)


@helper
def shorten_by_alarm(record: Record, at_us: int, limits: Limits) -> None:
    """Bring the due time forward when the alarm button was pressed."""
    if record["alarm_since_us"] != NONE_US:
        pressed_us = max(record["since_us"][_ENTRAPMENT], record["alarm_since_us"])
        due_us = max(pressed_us + limits.alarm_button_us, at_us)
        record["entrapment_due_us"] = min(record["entrapment_due_us"], due_us)


@helper
def watch(record: Record, facts: Facts, at_us: int, limits: Limits) -> None:
    """Start, hold or drop the candidate by this sample."""
    update_suppression(record)
    trapped = trapped_fact(record, facts)
    suppressed = record["suppression"] != _NOT_SUPPRESSED
    running = record["status"][_ENTRAPMENT] & PENDING
    if running and (trapped == NO or suppressed or facts.displaced):
        drop(record, _ENTRAPMENT)
        look_again(record)  # what suppresses may depend on whether one runs
        running = False
    if trapped == YES and not suppressed and not running:
        record["status"][_ENTRAPMENT] = PENDING
        record["since_us"][_ENTRAPMENT] = at_us
        running = True
    if running and trapped == YES:
        _set_due(record, at_us, limits)
    elif running:
        shorten_by_alarm(record, at_us, limits)


@helper
def watch_alarm(record: Record, pressed_us: int, limits: Limits) -> None:
    """Take an alarm press told by an event: it starts a candidate from the last sample's facts.

    A lift that reports by exception sends no further sample while nothing changes.
    """
    update_suppression(record)
    if record["alarm_since_us"] == NONE_US:
        return  # pressed before the doors opened, or by a technician
    status = record["status"][_ENTRAPMENT]
    if status & OPEN:
        raise_level(record, _ENTRAPMENT)
        return
    if not status & PENDING:
        at_rest = record["stationary"] == YES and record["shut"] != NO
        if not at_rest or record["suppression"] != _NOT_SUPPRESSED:
            return
        record["status"][_ENTRAPMENT] = PENDING
        record["since_us"][_ENTRAPMENT] = max(pressed_us, record["stationary_since_us"])
        _set_due(record, _LONG_AGO_US, limits)
    shorten_by_alarm(record, _LONG_AGO_US, limits)


@helper
def watch_release(
    record: Record,
    facts: Facts,
    at_us: int,
    context: Context,
) -> None:
    """End an open entrapment: at level, door open, nobody seen; modes play no part in it.

    When a sensor still sees someone, the door that was open and a new run end it; so does a run of
    a lift whose doors say nothing, for which no other sign of release can come.
    """
    if facts.shut == NO:
        if record["aboard"] != YES:
            finish(record, _ENTRAPMENT, _WAY_OUT_OPEN, at_us, context)
        else:
            record["flags"] |= OPENED_IN_EPISODE
        return
    could_leave = record["flags"] & OPENED_IN_EPISODE or not facts.door_known
    if facts.travelling == YES and could_leave:
        finish(record, _ENTRAPMENT, _MOVED_ON, at_us, context)
        record["alarm_since_us"] = NONE_US  # answered, although no door was seen to open
    else:
        raise_level(record, _ENTRAPMENT)
