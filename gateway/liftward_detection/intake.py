"""How one sample changes one lift: order in time first, then facts, then the rules.

A sample without news (see `quiet`) takes the short way: no rule is asked.

Must not know batches or the fleet.
"""

from math import isnan

from liftward_detection.alarm_button import forget_alarm, hear_button
from liftward_detection.compiling import constant, flattened, helper, inlined
from liftward_detection.door_watch import door_before
from liftward_detection.entrapment import (
    count_presses,
    silence_due_us,
    watch_release,
    watch_rest,
    weigh,
)
from liftward_detection.entrapment import needs_look as entrapment_needs_look
from liftward_detection.episodes import Context
from liftward_detection.equipment_watch import (
    device_started,
    look_at_equipment,
    look_without_news,
    shift_equipment,
)
from liftward_detection.facts import (
    NO,
    UNKNOWN,
    YES,
    Facts,
    aboard_after,
    at_level_fact,
    facts_of,
    is_displaced,
)
from liftward_detection.fault_memory import set_fault_clock_back
from liftward_detection.faults import are_restless as faults_are_restless
from liftward_detection.faults import need_look as faults_need_look
from liftward_detection.faults import take_sampled_mode, watch_faults
from liftward_detection.faults_position import touch_position
from liftward_detection.fleet import (
    BYTE,
    CAME_AUTOMATIC,
    DOOR_OPEN_PRESSED,
    DOOR_RETRIED,
    EVENTS_AHEAD,
    HEARD_CHANGE,
    LEVELS_IN_RUN,
    MOVED,
    NEVER_DUE_US,
    NO_COUNT,
    NONE_US,
    NOTHING_SAID,
    OPEN,
    PENDING,
    PRESSED_UNSEEN,
    RAN_AT_SPEED,
    SEEN_SPEED,
    STANDS_SHUT,
    TRAVELLED,
    Record,
)
from liftward_detection.kinds import KIND_COUNT, DetectionKind
from liftward_detection.overtaking import is_awaited
from liftward_detection.quiet import look_again, passes_landing, wake
from liftward_detection.rhythm import is_gap, learn_interval, note_rhythm
from liftward_detection.samples import Sample
from liftward_detection.sightings import note_sightings
from liftward_detection.status import status_of
from liftward_detection.suppression import needs_look as suppression_needs_look
from liftward_detection.suppression import update_suppression
from liftward_detection.thresholds import Limits
from liftward_detection.timers import earliest_due_us, fire_due
from liftward_detection.zone import judge_zone, note_levelling
from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import Button, DoorState

_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)

_BUTTON_UNKNOWN = Button.UNKNOWN.code
_DOOR_UNKNOWN = DoorState.UNKNOWN.code
_NOTHING_SAID = constant(NOTHING_SAID)


# The allowance for lateness falls by 1/16 of the time that passes: a lift that batches once a
# minute keeps its minute, and one that caught up after an outage is quick again in half an hour.
_LATENESS_FALL_SHIFT = 4


@helper
def is_newer(boot_id: int, sequence: int, boot_id_before: int, sequence_before: int) -> bool:
    return boot_id > boot_id_before or (boot_id == boot_id_before and sequence > sequence_before)


@inlined
def _shift(record: Record, name: str, step_us: int) -> None:
    if record[name] != NONE_US:
        record[name] += step_us


@helper
def _set_clock_back(record: Record, step_us: int) -> None:
    """Move running timers by the step of the device's clock, so that what has elapsed stays.

    Onsets of open episodes stay as they were written.
    """
    for kind in range(KIND_COUNT):
        if record["status"][kind] & PENDING:
            record["since_us"][kind] += step_us
    record["observed_us"] += step_us
    _shift(record, "stationary_since_us", step_us)
    _shift(record, "event_observed_us", step_us)
    _shift(record, "alarm_since_us", step_us)
    _shift(record, "alarm_last_us", step_us)
    _shift(record, "open_at_us", step_us)
    _shift(record, "mode_at_us", step_us)
    _shift(record, "button_at_us", step_us)
    _shift(record, "rest_since_us", step_us)
    _shift(record, "press_since_us", step_us)
    _shift(record, "mains_lost_us", step_us)
    _shift(record, "door_since_us", step_us)
    _shift(record, "test_at_us", step_us)
    if record["entrapment_due_us"] != NEVER_DUE_US:
        record["entrapment_due_us"] += step_us
    if record["due_us"] != NEVER_DUE_US:
        record["due_us"] += step_us
    set_fault_clock_back(record, step_us)
    shift_equipment(record, step_us)


