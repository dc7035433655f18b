"""Keeps the liveness of a worker: reads it at the start, looks at the clock, writes what changes.

A task and a database connection of its own: neither an alarm nor a sample ever waits for it, and
it waits for none of them. Composes; decides nothing.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import numpy as np
import structlog

from liftward_gateway.errors import MessageFaultError
from liftward_gateway.liveness import store
from liftward_gateway.liveness.belief import NONE_US, Belief, Changes, reason_of
from liftward_gateway.liveness.hearing import Hearing, Line
from liftward_gateway.liveness.limits import (
    CHANGES_PER_TRANSACTION,
    LOAD_PAGE,
    SAVE_PERIOD_S,
    SAVED_PER_PERIOD_MAX,
    TELL_PERIOD_S,
)
from liftward_gateway.liveness.store import BeliefRow
from liftward_gateway.liveness.watch import Liveness, StoredDevice
from liftward_gateway.registry import Registry
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import Connection, StoreLink
from liftward_kit.clock import Clock
from liftward_wire.columns import microseconds

log = structlog.get_logger()


class LivenessKeeper:
    """Runs one worker's liveness."""

    def __init__(
        self,
        liveness: Liveness,
        link: StoreLink,
        *,
        registry: Registry,
        shards: ShardRange,
        clock: Clock,
        line: Callable[[float], Line],
    ) -> None:
        """`line` tells, for a time of the event loop, how the way to the devices stands."""
        self._liveness, self._link = liveness, link
        self._registry, self._shards, self._clock, self._line = registry, shards, clock, line
        self._saved_heard_us = np.zeros(0, dtype=np.int64)
        self._save_from = 0
        self._told_hearing: Hearing | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Load what is known, then look once a second until stopping."""
        loop = asyncio.get_running_loop()
        await self.load()
        save_at_s = tell_at_s = loop.time()
        while not stopping.is_set():
            try:
                await self.look()
                if loop.time() >= tell_at_s:
                    await self.tell()
                    tell_at_s = loop.time() + TELL_PERIOD_S
                if loop.time() >= save_at_s:
                    await self.save()
                    save_at_s = loop.time() + SAVE_PERIOD_S
            except MessageFaultError:
                # Nothing else must stop for it; the next look tries again, and says so again.
                log.exception("liveness_refused_by_store")
            try:
                async with asyncio.timeout(self._liveness.limits.tick_s):
                    await stopping.wait()
            except TimeoutError:
                continue

    async def load(self) -> None:
        """Read what was believed before; what is heard meanwhile stands."""
        self._liveness.follow(self._registry)
        after = ""
        while page := await self._page(after):
            self._liveness.restore(page)
            after = page[-1].device_id
        now = self._clock()
        await self._link.transact(lambda link: store.follow_registration(link, self._shards, now))
        await self._link.transact(lambda link: store.forget_workers(link, self._shards))
        log.info("liveness_loaded", **self._counts())

    async def look(self) -> None:
        """Look at the clock once, and store what changes."""
        liveness, now = self._liveness, self._clock()
        reassigned = liveness.follow(self._registry)
        line = self._line(asyncio.get_running_loop().time())
        changes = liveness.look(microseconds(now), line)
        for begin in range(0, len(changes), CHANGES_PER_TRANSACTION):
            await self._change(changes.part(slice(begin, begin + CHANGES_PER_TRANSACTION)), now)
        if reassigned:
            await self._link.transact(
                lambda link: store.follow_registration(link, self._shards, now)
            )
        late = liveness.take_late(CHANGES_PER_TRANSACTION)
        if late:
            await self._link.transact(lambda link: store.note_filled(link, late))
        self._log_hearing()

    async def save(self) -> None:
        """Save last arrivals and rhythms of the next devices in turn."""
        saved = self._next_to_save()
        if saved:
            await self._link.transact(lambda link: store.save_devices(link, saved))

    async def _page(self, after: str) -> list[StoredDevice]:
        return await self._link.read(
            lambda link: store.load_devices(link, self._shards, after=after, limit=LOAD_PAGE)
        )

    async def _change(self, changes: Changes, now: datetime) -> None:
        """Store changes, then believe them; what was heard while others were stored is left out."""
        changes = self._liveness.beliefs.still_true(changes)
        rows = self._rows(changes)
        if rows:
            await self._link.transact(lambda link: store.write_beliefs(link, rows, now))
            self._liveness.beliefs.apply(changes)

    def _rows(self, changes: Changes) -> list[BeliefRow]:
        ids, heard_us = self._liveness.device_ids, self._liveness.beliefs.heard_us
        return [
            BeliefRow(
                device_id=ids[index],
                belief=Belief(belief).word,
                reason=str(reason_of(reason)),
                since_us=None if since_us == NONE_US else since_us,
                heard_us=None if (last_us := int(heard_us[index])) == NONE_US else last_us,
            )
            for index, belief, reason, since_us in zip(
                changes.indices.tolist(),
                changes.belief.tolist(),
                changes.reason.tolist(),
                changes.since_us.tolist(),
                strict=True,
            )
        ]

    def _next_to_save(self) -> list[tuple[str, int | None, bytes]]:
        beliefs = self._liveness.beliefs
        missing = beliefs.room - self._saved_heard_us.size
        self._saved_heard_us = np.pad(self._saved_heard_us, (0, missing), constant_values=NONE_US)
        stale = (beliefs.heard_us != self._saved_heard_us) | beliefs.rhythms.changed
        stored = (beliefs.belief != Belief.UNTOLD) & (beliefs.heard_us != NONE_US)
        indices = np.flatnonzero(stale & stored & beliefs.active)
        later = indices[indices >= self._save_from]
        chosen = np.concatenate([later, indices[indices < self._save_from]])[:SAVED_PER_PERIOD_MAX]
        if not chosen.size:
            return []
        self._save_from = int(chosen[-1]) + 1
        self._saved_heard_us[chosen] = beliefs.heard_us[chosen]
        beliefs.rhythms.changed[chosen] = False
        ids = self._liveness.device_ids
        return [
            (ids[index], int(beliefs.heard_us[index]), beliefs.rhythms.saved(index))
            for index in chosen.tolist()
        ]

    async def tell(self) -> None:
        """Store how well this worker hears and what it believes in total."""
        now, counts = self._clock(), self._counts()
        hearing = self._liveness.hearing

        async def work(connection: Connection) -> None:
            await store.tell(connection, self._shards, hearing, counts, now)

        await self._link.transact(work)

    def _counts(self) -> dict[str, int]:
        return {belief.word: count for belief, count in self._liveness.counts().items()}

    def _log_hearing(self) -> None:
        hearing = self._liveness.hearing
        if hearing is not self._told_hearing:
            log.info("liveness_hearing", hearing=str(hearing), **self._counts())
            self._told_hearing = hearing
