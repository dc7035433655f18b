"""Bytes to messages and back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liftward_wire.codec import decode, encode
from liftward_wire.examples import EXAMPLES
from liftward_wire.messages import PAYLOAD_BYTES_MAX, Batch, Message, Sample
from liftward_wire.rejection import MEANINGS, Rejected, RejectReason
from liftward_wire.topics import Topic, TopicKind
from unit.wire.wire_strategies import (
    PATIENT,
    damaged_payloads,
    payloads_with_one_wrong_value,
    topics,
    topics_and_messages,
)

TELEMETRY = Topic("HAND-001", TopicKind.TELEMETRY)
SMALLEST = b'{"observed_at":"2026-01-01T08:30:00Z","boot_id":1,"sequence":0%s}'


def check_outcome(topic: Topic, payload: bytes) -> None:
    """What decode must give for any bytes: a message that is stable, or a reason fit to be kept."""
    result = decode(topic, payload)

    if isinstance(result, Rejected):
        assert result.detail
        assert result.detail.isprintable()
        assert result.path.isprintable()
        assert len(result.detail) + len(result.path) < 600
    else:
        assert decode(topic, encode(result)) == result


@given(topics, st.binary(max_size=200))
@PATIENT
@example(TELEMETRY, b"[" * 500_000)
@example(TELEMETRY, SMALLEST % (b',"x":' + b"[" * 500_000))
@example(TELEMETRY, SMALLEST % (b',"floor":' + b"9" * 10_000))
@example(TELEMETRY, SMALLEST % (b',"speed_mps":' + b"9" * 10_000))
@example(TELEMETRY, SMALLEST % (b',"car_door":"a\\u0000' + b"b" * 10_000 + b'"'))
@example(TELEMETRY, SMALLEST % b',"lift_id":"\xff"')
@example(TELEMETRY, SMALLEST % b',"lift_id":"\\ud800"')
@example(TELEMETRY, SMALLEST % b',"offset_ms":null')
@example(Topic("A", TopicKind.EVENT), b'{"kind":"a\\u0000"}')
def test_any_bytes_give_a_message_or_a_reason(topic: Topic, payload: bytes) -> None:
    """Decoding random bytes never raises, and a refusal can be stored and shown."""
    check_outcome(topic, payload)


@given(damaged_payloads())
@PATIENT
def test_damaged_messages_give_a_message_or_a_reason(damaged: tuple[Topic, bytes]) -> None:
    """Decoding golden payloads with damaged bytes never raises."""
    check_outcome(*damaged)


@given(payloads_with_one_wrong_value())
@PATIENT
def test_a_wrong_value_gives_a_message_or_a_reason(changed: tuple[Topic, bytes]) -> None:
    """Decoding golden payloads with one value replaced by any JSON never raises."""
    check_outcome(*changed)


@given(topics_and_messages)
@PATIENT
def test_every_message_survives_the_wire(pair: tuple[Topic, Message]) -> None:
    """Encoding and decoding gives back an equal message, and the same bytes again."""
    topic, message = pair

    payload = encode(message)
    result = decode(topic, payload)

    assert result == message
    assert encode(message) == payload


@pytest.mark.parametrize(("topic", "message"), EXAMPLES)
def test_every_example_is_accepted(topic: Topic, message: Message) -> None:
    """The examples of the schema and of the contract page keep their own rules."""
    assert decode(topic, encode(message)) == message


def test_the_largest_batch_fits_the_payload_limit() -> None:
    """A batch with the most rows and lifts, and the usual signals, is not too large to be sent."""
    topic, one = next((t, m) for t, m in EXAMPLES if t.kind is TopicKind.BATCH)
    assert isinstance(one, Batch)
    rows = 10_000
    ids = [f"LIFT-{number:04}" for number in range(1_000)]
    batch = Batch(
        started_at=one.started_at,
        boot_id=one.boot_id,
        sequence=0,
        offset_ms=[row * 6 for row in range(rows)],
        columns={
            "service_mode": ["normal"] * rows,
            "position_m": [123.45] * rows,
            "speed_mps": [-1.75] * rows,
            "car_door": ["closed"] * rows,
            "door_zone": ["outside"] * rows,
            "occupancy": ["occupied"] * rows,
            "load_kg": [150.0] * rows,
        },
        lift_ids=ids,
        lift_index=[row % 1_000 for row in range(rows)],
    )

    payload = encode(batch)

    assert len(payload) < PAYLOAD_BYTES_MAX
    assert decode(topic, payload) == batch


def test_a_payload_over_the_limit_is_refused_unread() -> None:
    """One byte too many is refused as oversize, with both numbers."""
    payload = SMALLEST % b""
    fits = payload + b" " * (PAYLOAD_BYTES_MAX - len(payload))

    result = decode(TELEMETRY, fits + b" ")

    assert isinstance(decode(TELEMETRY, fits), Sample)
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.OVERSIZE
    assert "2000001" in result.detail
    assert "2000000" in result.detail


def test_every_reason_is_explained() -> None:
    """The integrator can look up each reason."""
    assert set(MEANINGS) == set(RejectReason)
