"""What becomes of messages on their way, in the world's time."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftward_simulator.devices.links import NOTICE_S, Arrival, LinkQuality, Links, arrival_time
from liftward_simulator.devices.outages import NO_OUTAGES, OutageKind, draw_outages
from liftward_simulator.devices.publications import Publication
from liftward_simulator.devices.spans import Spans
from liftward_wire.topics import TopicKind

DEVICE_IDS = ["DEMO-001", "DEMO-002", "DEMO-003"]
STARTED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
STEP_S = 0.5
PERFECT = LinkQuality()
BAD = LinkQuality(
    delay_s=(0.02, 2.0),
    duplicate_share=0.2,
    held_back_share=0.2,
    held_back_s_max=4.0,
    spool_messages_max=40,
    forward_per_s=8.0,
)
CUTS = (OutageKind.LOST, OutageKind.BROKER)
Rows = list[tuple[OutageKind, int, float, float, float]]


def message(device_id: str, number: int, kind: TopicKind) -> Publication:
    return Publication(device_id=device_id, kind=kind, payload=b'{"sequence":%d}' % number)


def status(device_id: str, word: bytes) -> Publication:
    return Publication(device_id=device_id, kind=TopicKind.STATUS, payload=word, retain=True)


def links_of(rows: Rows, quality: LinkQuality = PERFECT, seed: int = 1) -> Links:
    return Links(
        DEVICE_IDS,
        Spans.of(OutageKind, rows),
        quality,
        rng=np.random.default_rng(seed),
        birth=lambda device_id, _now: status(device_id, b"born"),
        will=lambda device_id: status(device_id, b"dead"),
    )


def played(
    links: Links, duration_s: float, kinds: dict[int, TopicKind] | None = None
) -> tuple[list[Publication], list[Arrival]]:
    """Send one message of each device at each step; return what was sent and what arrived."""
    sent: list[Publication] = []
    arrived: list[Arrival] = []
    for step in range(round(duration_s / STEP_S)):
        clock_s = (step + 1) * STEP_S
        kind = (kinds or {}).get(step, TopicKind.TELEMETRY)
        now_sent = [message(device_id, step, kind) for device_id in DEVICE_IDS]
        sent += now_sent
        now = STARTED_AT + timedelta(seconds=clock_s)
        arrivals = links.carry(now_sent, clock_s=clock_s, now=now)
        assert all(arrival.arrived_s <= clock_s for arrival in arrivals)
        arrived += arrivals
    return sent, arrived


def without_statuses(arrived: list[Arrival]) -> list[Publication]:
    return [a.publication for a in arrived if a.publication.kind is not TopicKind.STATUS]


def numbers_of(publications: list[Publication], device_id: str) -> list[int]:
    return [
        msgspec.json.decode(p.payload)["sequence"] for p in publications if p.device_id == device_id
    ]


def test_a_perfect_network_delivers_at_once_and_in_order() -> None:
    """What is sent at a tick arrives at that tick, as it was sent."""
    sent, arrived = played(links_of([]), 20.0)

    assert [arrival.publication for arrival in arrived] == sent
    assert [arrival.arrived_s for arrival in arrived[:4]] == [0.5, 0.5, 0.5, 1.0]


def test_delay_keeps_the_order_of_each_device() -> None:
    """With random delays messages come later, and each device's in the order of sending."""
    links = links_of([], LinkQuality(delay_s=(0.1, 3.0)))
    sent, arrived = played(links, 30.0)
    arrived += links.drain()

    for device_id in DEVICE_IDS:
        publications = without_statuses(arrived)
        assert numbers_of(publications, device_id) == numbers_of(sent, device_id)
    assert arrived == sorted(arrived, key=lambda arrival: arrival.arrived_s)


