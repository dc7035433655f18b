"""From a topic and bytes to an admitted message, or to the reason why it is refused.

Knows the contract, the registration and the time of arrival. Must not know sequence numbers, MQTT,
SQL or the clock. Nothing in here raises on input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from liftward_gateway.registry import Registry
from liftward_wire.codec import decode
from liftward_wire.columns import microseconds
from liftward_wire.messages import Batch, Event, Message, Reply, Sample, Status
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.topics import Topic, TopicError, TopicKind, parse_topic

# A device clock may be ahead this much (no NTP, winter time off by a step is an hour and is a
# fault); measured skew is for later, a row an hour ahead would freeze the live state until then.
AHEAD_S_MAX = 300.0
# Store-and-forward after a week without a link is the most a device is asked to keep.
BEHIND_S_MAX = 7 * 86_400.0
# Lift ids named in the detail of a refusal; an edge may serve hundreds.
_NAMED_LIFTS_MAX = 5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNSERVED = -1  # fleet index of a row whose lift the device does not serve


@dataclass(frozen=True, slots=True)
class Received:
    """One message as the broker handed it over.

    `connection` numbers the connection it came by: packet ids are reused by the next one, so a
    message is acknowledged on its own connection or not at all.
    """

    topic: str
    payload: bytes
    received_at_us: int
    retained: bool = False
    packet_id: int = 0
    qos: int = 1
    connection: int = 0


@dataclass(frozen=True, slots=True)
class AdmittedSamples:
    """A sample or batch; `lift_indices` has the fleet index of the lift, or of each `lift_ids`."""

    device_id: str
    message: Sample | Batch
    lift_indices: tuple[int, ...]
    received_at_us: int
    last_observed_us: int
    refused_rows: Rejected | None = None  # rows about lifts that this edge does not serve


@dataclass(frozen=True, slots=True)
class AdmittedEvent:
    device_id: str
    event: Event
    lift_index: int
    received_at_us: int
    observed_us: int


@dataclass(frozen=True, slots=True)
class AdmittedStatus:
    device_id: str
    status: Status
    retained: bool
    received_at_us: int


@dataclass(frozen=True, slots=True)
class AdmittedReply:
    """An answer to a command; whether it was ever asked is for `commands` to say."""

    lift_id: str
    reply: Reply
    received_at_us: int


Admitted = AdmittedSamples | AdmittedEvent | AdmittedStatus | AdmittedReply


def admit(received: Received, registry: Registry) -> Admitted | Rejected:
    """Check topic, payload, registration and times; the first fault is the reason."""
    try:
        topic = parse_topic(received.topic)
    except TopicError as error:
        return Rejected(RejectReason.WRONG_TOPIC, str(error))
    if topic.kind is TopicKind.COMMAND:
        return Rejected(RejectReason.WRONG_TOPIC, f"the gateway takes no {topic.kind} messages")
    message = decode(topic, received.payload)
    if isinstance(message, Rejected):
        return message
    return _admit_message(topic, message, received, registry)


def unregistered_device(received: Received, result: Admitted | Rejected) -> str | None:
    """Return the device to look up again before the refusal stands, if there is one."""
    refusal = result.refused_rows if isinstance(result, AdmittedSamples) else result
    if isinstance(refusal, Rejected) and refusal.reason is RejectReason.UNKNOWN_DEVICE:
        return parse_topic(received.topic).device_id
    return None


def _admit_message(
    topic: Topic, message: Message, received: Received, registry: Registry
) -> Admitted | Rejected:
    if isinstance(message, Reply):
        # Believed for the command it answers, not for its registration: an edge answers for a lift.
        observed_us = microseconds(message.observed_at)
        return _refused_time(observed_us, observed_us, received) or AdmittedReply(
            topic.device_id, message, received.received_at_us
        )
    lifts = registry.lifts_of(topic.device_id)
    if lifts is None:
        return Rejected(
            RejectReason.UNKNOWN_DEVICE,
            f"no device {topic.device_id} is registered (or it was revoked)",
        )
    match message:
        case Status():
            return AdmittedStatus(
                topic.device_id, message, received.retained, received.received_at_us
            )
        case Event():
            return _admit_event(topic, message, received, lifts.get(topic.device_id))
        case Sample() | Batch():
            return _admit_samples(topic, message, received, lifts)
        case _:
            return Rejected(RejectReason.WRONG_TOPIC, "not a message from a device to the gateway")


def _admit_event(
    topic: Topic, event: Event, received: Received, lift_index: int | None
) -> AdmittedEvent | Rejected:
    if lift_index is None:
        return _not_served(topic, [topic.device_id])
    observed_us = microseconds(event.observed_at)
    return _refused_time(observed_us, observed_us, received) or AdmittedEvent(
        topic.device_id, event, lift_index, received.received_at_us, observed_us
    )


def _admit_samples(
    topic: Topic, message: Sample | Batch, received: Received, lifts: Mapping[str, int]
) -> AdmittedSamples | Rejected:
    first_us, last_us = _observed_between(message)
    refused = _refused_time(first_us, last_us, received)
    if refused is not None:
        return refused
    named = message.lift_ids if isinstance(message, Batch) else None
    lift_ids = [topic.device_id] if named is None else named
    indices = tuple(lifts.get(lift_id, UNSERVED) for lift_id in lift_ids)
    if max(indices, default=UNSERVED) == UNSERVED:
        return _not_served(topic, lift_ids)
    unserved = [
        lift_id for lift_id, index in zip(lift_ids, indices, strict=True) if index == UNSERVED
    ]
    return AdmittedSamples(
        topic.device_id,
        message,
        indices,
        received.received_at_us,
        last_us,
        refused_rows=_not_served(topic, unserved) if unserved else None,
    )


def _observed_between(message: Sample | Batch) -> tuple[int, int]:
    if isinstance(message, Sample):
        at_us = microseconds(message.observed_at)
        return at_us, at_us
    started_us = microseconds(message.started_at)
    # The contract has rows in time order.
    return started_us + message.offset_ms[0] * 1_000, started_us + message.offset_ms[-1] * 1_000


def _refused_time(first_us: int, last_us: int, received: Received) -> Rejected | None:
    ahead_s = (last_us - received.received_at_us) / 1e6
    if ahead_s > AHEAD_S_MAX:
        return Rejected(
            RejectReason.OBSERVED_IN_FUTURE,
            f"observed {ahead_s:.0f} s after it was received; {AHEAD_S_MAX:.0f} s are allowed",
        )
    behind_s = (received.received_at_us - first_us) / 1e6
    if behind_s > BEHIND_S_MAX:
        return Rejected(
            RejectReason.OBSERVED_TOO_LONG_AGO,
            f"observed {behind_s:.0f} s before it was received; {BEHIND_S_MAX:.0f} s are allowed",
        )
    return None


def _not_served(topic: Topic, lift_ids: Sequence[str]) -> Rejected:
    named = ", ".join(lift_ids[:_NAMED_LIFTS_MAX])
    more = (
        f" and {len(lift_ids) - _NAMED_LIFTS_MAX} more" if len(lift_ids) > _NAMED_LIFTS_MAX else ""
    )
    return Rejected(
        RejectReason.UNKNOWN_DEVICE,
        f"device {topic.device_id} is not registered to serve lift {named}{more}",
    )


def from_microseconds(at_us: int) -> datetime:
    """Return the time of a count of microseconds since 1970, exactly."""
    return _EPOCH + timedelta(microseconds=at_us)
