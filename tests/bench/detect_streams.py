"""Streams of samples for the detector's benchmark: a simulated city's, and made ones.

Batches as a gateway hands them over: a few samples each of many lifts, in order of time.
"""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.city.scale import CityShape
from liftward_simulator.city.town import build_town
from liftward_simulator.devices.devices import Devices
from liftward_simulator.stage import TICK_S
from liftward_simulator.world import Plan, World
from liftward_wire.columns import ABSENT, DTYPES, SampleColumns, concatenate, microseconds
from liftward_wire.signals import SIGNALS
from liftward_wire.states import (
    Brake,
    Button,
    Circuit,
    Direction,
    DoorState,
    DoorZone,
    Occupancy,
    PowerSource,
    ServiceMode,
)

SECOND_US = 1_000_000
START = datetime(2026, 1, 5, 18, tzinfo=UTC)  # the evening peak: the busiest hour of homes
START_US = microseconds(START)
LAG_US = 100_000  # from the device to the gateway
BACKFILL_BATCH = 1_000
DISTRICTS = 10  # one is simulated, and stands for all of them

Columns = list[SampleColumns]
Lifts = NDArray[np.int32]
Scenes = NDArray[np.int64]

# What a lift does in a made stream: the first three move.
SCENES_COUNT, MOVING_SCENES = 6, 3
_STANDING_OPEN = 3
_SPEED_MPS, _FLOOR_HEIGHT_M = 1.5, 3.0


