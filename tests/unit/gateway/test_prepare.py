from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from liftward_gateway.prepare import (
    EVENT_STREAM,
    TELEMETRY_STREAM,
    Prepared,
    StreamKey,
    judge,
    prepare,
    unregistered_devices,
)
from liftward_gateway.registry import Registry, ServedLift
from liftward_gateway.sequence import BOOTS_MAX, StreamMarks, Verdict
from liftward_wire.columns import microseconds
from liftward_wire.messages import EventKind, Presence, Status
from liftward_wire.topics import TopicKind
from support.gateway_messages import batch, event, received, sample

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TELEMETRY: StreamKey = ("LIFT-1", TELEMETRY_STREAM)
EVENTS: StreamKey = ("LIFT-1", EVENT_STREAM)
EDGE: StreamKey = ("EDGE-1", TELEMETRY_STREAM)


def registry() -> Registry:
    one = Registry()
    one.replace(
        [
            ServedLift("LIFT-1", "LIFT-1", 101),
            ServedLift("EDGE-1", "LIFT-2", 102),
            ServedLift("EDGE-1", "LIFT-3", 103),
        ]
    )
    return one


def no_marks() -> dict[StreamKey, StreamMarks]:
    return {key: StreamMarks() for key in (TELEMETRY, EVENTS, EDGE)}


def sequences(prepared: Prepared) -> list[int]:
    return [] if prepared.columns is None else prepared.columns.sequence.tolist()


def test_repeats_within_and_before_a_batch_are_dropped() -> None:
    """Rows are stored once however often they come, in the order of their first arrival."""
    known = no_marks()
    known[TELEMETRY].take(1, 0, 2)
    messages = [
        received("LIFT-1", TopicKind.TELEMETRY, sample(NOW, sequence=number), NOW)
        for number in (2, 3, 3, 5, 4)
    ]

    prepared = prepare(judge(messages, registry()), known)

    assert sequences(prepared) == [3, 5, 4]
    assert prepared.counts == {Verdict.DUPLICATE: 2, Verdict.NEW: 2, Verdict.GAP_FILL: 1}
    assert known[TELEMETRY].by_boot[1].highest == 2


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=20))
def test_batches_and_single_samples_store_the_same_rows(parts: list[tuple[int, int]]) -> None:
    """How a device cuts its rows into messages does not change what is stored."""
    whole = [
        received("LIFT-1", TopicKind.TELEMETRY, batch(NOW, sequence=first, count=count), NOW)
        for first, count in parts
    ]
    single = [
        received("LIFT-1", TopicKind.TELEMETRY, sample(NOW, sequence=number), NOW)
        for first, count in parts
        for number in range(first, first + count)
    ]

    as_whole = prepare(judge(whole, registry()), no_marks())
    as_single = prepare(judge(single, registry()), no_marks())

    assert sequences(as_whole) == sequences(as_single)
    assert as_whole.counts == as_single.counts
    assert [(mark.highest, mark.gaps) for _, _, mark in as_whole.touched_marks] == [
        (mark.highest, mark.gaps) for _, _, mark in as_single.touched_marks
    ]


def test_a_mark_carries_the_latest_times() -> None:
    """Who was heard when is kept with the rows it speaks of; a late row does not set it back."""
    early = NOW - timedelta(hours=1)
    messages = [
        received("LIFT-1", TopicKind.TELEMETRY, sample(NOW, sequence=1), NOW),
        received("LIFT-1", TopicKind.TELEMETRY, sample(early, sequence=0), NOW),
    ]

    prepared = prepare(judge(messages, registry()), no_marks())

    [(stream, boot_id, mark)] = prepared.touched_marks
    assert (stream, boot_id) == (TELEMETRY, 1)
    assert (mark.contiguous_through, mark.highest, mark.late_count) == (1, 1, 1)
    assert mark.last_observed_us == mark.last_received_us == microseconds(NOW)


def test_rows_about_lifts_an_edge_does_not_serve_are_left_out_and_told() -> None:
    """The others of the same message are stored; its numbers count as seen."""
    message = batch(NOW, sequence=0, count=3, lift_ids=["LIFT-3", "LIFT-1"], lift_index=[0, 1, 0])
    judged = judge([received("EDGE-1", TopicKind.BATCH, message, NOW)], registry())

    prepared = prepare(judged, no_marks())

    assert sequences(prepared) == [0, 2]
    assert [entry.reason for entry in prepared.quarantined] == ["unknown_device"]
    assert prepared.marks[EDGE].by_boot[1].contiguous_through == 2
    assert unregistered_devices(judged) == {"EDGE-1"}


def test_each_kind_goes_where_it_belongs() -> None:
    """Samples and events count apart; status has no numbers; refusals keep their place."""
    messages = [
        received("LIFT-1", TopicKind.EVENT, event(NOW, EventKind.ALARM_PRESSED, sequence=0), NOW),
        received("LIFT-1", TopicKind.TELEMETRY, sample(NOW, sequence=0), NOW),
        received("LIFT-1", TopicKind.STATUS, Status(presence=Presence.ONLINE, boot_id=1), NOW),
        received("LIFT-1", TopicKind.EVENT, b"{", NOW),
        received("LIFT-1", TopicKind.EVENT, event(NOW, EventKind.ALARM_PRESSED, sequence=0), NOW),
    ]

    prepared = prepare(judge(messages, registry()), no_marks())

    assert sequences(prepared) == [0]
    assert [one.event.kind for one in prepared.events] == [EventKind.ALARM_PRESSED]
    assert [one.device_id for one in prepared.statuses] == ["LIFT-1"]
    assert [entry.reason for entry in prepared.quarantined] == ["undecodable"]
    assert set(prepared.marks) == {TELEMETRY, EVENTS}


def test_boots_that_were_pushed_out_are_named() -> None:
    """Their marks are deleted in the same transaction."""
    known = no_marks()
    for boot_id in range(1, BOOTS_MAX + 1):
        known[TELEMETRY].take(boot_id, 0, 0)
    wire = received(
        "LIFT-1", TopicKind.TELEMETRY, sample(NOW, sequence=0, boot_id=BOOTS_MAX + 1), NOW
    )

    prepared = prepare(judge([wire], registry()), known)

    assert prepared.forgotten_boots(known) == [(TELEMETRY, 1)]
    assert [boot_id for _, boot_id, _ in prepared.touched_marks] == [BOOTS_MAX + 1]
