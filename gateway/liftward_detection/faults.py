"""The fault rules by sample: which modules have to look, and the service modes, codes 42 to 47.

A quiet sample (`quiet`) is looked at all the same when `need_look` says so, or when the last one
left a fault under way (`are_restless`). Must not know entrapment.
"""

from math import isnan

from liftward_detection.catalogue import CATALOGUE, Category
from liftward_detection.compiling import constant, flattened, helper, inlined
from liftward_detection.condition import note_mode
from liftward_detection.episodes import Context, is_news, settle
from liftward_detection.facts import YES, Facts, known
from liftward_detection.fault_memory import OPENED_AT_LEVEL
from liftward_detection.faults_doors import watch_doors
from liftward_detection.faults_motion import is_overspeed, watch_motion
from liftward_detection.faults_position import jumped, watch_position
from liftward_detection.faults_slow import watch_slow
from liftward_detection.fleet import DERIVED, NONE_US, SEEN_MODE, Record
from liftward_detection.kinds import CONDITION_KINDS, DEVICE_HEALTH_KINDS, DetectionKind
from liftward_detection.overtaking import OVERTAKEN_US
from liftward_detection.quiet import look_again
from liftward_detection.samples import Sample
from liftward_detection.status import bits_of, status_of
from liftward_detection.thresholds import Limits
from liftward_wire.states import ServiceMode

_STATES = frozenset(kind for kind in DetectionKind if kind.value.startswith("gb_4"))
_GB_90 = constant(DetectionKind.GB_90.code)
# States, too, whose time runs on by itself, once it has begun.
_HELD = frozenset(
    {
        DetectionKind.GB_02,
        DetectionKind.GB_03,
        DetectionKind.GB_04,
        DetectionKind.GB_06,  # but for the current it measures
        DetectionKind.GB_08,
        DetectionKind.RESCUE_DEVICE_FAILED,
        DetectionKind.CONTROLLER_FAULT,
    }
)
# What is measured, counted or must be seen twice; the others are plain states.
_PLAIN = frozenset({Category.ENTRAPMENT, Category.PLATFORM, Category.ALARM})
_EQUIPMENT = frozenset({*CONDITION_KINDS, *DEVICE_HEALTH_KINDS})  # have looks of their own
_OWN_WAY = _STATES | _HELD | _EQUIPMENT
_FOLLOWED = bits_of(
    kind
    for kind, facts in CATALOGUE.items()
    if facts.category not in _PLAIN and kind not in _OWN_WAY
)
_RUN_TIME = bits_of((DetectionKind.GB_06,))

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
def need_look(record: Record, sample: Sample, limits: Limits) -> bool:
    """Tell whether a sample that says what the last one said can matter to a fault rule."""
    return is_overspeed(record, sample, limits) or jumped(
        record, sample, sample.observed_at_us, limits
    )


@helper
def are_restless(record: Record, sample: Sample) -> bool:
    """Tell whether a fault is under way, whose course has to be seen sample by sample."""
    leaves = record["fault_flags"] & OPENED_AT_LEVEL and record["stationary"] != YES
    if leaves or record["position_doubted_us"] != NONE_US or record["calls_since_us"] != NONE_US:
        return True
    if record["active"] & _RUN_TIME and not isnan(sample.motor_current_a):
        return True
    return record["active"] & _FOLLOWED != 0 or status_of(record, _GB_90) & DERIVED != 0


@flattened
def watch_faults(  # noqa: PLR0917 - positional in compiled code
    record: Record,
    sample: Sample,
    facts: Facts,
    travelled_before: int,
    at_us: int,
    context: Context,
) -> None:
    """Settle the derived lift faults by this sample."""
    watch_doors(record, sample, facts, at_us, context)
    watch_motion(record, sample, facts, travelled_before, at_us, context)
    watch_position(record, sample, facts, at_us, context)
    watch_slow(record, sample, facts, at_us, context)


@helper
def take_sampled_mode(
    record: Record,
    service_mode: int,
    at_us: int,
    context: Context,
) -> None:
    """Take the mode that a sample tells, also when an event of long after it came first.

    After an outage events come before the samples of their time: two hours of samples would be
    read in the mode of the last event, and a car in inspection taken for one with people in it.
    """
    if service_mode != _UNKNOWN and at_us + OVERTAKEN_US < record["mode_at_us"]:
        record["mode_at_us"] = at_us
    take_mode(record, service_mode, at_us, context)


@helper
def take_mode(
    record: Record,
    service_mode: int,
    at_us: int,
    context: Context,
) -> None:
    """Take the service mode told at `at_us`: codes 42 to 47. An older word does not count."""
    if service_mode == _UNKNOWN:
        return
    if at_us < record["mode_at_us"]:
        look_again(record)
        return
    record["mode_at_us"] = at_us
    record["service_mode"] = service_mode
    record["seen"] |= SEEN_MODE
    for kind, mode in _MODE_OF_KIND:
        condition = known(service_mode == mode)
        if is_news(record, kind, condition):
            settle(record, kind, condition, at_us, context)
    note_mode(record, service_mode, at_us, context)
