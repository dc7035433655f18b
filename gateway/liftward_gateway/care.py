"""What a worker does beside its paths: registration, the saved detector state, the heartbeat.

On a connection of its own, so that none of it waits for a path or makes one wait.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from liftward_gateway.pipeline import Pipeline, Shared
from liftward_gateway.saved_state import FORMAT, SavedState, encode
from liftward_gateway.store_link import Connection, StoreLink
from liftward_gateway.writer import (
    database_now,
    load_registration,
    registration_fingerprint,
    save_state,
    write_heartbeat,
)
from liftward_kit.clock import Clock

log = structlog.get_logger()

HEARTBEAT_S = 1.0
REGISTRATION_S = 10.0  # an unknown device is looked up at once; this notices withdrawn ones
# Ten seconds of samples are replayed in well under a second at a start.
SAVE_PERIOD_S = 10.0
# 300,000 lifts are 307 MB: saved every two and a half minutes, not more often.
SAVE_BYTES_PER_S_MAX = 2_000_000
# A path that hangs must not hold up the other through the care of both.
_QUIET_WITHIN_S = {"telemetry": 2.0, "event": 0.2}
STUCK_AFTER_S = 5.0  # a batch that takes longer than this is told in the heartbeat


class Care:
    """The periodic work of one worker."""

    def __init__(
        self, shared: Shared, link: StoreLink, telemetry: Pipeline, events: Pipeline, clock: Clock
    ) -> None:
        self._shared, self._link, self._clock = shared, link, clock
        self._paths = {"telemetry": telemetry, "event": events}
        self._fingerprint: tuple[int, str] | None = None
        self._saved: tuple[int, int] | None = None
        self._saved_bytes = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Do what is due, once a second, until stopping."""
        loop = asyncio.get_running_loop()
        refresh_at_s = save_at_s = loop.time()
        while not stopping.is_set():
            await self._beat()
            if loop.time() >= refresh_at_s:
                await self._refresh_registration()
                refresh_at_s = loop.time() + REGISTRATION_S
            if loop.time() >= save_at_s and await self.save_state():
                pause_s = max(SAVE_PERIOD_S, self._saved_bytes / SAVE_BYTES_PER_S_MAX)
                save_at_s = loop.time() + pause_s
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await stopping.wait()
            except TimeoutError:
                continue

    async def save_state(self) -> bool:
        """Save the detector's memory if it has moved; return whether it is saved now.

        Taken while neither path is between detecting and committing, so that it is the memory of
        exactly what is committed up to the arrivals it names.
        """
        saved_at = await self._link.read(database_now)
        try:
            async with self._both_quiet():
                through = (self._paths["telemetry"].through_us, self._paths["event"].through_us)
                if through == self._saved:
                    return True
                lift_keys = self._shared.registry.keys_array().astype("<i4").tobytes()
                state = self._shared.detector.copy_state()
        except TimeoutError:
            return False
        saved = await asyncio.to_thread(
            lambda: encode(
                SavedState(
                    lift_keys=lift_keys,
                    telemetry_through_us=through[0],
                    event_through_us=through[1],
                    fleet=state.to_bytes(),
                )
            )
        )
        worker = str(self._shared.shards)

        async def work(connection: Connection) -> None:
            await save_state(connection, worker, saved_at=saved_at, version=FORMAT, state=saved)

        await self._link.transact(work)
        self._saved, self._saved_bytes = through, len(saved)
        return True

    @asynccontextmanager
    async def _both_quiet(self) -> AsyncIterator[None]:
        """Hold both paths' locks; raises TimeoutError when one does not become quiet soon."""
        telemetry, events = self._paths["telemetry"].lock, self._paths["event"].lock
        async with asyncio.timeout(_QUIET_WITHIN_S["telemetry"]):
            await telemetry.acquire()
        try:
            async with asyncio.timeout(_QUIET_WITHIN_S["event"]):
                await events.acquire()
            try:
                yield
            finally:
                events.release()
        finally:
            telemetry.release()

    async def _refresh_registration(self) -> None:
        """Load the registration again when it has changed."""
        shards = self._shared.shards
        fingerprint = await self._link.read(lambda link: registration_fingerprint(link, shards))
        if fingerprint == self._fingerprint:
            return
        rows = await self._link.read(lambda link: load_registration(link, shards))
        self._shared.registry.replace(rows)
        self._fingerprint = fingerprint
        log.info("registration_loaded", devices_count=self._shared.registry.devices_count)

    async def _beat(self) -> None:
        module, now, error = f"gateway:{self._shared.shards}", self._clock(), self._trouble()

        async def work(connection: Connection) -> None:
            await write_heartbeat(connection, module, now, error=error)

        await self._link.transact(work)

    def _trouble(self) -> str | None:
        """Return what keeps a path from writing, if anything."""
        now_s = asyncio.get_running_loop().time()
        for name, path in self._paths.items():
            if path.store_lost_reason is not None:
                return f"the {name} path waits for the database: {path.store_lost_reason}"
            if path.busy_since_s is not None and now_s - path.busy_since_s > STUCK_AFTER_S:
                return (
                    f"the {name} path has been in one batch for {now_s - path.busy_since_s:.0f} s"
                )
        return None
