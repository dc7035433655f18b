"""The clauses a device is judged by, and what can be found about each.

Knows names only. Must not know messages or languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from liftward_gateway.device_check.observation import Observation


class Clause(StrEnum):
    """What an integrator gets right or wrong, in the order in which it is worth looking at."""

    TOPIC = "topic"
    QOS = "qos"
    RETAIN = "retain"
    SIZE = "size"
    JSON = "json"
    SHAPE = "shape"
    BATCH = "batch"
    NAMES = "names"
    VALUES = "values"
    IDENTITY = "identity"
    BIRTH_RETAINED = "birth_retained"
    BIRTH_COMPLETE = "birth_complete"
    WILL = "will"
    BOOT = "boot"
    TELEMETRY_SEQUENCE = "telemetry_sequence"
    EVENT_SEQUENCE = "event_sequence"
    REPEATS = "repeats"
    CLOCK = "clock"
    SIGNALS = "signals"
    SAMPLING = "sampling"
    HEARTBEAT = "heartbeat"
    ENTRAPMENT = "entrapment"
    EVENT_PATH = "event_path"
    REPLY = "reply"


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_SEEN = "not_seen"


class Verdict(StrEnum):
    """The surest judgement about a trapped person that a set of signals can lead to."""

    NONE = "none"
    SUSPECTED = "suspected"
    PROBABLE = "probable"
    CONFIRMED = "confirmed"


class Finding(StrEnum):
    """What was found; `texts` has a sentence for each."""

    NOTHING_HEARD = "nothing_heard"
    NO_BATCH = "no_batch"
    NO_SINGLE_MESSAGE = "no_single_message"
    NO_BIRTH = "no_birth"
    NO_OFFLINE_STATUS = "no_offline_status"
    NO_NUMBERS = "no_numbers"
    NO_TELEMETRY = "no_telemetry"
    NO_EVENTS = "no_events"
    NO_REPEATS = "no_repeats"
    NO_PERIOD = "no_period"
    NO_MOVEMENT = "no_movement"
    NO_COMMAND = "no_command"
    WATCH_TOO_SHORT = "watch_too_short"
    NOT_DECLARED = "not_declared"

    TOPICS_RIGHT = "topics_right"
    QOS_RIGHT = "qos_right"
    NOTHING_RETAINED = "nothing_retained"
    LARGEST = "largest"
    ALL_DECODED = "all_decoded"
    BATCHES_RIGHT = "batches_right"
    NAMES_KNOWN = "names_known"
    NAMES_IGNORED = "names_ignored"
    VALUES_POSSIBLE = "values_possible"
    IDENTITY_RIGHT = "identity_right"
    BIRTH_IS_RETAINED = "birth_is_retained"
    BIRTH_IS_COMPLETE = "birth_is_complete"
    WILL_RIGHT = "will_right"
    BOOT_RIGHT = "boot_right"
    COUNTED = "counted"
    REPEATS_IDENTICAL = "repeats_identical"
    SKEW = "skew"
    SIGNALS_AS_DECLARED = "signals_as_declared"
    PERIOD_KEPT = "period_kept"
    VERDICT_POSSIBLE = "verdict_possible"
    EVENTS_COME = "events_come"
    REPLIED = "replied"

    WRONG_TOPIC = "wrong_topic"
    QOS_ZERO = "qos_zero"
    RETAINED_MESSAGE = "retained_message"
    REFUSED = "refused"
    NAME_MISSPELT = "name_misspelt"
    BIRTH_NOT_RETAINED = "birth_not_retained"
    OFFLINE_WHILE_SENDING = "offline_while_sending"
    BIRTH_INCOMPLETE = "birth_incomplete"
    BIRTH_NAMES_UNKNOWN = "birth_names_unknown"
    WILL_OF_OTHER_BOOT = "will_of_other_boot"
    BOOT_DIFFERS = "boot_differs"
    BOOT_FELL = "boot_fell"
    NUMBERS_MISSING = "numbers_missing"
    NOT_FROM_ZERO = "not_from_zero"
    REPEATS_DIFFER = "repeats_differ"
    CLOCK_OFF = "clock_off"
    UNDECLARED = "undeclared"
    PERIOD_BROKEN = "period_broken"
    SILENT = "silent"
    SIGNALS_MISSING = "signals_missing"
    ALARM_NOT_TOLD = "alarm_not_told"
    NO_REPLY = "no_reply"
    REPLY_WITHOUT_SNAPSHOT = "reply_without_snapshot"


@dataclass(frozen=True, slots=True)
class Result:
    """One clause's outcome; `values` fill the finding's sentence."""

    clause: Clause
    outcome: Outcome
    finding: Finding
    values: Mapping[str, object] = field(default_factory=dict)
    example: Observation | None = None


def passed(clause: Clause, finding: Finding, **values: object) -> Result:
    return Result(clause, Outcome.PASS, finding, values)


def not_seen(clause: Clause, finding: Finding, **values: object) -> Result:
    return Result(clause, Outcome.NOT_SEEN, finding, values)


def failed(
    clause: Clause, finding: Finding, example: Observation | None = None, **values: object
) -> Result:
    return Result(clause, Outcome.FAIL, finding, values, example)
