import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_gateway.admit import (
    AHEAD_S_MAX,
    BEHIND_S_MAX,
    UNSERVED,
    AdmittedEvent,
    AdmittedSamples,
    AdmittedStatus,
    Received,
    admit,
    from_microseconds,
    unregistered_device,
)
from liftward_gateway.registry import Registry, ServedLift
from liftward_wire.columns import microseconds
from liftward_wire.messages import EventKind, Presence, Status
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.states import ServiceMode
from liftward_wire.topics import TopicKind, shard_of
from support.gateway_messages import batch, event, received, sample

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REGISTRY = Registry()
REGISTRY.replace(
    [
        ServedLift("LIFT-1", "LIFT-1", 101),
        ServedLift("EDGE-1", "LIFT-2", 102),
        ServedLift("EDGE-1", "LIFT-3", 103),
        ServedLift("BARE-1", None, None),
    ]
)


def reason_of(result: object) -> RejectReason:
    assert isinstance(result, Rejected), result
    return result.reason


def test_a_sample_of_a_registered_lift_is_admitted() -> None:
    """It carries the fleet index of its lift and both times."""
    at = NOW - timedelta(seconds=2)

    result = admit(received("LIFT-1", TopicKind.TELEMETRY, sample(at, sequence=4), NOW), REGISTRY)

    assert isinstance(result, AdmittedSamples)
    assert (result.device_id, result.lift_indices) == ("LIFT-1", (0,))
    assert (result.last_observed_us, result.received_at_us) == (microseconds(at), microseconds(NOW))


def test_an_edge_may_speak_for_its_lifts() -> None:
    """Each lift of a batch gets its own index."""
    message = batch(NOW, sequence=0, count=3, lift_ids=["LIFT-3", "LIFT-2"], lift_index=[0, 1, 0])

    result = admit(received("EDGE-1", TopicKind.BATCH, message, NOW), REGISTRY)

    assert isinstance(result, AdmittedSamples)
    assert (result.lift_indices, result.refused_rows) == ((2, 1), None)


def test_one_lift_that_an_edge_does_not_serve_costs_only_its_own_rows() -> None:
    """The other lifts of the building are not made blind by a registration that is missing."""
    message = batch(NOW, sequence=0, count=2, lift_ids=["LIFT-2", "LIFT-1"], lift_index=[0, 1])
    wire = received("EDGE-1", TopicKind.BATCH, message, NOW)

    result = admit(wire, REGISTRY)

    assert isinstance(result, AdmittedSamples)
    assert result.lift_indices == (1, UNSERVED)
    assert result.refused_rows is not None
    assert "LIFT-1" in result.refused_rows.detail
    assert unregistered_device(wire, result) == "EDGE-1"


def test_a_batch_about_foreign_lifts_only_is_refused() -> None:
    """An edge cannot speak for lifts of another building."""
    message = batch(NOW, sequence=0, count=1, lift_ids=["LIFT-1"], lift_index=[0])

    result = admit(received("EDGE-1", TopicKind.BATCH, message, NOW), REGISTRY)

    assert reason_of(result) is RejectReason.UNKNOWN_DEVICE


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (TopicKind.TELEMETRY, sample(NOW, sequence=0)),
        (TopicKind.EVENT, event(NOW, EventKind.ALARM_PRESSED, sequence=0)),
        (TopicKind.STATUS, Status(presence=Presence.ONLINE, boot_id=1)),
    ],
)
def test_a_device_nobody_registered_is_refused_and_named_for_a_look(
    kind: TopicKind, message: Any
) -> None:
    """The registration may be younger than what we have loaded."""
    wire = received("GHOST-9", kind, message, NOW)

    result = admit(wire, REGISTRY)

    assert reason_of(result) is RejectReason.UNKNOWN_DEVICE
    assert unregistered_device(wire, result) == "GHOST-9"


def test_a_device_without_lifts_may_say_that_it_lives_and_no_more() -> None:
    """Status is about the device, samples are about a lift."""
    status = Status(presence=Presence.ONLINE, boot_id=1)

    alive = admit(received("BARE-1", TopicKind.STATUS, status, NOW, retained=True), REGISTRY)
    told = admit(received("BARE-1", TopicKind.TELEMETRY, sample(NOW, sequence=0), NOW), REGISTRY)

    assert isinstance(alive, AdmittedStatus)
    assert alive.retained
    assert reason_of(told) is RejectReason.UNKNOWN_DEVICE


def test_an_event_is_admitted() -> None:
    """An alarm carries the fleet index of its lift."""
    message = event(NOW, EventKind.ALARM_PRESSED, sequence=3)

    result = admit(received("LIFT-1", TopicKind.EVENT, message, NOW), REGISTRY)

    assert isinstance(result, AdmittedEvent)
    assert (result.lift_index, result.observed_us) == (0, microseconds(NOW))


