"""Stories of two engines, each behind a network of its own that is cut, and with clocks apart.

Real processes in real time. One engine's clock is 5 s ahead; limits are as short as a policy may
make them. Whoever comes first acts; nobody acts twice; and a replica that vanishes in the middle
of its work keeps nobody waiting.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow

from liftward_kit.clock import utc_now
from liftward_platform.auditor.conservation import check
from liftward_platform.auditor.store import read_seen
from liftward_platform.engine.modules import Module, Modules, rescue_modules
from liftward_platform.engine.runner import IDLE_IN_TRANSACTION_TIMEOUT_MS, Engine
from liftward_platform.rescue import due
from liftward_platform.rescue.policy import load
from support.children import Child
from support.polling import eventually, eventually_async
from support.processes import LiftwardProcesses, clean_environ
from support.proxy import CuttableProxy
from support.quick_policy import quick_policy_file
from support.rescue_story import LIFT, RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

Connection = AsyncConnection[DictRow]

SKEW_S = 5.0
_PROGRAM = Path(__file__).parents[1] / "support" / "skewed_engine.py"
# An answer's limit of 10 s, the skew, the longest back-off of an engine, and a busy machine.
_WITHIN_S = 40.0


@dataclass(slots=True)
class Replica:
    """An engine process and the network between it and the database."""

    process: Child
    network: CuttableProxy


@asynccontextmanager
async def replica(dsn: str, folder: Path, *, skew_s: float) -> AsyncIterator[Replica]:
    """Yield a running engine whose clock is so far ahead."""
    async with CuttableProxy(int(conninfo_to_dict(dsn)["port"] or 0)) as network:
        name = f"engine-{skew_s:+.0f}"
        ready = folder / f"{name}.ready"
        environ = {
            "LIFTWARD_DATABASE_URL": make_conninfo(dsn, port=network.port),
            "LIFTWARD_LEDGER_KEY_FILE": str(folder / "ledger.key"),
            "LIFTWARD_RESCUE_POLICY": str(quick_policy_file(folder)),
            "LIFTWARD_READY_FILE": str(ready),
        }
        process = await asyncio.to_thread(
            Child,
            [sys.executable, "-P", str(_PROGRAM), "--skew-s", str(skew_s)],
            output=folder / f"{name}.log",
            environ=clean_environ(environ),
        )
        try:
            await asyncio.to_thread(
                eventually, ready.exists, within_s=60.0, what=f"{name} is ready"
            )
            yield Replica(process, network)
        finally:
            process.kill()


@asynccontextmanager
async def town_now(dsn: str) -> AsyncIterator[RescueStory]:
    """Yield the town of the stories at this very moment: the engines have clocks of their own."""
    async with rescue_story(dsn, VirtualClock(utc_now()), audited=False) as story:
        yield story


def it_is_now(story: RescueStory) -> None:
    story.clock.advance((utc_now() - story.now).total_seconds())


async def somebody_is_trapped(story: RescueStory) -> None:
    it_is_now(story)
    async with story.connection.transaction():
        await story.detected(LIFT)
        await story.connection.execute("NOTIFY detection")


async def orders_are(story: RescueStory, *wanted: tuple[str, str]) -> None:
    """Wait until these orders, and no other, went out."""

    async def there() -> bool:
        return tuple(await story.orders(1)) == wanted

    await eventually_async(there, within_s=_WITHIN_S, what=f"the orders are {wanted}")


async def rows(story: RescueStory, query: str) -> list[DictRow]:
    return await (await story.connection.execute(query.encode())).fetchall()


async def assert_everything_happened_once(story: RescueStory) -> None:
    """Each order: one message, one entry in the ledger, one end; each deadline: one end at most."""
    orders = await rows(story, "SELECT order_id FROM rescue_order ORDER BY order_id")
    ids = [row["order_id"] for row in orders]
    told = await rows(
        story, "SELECT order_id FROM outbox WHERE subject = 'order_sent' ORDER BY order_id"
    )
    recorded = await rows(
        story,
        "SELECT (body::jsonb ->> 'order_id')::bigint AS order_id FROM ledger_entry"
        " WHERE kind = 'order_sent' ORDER BY 1",
    )
    silent = await rows(
        story, "SELECT detail ->> 'order_id' FROM incident_log WHERE event = 'order_no_answer'"
    )
    assert [row["order_id"] for row in told] == ids
    assert [row["order_id"] for row in recorded] == ids
    assert len(silent) == len({tuple(row.values()) for row in silent})
    async with story.connection.transaction():
        seen = await read_seen(story.connection, since=story.now - timedelta(hours=1))
    nothing_known_of = frozenset({LIFT})
    assert check([], seen, now=utc_now(), without_truth=nothing_known_of) == []


async def test_cut_off_and_five_seconds_apart_two_engines_order_each_crew_once(
    database_dsn: str, processes: LiftwardProcesses
) -> None:
    """The network of one is cut, of the other, of both, and heals: one order after the other."""
    folder = processes.folder
    async with (
        town_now(database_dsn) as story,
        replica(database_dsn, folder, skew_s=SKEW_S) as ahead,
        replica(database_dsn, folder, skew_s=0.0) as right,
    ):
        # Both are there: one of them orders the nearest crew.
        await somebody_is_trapped(story)
        await orders_are(story, ("near", "sent"))

        # The one that is ahead falls silent, with its connections open: the other goes on.
        ahead.network.stall()
        await orders_are(story, ("near", "no_answer"), ("station", "sent"))

        # It is back, and the other is cut off: now it goes on.
        ahead.network.restore()
        await right.network.cut()
        await orders_are(story, ("near", "no_answer"), ("station", "no_answer"), ("public", "sent"))

        # Nobody can act while the limit passes; both come back at once, and one of them acts.
        await ahead.network.cut()
        due_at = await story.due_at(1, "accept")
        assert due_at is not None
        await eventually_async(lambda: _passed(due_at), within_s=_WITHIN_S)
        assert (await story.orders(1))[-1] == ("public", "sent")
        ahead.network.restore()
        right.network.restore()
        await orders_are(
            story, ("near", "no_answer"), ("station", "no_answer"), ("public", "no_answer"),
            ("far", "sent"),
        )  # fmt: skip

        it_is_now(story)
        await story.crew("far", "accepts")
        await assert_everything_happened_once(story)
        assert (ahead.process.exit_status, right.process.exit_status) == (None, None)


async def _passed(moment: datetime) -> bool:
    return utc_now() > moment + timedelta(seconds=1)


@dataclass(slots=True)
class VanishesInTheMiddle:
    """Claims a deadline, and is never heard of again: its network is gone, its locks are not."""

    claimed: asyncio.Event = field(default_factory=asyncio.Event)
    name: str = "deadlines"

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        async with connection.transaction():
            if await due.claim_deadline(connection, now, ()) is None:
                return 0
            self.claimed.set()
            await asyncio.Event().wait()
        return limit


async def test_a_replica_that_vanishes_in_the_middle_of_its_work_keeps_nobody_waiting(
    database_dsn: str,
) -> None:
    """Its locks end with its time to be idle; then the other engine fires the deadline."""
    async with town_now(database_dsn) as story:
        await story.someone_is_trapped()
        story.clock.advance(minutes=4)  # the limit to answer has passed
        vanishing = VanishesInTheMiddle()
        stop = asyncio.Event()
        running = [
            asyncio.create_task(Engine(database_dsn, Modules(modules), story.clock).run(stop))
            for modules in _two_engines(vanishing)
        ]
        try:
            await asyncio.wait_for(vanishing.claimed.wait(), 10.0)
            begun_at = utc_now()

            await orders_are(story, ("near", "no_answer"), ("station", "sent"))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

        waited = utc_now() - begun_at
        assert waited > timedelta(milliseconds=IDLE_IN_TRANSACTION_TIMEOUT_MS / 2)


def _two_engines(vanishing: VanishesInTheMiddle) -> tuple[tuple[Module, ...], ...]:
    return ((vanishing,), rescue_modules(load()))
