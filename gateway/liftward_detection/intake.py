"""How one sample changes one lift: order in time first, then facts, then the rules.

Must not know batches or the fleet.
"""

from math import isnan

from liftward_detection.compiling import constant, helper
from liftward_detection.entrapment import update_suppression, watch, watch_release
from liftward_detection.episodes import Context, earliest_due_us, fire_due, is_news, settle
from liftward_detection.equipment_watch import (
    device_started,
    needs_look,
    shift_equipment,
    watch_equipment,
)
from liftward_detection.facts import NO, YES, Facts, aboard_after, facts_of, known
from liftward_detection.faults import take_mode, watch_faults
from liftward_detection.fleet import (
    BYTE,
    DOOR_OPEN_PRESSED,
    DOOR_RETRIED,
    NO_COUNT,
    NONE_US,
    OPEN,
    OPENED_IN_EPISODE,
    PENDING,
    TRAVELLED,
    Record,
)
from liftward_detection.kinds import KIND_COUNT, DetectionKind
from liftward_detection.samples import Sample
from liftward_detection.thresholds import Limits
from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import Button

_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)
_GB_90 = constant(DetectionKind.GB_90.code)

_BUTTON_UNKNOWN = Button.UNKNOWN.code
_PRESSED = Button.PRESSED.code


# The allowance for lateness falls by 1/16 of the time that passes: a lift that batches once a
# minute keeps its minute, and one that caught up after an outage is quick again in half an hour.
_LATENESS_FALL_SHIFT = 4


@helper
def is_newer(boot_id: int, sequence: int, boot_id_before: int, sequence_before: int) -> bool:
    return boot_id > boot_id_before or (boot_id == boot_id_before and sequence > sequence_before)


@helper
def _set_clock_back(record: Record, step_us: int) -> None:
    """Move running timers by the step of the device's clock, so that what has elapsed stays.

    Onsets of open episodes stay as they were written.
    """
    for kind in range(KIND_COUNT):
        if record["status"][kind] & PENDING:
            record["since_us"][kind] += step_us
    record["observed_us"] += step_us
    if record["stationary_since_us"] != NONE_US:
        record["stationary_since_us"] += step_us
    if record["alarm_since_us"] != NONE_US:
        record["alarm_since_us"] += step_us
    if record["open_at_us"] != NONE_US:
        record["open_at_us"] += step_us
    if record["mode_at_us"] != NONE_US:
        record["mode_at_us"] += step_us
    if record["button_at_us"] != NONE_US:
        record["button_at_us"] += step_us
    if record["entrapment_due_us"] != NONE_US:
        record["entrapment_due_us"] += step_us
    shift_equipment(record, step_us)


@helper
def _is_late(record: Record, sample: Sample) -> bool:
    """Late: observed before the lift's last sample and not sent after it.

    A sample that the device numbered later but dated earlier means that its clock was set back.
    """
    if record["observed_us"] == NONE_US or sample.observed_at_us >= record["observed_us"]:
        return False
    return not is_newer(sample.boot_id, sample.sequence, record["boot_id"], record["sequence"])


@helper
def _note_time(record: Record, sample: Sample) -> None:
    observed_us, received_us = sample.observed_at_us, sample.received_at_us
    lateness_us = received_us - observed_us
    if record["observed_us"] == NONE_US:
        record["lateness_us"] = lateness_us
    else:
        passed_us = max(0, received_us - record["received_us"])
        fallen_us = record["lateness_us"] - (passed_us >> _LATENESS_FALL_SHIFT)
        record["lateness_us"] = max(lateness_us, fallen_us)
    record["observed_us"] = observed_us
    record["received_us"] = received_us
    record["boot_id"] = sample.boot_id
    record["sequence"] = sample.sequence


@helper
def allowance_us(record: Record, limits: Limits) -> int:
    """Return platform time minus the device time up to which nothing more is expected.

    The offset of the last sample plus its recent spread: a lift that sends once a minute what it
    saw during that minute has news under way until then.
    """
    last_us = record["received_us"] - record["observed_us"]
    return min(record["lateness_us"], last_us + limits.lateness_us_max)  # type: ignore[no-any-return]  # records are untyped