@pytest.mark.parametrize(
    ("observed_after_s", "reason"),
    [
        (AHEAD_S_MAX, None),
        (AHEAD_S_MAX + 1, RejectReason.OBSERVED_IN_FUTURE),
        (-BEHIND_S_MAX, None),
        (-BEHIND_S_MAX - 1, RejectReason.OBSERVED_TOO_LONG_AGO),
    ],
)
def test_times_far_from_ours_are_refused(
    observed_after_s: float, reason: RejectReason | None
) -> None:
    """A clock ahead would freeze the live state; older than the store of a device is a mistake."""
    at = NOW + timedelta(seconds=observed_after_s)

    told = admit(received("LIFT-1", TopicKind.TELEMETRY, sample(at, sequence=0), NOW), REGISTRY)
    let_go = event(at, EventKind.ALARM_RELEASED, sequence=0)
    told_too = admit(received("LIFT-1", TopicKind.EVENT, let_go, NOW), REGISTRY)

    assert [isinstance(one, Rejected) for one in (told, told_too)] == [reason is not None] * 2
    assert reason is None or reason_of(told) is reason_of(told_too) is reason


def test_one_row_of_a_batch_in_the_future_refuses_it() -> None:
    """Its clock runs wrong: no row of it can be believed."""
    started = NOW + timedelta(seconds=AHEAD_S_MAX - 1)

    result = admit(
        received("LIFT-1", TopicKind.TELEMETRY, batch(started, sequence=0, count=3), NOW), REGISTRY
    )

    assert reason_of(result) is RejectReason.OBSERVED_IN_FUTURE


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "liftward/v1/00/LIFT-1/telemetry",  # the shard of LIFT-1 is another
        f"liftward/v1/{shard_of('LIFT-1'):02x}/LIFT-1/weather",
        f"liftward/v1/{shard_of('LIFT-1'):02x}/LIFT-1/command",
        f"liftward/v2/{shard_of('LIFT-1'):02x}/LIFT-1/telemetry",
        "liftward/v1/00/" + "L" * 60_000 + "/telemetry",
    ],
)
def test_a_wrong_topic_is_refused(topic: str) -> None:
    """Also one of the contract that is not for the gateway."""
    result = admit(Received(topic, b"{}", microseconds(NOW)), REGISTRY)

    assert reason_of(result) is RejectReason.WRONG_TOPIC


@given(st.text(max_size=60), st.binary(max_size=200))
def test_no_input_raises(topic: str, payload: bytes) -> None:
    """A bad message is data: it never raises through the loop."""
    wires = [
        Received(topic, payload, microseconds(NOW)),
        received("LIFT-1", TopicKind.TELEMETRY, payload, NOW),
        received("EDGE-1", TopicKind.BATCH, payload, NOW),
        received("LIFT-1", TopicKind.EVENT, payload, NOW),
        received("LIFT-1", TopicKind.STATUS, payload, NOW),
    ]

    assert all(isinstance(admit(wire, REGISTRY), Rejected) for wire in wires)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_microseconds_lose_nothing(at: datetime) -> None:
    """Times go to whole numbers and back."""
    assert from_microseconds(microseconds(at)) == at


@pytest.mark.parametrize(
    "claimed",
    [
        "1970-01-01T00:00:09Z",
        "2026-01-01T00:00:00Z",
        "2026-03-01T12:06:00Z",
        "2210-05-05T00:00:00Z",
    ],
)
@pytest.mark.parametrize(
    "what", [{"kind": "alarm_pressed"}, {"kind": "fault_raised", "code": "90"}]
)
def test_an_alarm_is_never_lost_to_a_wrong_clock(claimed: str, what: dict[str, str]) -> None:
    """It counts as of its arrival, and what the device claimed is kept."""
    payload = json.dumps(
        {"observed_at": claimed, "boot_id": 1, "sequence": 0, "note": "h\u00e9lp", **what}
    )

    result = admit(received("LIFT-1", TopicKind.EVENT, payload.encode(), NOW), REGISTRY)

    assert isinstance(result, AdmittedEvent)
    assert result.observed_us == result.received_at_us == microseconds(NOW)
    assert result.claimed_us == microseconds(datetime.fromisoformat(claimed))
    assert (result.event.kind, result.event.note) == (what["kind"], "h\u00e9lp")


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "alarm_released"},
        {"kind": "fault_raised", "code": "04"},
        {"kind": "fault_raised", "code": "90", "vocabulary": "x-own"},
        {"kind": "alarm_pressed", "device_id": "LIFT-2"},
        {"kind": "alarm_pressed", "sequence": -1},
        {"kind": "alarm_pressed", "extension": {"deep": "\0"}},
    ],
)
@pytest.mark.parametrize("claimed", ["1970-01-01T00:00:09Z", "2026-01-01T00:00:00Z"])
def test_nothing_else_passes_with_a_wrong_clock(claimed: str, fields: dict[str, Any]) -> None:
    """Other events, and alarms with another fault, are refused as ever."""
    payload = json.dumps({"observed_at": claimed, "boot_id": 1, "sequence": 0, **fields})

    assert isinstance(
        admit(received("LIFT-1", TopicKind.EVENT, payload.encode(), NOW), REGISTRY), Rejected
    )


