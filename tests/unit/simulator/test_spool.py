"""Store and forward."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_simulator.devices.publications import Publication
from liftward_simulator.outputs.spool import Spool
from liftward_wire.topics import TopicKind


def message(number: int, kind: TopicKind = TopicKind.TELEMETRY) -> Publication:
    return Publication(device_id="DEMO-001", kind=kind, payload=str(number).encode())


def numbers(publications: list[Publication]) -> list[int]:
    return [int(publication.payload) for publication in publications]


KINDS = st.sampled_from(
    [TopicKind.TELEMETRY, TopicKind.EVENT, TopicKind.BATCH, TopicKind.STATUS, TopicKind.REPLY]
)
URGENT = {TopicKind.EVENT, TopicKind.REPLY}


@given(st.lists(KINDS, max_size=40), st.integers(1, 10), st.integers(0, 5))
def test_messages_come_out_in_order_however_often_they_are_put_back(
    kinds: list[TopicKind], window: int, failures: int
) -> None:
    """Taking windows, some of which fail and return, yields urgent messages first, all in order."""
    spool = Spool()
    for number, kind in enumerate(kinds):
        spool.put(message(number, kind))
    sent: list[int] = []
    while taken := spool.take(window):
        if failures:
            failures -= 1
            spool.put_back(taken)
        else:
            sent += numbers(taken)

    urgent = [number for number, kind in enumerate(kinds) if kind in URGENT]
    assert sent == urgent + [n for n, kind in enumerate(kinds) if kind not in URGENT]


def test_an_event_overtakes_what_waits() -> None:
    """An event that is put last is taken first; a status keeps its place among the samples."""
    spool = Spool()
    for number, kind in enumerate(
        (TopicKind.TELEMETRY, TopicKind.STATUS, TopicKind.BATCH, TopicKind.EVENT)
    ):
        spool.put(message(number, kind))

    assert numbers(spool.take(10)) == [3, 0, 1, 2]


def test_a_full_spool_drops_the_oldest_telemetry_and_no_event() -> None:
    """Beyond its limit old samples go; the event among them stays, and leaves first."""
    spool = Spool(messages_max=3)
    for number in range(5):
        spool.put(message(number, TopicKind.EVENT if number == 1 else TopicKind.TELEMETRY))

    assert spool.dropped_count == 2
    assert numbers(spool.take(10)) == [1, 3, 4]


def test_events_alone_can_fill_it_too() -> None:
    """With nothing but events the oldest event goes: the limit holds in any case."""
    spool = Spool(messages_max=2)
    for number in range(4):
        spool.put(message(number, TopicKind.EVENT))

    assert numbers(spool.take(10)) == [2, 3]


def test_what_is_put_back_keeps_within_the_limit() -> None:
    """Returned messages that no longer fit are dropped as the oldest, and counted."""
    spool = Spool(messages_max=2)
    spool.put(message(0))
    taken = spool.take(1)
    spool.put(message(1))
    spool.put(message(2))

    spool.put_back(taken)

    assert numbers(spool.take(10)) == [1, 2]
    assert spool.dropped_count == 1


def test_a_spool_without_room_is_refused() -> None:
    """A limit below one is a mistake."""
    with pytest.raises(ValueError, match="allowed"):
        Spool(messages_max=0)
