"""What the devices of the town publish."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.clocks import ClockKind
from liftward_simulator.devices.defects import DefectKind
from liftward_simulator.devices.devices import DeviceOptions, Devices
from liftward_simulator.devices.encoding import EPOCH
from liftward_simulator.devices.gateway_types import GATEWAY_TYPES
from liftward_simulator.devices.outages import OutageKind
from liftward_simulator.devices.publications import Publication
from liftward_simulator.devices.readings import readings
from liftward_simulator.devices.spans import Spans
from liftward_simulator.faults.controller import Happening
from liftward_simulator.world import Plan, World
from liftward_wire.codec import decode
from liftward_wire.messages import Batch, Event, EventKind, Presence, Sample, Status
from liftward_wire.signals import SIGNALS
from liftward_wire.states import DoorState, Occupancy
from liftward_wire.topics import TopicKind, parse_topic

TOWN = town_from(make_town(np.random.default_rng(1), 30))
STARTED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
STEP_S = 0.2
BOOT_ID = 77
FULL = GATEWAY_TYPES["full"]
EDGE, EDGE_LIFT = 30, 20  # device index of the first edge, and one of its lifts
LAB = DeviceOptions(gateway_types=["full"] * 30)


def devices_of(world: World, options: DeviceOptions = LAB) -> Devices:
    rng = np.random.default_rng(6)
    return Devices.of_town(TOWN, world.table, boot_id=BOOT_ID, rng=rng, options=options)


def played(
    world: World, devices: Devices, duration_s: float, told: list[Happening] | None = None
) -> list[Publication]:
    """Let the world go on and return what the devices say; `told` once, at the first tick."""
    published: list[Publication] = []
    for _ in range(round(duration_s / STEP_S)):
        happenings = world.step(STEP_S) + (told or [])
        told = None
        now = STARTED_AT + timedelta(seconds=world.clock_s)
        published += devices.observe(world.cars, happenings, clock_s=world.clock_s, now=now)
    return published


def quiet_world(seed: int) -> World:
    plan = Plan(visit_every_s=None, warm_up_s=0.0)
    return World.create(TOWN, np.random.default_rng(seed), plan)


@pytest.fixture(scope="module")
def published() -> list[Publication]:
    """Three minutes of a town in which people are trapped often."""
    plan = Plan(trap_every_s=15.0, visit_every_s=20.0)
    world = World.create(TOWN, np.random.default_rng(2), plan)
    devices = devices_of(world)
    return [*played(world, devices, 180.0), *devices.flush()]


def decoded(published: list[Publication]) -> list[tuple[Publication, Sample | Batch | Event]]:
    pairs = []
    for publication in published:
        message = decode(parse_topic(publication.topic), publication.payload)
        assert isinstance(message, Sample | Batch | Event), message
        pairs.append((publication, message))
    return pairs


def test_every_message_is_the_contracts(published: list[Publication]) -> None:
    """The codec accepts everything, and all three kinds of message occur."""
    kinds = {publication.kind for publication, _ in decoded(published)}

    assert kinds == {TopicKind.TELEMETRY, TopicKind.BATCH, TopicKind.EVENT}


def test_sequences_have_no_gap_and_no_repeat(published: list[Publication]) -> None:
    """Per device and stream numbers run from 0 without a hole; a batch counts its rows."""
    numbers: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for publication, message in decoded(published):
        stream = "event" if isinstance(message, Event) else "telemetry"
        rows = len(message.offset_ms) if isinstance(message, Batch) else 1
        numbers[publication.device_id, stream] += range(message.sequence, message.sequence + rows)
        assert message.boot_id == BOOT_ID

    for sequence in numbers.values():
        assert sequence == list(range(len(sequence)))


def test_each_lift_is_heard_at_least_once_in_an_idle_period(published: list[Publication]) -> None:
    """Between two samples of a lift there is never more than the idle period, edges included."""
    heard: defaultdict[str, list[datetime]] = defaultdict(list)
    for publication, message in decoded(published):
        if isinstance(message, Sample):
            heard[publication.device_id].append(message.observed_at)
        elif isinstance(message, Batch):
            assert message.lift_ids is not None
            assert message.lift_index is not None
            for offset_ms, index in zip(message.offset_ms, message.lift_index, strict=True):
                at = message.started_at + timedelta(milliseconds=offset_ms)
                heard[message.lift_ids[index]].append(at)

    assert set(heard) == {lift.lift_id for lift in TOWN.lifts} - {"HAND-001"}
    longest = max(
        (later - sooner).total_seconds()
        for times in heard.values()
        for sooner, later in pairwise(times)
    )
    assert longest <= FULL.idle_period_s + STEP_S


def test_a_moving_car_is_sampled_every_second(published: list[Publication]) -> None:
    """While a car moves the next sample follows within a second."""
    last: dict[str, Sample] = {}
    gaps = []
    for publication, message in decoded(published):
        if isinstance(message, Sample):
            before = last.get(publication.device_id)
            if before is not None and before.speed_mps:
                gaps.append((message.observed_at - before.observed_at).total_seconds())
            last[publication.device_id] = message

    assert len(gaps) > 100
    assert max(gaps) <= FULL.sampling_period_s + 1e-6


def test_a_change_of_state_is_told_at_once() -> None:
    """When a door begins to open, the sample that says so has the time of that tick."""
    world = World.create(TOWN, np.random.default_rng(3), Plan(visit_every_s=None))
    devices = devices_of(world)
    alone = devices.edges.sender_of == np.arange(world.table.count)
    door_before = readings(world.cars, world.table)["car_door"].copy()
    opened_count = 0
    for _ in range(600):
        messages = played(world, devices, STEP_S)
        door = readings(world.cars, world.table)["car_door"].copy()
        if world.steps_count > 1:
            opened = (door != door_before) & (door == DoorState.OPENING.code) & alone
            opened_count += int(opened.sum())
            told = {message.device_id for message in messages}
            assert {world.table.lift_ids[i] for i in np.flatnonzero(opened)} <= told
        door_before = door

    assert opened_count >= 3


def test_a_sample_says_what_the_world_is() -> None:
    """Absent values are left out, states are words, and numbers are near the truth."""
    world = quiet_world(4)
    devices = devices_of(world)
    world.cars.position_m[0] = 1.4
    world.cars.staff[0] = 1

    messages = devices.observe(world.cars, [], clock_s=FULL.idle_period_s, now=STARTED_AT)
    sample = next(m for p, m in decoded(messages) if p.device_id == "DEMO-001")

    assert isinstance(sample, Sample)
    assert sample.levelling_error_mm is None
    assert sample.position_m == pytest.approx(1.4, abs=0.01)
    assert sample.load_kg == pytest.approx(75.0, abs=6.0)
    assert sample.occupancy is Occupancy.OCCUPIED


def test_each_gateway_type_sends_what_the_codec_takes() -> None:
    """A town of mixed types: what is sent of a lift names no signal that its birth leaves out."""
    world = World.create(TOWN, np.random.default_rng(5), Plan(trap_every_s=15.0))
    types = [list(GATEWAY_TYPES)[lift % 5] for lift in range(world.table.count)]
    devices = devices_of(world, DeviceOptions(gateway_types=types))

    samples = [(p, m) for p, m in decoded(played(world, devices, 60.0)) if isinstance(m, Sample)]

    lift_ids = list(world.table.lift_ids)
    for publication, sample in samples:
        seen = set(GATEWAY_TYPES[types[lift_ids.index(publication.device_id)]].signals)
        for field in {signal.name for signal in SIGNALS} - seen:
            assert getattr(sample, field) in (None, "unknown"), field
    assert {types[lift_ids.index(p.device_id)] for p, _ in samples} == set(GATEWAY_TYPES)


def test_twice_the_same_seed_is_twice_the_same_bytes() -> None:
    """World, sensors, defects and clocks are drawn from the generators alone."""
    runs = []
    for _ in range(2):
        world = World.create(TOWN, np.random.default_rng(8), Plan(trap_every_s=15.0))
        defects = Spans.of(
            DefectKind, [(kind, 3 + i, 5.0, 50.0, np.nan) for i, kind in enumerate(DefectKind)]
        )
        devices = devices_of(world, DeviceOptions(gateway_types=LAB.gateway_types, defects=defects))
        runs.append(played(world, devices, 60.0))

    assert runs[0] == runs[1]
    assert len(runs[0]) > 500


def test_a_reboot_counts_from_zero_under_a_larger_boot() -> None:
    """While a gateway starts nothing is sampled; then come its birth and a new boot from 0."""
    world = quiet_world(9)
    outages = Spans.of(
        OutageKind, [(OutageKind.REBOOT, lift, 9.9, 19.9, np.nan) for lift in (0, EDGE)]
    )
    devices = devices_of(world, DeviceOptions(gateway_types=LAB.gateway_types, outages=outages))

    before, during = played(world, devices, 9.8), played(world, devices, 10.0)
    after = [*played(world, devices, 30.0), *devices.flush()]

    assert BOOT_ID in boots_of(before, "DEMO-001")
    assert not boots_of(during, "DEMO-001")
    assert not boots_of(during, "EDGE-01")  # rows that were not sent yet are gone with the power
    born = [p for p in after if p.kind is TopicKind.STATUS]
    assert [p.device_id for p in born] == ["DEMO-001", "EDGE-01"]
    for device_id in ("DEMO-001", "EDGE-01"):
        assert boots_of(after, device_id) == {BOOT_ID + 1}
        assert min(numbers_of(after, device_id)) == 0
    told = [(e.record, e.kind, e.device_id, e.detail) for e in devices.take_true_events()]
    assert told == [
        (record, "reboot", device_id, "reboot")
        for record in ("begin", "end")
        for device_id in ("DEMO-001", "EDGE-01")
    ]


def boots_of(published: list[Publication], device_id: str) -> set[int]:
    return {
        msgspec.json.decode(p.payload)["boot_id"] for p in published if p.device_id == device_id
    }


def numbers_of(published: list[Publication], device_id: str) -> list[int]:
    messages = (msgspec.json.decode(p.payload) for p in published if p.device_id == device_id)
    return [message["sequence"] for message in messages if "sequence" in message]


def test_a_clock_is_wrong_in_samples_events_and_batches_alike() -> None:
    """A skewed device dates everything it sends wrongly; the others do not notice."""
    world = quiet_world(10)
    clocks = Spans.of(
        ClockKind,
        [
            (ClockKind.SKEW_SLOW, 0, 0.0, np.inf, 100.0),
            (ClockKind.JUMP_FORWARD, EDGE, 0.0, np.inf, 500.0),
            (ClockKind.DRIFT, 1, 0.0, np.inf, 1_000.0),
        ],
    )
    devices = devices_of(world, DeviceOptions(gateway_types=LAB.gateway_types, clocks=clocks))
    alarm = Happening(lift=0, kind=EventKind.ALARM_PRESSED)

    messages = decoded([*played(world, devices, 20.0, [alarm]), *devices.flush()])

    start_s = {p.device_id: offset_s(m) for p, m in messages if not isinstance(m, Event)}
    assert start_s["DEMO-001"] <= 20.0 - 100.0
    assert start_s["EDGE-01"] >= 500.0
    assert 0.0 < start_s["DEMO-003"] <= 20.0
    assert 0.0 < start_s["EDGE-02"] <= 20.0
    event = next(m for _, m in messages if isinstance(m, Event))
    assert offset_s(event) == pytest.approx(-99.8)
    drifted = [offset_s(m) for p, m in messages if p.device_id == "DEMO-002"]
    assert (drifted[-1] * 1_000) % 200 == pytest.approx(drifted[-1] / 1.001, abs=0.01)


def offset_s(message: Sample | Batch | Event) -> float:
    at = message.started_at if isinstance(message, Batch) else message.observed_at
    return (at - STARTED_AT).total_seconds()


def test_after_a_start_without_a_clock_it_is_1970() -> None:
    """Such a start dates the birth and the samples in 1970, until the network has set the time."""
    world = quiet_world(11)
    outages = Spans.of(OutageKind, [(OutageKind.REBOOT_1970, 0, 7.0, 12.0, np.nan)])
    devices = devices_of(world, DeviceOptions(gateway_types=LAB.gateway_types, outages=outages))

    years = []
    for clock_s in range(1, 150):  # nothing moves: the world need not be played
        now = STARTED_AT + timedelta(seconds=clock_s)
        years += [
            (p.kind, msgspec.json.decode(p.payload)["observed_at"][:4])
            for p in devices.observe(world.cars, [], clock_s=float(clock_s), now=now)
            if p.device_id == "DEMO-001"
        ]

    born = years.index((TopicKind.STATUS, "1970"))
    set_right = years.index((TopicKind.TELEMETRY, "2026"), born)
    assert {year for _, year in years[born:set_right]} == {"1970"}
    assert {year for _, year in years[:born] + years[set_right:]} == {"2026"}


def test_a_clock_that_is_set_back_begins_a_new_batch() -> None:
    """Rows of one batch never go back in time: the codec would refuse them."""
    world = World.create(TOWN, np.random.default_rng(12), Plan(visit_every_s=None))
    world.cars.staff[20:25] = 1  # someone is inside: a row a second of each of its lifts
    clocks = Spans.of(ClockKind, [(ClockKind.JUMP_BACK, EDGE, 12.1, 13.1, 60.0)])
    devices = devices_of(world, DeviceOptions(gateway_types=LAB.gateway_types, clocks=clocks))

    messages = decoded([*played(world, devices, 30.0), *devices.flush()])
    batches = [m for p, m in messages if isinstance(m, Batch) and p.device_id == "EDGE-01"]

    assert any(offset_s(batch) < 0 for batch in batches)
    rows = [n for b in batches for n in range(b.sequence, b.sequence + len(b.offset_ms))]
    assert rows == list(range(len(rows)))


def test_a_wedged_gateway_says_only_that_it_is_there() -> None:
    """It repeats its status and tells neither samples nor events; behind an edge it is the same."""
    world = quiet_world(13)
    rows = [(DefectKind.WEDGED, lift, 0.0, np.inf, np.nan) for lift in (0, EDGE_LIFT)]
    options = DeviceOptions(gateway_types=LAB.gateway_types, defects=Spans.of(DefectKind, rows))
    devices = devices_of(world, options)
    alarm = Happening(lift=0, kind=EventKind.ALARM_PRESSED)

    published = [*played(world, devices, 30.0, [alarm]), *devices.flush()]

    kinds = {p.kind for p in published if p.device_id == "DEMO-001"}
    edge_lifts = {
        (m.lift_ids or [])[place]
        for p, m in decoded([p for p in published if p.kind is TopicKind.BATCH])
        if isinstance(m, Batch)
        for place in m.lift_index or []
    }
    assert kinds == {TopicKind.STATUS}
    assert world.table.lift_ids[EDGE_LIFT] not in edge_lifts
    assert world.table.lift_ids[EDGE_LIFT + 1] in edge_lifts


def test_births_and_wills_are_retained_statuses() -> None:
    """A birth says what the device has; a will says offline and no time, for the same boot."""
    devices = devices_of(quiet_world(5))
    birth, will = devices.birth("DEMO-001", STARTED_AT), devices.will("DEMO-001")

    statuses = [decode(parse_topic(p.topic), p.payload) for p in (birth, will)]

    assert birth.retain
    assert will.retain
    assert isinstance(statuses[0], Status)
    assert isinstance(statuses[1], Status)
    assert [s.presence for s in statuses if isinstance(s, Status)] == [
        Presence.ONLINE,
        Presence.OFFLINE,
    ]
    assert statuses[1].observed_at is None
    assert statuses[0].boot_id == statuses[1].boot_id == BOOT_ID
    assert len(devices.farewells(STARTED_AT)) == len(devices.device_ids) == 32
    assert len(devices.births(STARTED_AT)) == 32


def test_a_site_fails_as_a_whole() -> None:
    """A lift with its own gateway is a site; a building's edge and its alarm units are another."""
    devices = devices_of(quiet_world(14))

    sites = [site.tolist() for site in devices.sites()]

    assert sites[:20] == [[lift] for lift in range(20)]
    assert sites[20:] == [[20, 21, 22, 23, 24, 30], [25, 26, 27, 28, 29, 31]]


def test_the_rows_of_a_tick_are_what_its_messages_say() -> None:
    """The rows before encoding hold the same lifts, numbers and values as the messages after it."""
    worlds = [quiet_world(15), quiet_world(15)]
    devices = [devices_of(world) for world in worlds]
    now_us = (STARTED_AT - EPOCH) // timedelta(microseconds=1)

    rows = devices[0].rows(worlds[0].cars, clock_s=5.0, now_us=now_us)
    messages = decoded(devices[1].observe(worlds[1].cars, [], clock_s=5.0, now=STARTED_AT))

    columns = rows.columns(now_us)
    assert len(columns) == worlds[0].table.count
    samples = [m for _, m in messages if isinstance(m, Sample)]
    own = rows.select(rows.sender < worlds[0].table.count)
    assert [m.sequence for m in samples] == own.sequence.tolist()
    assert [m.position_m for m in samples] == own.signals["position_m"].tolist()
    assert columns.observed_at_us.tolist() == [now_us] * len(columns)