def test_an_alarm_with_a_wrong_clock_and_a_broken_name_stops_nobody() -> None:
    """A name that is no text, and a year that no clock has: refused, never raised."""
    payload = (
        b'{"observed_at":"1970-01-01T00:00:00Z","boot_id":1,"sequence":0,'
        b'"kind":"alarm_pressed","\x80":1}'
    )

    result = admit(received("LIFT-1", TopicKind.EVENT, payload, NOW), REGISTRY)

    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.OBSERVED_TOO_LONG_AGO


def test_an_alarm_in_time_keeps_its_own_time() -> None:
    """An hour late after an outage is no wrong clock."""
    at = NOW - timedelta(hours=1)

    result = admit(
        received("LIFT-1", TopicKind.EVENT, event(at, EventKind.ALARM_PRESSED, sequence=0), NOW),
        REGISTRY,
    )

    assert isinstance(result, AdmittedEvent)
    assert result.observed_us == result.claimed_us == microseconds(at)


def test_a_device_is_read_in_its_own_words() -> None:
    """The same bytes are a sample of one device, and refused of another."""
    registry = Registry()
    registry.replace(
        [ServedLift("GB-1", "GB-1", 1, "gbt24476-2017"), ServedLift("LIFT-1", "LIFT-1", 2)]
    )
    payload = (
        b'{"observed_at": "2026-03-01T12:00:00Z", "boot_id": 1, "sequence": 0, "service_mode": 2}'
    )

    theirs = admit(received("GB-1", TopicKind.TELEMETRY, payload, NOW), registry)
    ours = admit(received("LIFT-1", TopicKind.TELEMETRY, payload, NOW), registry)

    assert isinstance(theirs, AdmittedSamples)
    assert theirs.message == sample(NOW, sequence=0, service_mode=ServiceMode.INSPECTION)
    assert reason_of(ours) is RejectReason.CONTRACT_VIOLATION


def test_strange_words_of_an_unregistered_device_are_for_a_look() -> None:
    """It may just have been registered, with a profile; only what is no JSON at all is that."""
    strange = received("GHOST-9", TopicKind.TELEMETRY, b'{"service_mode": 2}', NOW)
    garbage = received("GHOST-9", TopicKind.TELEMETRY, b"{", NOW)

    result = admit(strange, REGISTRY)

    assert reason_of(result) is RejectReason.UNKNOWN_DEVICE
    assert unregistered_device(strange, result) == "GHOST-9"
    assert reason_of(admit(garbage, REGISTRY)) is RejectReason.UNDECODABLE


def test_a_sparkplug_device_on_our_topics_is_told_where_to_go() -> None:
    """Its registration says that it has topics of its own."""
    registry = Registry()
    registry.replace([ServedLift("SP-1", "SP-1", 1, "sparkplug-b")])

    result = admit(received("SP-1", TopicKind.TELEMETRY, sample(NOW, sequence=0), NOW), registry)

    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.WRONG_TOPIC
    assert "spBv1.0" in result.detail


@pytest.mark.parametrize("claimed", ["1970-01-01T00:00:09Z", "2026-01-01T00:00:00Z"])
def test_an_alarm_in_other_words_is_not_lost_to_a_wrong_clock(claimed: str) -> None:
    """The button of a profile's device counts as of its arrival, too; its faults do not."""
    registry = Registry()
    registry.replace([ServedLift("B-1", "B-1", 1, "regional-b")])
    told = {"observed_at": claimed, "boot_id": 1, "sequence": 0, "flag": 1}

    rung, stopped = (
        admit(
            received("B-1", TopicKind.EVENT, json.dumps(told | {"code": code}).encode(), NOW),
            registry,
        )
        for code in (21, 6)
    )

    assert isinstance(rung, AdmittedEvent)
    assert rung.observed_us == microseconds(NOW)
    assert isinstance(stopped, Rejected)
