"""What the devices of the town publish."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.devices import (
    IDLE_PERIOD_S,
    SAMPLING_PERIOD_S,
    Devices,
    Publication,
)
from liftward_simulator.devices.readings import readings
from liftward_simulator.world import Plan, World
from liftward_wire.codec import decode
from liftward_wire.messages import Batch, Event, Presence, Sample, Status
from liftward_wire.states import DoorState, Occupancy
from liftward_wire.topics import TopicKind, parse_topic

TOWN = town_from(make_town(np.random.default_rng(1), 30))
STARTED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
STEP_S = 0.2
BOOT_ID = 77


def devices_of(world: World) -> Devices:
    return Devices.of_town(TOWN, world.table, boot_id=BOOT_ID)


@pytest.fixture(scope="module")
def published() -> list[Publication]:
    """Three minutes of a town in which people are trapped often."""
    plan = Plan(trap_every_s=15.0, visit_every_s=20.0)
    world = World.create(TOWN, np.random.default_rng(2), plan)
    devices = devices_of(world)
    messages: list[Publication] = []
    for _ in range(round(180 / STEP_S)):
        told = world.step(STEP_S)
        now = STARTED_AT + timedelta(seconds=world.clock_s)
        sensed = readings(world.cars, world.table)
        messages += devices.observe(sensed, told, clock_s=world.clock_s, now=now)
    return [*messages, *devices.flush()]


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
    assert longest <= IDLE_PERIOD_S + STEP_S


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
    assert max(gaps) <= SAMPLING_PERIOD_S + 1e-6


def test_a_change_of_state_is_told_at_once() -> None:
    """When a door begins to open, the sample that says so has the time of that tick."""
    world = World.create(TOWN, np.random.default_rng(3), Plan(visit_every_s=None))
    devices = devices_of(world)
    door_before = readings(world.cars, world.table)["car_door"].copy()
    for _ in range(600):
        world.step(STEP_S)
        sensed = readings(world.cars, world.table)
        now = STARTED_AT + timedelta(seconds=world.clock_s)
        messages = devices.observe(sensed, [], clock_s=world.clock_s, now=now)
        if world.steps_count > 1:
            opened = np.flatnonzero(
                (sensed["car_door"] != door_before) & (sensed["car_door"] == DoorState.OPENING.code)
            )
            told = {message.device_id for message in messages}
            alone = [i for i in opened.tolist() if i not in devices.edge_of]
            assert {world.table.lift_ids[i] for i in alone} <= told
        door_before = sensed["car_door"].copy()


def test_a_sample_says_what_the_world_is() -> None:
    """Absent values are left out, states are words, and numbers keep their meaning."""
    world = World.create(TOWN, np.random.default_rng(4), Plan(visit_every_s=None, warm_up_s=0.0))
    devices = devices_of(world)
    world.cars.position_m[0] = 1.4
    world.cars.staff[0] = 1

    messages = devices.observe(
        readings(world.cars, world.table), [], clock_s=IDLE_PERIOD_S, now=STARTED_AT
    )
    sample = next(m for p, m in decoded(messages) if p.device_id == "DEMO-001")

    assert isinstance(sample, Sample)
    assert sample.levelling_error_mm is None
    assert sample.position_m == 1.4
    assert (sample.occupancy, sample.load_kg) == (Occupancy.OCCUPIED, 75.0)


def test_births_and_wills_are_retained_statuses() -> None:
    """A birth says what the device has; a will says offline and no time, for the same boot."""
    world = World.create(TOWN, np.random.default_rng(5), Plan(warm_up_s=0.0))
    devices = devices_of(world)
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
