"""An alarm is never lost to a wrong clock: it counts as of its arrival, and its claim is kept.

Any other message with an impossible time is refused, so that the device's clock is noticed; who
presses the button must not wait for that. Knows the contract. Must not know the registration.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from liftward_wire.codec import decode
from liftward_wire.codes import gbt24476_code
from liftward_wire.messages import Event, EventKind, Message
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.topics import Topic, TopicKind

CAR_ALARM = "90"  # GB/T 24476-2017: the same button, told as a code
_TIME_REASONS = (RejectReason.OBSERVED_TOO_LONG_AGO, RejectReason.OBSERVED_IN_FUTURE)
_PLAUSIBLE = "2026-01-01T00:00:00Z"  # any year the contract has


class _Claim(msgspec.Struct):
    observed_at: datetime


def is_alarm(event: Event) -> bool:
    """Tell whether somebody in the car pressed the alarm button."""
    if event.kind is EventKind.ALARM_PRESSED:
        return True
    if event.kind is not EventKind.FAULT_RAISED or event.code is None:
        return False
    return gbt24476_code(event.vocabulary, event.code) == CAR_ALARM


def alarm_of_broken_clock(
    topic: Topic,
    payload: bytes,
    refused: Rejected,
    read: Callable[[Topic, bytes], Message | Rejected] = decode,
) -> Event | Rejected:
    """Return the alarm in a payload that was refused for a year no clock has, or that refusal.

    `read` knows the device's words. The alarm's `observed_at` is what the device claimed: the
    caller sees that it is implausible.
    """
    if topic.kind is not TopicKind.EVENT or refused.reason not in _TIME_REASONS:
        return refused
    try:
        claim = msgspec.json.decode(payload, type=_Claim)
        fields = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return refused  # more is wrong with it than its time
    fields["observed_at"] = msgspec.Raw(msgspec.json.encode(_PLAUSIBLE))
    event = read(topic, msgspec.json.encode(fields))
    if not isinstance(event, Event) or not is_alarm(event):
        return refused
    return msgspec.structs.replace(event, observed_at=claim.observed_at)
