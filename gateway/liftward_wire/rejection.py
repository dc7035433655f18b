"""Why a message is refused. A refusal is a value, never an exception that reaches a loop."""

from dataclasses import dataclass
from enum import StrEnum


class RejectReason(StrEnum):
    WRONG_TOPIC = "wrong_topic"
    OVERSIZE = "oversize"
    UNDECODABLE = "undecodable"  # not UTF-8 JSON at all
    CONTRACT_VIOLATION = "contract_violation"  # JSON, but not this message
    IMPOSSIBLE_VALUE = "impossible_value"  # right shape, no real lift can have this value
    IDENTITY_MISMATCH = "identity_mismatch"  # topic and payload name different devices
    UNKNOWN_DEVICE = "unknown_device"  # nobody registered this lift or edge
    OBSERVED_IN_FUTURE = "observed_in_future"
    OBSERVED_TOO_LONG_AGO = "observed_too_long_ago"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A refused message: the reason, a sentence for the integrator, and where in the payload."""

    reason: RejectReason
    detail: str
    path: str = ""
