"""The simulator under load, each part in a process of its own, so that its memory is its own.

`python simulate_parts.py world|publish LIFTS SIMULATED_S [BROKER_URL]` prints one JSON object.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from liftward_kit.clock import monotonic_s, utc_now
from liftward_kit.log import configure_logs
from liftward_simulator.city.scale import CityShape
from liftward_simulator.city.town import build_town
from liftward_simulator.devices.devices import Devices
from liftward_simulator.devices.links import LinkQuality, Links
from liftward_simulator.devices.outages import NO_OUTAGES
from liftward_simulator.live import BrokerSink
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.publisher import Broker, Connections, connect
from liftward_simulator.pace import Pace
from liftward_simulator.playing import Until, play
from liftward_simulator.stage import TICK_S, Stage
from liftward_simulator.world import Plan, World
from liftward_wire.columns import microseconds

LIFTS_PER_EDGE = 50
START = datetime(2026, 1, 5, 18, tzinfo=UTC)  # the evening peak: the busiest hour of homes
PLAN = Plan(start_hour=18.0, visit_every_s=None, look_alike_factor=1.0)
WARM_TICKS = 25  # every lift has spoken once


def main(words: list[str]) -> None:
    """Run one part and print what it measured."""
    part, lifts, simulated_s, *rest = words
    configure_logs("bench", level="ERROR")
    began_s = monotonic_s()
    town = build_town(
        np.random.default_rng(1),
        int(lifts),
        shape=CityShape(edge_share=1.0, lifts_per_edge_max=LIFTS_PER_EDGE),
    )
    world = World.create(town, np.random.default_rng(1), PLAN)
    devices = Devices.of_town(town, world.table, boot_id=1, rng=np.random.default_rng(2))
    set_up_s = monotonic_s() - began_s
    if part == "world":
        result = measure_world(world, devices, float(simulated_s))
    else:
        result = asyncio.run(measure_publishing(world, devices, float(simulated_s), rest[0]))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found = {"set_up_s": round(set_up_s, 1), **result, "peak_rss_mb": peak_mb}
    sys.stdout.write(json.dumps(found) + "\n")


def measure_world(world: World, devices: Devices, simulated_s: float) -> dict[str, float]:
    """Step the world and let every gateway measure what it would send, into arrays."""
    rows_count, world_cpu_s, rows_cpu_s = 0, 0.0, 0.0
    began_s = monotonic_s()
    for tick in range(WARM_TICKS + round(simulated_s / TICK_S)):
        if tick == WARM_TICKS:
            rows_count, world_cpu_s, rows_cpu_s, began_s = 0, 0.0, 0.0, monotonic_s()
        before_s = time.process_time()
        world.step(TICK_S)
        world.take_true_events()
        between_s = time.process_time()
        now_us = microseconds(START) + round(world.clock_s * 1e6)
        rows_count += len(devices.rows(world.cars, clock_s=world.clock_s, now_us=now_us))
        rows_cpu_s += time.process_time() - between_s
        world_cpu_s += between_s - before_s
    passed_s = monotonic_s() - began_s
    return {
        "ratio_to_real_time": round(simulated_s / passed_s, 2),
        "cpu_share": round((world_cpu_s + rows_cpu_s) / simulated_s, 3),
        "world_ms_per_tick": round(world_cpu_s / simulated_s * TICK_S * 1000, 2),
        "rows_ms_per_tick": round(rows_cpu_s / simulated_s * TICK_S * 1000, 2),
        "samples_per_s": round(rows_count / simulated_s),
    }


async def measure_publishing(
    world: World, devices: Devices, simulated_s: float, broker_url: str
) -> dict[str, float]:
    """Publish for so long as fast as possible; births and the first seconds do not count."""
    links = Links(
        devices.device_ids,
        NO_OUTAGES,
        LinkQuality(),
        rng=np.random.default_rng(3),
        birth=devices.birth,
        will=devices.will,
    )
    stage = Stage(
        world=world, devices=devices, links=links, truth=None, journal=Journal(None), now=utc_now()
    )
    publisher = connect(
        Broker.from_url(broker_url),
        Connections.SHARED,
        devices.device_ids,
        client_id="bench-simulate",
        birth=lambda device_id: devices.birth(device_id, stage.now),
        will=devices.will,
    )
    publishing = asyncio.create_task(publisher.run())
    born_s = monotonic_s()
    await _until(lambda: publisher.all_born)
    born_s = monotonic_s() - born_s
    sink, pace = BrokerSink(publisher, None), Pace(speed=None, started_at=START)
    warm_hours = WARM_TICKS * TICK_S / 3_600
    await play(stage, sink, pace, Until(hours=warm_hours), asyncio.Event())
    sent_before, began_s, cpu_s = publisher.sent_count, monotonic_s(), time.process_time()
    until = Until(hours=warm_hours + simulated_s / 3_600)
    await play(stage, sink, pace, until, asyncio.Event())
    await _until(lambda: not publisher.spooled_count)
    passed_s, cpu_s = monotonic_s() - began_s, time.process_time() - cpu_s
    sent_count = publisher.sent_count - sent_before
    await publisher.end(publishing)
    return {
        "births_s": round(born_s, 1),
        "ratio_to_real_time": round(simulated_s / passed_s, 2),
        "cpu_share": round(cpu_s / simulated_s, 3),
        "messages_per_simulated_s": round(sent_count / simulated_s),
        "messages_dropped": publisher.dropped_count,
    }


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - the publisher has nothing to wait for
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1:])
