"""From a topic and bytes to an admitted message, or to the reason why it is refused.

Knows the contract, the registration and the time of arrival. Must not know sequence numbers, MQTT,
SQL or the clock. Nothing in here raises on input. What is made once a message is a Struct: a frozen
dataclass takes ten times as long.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from liftward_gateway.alarm_clock import alarm_of_broken_clock, is_alarm
from liftward_gateway.registry import Registry
from liftward_wire.codec import decode
from liftward_wire.columns import microseconds
from liftward_wire.messages import Batch, Event, Message, Reply, Sample, Status
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.topics import Topic, TopicError, TopicKind, parse_topic

# A device clock may be ahead this much (no NTP; winter time off by a step is an hour and is a
# fault). A row an hour ahead would freeze the live state until then. Smaller skew is measured and
# flagged, see `mark_loop`.
AHEAD_S_MAX = 300.0
# Store-and-forward after a week without a link is the most a device is asked to keep.
BEHIND_S_MAX = 7 * 86_400.0
# Lift ids named in the detail of a refusal; an edge may serve hundreds.
_NAMED_LIFTS_MAX = 5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNSERVED = -1  # fleet index of a row whose lift the device does not serve


class Received(Struct, frozen=True):
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


class AdmittedSamples(Struct, frozen=True):
    """A sample or batch; `lift_indices` has the fleet index of the lift, or of each `lift_ids`."""

    device_id: str
    message: Sample | Batch
    lift_indices: tuple[int, ...]
    received_at_us: int
    last_observed_us: int
    refused_rows: Rejected | None = None  # rows about lifts that this edge does not serve


class AdmittedEvent(Struct, frozen=True):
    """An event. `observed_us` is `claimed_us`, what the device said, or for an alarm with an
    implausible time its arrival.
    """

    device_id: str
    event: Event
    lift_index: int
    received_at_us: int
    observed_us: int
    claimed_us: int


class AdmittedStatus(Struct, frozen=True):
    device_id: str
    status: Status
    retained: bool
    received_at_us: int


class AdmittedReply(Struct, frozen=True):
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
    profile = registry.profile_of(topic.device_id)
    read = decode if profile is None else profile.decode
    message = read(topic, received.payload)
    if isinstance(message, Rejected):
        message = alarm_of_broken_clock(topic, received.payload, message, read)
    if isinstance(message, Rejected):
        return _refused(topic, message, registry)
    if isinstance(message, Reply):
        return _admit_reply(topic, message, received)
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
    lifts = registry.lifts_of(topic.device_id)
    if lifts is None:
        return _not_registered(topic)
    match message:
        case Sample():
            return _admit_sample(topic, message, received, lifts.get(topic.device_id))
        case Batch():
            return _admit_batch(topic, message, received, lifts)
        case Event():
            return _admit_event(topic, message, received, lifts.get(topic.device_id))
        case Status():
            return AdmittedStatus(
                topic.device_id, message, received.retained, received.received_at_us
            )
        case _:
            return Rejected(RejectReason.WRONG_TOPIC, "not a message from a device to the gateway")


def _admit_reply(topic: Topic, reply: Reply, received: Received) -> AdmittedReply | Rejected:
    """Believe a reply for the command it answers, not for its registration: an edge may answer."""
    observed_us = microseconds(reply.observed_at)
    refused = refused_time(observed_us, observed_us, received)
    return refused or AdmittedReply(topic.device_id, reply, received.received_at_us)


def _refused(topic: Topic, refusal: Rejected, registry: Registry) -> Rejected:
    """Return the refusal; of a device that is not registered it says only that.

    Which words such a device speaks is not known before it has been looked up.
    """
    by_its_words = refusal.reason in (
        RejectReason.CONTRACT_VIOLATION,
        RejectReason.IMPOSSIBLE_VALUE,
    )
    if by_its_words and registry.lifts_of(topic.device_id) is None:
        return _not_registered(topic)
    return refusal


def _not_registered(topic: Topic) -> Rejected:
    return Rejected(
        RejectReason.UNKNOWN_DEVICE,
        f"no device {topic.device_id} is registered (or it was revoked)",
    )


def _admit_event(
    topic: Topic, event: Event, received: Received, lift_index: int | None
) -> AdmittedEvent | Rejected:
    if lift_index is None:
        return _not_served(topic, [topic.device_id])
    claimed_us = observed_us = microseconds(event.observed_at)
    refused = refused_time(claimed_us, claimed_us, received)
    if refused is not None:
        if not is_alarm(event):
            return refused
        observed_us = received.received_at_us
    return AdmittedEvent(
        topic.device_id, event, lift_index, received.received_at_us, observed_us, claimed_us
    )


def _admit_sample(
    topic: Topic, sample: Sample, received: Received, lift_index: int | None
) -> AdmittedSamples | Rejected:
    observed_us = microseconds(sample.observed_at)
    refused = refused_time(observed_us, observed_us, received)
    if refused is not None:
        return refused
    if lift_index is None:
        return _not_served(topic, [topic.device_id])
    return AdmittedSamples(
        topic.device_id, sample, (lift_index,), received.received_at_us, observed_us
    )


def _admit_batch(
    topic: Topic, batch: Batch, received: Received, lifts: Mapping[str, int]
) -> AdmittedSamples | Rejected:
    started_us = microseconds(batch.started_at)
    # The contract has rows in time order.
    first_us = started_us + batch.offset_ms[0] * 1_000
    last_us = started_us + batch.offset_ms[-1] * 1_000
    refused = refused_time(first_us, last_us, received)
    if refused is not None:
        return refused
    lift_ids = [topic.device_id] if batch.lift_ids is None else batch.lift_ids
    indices = tuple(lifts.get(lift_id, UNSERVED) for lift_id in lift_ids)
    if max(indices, default=UNSERVED) == UNSERVED:
        return _not_served(topic, lift_ids)
    unserved = [
        lift_id for lift_id, index in zip(lift_ids, indices, strict=True) if index == UNSERVED
    ]
    return AdmittedSamples(
        topic.device_id,
        batch,
        indices,
        received.received_at_us,
        last_us,
        refused_rows=_not_served(topic, unserved) if unserved else None,
    )


def refused_time(first_us: int, last_us: int, received: Received) -> Rejected | None:
    ahead_us, behind_us = last_us - received.received_at_us, received.received_at_us - first_us
    if ahead_us > AHEAD_S_MAX * 1e6:
        ahead_s = ahead_us / 1e6
        return Rejected(
            RejectReason.OBSERVED_IN_FUTURE,
            f"observed {ahead_s:.0f} s after it was received; {AHEAD_S_MAX:.0f} s are allowed",
        )
    if behind_us > BEHIND_S_MAX * 1e6:
        behind_s = behind_us / 1e6
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
