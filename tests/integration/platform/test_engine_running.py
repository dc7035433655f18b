"""The engine as it runs: failures stay where they are, databases come back, stops are clean."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import utc_now
from liftward_kit.database import CONNECT_TIMEOUT_S
from liftward_platform.engine.cycle import run_cycle
from liftward_platform.engine.modules import Modules, Orders, rescue_modules
from liftward_platform.engine.runner import Engine
from liftward_platform.rescue.policy import load
from support.polling import eventually_async
from support.processes import LiftwardProcesses
from support.proxy import CuttableProxy
from support.rescue_story import rescue_story
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

Connection = AsyncConnection[DictRow]


@dataclass(frozen=True, slots=True)
class Broken:
    """A module that always fails."""

    name: str = "broken"

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        await connection.execute("SELECT %s::timestamptz, %s / 0", (now, limit))
        return 0


async def heartbeats(connection: Connection) -> dict[str, DictRow]:
    cursor = await connection.execute("SELECT * FROM engine_heartbeat")
    return {row["module"]: row for row in await cursor.fetchall()}


async def test_a_module_that_fails_stops_no_other_and_is_on_record(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The order is sent though the module before it is broken; that one's heartbeat stops."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        await story.detected()
        detections = rescue_modules(load())[0]
        modules = (detections, Broken(), Orders())

        await run_cycle(story.connection, START, modules=modules)
        later = virtual_clock.advance(5)
        handled = await run_cycle(story.connection, later, modules=modules)

        assert handled["broken"] == -1
        assert await story.orders(1) == [("near", "sent")]
        rows = await heartbeats(story.connection)
        assert rows["orders"]["last_run_at"] == later
        assert (rows["broken"]["last_run_at"], rows["broken"]["last_error_at"]) == (START, later)
        assert "division by zero" in rows["broken"]["last_error"]


async def test_a_row_that_fails_keeps_no_other_waiting(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """One incident's stamped policy is spoilt: its deadline fails, the other one's fires."""
    lifts = ("TOWER-01", "TOWER-02")
    async with rescue_story(database_dsn, virtual_clock, lift_ids=lifts, audited=False) as story:
        first = await story.someone_is_trapped("TOWER-01")
        second = await story.someone_is_trapped("TOWER-02")
        await story.connection.execute(
            "UPDATE incident SET policy = '{}' WHERE incident_id = %s", (first,)
        )
        story.clock.advance(minutes=4)

        handled = await run_cycle(story.connection, story.now, modules=story.modules)

        assert handled["deadlines"] == -1
        assert await story.orders(first) == [("near", "sent")]
        assert (await story.orders(second))[0] == ("far", "no_answer")


async def test_the_engine_survives_a_lost_database_and_says_so_once(database_dsn: str) -> None:
    """The network is cut for a while; afterwards a detection is handled without a restart."""
    parts = conninfo_to_dict(database_dsn)
    async with CuttableProxy(int(parts["port"] or 0)) as proxy:
        dsn = make_conninfo(database_dsn, port=proxy.port)
        engine = Engine(dsn, Modules(rescue_modules(load())), utc_now)
        stop = asyncio.Event()
        with structlog.testing.capture_logs() as logs:
            running = asyncio.create_task(engine.run(stop))
            connection = await AsyncConnection.connect(
                database_dsn, autocommit=True, row_factory=dict_row
            )
            async with connection:
                await eventually_async(lambda: heartbeats(connection))
                await proxy.cut()
                await connection.execute("DELETE FROM engine_heartbeat")
                await eventually_async(lambda: _at_least(logs, "database_lost", 1))
                before = proxy.connections_count
                await eventually_async(lambda: _connected(proxy, before + 3))
                proxy.restore()
                await eventually_async(lambda: heartbeats(connection), within_s=15)
                await eventually_async(lambda: _at_least(logs, "database_returned", 1))
            stop.set()
            await asyncio.wait_for(running, CONNECT_TIMEOUT_S)

    events = [entry["event"] for entry in logs]
    assert events.count("database_lost") == 1
    assert events.count("database_returned") == 1


async def _at_least(logs: list[structlog.typing.EventDict], event: str, count: int) -> bool:
    return [entry["event"] for entry in logs].count(event) >= count


async def _connected(proxy: CuttableProxy, count: int) -> bool:
    return proxy.connections_count >= count


async def test_the_process_is_ready_handles_a_detection_and_stops_cleanly(
    database_dsn: str, virtual_clock: VirtualClock, processes: LiftwardProcesses
) -> None:
    """Ready after the first full cycle; woken by NOTIFY well within a second; SIGTERM ends it."""
    async with rescue_story(database_dsn, virtual_clock, audited=False) as story:
        environ = {
            "LIFTWARD_DATABASE_URL": database_dsn,
            "LIFTWARD_LEDGER_KEY_FILE": str(processes.folder / "ledger.key"),
        }
        engine = await asyncio.to_thread(processes.start, "engine", environ=environ)
        await asyncio.to_thread(engine.wait_ready)
        beats = await heartbeats(story.connection)

        async with story.connection.transaction():
            await story.detected(detected_at=utc_now())
            await story.connection.execute("NOTIFY detection")

        async def ordered() -> bool:
            return bool(await story.orders(1))

        await eventually_async(ordered, within_s=5)
        status = await asyncio.to_thread(engine.stop)

        assert status == 0, engine.text()
        assert set(beats) >= {
            "detections", "orders", "deadlines", "device_words", "notifications",
            "checkpoints", "housekeeping",
        "test_calls", "evidence", "summaries",
        }  # fmt: skip


def test_once_runs_one_cycle_and_tells_what_it_did(
    database_dsn: str, processes: LiftwardProcesses, tmp_path: Path
) -> None:
    """For tests and operators: all modules once, and a count for each."""
    done = processes.run(
        "engine",
        "--once",
        environ={
            "LIFTWARD_DATABASE_URL": database_dsn,
            "LIFTWARD_LEDGER_KEY_FILE": str(tmp_path / "ledger.key"),
        },
    )

    assert done.returncode == 0, done.stderr
    handled = json.loads(done.stdout)["handled"]
    assert list(handled) == [
        "detections", "orders", "deadlines", "notifications", "device_words",
        "checkpoints", "housekeeping",
        "test_calls", "evidence", "summaries",
    ]  # fmt: skip


def test_the_engine_refuses_a_schema_that_is_not_its_own(
    database_dsn: str, processes: LiftwardProcesses, tmp_path: Path
) -> None:
    """A database of a newer program: it says so and ends with status 2."""
    with psycopg.connect(database_dsn) as connection:
        connection.execute("INSERT INTO schema_migration VALUES (99, '0099_future.sql', 'x')")

    done = processes.run(
        "engine",
        environ={
            "LIFTWARD_DATABASE_URL": database_dsn,
            "LIFTWARD_LEDGER_KEY_FILE": str(tmp_path / "ledger.key"),
        },
    )

    assert done.returncode == 2
    assert "the database has migration 0099" in done.stderr
    assert "Traceback" not in done.stderr
