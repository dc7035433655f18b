"""Real devices on a real broker: restarts and broken networks darken who stays away, no other."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import quick_gateway
from support.children import Child
from support.gateway_scene import GatewayScene
from support.polling import eventually, eventually_async
from support.processes import clean_environ
from support.proxy import CuttableProxy
from support.real_devices import real_devices

pytestmark = pytest.mark.integration

LIFTS = [f"REAL-{number:02d}" for number in range(40)]
GONE = frozenset(LIFTS[::8])
_COUNTS = "SELECT belief, count(*)::int AS count FROM device_liveness GROUP BY belief"


class QuickGateways:
    """Starts workers with short times; none outlives the test."""

    def __init__(self, scene: GatewayScene, folder: Path) -> None:
        self._scene, self._folder = scene, folder
        self._children: list[Child] = []

    def start(self) -> Child:
        """Start a worker and wait until it is subscribed."""
        ready = self._folder / f"ready-{len(self._children)}"
        environ = clean_environ(self._scene.environ(LIFTWARD_READY_FILE=str(ready)))
        child = Child(
            [sys.executable, "-P", str(Path(quick_gateway.__file__))],
            output=ready.with_suffix(".log"),
            environ=environ,
        )
        self._children.append(child)
        eventually(ready.exists, within_s=30.0, what=f"ready; it wrote {child.text()}")
        return child

    def end_all(self) -> None:
        for child in self._children:
            if child.exit_status is None:
                child.kill()


@pytest.fixture
def gateways(scene: GatewayScene, tmp_path: Path) -> Iterator[QuickGateways]:
    starter = QuickGateways(scene, tmp_path)
    yield starter
    starter.end_all()


async def rows(scene: GatewayScene, query: Any) -> list[dict[str, Any]]:
    return await asyncio.to_thread(scene.rows, query)


async def wait_for_counts(scene: GatewayScene, *, within_s: float, **counts: int) -> None:
    """Wait until the devices are believed to be this, and nothing else."""

    async def as_wanted() -> bool:
        found = {row["belief"]: row["count"] for row in await rows(scene, _COUNTS)}
        return found == counts

    await eventually_async(as_wanted, within_s=within_s, what=f"{counts}")


async def unknown_since_heard(scene: GatewayScene) -> list[dict[str, Any]]:
    """Return unknown time that began after the first word of a lift, in order."""
    return await rows(
        scene,
        "SELECT lift_id, unknown_from, unknown_until, reason FROM lift_unknown"
        "  JOIN lift USING (lift_key) WHERE reason <> 'never_heard' ORDER BY unknown_id",
    )


async def test_a_killed_and_restarted_broker_turns_nobody_dark_but_those_who_stay_away(
    scene: GatewayScene, gateways: QuickGateways
) -> None:
    """Forty connections break at once; thirty-five come back within seconds, five never."""
    scene.register(*LIFTS)
    await asyncio.to_thread(gateways.start)
    async with real_devices(LIFTS, scene.broker.port) as devices:
        await wait_for_counts(scene, within_s=20.0, live=40)
        for lift_id in GONE:
            devices[lift_id].stay_away = True
        await asyncio.to_thread(scene.broker.kill)
        await asyncio.to_thread(scene.broker.start)
        await wait_for_counts(scene, within_s=30.0, live=35, dark=5)
        unknown = await unknown_since_heard(scene)
        returned = [device.connections_count for device in devices.values()]

    assert {row["lift_id"] for row in unknown} == GONE
    assert len(unknown) == len(GONE)
    assert {row["unknown_until"] for row in unknown} == {None}
    assert sorted(returned) == [1] * 5 + [2] * 35


async def test_a_network_that_breaks_between_devices_and_broker_is_given_time(
    scene: GatewayScene, gateways: QuickGateways
) -> None:
    """The broker tells forty wills at once; whoever is back within the long grace was not dark."""
    scene.register(*LIFTS)
    await asyncio.to_thread(gateways.start)
    async with (
        CuttableProxy(scene.broker.port) as proxy,
        real_devices(LIFTS, proxy.port) as devices,
    ):
        await wait_for_counts(scene, within_s=20.0, live=40)
        for lift_id in GONE:
            devices[lift_id].stay_away = True
        await proxy.cut()
        await wait_for_counts(scene, within_s=5.0, quiet=40)
        wills = await rows(scene, "SELECT DISTINCT reason FROM device_liveness")
        proxy.restore()
        await wait_for_counts(scene, within_s=20.0, live=35, dark=5)
        unknown = await unknown_since_heard(scene)

    assert wills == [{"reason": "last_will"}]
    assert {row["lift_id"] for row in unknown} == GONE
    assert {row["reason"] for row in unknown} == {"last_will"}


async def test_a_killed_gateway_keeps_the_open_unknown_time_and_opens_none(
    scene: GatewayScene, gateways: QuickGateways
) -> None:
    """SIGKILL while one lift is dark; away for longer than the others may be silent."""
    lift_ids = LIFTS[:10]
    scene.register(*lift_ids)
    worker = await asyncio.to_thread(gateways.start)
    async with real_devices(lift_ids[1:], scene.broker.port):
        async with real_devices(lift_ids[:1], scene.broker.port):
            await wait_for_counts(scene, within_s=20.0, live=10)
        await wait_for_counts(scene, within_s=20.0, live=9, dark=1)
        before = await unknown_since_heard(scene)
        worker.kill()
        # The others go on speaking to the broker, for longer than a heartbeat is waited for.
        await _seconds_on_the_database(scene, 5)
        await asyncio.to_thread(gateways.start)
        await _seconds_on_the_database(scene, 3)
        after = await unknown_since_heard(scene)
        async with real_devices(lift_ids[:1], scene.broker.port):
            await wait_for_counts(scene, within_s=20.0, live=10)
            closed = await unknown_since_heard(scene)

    assert [row["lift_id"] for row in before] == lift_ids[:1]
    assert after == before
    assert [row["unknown_from"] for row in closed] == [row["unknown_from"] for row in before]
    assert closed[0]["unknown_until"] > closed[0]["unknown_from"]


async def _seconds_on_the_database(scene: GatewayScene, seconds: int) -> None:
    """Let real time pass: what must not happen in it has no event to wait for."""
    await asyncio.to_thread(scene.rows, "SELECT pg_sleep(%s)", [seconds])
