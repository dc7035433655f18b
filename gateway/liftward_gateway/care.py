"""What a worker does beside its paths: registration, the saved detector state, the heartbeat.

On a connection of its own, so that none of it waits for a path or makes one wait.
"""

import asyncio
from collections.abc import Mapping

import structlog

from liftward_gateway.pipeline import Pipeline, Shared
from liftward_gateway.recovery import Restored
from liftward_gateway.saving import StateSaver
from liftward_gateway.store_link import Connection, StoreLink
from liftward_gateway.writer import (
    load_registration,
    registration_fingerprint,
    write_heartbeat,
)
from liftward_kit.clock import Clock

log = structlog.get_logger()

HEARTBEAT_S = 1.0
REGISTRATION_S = 10.0  # an unknown device is looked up at once; this notices withdrawn ones
STUCK_AFTER_S = 5.0  # a batch that takes longer than this is told in the heartbeat


class Care:
    """The periodic work of one worker."""

    def __init__(
        self,
        shared: Shared,
        link: StoreLink,
        paths: Mapping[str, Pipeline],
        clock: Clock,
        restored: Restored,
    ) -> None:
        self._shared, self._link, self._paths, self._clock = shared, link, paths, clock
        self._fingerprint = restored.fingerprint
        self._saver = StateSaver(
            shared, link, paths["telemetry"], paths["event"], run_us=restored.run_us
        )
        self._turn = asyncio.Lock()  # of the one connection

    async def run(self, stopping: asyncio.Event) -> None:
        """Do what is due, once a second, until stopping."""
        loop = asyncio.get_running_loop()
        refresh_at_s = loop.time()
        while not stopping.is_set():
            async with self._turn:
                await self._beat()
                if loop.time() >= refresh_at_s:
                    await self._refresh_registration()
                    refresh_at_s = loop.time() + REGISTRATION_S
                await self._saver.save_due(loop.time())
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await stopping.wait()
            except TimeoutError:
                continue

    async def save_all(self) -> bool:
        """Save all of the detector's memory that has moved; see StateSaver."""
        async with self._turn:
            return await self._saver.save_all()

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