KINDS_AT = st.dictionaries(st.integers(0, 119), st.just(TopicKind.EVENT), max_size=12)
OUTAGES = st.lists(
    st.builds(
        lambda kind, device, from_s, lasting_s: (kind, device, from_s, from_s + lasting_s, np.nan),
        st.sampled_from(CUTS),
        st.integers(0, 2),
        st.floats(0.0, 40.0),
        st.floats(0.1, 60.0),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(OUTAGES, KINDS_AT, st.integers(0, 99))
def test_nothing_is_lost_but_what_a_full_spool_dropped(
    rows: Rows, kinds: dict[int, TopicKind], seed: int
) -> None:
    """Each message arrives, waits in a spool, or was dropped and counted; no event is dropped."""
    links = links_of(rows, BAD, seed)
    sent, arrived = played(links, 60.0, kinds)
    arrived += links.drain()

    got = set(without_statuses(arrived))
    missing = [publication for publication in sent if publication not in got]
    assert len(missing) == links.dropped_count + links.kept_count
    assert got <= set(sent)
    if not links.kept_count:
        assert all(publication.kind is TopicKind.TELEMETRY for publication in missing)


@settings(max_examples=30, deadline=None)
@given(OUTAGES, st.integers(0, 99))
def test_sorting_by_number_restores_what_each_device_said(rows: Rows, seed: int) -> None:
    """Repeats and reordering leave nothing that boot and sequence number cannot put right."""
    links = links_of(rows, BAD, seed)
    sent, arrived = played(links, 60.0)
    arrived += links.drain()

    for device_id in DEVICE_IDS:
        found = sorted(set(numbers_of(without_statuses(arrived), device_id)))
        said = numbers_of(sent, device_id)
        assert found == [number for number in said if number in set(found)]


def test_what_is_held_back_comes_within_the_bound() -> None:
    """Without other trouble no message is later than the longest delay and the longest hold."""
    quality = LinkQuality(delay_s=(0.0, 0.5), held_back_share=0.3, held_back_s_max=4.0)
    links = links_of([], quality)
    sent, arrived = played(links, 60.0)
    arrived += links.drain()

    lateness_s = [
        a.arrived_s - (msgspec.json.decode(a.publication.payload)["sequence"] + 1) * STEP_S
        for a in arrived
    ]
    numbers = numbers_of(without_statuses(arrived), DEVICE_IDS[0])
    assert len(arrived) == len(sent)
    assert numbers != sorted(numbers)
    assert max(lateness_s) <= 4.5
    assert min(lateness_s) >= 0.0


def test_repeats_are_as_many_as_asked_and_never_statuses() -> None:
    """About a fifth of the messages comes twice; births and wills come once."""
    links = links_of([(OutageKind.LOST, 0, 5.0, 60.0, np.nan)], LinkQuality(duplicate_share=0.2))
    _, arrived = played(links, 200.0)
    arrived += links.drain()

    counts = Counter(without_statuses(arrived))
    statuses = [a.publication.payload for a in arrived if a.publication.kind is TopicKind.STATUS]
    assert set(counts.values()) == {1, 2}
    assert 0.15 < sum(n == 2 for n in counts.values()) / len(counts) < 0.25
    assert statuses == [b"dead", b"born"]


def test_an_outage_is_store_and_forward_at_a_limited_rate() -> None:
    """Nothing comes meanwhile; then the will has been sent, the birth, and the burst in order."""
    quality = LinkQuality(forward_per_s=4.0)
    links = links_of([(OutageKind.LOST, 0, 9.9, 49.9, np.nan)], quality)
    sent, arrived = played(links, 120.0)

    mine = [a for a in arrived if a.publication.device_id == DEVICE_IDS[0]]
    at_s = defaultdict(list)
    for arrival in mine:
        at_s[arrival.publication.kind].append(arrival.arrived_s)
    during = [t for t in at_s[TopicKind.TELEMETRY] if 9.9 <= t < 49.9]
    burst = [t for t in at_s[TopicKind.TELEMETRY] if 50.0 <= t < 60.0]
    words = [a.publication.payload for a in mine if a.publication.kind is TopicKind.STATUS]
    assert during == []
    assert len(burst) == pytest.approx(40, abs=3)
    assert numbers_of(without_statuses(mine), DEVICE_IDS[0]) == numbers_of(sent, DEVICE_IDS[0])
    assert words == [b"dead", b"born"]
    assert at_s[TopicKind.STATUS] == pytest.approx([9.9 + NOTICE_S, 50.0])


def test_an_event_leaves_the_spool_first() -> None:
    """The alarm of an outage does not wait behind its samples."""
    links = links_of([(OutageKind.LOST, 0, 0.2, 20.2, np.nan)], LinkQuality(forward_per_s=2.0))
    _, arrived = played(links, 30.0, {30: TopicKind.EVENT})

    mine = [a.publication for a in arrived if a.publication.device_id == DEVICE_IDS[0]]
    assert [p.kind for p in mine[:3]] == [TopicKind.STATUS, TopicKind.STATUS, TopicKind.EVENT]


def test_a_full_spool_keeps_the_youngest_samples_and_every_event() -> None:
    """Of a long outage the last messages arrive, and the event of its beginning."""
    quality = LinkQuality(spool_messages_max=10, forward_per_s=100.0)
    links = links_of([(OutageKind.LOST, 0, 0.2, 50.2, np.nan)], quality)
    _, arrived = played(links, 60.0, {2: TopicKind.EVENT})

    numbers = numbers_of(without_statuses(arrived), DEVICE_IDS[0])
    assert numbers[:10] == [2, *range(91, 100)]
    assert links.dropped_count == 90


def test_a_lost_broker_sends_no_will() -> None:
    """When the broker is gone for all, devices are born again and nobody was declared dead."""
    rows = [(OutageKind.BROKER, device, 5.0, 65.0, np.nan) for device in range(3)]
    _, arrived = played(links_of(rows), 80.0)

    statuses = [a for a in arrived if a.publication.kind is TopicKind.STATUS]
    assert [a.publication.payload for a in statuses] == [b"born"] * 3
    assert not [a for a in arrived if 5.0 <= a.arrived_s < 65.0]
    assert [a.arrived_s for a in statuses] == [65.0] * 3


def test_a_short_loss_ends_with_the_will_before_the_birth() -> None:
    """Back before the broker has noticed: the old session's will comes first."""
    _, arrived = played(links_of([(OutageKind.LOST, 1, 5.0, 8.0, np.nan)]), 20.0)

    statuses = [a for a in arrived if a.publication.kind is TopicKind.STATUS]
    assert [(a.publication.payload, a.arrived_s) for a in statuses] == [
        (b"dead", 8.0),
        (b"born", 8.0),
    ]


@pytest.mark.parametrize("kind", [OutageKind.DARK, OutageKind.REBOOT, OutageKind.REBOOT_1970])
def test_a_device_without_power_keeps_nothing(kind: OutageKind) -> None:
    """The will is sent, and the link carries whatever the device says itself when it is back."""
    links = links_of([(kind, 0, 5.0, 60.0, np.nan)])
    arrived = []
    for clock_s in range(80):
        now = STARTED_AT + timedelta(seconds=clock_s)
        arrived += links.carry([], clock_s=float(clock_s), now=now)

    statuses = [a for a in arrived if a.publication.kind is TopicKind.STATUS]
    assert [a.publication.payload for a in statuses] == [b"dead"]
    assert statuses[0].arrived_s == pytest.approx(5.0 + NOTICE_S)
    assert links.take_true_events() == []


def test_truth_is_told_of_link_outages() -> None:
    """An outage is told when it begins and when it ends, once."""
    links = links_of([(OutageKind.LOST, 2, 5.0, 8.0, np.nan)])
    played(links, 20.0)

    told = [(e.record, e.kind, e.device_id, e.detail, e.to_s) for e in links.take_true_events()]
    assert told == [
        ("begin", "link_outage", "DEMO-003", "lost", None),
        ("end", "link_outage", "DEMO-003", "lost", 8.0),
    ]
    assert links.take_true_events() == []


def test_the_same_seed_gives_the_same_arrivals() -> None:
    """Delays, repeats and holds are drawn from the generator alone."""
    rows = [(OutageKind.LOST, 0, 5.0, 20.0, np.nan)]
    first, second = (played(links_of(rows, BAD, 7), 60.0)[1] for _ in range(2))

    assert first == second
    assert arrival_time(first[0], clock_s=0.0, now=STARTED_AT) > STARTED_AT


def test_outages_are_drawn_by_site() -> None:
    """All devices of a chosen site fail together, and of the other sites none does."""
    sites = [np.array([0, 1, 9]), np.array([2]), np.array([3, 4, 10])]

    spans = draw_outages(
        np.random.default_rng(3), {OutageKind.DARK: 0.5}, sites, from_s=1.0, to_s=2.0
    )

    hit = set(spans.subject.tolist())
    assert hit
    assert all(set(site.tolist()) <= hit or not set(site.tolist()) & hit for site in sites)
    assert len(draw_outages(np.random.default_rng(3), {}, sites, from_s=1.0, to_s=2.0)) == 0
    assert len(NO_OUTAGES) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("delay_s", (0.5, 0.1)),
        ("duplicate_share", 1.5),
        ("held_back_share", -0.1),
        ("held_back_s_max", -1.0),
        ("spool_messages_max", 0),
        ("forward_per_s", 0.0),
    ],
)
def test_an_impossible_network_is_refused(name: str, value: float | tuple[float, float]) -> None:
    """The message names the value and what is allowed."""
    with pytest.raises(ValueError, match=f"{name} is .*; allowed: "):
        LinkQuality(**{name: value})  # type: ignore[arg-type]
