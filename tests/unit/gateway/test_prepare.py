from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from liftward_gateway.mark_loop import (
    BOOT_ID,
    CONTIGUOUS,
    HIGHEST,
    LATE_COUNT,
    OBSERVED_US,
    RECEIVED_US,
)
from liftward_gateway.mark_table import BatchMarks, MarkTable, StreamKey, pairs_of
from liftward_gateway.prepare import (
    EVENT_STREAM,
    TELEMETRY_STREAM,
    Judged,
    Prepared,
    judge,
    prepare,
    streams_of,
    unregistered_devices,
)
from liftward_gateway.registry import Registry, ServedLift
from liftward_gateway.sequence import Verdict
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


def no_marks(judged: list[Judged]) -> BatchMarks:
    """Return the marks of these messages' streams when nothing is stored yet."""
    table = MarkTable()
    table.load(streams_of(judged), [])
    return table.batch(streams_of(judged))


def samples_of(*numbers: int) -> list[Judged]:
    wires = [
        received("LIFT-1", TopicKind.TELEMETRY, sample(NOW, sequence=number), NOW)
        for number in numbers
    ]
    return judge(wires, registry())


def numbers_stored(prepared: Prepared) -> list[tuple[StreamKey, int, int, list[tuple[int, int]]]]:
    return [
        (stream, int(mark[BOOT_ID]), int(mark[HIGHEST]), pairs_of(gaps))
        for stream, mark, gaps in prepared.marks.touched()
    ]


def sequences(prepared: Prepared) -> list[int]:
    return [] if prepared.columns is None else prepared.columns.sequence.tolist()


def test_repeats_within_and_before_a_batch_are_dropped() -> None:
    """Rows are stored once however often they come, in the order of their first arrival."""
    table = MarkTable()
    table.load([TELEMETRY], [])
    table.commit(prepare(samples_of(0, 1, 2), table.batch([TELEMETRY])).marks)

    prepared = prepare(samples_of(2, 3, 3, 5, 4), table.batch([TELEMETRY]))

    assert sequences(prepared) == [3, 5, 4]
    assert prepared.counts == {Verdict.DUPLICATE: 2, Verdict.NEW: 2, Verdict.GAP_FILL: 1}
    assert numbers_stored(prepared) == [(TELEMETRY, 1, 5, [])]
    assert table.batch([TELEMETRY]).marks[0, HIGHEST] == 2


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

    wholes, singles = judge(whole, registry()), judge(single, registry())
    as_whole = prepare(wholes, no_marks(wholes))
    as_single = prepare(singles, no_marks(singles))

    assert sequences(as_whole) == sequences(as_single)
    assert as_whole.counts == as_single.counts
    assert numbers_stored(as_whole) == numbers_stored(as_single)


def test_a_mark_carries_the_latest_times() -> None:
    """Who was heard when is kept with the rows it speaks of; a late row does not set it back."""
    early = NOW - timedelta(hours=1)
    messages = [
        received("LIFT-1", TopicKind.TELEMETRY, sample(NOW, sequence=1), NOW),
        received("LIFT-1", TopicKind.TELEMETRY, sample(early, sequence=0), NOW),
    ]

    judged = judge(messages, registry())
    prepared = prepare(judged, no_marks(judged))

    [(stream, mark, gaps)] = prepared.marks.touched()
    assert (stream, mark[BOOT_ID], list(gaps)) == (TELEMETRY, 1, [])
    assert mark[[CONTIGUOUS, HIGHEST, LATE_COUNT]].tolist() == [1, 1, 1]
    assert mark[OBSERVED_US] == mark[RECEIVED_US] == microseconds(NOW)


def test_rows_about_lifts_an_edge_does_not_serve_are_left_out_and_told() -> None:
    """The others of the same message are stored; its numbers count as seen."""
    message = batch(NOW, sequence=0, count=3, lift_ids=["LIFT-3", "LIFT-1"], lift_index=[0, 1, 0])
    judged = judge([received("EDGE-1", TopicKind.BATCH, message, NOW)], registry())

    prepared = prepare(judged, no_marks(judged))

    assert sequences(prepared) == [0, 2]
    assert [entry.reason for entry in prepared.quarantined] == ["unknown_device"]
    assert numbers_stored(prepared) == [(EDGE, 1, 2, [])]
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

    judged = judge(messages, registry())
    prepared = prepare(judged, no_marks(judged))

    assert sequences(prepared) == [0]
    assert [one.event.kind for one in prepared.events] == [EventKind.ALARM_PRESSED]
    assert [one.device_id for one in prepared.statuses] == ["LIFT-1"]
    assert [entry.reason for entry in prepared.quarantined] == ["undecodable"]
    assert set(prepared.marks.places) == {TELEMETRY, EVENTS}


def test_a_message_with_repeats_and_news_loses_only_its_repeats() -> None:
    """Batches that overlap what is stored, in the midst of other messages."""
    table = MarkTable()
    table.load([TELEMETRY], [])
    table.commit(prepare(samples_of(0, 1, 4), table.batch([TELEMETRY])).marks)
    wires = [
        received("LIFT-1", TopicKind.TELEMETRY, batch(NOW, sequence=0, count=7), NOW),
        received("LIFT-1", TopicKind.TELEMETRY, batch(NOW, sequence=6, count=2), NOW),
    ]

    prepared = prepare(judge(wires, registry()), table.batch([TELEMETRY]))

    assert sequences(prepared) == [2, 3, 5, 6, 7]
    assert prepared.counts == {Verdict.DUPLICATE: 4, Verdict.GAP_FILL: 2, Verdict.NEW: 3}