@helper
def _note_way_out(record: Record, facts: Facts, at_us: int) -> None:
    """Keep what is counted since the doors were last open at a landing."""
    if facts.shut == NO:
        record["flags"] &= BYTE ^ (TRAVELLED | DOOR_OPEN_PRESSED)
        record["open_at_us"] = at_us
        record["alarm_since_us"] = NONE_US
        return
    if facts.shut == YES:
        record["flags"] &= BYTE ^ DOOR_RETRIED
    if facts.travelling == YES:
        record["flags"] |= TRAVELLED


@helper
def _note_presses(record: Record, facts: Facts, presses_count: int) -> None:
    if presses_count == COUNT_ABSENT:
        return
    before = record["door_open_presses_count"]
    if before != NO_COUNT and presses_count > before and facts.shut != NO:
        record["flags"] |= DOOR_OPEN_PRESSED
    record["door_open_presses_count"] = presses_count


@helper
def _note_facts(record: Record, facts: Facts, sample: Sample, at_us: int) -> None:
    if facts.stationary == NO:
        record["stationary_since_us"] = NONE_US
    elif facts.stationary == YES and (record["stationary_since_us"] == NONE_US or facts.displaced):
        record["stationary_since_us"] = at_us
    position_m = sample.position_m
    if not isnan(position_m) and (facts.displaced or isnan(record["position_anchor_m"])):
        record["position_anchor_m"] = position_m
    if sample.floor != COUNT_ABSENT:
        record["floor"] = sample.floor
    if not isnan(sample.load_kg):
        record["load_kg"] = sample.load_kg
    record["aboard"] = aboard_after(record["aboard"], facts)
    record["stationary"] = facts.stationary
    record["at_level"] = facts.at_level
    record["shut"] = facts.shut
    record["travelling"] = facts.travelling
    record["car_calls"] = facts.car_calls
    record["chain_open"] = facts.chain_open
    record["power_lost"] = facts.power_lost


@helper
def latch_alarm(record: Record, at_us: int) -> None:
    """Keep the first press since the doors were last open at a landing."""
    if record["alarm_since_us"] == NONE_US and at_us >= record["open_at_us"]:
        record["alarm_since_us"] = at_us


@helper
def take_button(
    record: Record,
    button: int,
    at_us: int,
    context: Context,
) -> None:
    """Take a known state of the alarm button; a press counts once, by its edge: code 90."""
    pressed = button == _PRESSED
    if pressed and record["alarm_button"] != _PRESSED:
        latch_alarm(record, at_us)
    record["alarm_button"] = button
    if is_news(record, _GB_90, known(pressed)):
        settle(record, _GB_90, known(pressed), at_us, context)


@helper
def take_sample(
    record: Record,
    sample: Sample,
    context: Context,
) -> None:
    """Apply a sample to its lift."""
    if _is_late(record, sample):
        return
    at_us = sample.observed_at_us
    limits = context.limits
    if at_us < record["observed_us"]:
        _set_clock_back(record, at_us - record["observed_us"])
    if earliest_due_us(record, limits) <= at_us:
        fire_due(record, at_us, context)
    sampled_us = record["observed_us"]
    if sample.boot_id != record["boot_id"]:
        device_started(record)
    _note_time(record, sample)
    facts = facts_of(record, sample, limits)
    travelled_before = record["travelling"]
    _note_presses(record, facts, sample.door_open_presses_count)
    _note_facts(record, facts, sample, at_us)
    button = sample.alarm_button
    if button != _BUTTON_UNKNOWN and at_us >= record["button_at_us"]:
        take_button(record, button, at_us, context)
    _note_way_out(record, facts, at_us)
    take_mode(record, sample.service_mode, at_us, context)
    if record["status"][_ENTRAPMENT] & OPEN:
        update_suppression(record)
        watch_release(record, facts, at_us, context)
    else:
        record["flags"] &= BYTE ^ OPENED_IN_EPISODE
        watch(record, facts, at_us, limits)
    watch_faults(record, facts, travelled_before, at_us, context)
    if needs_look(record, sample, limits):
        watch_equipment(record, sample, sampled_us, context)
    if earliest_due_us(record, limits) <= at_us:
        fire_due(record, at_us, context)
