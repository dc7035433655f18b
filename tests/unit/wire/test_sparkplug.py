"""Sparkplug B on the wire: bytes pinned, every metric in both directions, damage survived."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_wire.messages import Sample
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.signals import SIGNALS
from liftward_wire.sparkplug.metrics import (
    CODE_BY_METRIC,
    REBIRTH,
    SIGNAL_BY_METRIC,
    metrics_of,
    read_fault,
    read_signal,
)
from liftward_wire.sparkplug.payload import (
    METRICS_MAX,
    DataType,
    Metric,
    Payload,
    Told,
    decode_payload,
    encode_payload,
)
from liftward_wire.sparkplug.topics import (
    MessageType,
    SparkplugTopic,
    parse_sparkplug,
    sparkplug_subscriptions,
)
from liftward_wire.topics import TopicError
from unit.wire.wire_strategies import PATIENT, cells, samples

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "golden" / "profiles" / "sparkplug-b.json").read_text("utf-8")
)
AT = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)


def read_back(payload: bytes) -> dict[str, Any]:
    """Every signal metric of a payload, by our signal's name, as a gateway reads it."""
    decoded = decode_payload(payload)
    assert isinstance(decoded, Payload)
    values = {}
    for metric in decoded.metrics:
        assert metric.name is not None
        value = read_signal(metric.name, metric, metric.datatype, "$")
        assert not isinstance(value, Rejected), value
        values[SIGNAL_BY_METRIC[metric.name].name] = value
    return values


@given(sample=samples)
@PATIENT
def test_our_samples_come_back_exactly(sample: Sample) -> None:
    """Ours to theirs to ours: every signal has a metric, so nothing is left out or rounded."""
    payload = encode_payload(metrics_of(sample), at_ms=0, seq=0)

    values = read_back(payload)

    again = msgspec.convert({"observed_at": AT, "boot_id": 1, "sequence": 0} | values, Sample)
    for signal in SIGNALS:
        before = getattr(sample, signal.name)
        assert getattr(again, signal.name) == before
    assert encode_payload(metrics_of(again), at_ms=0, seq=0) == payload


@pytest.mark.parametrize("name", SIGNAL_BY_METRIC)
@given(data=st.data())
def test_each_metric_is_its_signal(name: str, data: st.DataObject) -> None:
    """One row of the table: the name, the type, the value, and null as absent."""
    signal = SIGNAL_BY_METRIC[name]
    value = data.draw(cells(signal))
    kind = {"state": DataType.STRING, "float": DataType.DOUBLE, "count": DataType.INT64}
    told = Told(name=name, value=value, datatype=kind[signal.type])
    null = Told(name=name, value=None, datatype=kind[signal.type])

    assert read_back(encode_payload([told], at_ms=1, seq=1)) == {signal.name: value}
    assert read_back(encode_payload([null], at_ms=1, seq=1)) == {signal.name: None}


@pytest.mark.parametrize("name", CODE_BY_METRIC)
def test_each_fault_metric_is_a_boolean(name: str) -> None:
    """True, false and null; anything else is refused."""

    def seen(value: Any, datatype: DataType) -> Any:
        payload = decode_payload(
            encode_payload([Told(name=name, value=value, datatype=datatype)], at_ms=1, seq=1)
        )
        assert isinstance(payload, Payload)
        return read_fault(name, payload.metrics[0], datatype, "$.metrics[0]")

    told = [seen(value, DataType.BOOLEAN) for value in (True, False, None)]
    refused = seen(1, DataType.INT32)

    assert told == [True, False, None]
    assert isinstance(refused, Rejected)
    assert name.endswith(CODE_BY_METRIC[name])


@pytest.mark.parametrize(
    ("datatype", "low", "high"),
    [
        (DataType.INT8, -(2**7), 2**7 - 1),
        (DataType.INT16, -(2**15), 2**15 - 1),
        (DataType.INT32, -(2**31), 2**31 - 1),
        (DataType.INT64, -(2**63), 2**63 - 1),
        (DataType.UINT8, 0, 2**8 - 1),
        (DataType.UINT32, 0, 2**32 - 1),
        (DataType.UINT64, 0, 2**64 - 1),
    ],
)
def test_whole_numbers_keep_their_sign(datatype: DataType, low: int, high: int) -> None:
    """Signed numbers stand in unsigned fields."""
    for value in (low, 0, 1, high):
        payload = decode_payload(
            encode_payload([Told(name="x", value=value, datatype=datatype)], at_ms=1, seq=1)
        )
        assert isinstance(payload, Payload)
        assert payload.metrics[0].value(datatype) == value


