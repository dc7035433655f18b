"""A worker's liveness on a real database, with the way to its devices and the time in our hands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any

import psycopg
from psycopg.rows import dict_row

from liftward_gateway.liveness.hearing import Line
from liftward_gateway.liveness.keeper import LivenessKeeper
from liftward_gateway.liveness.watch import Liveness
from liftward_gateway.prepare import judge
from liftward_gateway.registry import Registry
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import Lane, StoreLink
from liftward_gateway.writer import load_registration
from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import Secret
from liftward_wire.messages import Message, Presence, Status
from liftward_wire.topics import TopicKind
from support.gateway_messages import batch, received, sample
from support.virtual_time import VirtualClock

ALL = ShardRange(0, 255)
HEARTBEAT_S = 60.0
DARK_AFTER_S = 180
SETTLE_S = 60


class WatchingWorker:
    """One worker's liveness; `passes` moves the clock and looks, as the worker does."""

    def __init__(self, dsn: str, clock: VirtualClock, shards: ShardRange = ALL) -> None:
        self.clock, self.shards = clock, shards
        self.liveness, self.registry = Liveness(), Registry()
        self.subscribed_at = clock()
        self.behind = False
        settings = DatabaseSettings(dsn=Secret(dsn))
        self.link = StoreLink(settings, Lane.LIVENESS, shards, Random(1))
        self.keeper = LivenessKeeper(
            self.liveness,
            self.link,
            registry=self.registry,
            shards=shards,
            clock=clock,
            line=self._line,
        )

    async def load(self) -> None:
        """Start as the worker does."""
        await self.read_registration()
        await self.keeper.load()

    async def read_registration(self) -> None:
        rows = await self.link.read(lambda link: load_registration(link, self.shards))
        self.registry.replace(rows)

    def hear(self, device_id: str, message: Message | None = None, **fields: Any) -> None:
        """Let a committed message of a device come in."""
        kind = TopicKind.TELEMETRY
        if isinstance(message, Status):
            kind = TopicKind.STATUS
        said = message or sample(self.clock(), sequence=0)
        one = received(device_id, kind, said, self.clock(), **fields)
        self.liveness.heard(judge([one], self.registry), self.registry)

    def hear_edge(self, edge_id: str, lift_ids: list[str]) -> None:
        """Let a batch of a building edge come in, one row of each lift."""
        said = batch(
            self.clock() - timedelta(seconds=len(lift_ids)),
            sequence=0,
            count=len(lift_ids),
            lift_ids=lift_ids,
            lift_index=list(range(len(lift_ids))),
        )
        one = received(edge_id, TopicKind.BATCH, said, self.clock())
        self.liveness.heard(judge([one], self.registry), self.registry)

    def is_born(self, device_id: str, *, boot_id: int = 1, retained: bool = False) -> None:
        born = Status(presence=Presence.ONLINE, boot_id=boot_id, heartbeat_period_s=HEARTBEAT_S)
        self.hear(device_id, born, retained=retained)

    async def passes(self, seconds: int, *speaking: str) -> None:
        """Look each second; the devices named speak every ten."""
        for second in range(seconds):
            self.clock.advance(1.0)
            if second % 10 == 0:
                for device_id in speaking:
                    self.hear(device_id)
            await self.keeper.look()

    def _line(self, _now_s: float) -> Line:
        age_s = (self.clock() - self.subscribed_at).total_seconds()
        return Line(subscribed_for_s=age_s, behind=self.behind)


@asynccontextmanager
async def watching(
    dsn: str, clock: VirtualClock, shards: ShardRange = ALL
) -> AsyncIterator[WatchingWorker]:
    """Yield a worker that has loaded what is known. Leaving is a kill: nothing is saved."""
    worker = WatchingWorker(dsn, clock, shards)
    try:
        await worker.load()
        yield worker
    finally:
        await worker.link.close()


def unknown_of(dsn: str, lift_id: str) -> list[dict[str, Any]]:
    """Return a lift's unknown time, in order."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute(
            "SELECT unknown_from, unknown_until, reason, noticed_at, filled_from, filled_until"
            "  FROM lift_unknown JOIN lift USING (lift_key) WHERE lift_id = %s"
            " ORDER BY unknown_id",
            [lift_id],
        ).fetchall()


async def unknown(dsn: str, lift_id: str) -> list[dict[str, Any]]:
    """The same without keeping the loop from working."""
    return await asyncio.to_thread(unknown_of, dsn, lift_id)
