import asyncio
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from liftward_gateway.store_link import Lane
from liftward_kit.clock import utc_now
from liftward_kit.settings import Secret
from liftward_platform.migrations.runner import migrate
from liftward_runtime.embedded_postgres import PostgresCluster
from liftward_runtime.ports import free_port
from liftward_runtime.postgres_binaries import reachable_binaries
from liftward_runtime.settings import DEFAULT_UNPRIVILEGED_USER, UNPRIVILEGED_USER_SETTING
from liftward_runtime.spawning import unprivileged_user
from liftward_wire.topics import TopicKind
from support.brokers import RunningBroker
from support.databases import start_postgres
from support.gateway_messages import sample
from support.gateway_scene import Flow, GatewayScene
from support.polling import eventually, eventually_async
from support.processes import LiftwardProcesses
from support.proxy import CuttableProxy

pytestmark = pytest.mark.integration

LIFTS = [f"KILL-{number:02}" for number in range(8)]


@asynccontextmanager
async def flowing(scene: GatewayScene, *, pause_s: float = 0.005) -> AsyncIterator[Flow]:
    """Publish while the body runs; fail with the publisher's own error."""
    flow = Flow(scene, LIFTS, pause_s=pause_s)
    task = asyncio.create_task(flow.run())
    try:
        yield flow
    finally:
        flow.end()
        await task


async def until_more(flow: Flow, count: int) -> None:
    """Let so many more samples be acknowledged by the broker."""
    wanted = len(flow.acknowledged) + count

    async def enough() -> bool:
        return len(flow.acknowledged) >= wanted

    await eventually_async(enough, within_s=30.0, what=f"{count} more acknowledged")


async def test_killing_the_gateway_loses_and_doubles_nothing(
    scene_with_each_broker: GatewayScene,
) -> None:
    """What the broker has acknowledged is stored exactly once, over several kills in mid-flow."""
    scene = scene_with_each_broker
    scene.register(*LIFTS)
    worker = scene.start_ready()
    async with flowing(scene) as flow:
        for _ in range(2):
            await until_more(flow, 400)
            worker.kill()
            await until_more(flow, 100)
            worker = await asyncio.to_thread(scene.start_ready)
        await until_more(flow, 300)

    await asyncio.to_thread(scene.expect_stored_once, flow.acknowledged)
    marks = scene.rows("SELECT contiguous_through, highest, open_gaps::text FROM sequence_mark")
    assert all(mark["contiguous_through"] == mark["highest"] for mark in marks)


async def test_an_orderly_stop_ends_quickly_and_loses_nothing(scene: GatewayScene) -> None:
    """SIGTERM: the batch under way is committed, the rest stays with the broker."""
    scene.register(*LIFTS)
    worker = scene.start_ready()
    async with flowing(scene) as flow:
        await until_more(flow, 500)
        status = await asyncio.to_thread(worker.stop)
        await until_more(flow, 100)
        await asyncio.to_thread(scene.start_ready)

    assert (status, "gateway_stopped" in worker.text()) == (0, True)
    await asyncio.to_thread(scene.expect_stored_once, flow.acknowledged)


async def test_a_killed_broker_is_waited_for(scene_with_each_broker: GatewayScene) -> None:
    """The gateway comes back by itself, says so once, and stores what is published then."""
    scene = scene_with_each_broker
    scene.register(*LIFTS)
    worker = scene.start_ready()
    async with flowing(scene) as flow:
        await until_more(flow, 300)
    await asyncio.to_thread(scene.expect_stored_once, flow.acknowledged)
    before = set(flow.acknowledged)
    scene.broker.kill()
    await asyncio.to_thread(worker.wait_for_text, "broker_lost")
    await asyncio.to_thread(scene.broker.start)
    await asyncio.to_thread(
        eventually,
        lambda: worker.text().count("broker_connected") == 4,
        within_s=15.0,
        what="both paths are connected again",
    )
    # The new broker knows no session until the gateway has subscribed on it.
    await scene.publish(LIFTS[0], TopicKind.TELEMETRY, sample(utc_now(), sequence=0, boot_id=2))

    await asyncio.to_thread(scene.expect_stored_once, before | {(LIFTS[0], 2, 0)})
    assert worker.exit_status is None


async def test_a_database_link_that_breaks_in_mid_commit_doubles_nothing(
    database_dsn: str, mosquitto_broker: RunningBroker, processes: LiftwardProcesses
) -> None:
    """Whether a transaction was committed is asked, not guessed; nothing is stored twice."""
    scene = GatewayScene(database_dsn, mosquitto_broker, processes)
    scene.register(*LIFTS)
    port = int(str(conninfo_to_dict(database_dsn)["port"]))
    async with CuttableProxy(port) as proxy:
        through_proxy = make_conninfo(database_dsn, host=proxy.host, port=proxy.port)
        worker = scene.start(LIFTWARD_DATABASE_URL=through_proxy)
        await asyncio.to_thread(worker.wait_ready)
        async with flowing(scene, pause_s=0.001) as flow:
            for _ in range(12):
                await until_more(flow, 60)
                await proxy.cut()
                await asyncio.sleep(0.02)
                proxy.restore()
                await until_more(flow, 40)
        await asyncio.to_thread(scene.expect_stored_once, flow.acknowledged)

    assert "store_lost" in worker.text()
    assert "store_returned" in worker.text()


async def test_a_killed_database_is_waited_for(
    shared_folder: Path, mosquitto_broker: RunningBroker, processes: LiftwardProcesses
) -> None:
    """While it is away nothing is acknowledged; when it is back all is stored, once."""
    user = unprivileged_user(DEFAULT_UNPRIVILEGED_USER, setting=UNPRIVILEGED_USER_SETTING)
    cluster = PostgresCluster(
        folder=shared_folder / "postgres",
        binaries=reachable_binaries(user, copies=shared_folder),
        port=free_port(),
        password=Secret(secrets.token_urlsafe(12)),
        run_as=user,
    )
    cluster.prepare()
    server = start_postgres(cluster)
    try:
        await asyncio.to_thread(eventually, cluster.is_ready, within_s=30.0)
        migrate(cluster.dsn())
        scene = GatewayScene(cluster.dsn(), mosquitto_broker, processes)
        scene.register(*LIFTS)
        worker = await asyncio.to_thread(scene.start_ready)
        async with flowing(scene) as flow:
            for _ in range(2):
                await until_more(flow, 300)
                server.kill()
                await until_more(flow, 300)
                server = start_postgres(cluster)
                await asyncio.to_thread(eventually, cluster.is_ready, within_s=30.0)
        await asyncio.to_thread(scene.expect_stored_once, flow.acknowledged, within_s=20.0)
        losses = worker.text().count("store_lost")
    finally:
        server.stop(signal.SIGINT)

    # Once for each of two losses and connections, not once for each try.
    assert 2 <= losses <= 2 * len(Lane)


async def test_a_second_owner_of_the_same_shards_is_kept_out(scene: GatewayScene) -> None:
    """Overlapping ranges are fenced; the second one goes on when the first has ended."""
    scene.register(*LIFTS)
    first = scene.start_ready("--shards", "00-ff")
    second = scene.start("--shards", "40-7f")
    await asyncio.to_thread(second.wait_for_text, "shards_taken")
    with psycopg.connect(scene.dsn) as connection:
        held = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        ).fetchone()

    assert held == (len(Lane) * 256,)
    assert not second.ready_file.exists()
    first.kill()
    await asyncio.to_thread(second.wait_ready)