def test_a_sign_extended_to_the_whole_field_is_the_same_number() -> None:
    """Some senders write an Int8 of -1 as 255, some as 2**32 - 1."""
    for raw in (0xFF, 0xFFFF_FFFF):
        assert Metric(raw=("int_value", raw)).value(DataType.INT8) == -1


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_bytes_are_pinned(vector: dict[str, Any]) -> None:
    """A payload is read as pinned, and written as the very same bytes; or refused as pinned."""
    payload = bytes.fromhex(vector["payload_hex"])

    decoded = decode_payload(payload)

    assert str(parse_sparkplug(vector["topic"])) == vector["topic"]
    if "refused" in vector:
        assert isinstance(decoded, Rejected)
        assert decoded.reason == vector["refused"]["reason"]
        return
    assert isinstance(decoded, Payload)
    assert json.loads(msgspec.json.encode(decoded)) == vector["accepted"]
    told = [
        Told(
            name=metric.name,
            alias=metric.alias,
            at_ms=metric.at_ms,
            value=metric.value(metric.datatype),
            datatype=DataType(metric.datatype or 0),
            historical=metric.historical,
        )
        for metric in decoded.metrics
    ]
    assert encode_payload(told, at_ms=decoded.at_ms, seq=decoded.seq) == payload


@given(data=st.data())
@PATIENT
def test_damaged_payloads_are_read_or_refused(data: st.DataObject) -> None:
    """Bytes cut, replaced or doubled: values or a reason, never an exception."""
    payload = bytes.fromhex(data.draw(st.sampled_from(VECTORS))["payload_hex"])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(payload)))
        end = data.draw(st.integers(start, min(len(payload), start + 12)))
        patch = data.draw(st.binary(max_size=6) | st.just(payload[start:end] * 2))
        payload = payload[:start] + patch + payload[end:]

    result = decode_payload(payload)

    assert isinstance(result, Payload | Rejected)
    if isinstance(result, Payload):
        for metric in result.metrics:
            known = metric.name is not None and metric.name in SIGNAL_BY_METRIC
            name = metric.name if known and metric.name is not None else "Lift/floor"
            read_signal(name, metric, metric.datatype, "$")
            read_fault("Lift/fault_active/04", metric, metric.datatype, "$")


def test_too_many_metrics_are_refused() -> None:
    """A limit, as on everything."""
    one = Told(name="x", value=1, datatype=DataType.INT8)

    refused = decode_payload(encode_payload([one] * (METRICS_MAX + 1), at_ms=1, seq=0))

    assert isinstance(refused, Rejected)
    assert refused.reason is RejectReason.OVERSIZE


@pytest.mark.parametrize(
    "text",
    [
        "liftward/v1/d3/HAND-001/telemetry",
        "spBv1.0/lifts/NBIRTH",
        "spBv1.0/lifts/NBIRTH/NODE-1/LIFT-1",
        "spBv1.0/lifts/DBIRTH/NODE-1",
        "spBv1.0/lifts/NCMD/NODE-1",
        "spBv1.0/lifts/NBIRTH/NODE 1",
        "spBv1.0/lifts/DDATA/NODE-1/LIFT.1",
        "spBv1.0/lifts/DDATA/NODE-1/LIFT-1/more",
        "spBv1.0/STATE/host",
        "spBv1.0/" + "g" * 201 + "/NBIRTH/NODE-1",
    ],
)
def test_other_topics_are_none(text: str) -> None:
    """Commands and states of hosts are not what nodes say; ids are those of the registry."""
    with pytest.raises(TopicError):
        parse_sparkplug(text)


@pytest.mark.parametrize("kind", MessageType)
def test_topics_come_back_and_are_subscribed(kind: MessageType) -> None:
    """Each kind of message has its topic and one filter."""
    lift_id = "LIFT-2" if kind.startswith("D") else "NODE-1"
    topic = SparkplugTopic("lifts", kind, "NODE-1", lift_id)

    assert parse_sparkplug(str(topic)) == topic
    assert sum(f"/{kind}/" in one for one in sparkplug_subscriptions()) == 1
    assert topic.command_topic == "spBv1.0/lifts/NCMD/NODE-1"
    assert REBIRTH == "Node Control/Rebirth"
