"""The fault rules by sample: which modules have to look, and the service modes, codes 42 to 47.

Each module says with a cheap `…_need_look` whether a sample whose facts are those of the last one
can matter to it. Must not know entrapment.
"""

from liftward_detection.compiling import constant, helper, inlined
from liftward_detection.episodes import Context, is_news, settle
from liftward_detection.facts import Facts, known
from liftward_detection.faults_doors import doors_need_look, watch_doors
from liftward_detection.faults_motion import motion_needs_look, watch_motion
from liftward_detection.faults_position import position_needs_look, touch_position, watch_position
from liftward_detection.faults_slow import slow_need_look, watch_slow
from liftward_detection.fleet import Record
from liftward_detection.kinds import DetectionKind
from liftward_detection.samples import Sample
from liftward_detection.thresholds import Limits
from liftward_wire.states import ServiceMode

_UNKNOWN = ServiceMode.UNKNOWN.code
_MODE_OF_KIND = (
    (constant(DetectionKind.GB_42.code), ServiceMode.OUT_OF_SERVICE.code),
    (constant(DetectionKind.GB_43.code), ServiceMode.INSPECTION.code),
    (constant(DetectionKind.GB_44.code), ServiceMode.FIRE_RECALL.code),
    (constant(DetectionKind.GB_45.code), ServiceMode.FIREFIGHTER.code),
    (constant(DetectionKind.GB_46.code), ServiceMode.EMERGENCY_POWER.code),
    (constant(DetectionKind.GB_47.code), ServiceMode.EARTHQUAKE.code),
)


@inlined
def faults_need_look(record: Record, sample: Sample, limits: Limits) -> bool:
    """Tell whether a sample whose facts are those of the last one can matter to a fault rule.

    Facts and service mode alike; where this says no, `touch_position` is all that is left to do.
    """
    return bool(
        record["events_untold"]
        or doors_need_look(record, sample, limits)
        or motion_needs_look(record, sample, limits)
        or position_needs_look(record, sample, limits)
        or slow_need_look(record, sample, limits)
    )


@helper
def packed(record: Record, facts: Facts) -> int:
    """Return the facts that the rules read as one number, two bits each; never 0."""
    number = int(record["aboard"]) + 2
    for fact in (
        facts.stationary,
        facts.travelling,
        facts.at_level,
        facts.shut,
        facts.door_held,
        facts.door_open,
        facts.car_calls,
        facts.chain_open,
        facts.power_lost,
    ):
        number = (number << 2) | (int(fact) + 2)
    return int(number) << 5 | int(record["service_mode"])


@helper
def watch_faults(  # noqa: PLR0917 - positional in compiled code
    record: Record,
    sample: Sample,
    facts: Facts,
    travelled_before: int,
    at_us: int,
    context: Context,
) -> None:
    """Settle the derived lift faults by this sample, unless it says what the last one said."""
    seen = packed(record, facts)
    if seen == record["facts_seen"] and not facts.displaced:  # noqa: SIM102 - the second is costlier
        if not faults_need_look(record, sample, context.limits):
            touch_position(record, sample, at_us)
            return
    record["facts_seen"] = seen
    record["events_untold"] = 0
    watch_doors(record, sample, facts, at_us, context)
    watch_motion(record, sample, facts, travelled_before, at_us, context)
    watch_position(record, sample, facts, at_us, context)
    watch_slow(record, sample, facts, at_us, context)


@helper
def take_mode(
    record: Record,
    service_mode: int,
    at_us: int,
    context: Context,
) -> None:
    """Take the service mode told at `at_us`: codes 42 to 47. An older word does not count."""
    if service_mode == _UNKNOWN or at_us < record["mode_at_us"]:
        return
    record["mode_at_us"] = at_us
    record["service_mode"] = service_mode
    for kind, mode in _MODE_OF_KIND:
        condition = known(service_mode == mode)
        if is_news(record, kind, condition):
            settle(record, kind, condition, at_us, context)