@flattened
def is_late(record: Record, sample: Sample) -> bool:
    """Late: observed before the lift's last sample and not sent after it.

    A sample that the device numbered later but dated earlier means that its clock was set back.
    """
    if record["observed_us"] == NONE_US or sample.observed_at_us >= record["observed_us"]:
        return False
    return not is_newer(sample.boot_id, sample.sequence, record["boot_id"], record["sequence"])


@flattened
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


@flattened
def _note_way_out(record: Record, facts: Facts, at_us: int) -> None:
    """Keep what is counted since the doors were last open at a landing."""
    if facts.shut == NO:
        record["flags"] &= BYTE ^ (TRAVELLED | DOOR_OPEN_PRESSED | RAN_AT_SPEED | MOVED)
        record["open_at_us"] = at_us
        forget_alarm(record, at_us)
        return
    if facts.shut == YES:
        record["flags"] &= BYTE ^ DOOR_RETRIED
    if facts.travelling == YES:
        record["flags"] |= TRAVELLED
    if facts.at_speed == YES:
        record["flags"] |= RAN_AT_SPEED
    if facts.stationary == NO:
        record["flags"] |= MOVED


@helper
def forget_stop(record: Record, at_us: int) -> None:
    """Forget how the car stood at `at_us`: it may have run, opened and closed many times since.

    What stands open is known to have begun, and goes on until its end is seen.
    """
    if status_of(record, _ENTRAPMENT) & OPEN:
        return
    record["rest_since_us"] = NONE_US
    record["entrapment_due_us"] = NEVER_DUE_US
    record["aboard"] = UNKNOWN
    record["sightings"] = 0
    record["flags"] &= BYTE ^ (TRAVELLED | DOOR_OPEN_PRESSED | DOOR_RETRIED | RAN_AT_SPEED | MOVED)
    forget_alarm(record, at_us)


@flattened
def _note_presses(record: Record, facts: Facts, presses_count: int, at_us: int) -> None:
    if presses_count == COUNT_ABSENT:
        return
    before = record["door_open_presses_count"]
    if before != NO_COUNT and presses_count > before and facts.shut != NO:
        record["flags"] |= DOOR_OPEN_PRESSED
        count_presses(record, presses_count - before, at_us)
    record["door_open_presses_count"] = presses_count


@flattened
def _note_place(record: Record, sample: Sample, displaced: bool) -> None:  # noqa: FBT001 - positional in compiled code
    position_m = sample.position_m
    if not isnan(position_m):
        if isnan(record["position_anchor_m"]):
            look_again(record)  # compared with nothing this time
            record["position_anchor_m"] = position_m
        elif displaced:
            record["position_anchor_m"] = position_m
    if sample.floor != COUNT_ABSENT:
        record["floor"] = sample.floor
    if not isnan(sample.load_kg):
        record["load_kg"] = sample.load_kg


@flattened
def _note_facts(record: Record, facts: Facts, sample: Sample, at_us: int) -> None:
    if facts.stationary == NO:
        record["stationary_since_us"] = NONE_US
    elif facts.stationary == YES and (record["stationary_since_us"] == NONE_US or facts.displaced):
        record["stationary_since_us"] = at_us
    record["aboard"] = aboard_after(record["aboard"], facts)
    record["stationary"] = facts.stationary
    record["at_level"] = facts.at_level
    record["shut"] = facts.shut
    record["travelling"] = facts.travelling
    record["car_calls"] = facts.car_calls
    record["chain_open"] = facts.chain_open
    record["power_lost"] = facts.power_lost
    record["direction_set"] = facts.direction_set
    if facts.car_door != record["car_door"]:
        record["car_door"] = facts.car_door
        record["door_since_us"] = at_us
    if not isnan(sample.speed_mps):
        record["seen"] |= SEEN_SPEED