def city(lifts_count: int, warm_s: float, measured_s: float) -> tuple[Columns, Columns]:
    """Return a simulated city's samples, tick by tick: those to warm up with, those to measure.

    Every gateway measures when a state changes or its period, at most 5 s, is over.
    """
    place = np.random.default_rng(3).random(lifts_count)
    ticks_count = round((warm_s + measured_s) / TICK_S)
    lived = _lived(lifts_count // DISTRICTS, ticks_count)
    ticks = [_in_every_district(columns, place) for columns in lived]
    warm_count = round(warm_s / TICK_S)
    return ticks[:warm_count], ticks[warm_count:]


def _lived(lifts_count: int, ticks_count: int) -> Columns:
    """Return what the lifts of a simulated town send, tick by tick."""
    town = build_town(np.random.default_rng(1), lifts_count, shape=CityShape(edge_share=1.0))
    plan = Plan(start_hour=float(START.hour), visit_every_s=None)
    world = World.create(town, np.random.default_rng(1), plan)
    devices = Devices.of_town(town, world.table, boot_id=1, rng=np.random.default_rng(2))
    ticks: Columns = []
    for _ in range(ticks_count):
        world.step(TICK_S)
        world.take_true_events()
        now_us = START_US + round(world.clock_s * SECOND_US)
        rows = devices.rows(world.cars, clock_s=world.clock_s, now_us=now_us)
        ticks.append(rows.columns(now_us + LAG_US))
    return ticks


def _in_every_district(columns: SampleColumns, place: NDArray[np.float64]) -> SampleColumns:
    """Return the samples for each district's lifts, mixed; a lift's own stay in their order."""
    count = len(columns)
    district = np.repeat(np.arange(DISTRICTS, dtype=np.int32), count)
    lift_index = np.tile(columns.lift_index, DISTRICTS) + district * (len(place) // DISTRICTS)
    order = np.argsort(place[lift_index], kind="stable")
    mixed = columns.select(order % count)
    mixed.lift_index[:] = lift_index[order]
    return mixed


def in_batches(ticks: Columns, size: int, samples_max: int) -> Columns:
    """Cut a stream into batches of this size; the rest at its end is left out."""
    whole = concatenate(ticks)
    starts = range(0, min(len(whole), samples_max) - size + 1, size)
    return [whole.select(np.arange(start, start + size)) for start in starts]


def all_news(lifts_count: int, size: int, samples_count: int) -> tuple[Columns, Columns]:
    """Return random lifts that do something else at each sample: the worst for a cache."""
    rng = np.random.default_rng(7)
    scenes = rng.integers(0, SCENES_COUNT, lifts_count)
    everyone = np.arange(lifts_count, dtype=np.int32)
    warm = [_columns(everyone, scenes, START_US, number) for number in range(2)]
    batches = []
    for number in range(samples_count // size):
        lifts = rng.permutation(lifts_count)[:size].astype(np.int32)
        scenes[lifts] = (scenes[lifts] + rng.integers(1, SCENES_COUNT, size)) % SCENES_COUNT
        batches.append(_columns(lifts, scenes[lifts], START_US + number * SECOND_US, number + 2))
    return warm, batches


def backfill(lifts_count: int, stored_s: float) -> Columns:
    """Return what lifts that were cut off for so long send then: one lift's samples, the next's."""
    stored = concatenate(_lived(lifts_count, round(stored_s / TICK_S)))
    by_lift = np.argsort(stored.lift_index, kind="stable")
    return in_batches([stored.select(by_lift)], BACKFILL_BATCH, len(by_lift))


def one_lift(samples_count: int) -> Columns:
    """Return one lift's made samples, one each second; it does something else every ten seconds."""
    rng = np.random.default_rng(7)
    scenes = np.repeat(rng.integers(0, SCENES_COUNT, samples_count // 10), 10)
    number = np.arange(samples_count)
    lifts = np.zeros(samples_count, np.int32)
    return [_columns(lifts, scenes, START_US + number * SECOND_US, number)]


def trapped(lifts: Lifts) -> Columns:
    """Return what makes an entrapment pending in these lifts: people between floors, at rest."""
    batches = []
    for number, at_us in enumerate((START_US, START_US + SECOND_US)):
        columns = _columns(lifts, np.full(len(lifts), _STANDING_OPEN), at_us, number)
        columns.signals["car_door"][:] = DoorState.CLOSED.code
        columns.signals["door_zone"][:] = DoorZone.OUTSIDE.code
        columns.signals["occupancy"][:] = Occupancy.OCCUPIED.code
        batches.append(columns)
    return batches


def _columns(
    lifts: Lifts, scenes: Scenes, at_us: int | NDArray[np.int64], number: int | NDArray[np.int64]
) -> SampleColumns:
    """Return one sample for each of these lifts, which do this at this moment."""
    count, moving = len(lifts), scenes < MOVING_SCENES
    full = scenes % 2 == 0
    position_m = np.where(moving, _SPEED_MPS * np.asarray(number), 0.0)
    told = {
        "service_mode": ServiceMode.NORMAL.code,
        "position_m": position_m,
        "floor": position_m // _FLOOR_HEIGHT_M,
        "speed_mps": np.where(moving, _SPEED_MPS, 0.0),
        "direction": np.where(moving, Direction.UP.code, Direction.NONE.code),
        "car_door": np.where(scenes == _STANDING_OPEN, DoorState.OPEN.code, DoorState.CLOSED.code),
        "door_zone": np.where(moving, DoorZone.OUTSIDE.code, DoorZone.INSIDE.code),
        "load_kg": np.where(full, 75.0, 0.0) + 0.1 * (np.asarray(number) % 10),
        "occupancy": np.where(full, Occupancy.OCCUPIED.code, Occupancy.EMPTY.code),
        "alarm_button": Button.RELEASED.code,
        "power_source": PowerSource.MAINS.code,
        "safety_chain": Circuit.CLOSED.code,
        "brake": np.where(moving, Brake.RELEASED.code, Brake.APPLIED.code),
        "car_calls_count": np.where(moving & full, 1, 0),
        "door_open_presses_count": 0,
    }
    signals = {}
    for signal in SIGNALS:
        signals[signal.name] = np.full(count, ABSENT[signal.type], DTYPES[signal.type])
        if signal.name in told:
            signals[signal.name][:] = told[signal.name]
    observed_at_us = np.full(count, at_us, np.int64)
    return SampleColumns(
        lift_index=lifts,
        observed_at_us=observed_at_us,
        received_at_us=observed_at_us + LAG_US,
        boot_id=np.ones(count, np.int64),
        sequence=np.full(count, number, np.int64),
        signals=signals,
    )
