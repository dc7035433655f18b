"""Why a message is refused. A refusal is a value, never an exception that reaches a loop."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class RejectReason(StrEnum):
    WRONG_TOPIC = "wrong_topic"
    OVERSIZE = "oversize"
    UNDECODABLE = "undecodable"
    CONTRACT_VIOLATION = "contract_violation"
    IMPOSSIBLE_VALUE = "impossible_value"
    IDENTITY_MISMATCH = "identity_mismatch"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_COMMAND = "unknown_command"
    OBSERVED_IN_FUTURE = "observed_in_future"
    OBSERVED_TOO_LONG_AGO = "observed_too_long_ago"
    BIRTH_MISSING = "birth_missing"  # Sparkplug B alone


# For the integrator: what it means and what to do.
MEANINGS: Mapping[RejectReason, str] = MappingProxyType(
    {
        RejectReason.WRONG_TOPIC: "the topic's prefix, shard, id or kind is not the contract's;"
        " the detail says which part",
        RejectReason.OVERSIZE: "more bytes than one message may have: send several",
        RejectReason.UNDECODABLE: "not JSON in UTF-8: cut off, NaN or Infinity, a trailing comma,"
        " nested too deeply",
        RejectReason.CONTRACT_VIOLATION: "JSON, but not this message: a field is missing, has"
        " another type, or contradicts another; the path names it",
        RejectReason.IMPOSSIBLE_VALUE: "the right type, and no real lift can have this value: check"
        " unit, sign and scaling",
        RejectReason.IDENTITY_MISMATCH: "the payload's device_id or lift_id is not the topic's: two"
        " devices' settings are mixed up",
        RejectReason.UNKNOWN_DEVICE: "nobody registered this device, or not for this lift",
        RejectReason.UNKNOWN_COMMAND: "a reply to a command that was never asked of this lift",
        RejectReason.OBSERVED_IN_FUTURE: "the device's clock is ahead: set it",
        RejectReason.OBSERVED_TOO_LONG_AGO: "the device's clock is behind, or the news is too old",
        RejectReason.BIRTH_MISSING: "Sparkplug B only: no birth is known that says what this data"
        " means; a rebirth is asked for",
    }
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A refused message: the reason, a sentence for the integrator, and where in the payload."""

    reason: RejectReason
    detail: str
    path: str = ""