@flattened
def is_quiet(record: Record, sample: Sample, said: int, limits: Limits) -> bool:
    """Tell whether this sample, which says `said`, brings no news: no rule need be asked.

    The place where a rule's `needs_look` is asked, last. A device that started anew is news.
    """
    if said == _NOTHING_SAID or sample.boot_id != record["boot_id"]:
        return False
    if said != record["said"] and not passes_landing(record, sample, said, limits):
        return False
    # The same again after a gap is another stop.
    passed_us = sample.observed_at_us - record["observed_us"]
    soon = 0 <= passed_us <= limits.grows_in_silence_us
    if not soon or sample.observed_at_us >= record["due_us"]:
        return False
    presses_count = sample.door_open_presses_count
    if presses_count not in (COUNT_ABSENT, record["door_open_presses_count"]):
        return False
    if suppression_needs_look(record, sample) or faults_need_look(record, sample, limits):
        return False
    return not entrapment_needs_look(record, sample, limits)


@flattened
def take_quiet(record: Record, sample: Sample, said: int, context: Context) -> None:
    """Apply a sample without news; it may have some of the equipment, which no other rule hears."""
    sampled_us = record["observed_us"]
    displaced = is_displaced(record, sample, context.limits)
    if record["seen"] & STANDS_SHUT:
        learn_interval(record, sample.observed_at_us - sampled_us, context.limits)
    _note_time(record, sample)
    _note_place(record, sample, displaced)
    touch_position(record, sample, sample.observed_at_us)
    if said != record["said"]:
        record["at_level"] = at_level_fact(record, sample, context.limits)
        record["said"] = said
    look_without_news(record, sample, sampled_us, context)


@helper
def _note_boot(record: Record, sample: Sample) -> None:
    """Forget what a device has told that has started anew: its firmware may be another."""
    if sample.boot_id != record["boot_id"]:
        record["seen"] &= CAME_AUTOMATIC | LEVELS_IN_RUN | HEARD_CHANGE
        device_started(record)


@helper
def _await_events(record: Record, at_us: int) -> None:
    """Look at each sample until those of a backlog have come as far as its events."""
    if is_awaited(record, at_us):
        look_again(record)
    else:
        record["seen"] &= BYTE ^ EVENTS_AHEAD


@flattened
def take_sample(
    record: Record,
    sample: Sample,
    told: Sample,
    said: int,
    context: Context,
) -> None:
    """Apply a sample, which says `said`, to its lift by all rules.

    `told` is the whole of it, with what the rules do not believe: those who judge sensors hear it.
    """
    if is_late(record, sample):
        return
    at_us = sample.observed_at_us
    limits = context.limits
    wake(record)
    if at_us < record["observed_us"]:
        _set_clock_back(record, at_us - record["observed_us"])
    if record["due_us"] <= at_us:
        fire_due(record, at_us, context)
    record["said"] = said
    record["flags"] &= BYTE ^ PRESSED_UNSEEN
    _note_boot(record, sample)
    sampled_us = record["observed_us"]
    before = door_before(record, told.car_door)
    facts = facts_of(record, sample, limits)
    passed_us = at_us - sampled_us if sampled_us != NONE_US else 0
    if is_gap(record, passed_us, limits):
        forget_stop(record, sampled_us)
    _note_time(record, sample)
    travelled_before = record["travelling"]
    _note_place(record, sample, facts.displaced)
    _note_facts(record, facts, sample, at_us)
    note_rhythm(record, facts, passed_us, limits)
    note_levelling(record, facts, sample.levelling_error_mm)
    judge_zone(record, facts, told.door_zone, limits)
    note_sightings(record, facts, passed_us, limits)
    if sample.alarm_button != _BUTTON_UNKNOWN:
        hear_button(record, sample.alarm_button, at_us, context)
    _note_way_out(record, facts, at_us)
    take_sampled_mode(record, sample.service_mode, at_us, context)
    update_suppression(record, at_us, context)
    watch_rest(record, facts.displaced, at_us)
    _note_presses(record, facts, sample.door_open_presses_count, at_us)
    if status_of(record, _ENTRAPMENT) & OPEN:
        look_again(record)  # an entrapment is followed closely, and its end is
        watch_release(record, facts, at_us, context)
    weigh(record, at_us, context)
    watch_faults(record, sample, facts, travelled_before, at_us, context)
    look_at_equipment(record, before, told, sampled_us, context)
    record["due_us"] = earliest_due_us(record, limits)
    if record["due_us"] <= at_us:
        fire_due(record, at_us, context)
        record["due_us"] = earliest_due_us(record, limits)
    # An open entrapment is followed closely; silence is counted from the last word.
    if status_of(record, _ENTRAPMENT) & OPEN or silence_due_us(record, limits) != NEVER_DUE_US:
        look_again(record)
    if faults_are_restless(record, sample):
        look_again(record)
    _await_events(record, at_us)
