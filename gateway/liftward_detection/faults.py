"""The codes of GB/T 24476-2017 that plain signals allow to derive, reported or not.

Lift faults are not derived in inspection, fire-fighter operation and out of service: a person in
command of the car does such things on purpose. An episode that is open then stays as it is until
the signals clear it. Must not know entrapment.
"""

from liftward_detection.compiling import constant, helper
from liftward_detection.condition import note_mode
from liftward_detection.entrapment import service_mode_of
from liftward_detection.episodes import Context, drop, is_news, settle
from liftward_detection.facts import NO, UNKNOWN, YES, Facts, known
from liftward_detection.fleet import DERIVED, DOOR_RETRIED, OPEN, PENDING, Record
from liftward_detection.kinds import DetectionKind
from liftward_wire.states import ServiceMode

_GB_01 = constant(DetectionKind.GB_01.code)
_GB_02 = constant(DetectionKind.GB_02.code)
_GB_04 = constant(DetectionKind.GB_04.code)
_GB_05 = constant(DetectionKind.GB_05.code)
_GB_41 = constant(DetectionKind.GB_41.code)
_GB_42 = constant(DetectionKind.GB_42.code)
_GB_43 = constant(DetectionKind.GB_43.code)
_GB_44 = constant(DetectionKind.GB_44.code)
_GB_45 = constant(DetectionKind.GB_45.code)
_GB_46 = constant(DetectionKind.GB_46.code)
_GB_47 = constant(DetectionKind.GB_47.code)

_UNKNOWN = ServiceMode.UNKNOWN.code
_OUT_OF_SERVICE = ServiceMode.OUT_OF_SERVICE.code
_INSPECTION = ServiceMode.INSPECTION.code
_FIRE_RECALL = ServiceMode.FIRE_RECALL.code
_FIREFIGHTER = ServiceMode.FIREFIGHTER.code
_EMERGENCY_POWER = ServiceMode.EMERGENCY_POWER.code
_EARTHQUAKE = ServiceMode.EARTHQUAKE.code

_MODE_OF_KIND = (
    (_GB_42, _OUT_OF_SERVICE),
    (_GB_43, _INSPECTION),
    (_GB_44, _FIRE_RECALL),
    (_GB_45, _FIREFIGHTER),
    (_GB_46, _EMERGENCY_POWER),
    (_GB_47, _EARTHQUAKE),
)


@helper
def chain_open_running(record: Record, facts: Facts, travelled_before: int) -> int:
    """Code 01: the chain opens during a run.

    At one sample a second the car often stands by the time the chain is seen open, hence the look
    back, with the doors shut: where the door contacts are part of the chain, every opening door
    opens it. Begun, it lasts until the chain closes.
    """
    if facts.chain_open != YES:
        return facts.chain_open
    lasting = record["status"][_GB_01] & DERIVED
    opened_in_run = travelled_before == YES and facts.shut == YES
    return known(facts.travelling == YES or opened_in_run or lasting)


@helper
def door_fails_to_close(record: Record, facts: Facts) -> int:
    """Code 02: the door stands open at a landing although something asks for it to close.

    Many lifts wait with open doors; only a waiting car call, a re-try or a door in fault says that
    this one should not. A lift that tells none of them is left to its controller's own report.
    """
    fault = facts.door_struggles and facts.door_held == YES
    demand = max(known(fault), known(record["flags"] & DOOR_RETRIED != 0), facts.car_calls)
    return min(facts.stationary, facts.door_held, demand, known(facts.at_level != NO))


@helper
def faults_suppressed(record: Record) -> bool:
    return service_mode_of(record) in (_INSPECTION, _FIREFIGHTER, _OUT_OF_SERVICE)


@helper
def _unless_suppressed(record: Record, kind: int, condition: int, suppressed: bool) -> int:  # noqa: FBT001
    if not suppressed or condition == NO:
        return condition
    return UNKNOWN if record["status"][kind] & OPEN else NO


@helper
def watch_faults(
    record: Record,
    facts: Facts,
    travelled_before: int,
    at_us: int,
    context: Context,
) -> None:
    """Settle the derived lift faults and mains loss by this sample."""
    suppressed = faults_suppressed(record)
    if facts.displaced and record["status"][_GB_04] & PENDING:
        drop(record, _GB_04)
    conditions = (
        (_GB_01, chain_open_running(record, facts, travelled_before)),
        (_GB_02, door_fails_to_close(record, facts)),
        (_GB_04, min(facts.stationary, -facts.at_level)),
        (_GB_05, min(facts.travelling, facts.door_open)),
    )
    for kind, condition in conditions:
        judged = _unless_suppressed(record, kind, condition, suppressed)
        if is_news(record, kind, judged):
            settle(record, kind, judged, at_us, context)
    if is_news(record, _GB_41, facts.power_lost):
        settle(record, _GB_41, facts.power_lost, at_us, context)


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
    note_mode(record, service_mode, at_us, context)
