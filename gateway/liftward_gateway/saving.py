"""Saves the detector's memory, slice by slice, evenly over time.

A slice is saved with its own place: the arrivals up to which both paths have been committed when it
was copied. Copying needs both paths quiet and takes milliseconds; packing runs in a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from liftward_detection.fleet import FleetState
from liftward_gateway.pipeline import Pipeline, Shared
from liftward_gateway.saved_state import FORMAT, encode
from liftward_gateway.store_link import Connection, StoreLink
from liftward_gateway.writer import SliceRow, database_now, forget_slices, save_slice

LIFTS_PER_SLICE = 4_096
# A kill has half of this replayed on average: 310,000 samples at 62,000 a second, in a second.
SAVE_PERIOD_S = 10.0
# 300,000 lifts are some 50 MB packed. What is larger is saved less often.
SAVE_BYTES_PER_S_MAX = 8_000_000
# Copied with both paths quiet: 32 MB take 6 to 10 ms.
SLICES_PER_TURN_MAX = 8
# A path that hangs must not hold up the other through the saving of both.
_TELEMETRY_QUIET_WITHIN_S = 2.0
_EVENT_QUIET_WITHIN_S = 0.2

Places = tuple[int, int]  # arrivals of the last message committed: telemetry, events


@dataclass(slots=True)
class _Copied:
    """A slice, copied."""

    number: int
    lift_keys: bytes
    state: FleetState


class StateSaver:
    """Saves one worker's memory; `run_us` names this run of it, whose fleet indices it saves by."""

    def __init__(
        self,
        shared: Shared,
        link: StoreLink,
        telemetry: Pipeline,
        events: Pipeline,
        *,
        run_us: int,
        lifts_per_slice: int = LIFTS_PER_SLICE,
    ) -> None:
        self._shared, self._link, self._run_us = shared, link, run_us
        self._lifts_per_slice = lifts_per_slice
        self._telemetry, self._events = telemetry, events
        self._places: dict[int, Places] = {}  # as saved, by slice
        self._bytes: dict[int, int] = {}
        self._next = 0
        self._owed = 1.0  # slices that are due
        self._turn_at_s: float | None = None
        self._earlier_forgotten = False

    @property
    def slices_count(self) -> int:
        return -(-len(self._shared.registry.lift_keys) // self._lifts_per_slice)

    async def save_due(self, now_s: float) -> bool:
        """Save the slices that are due at `now_s`; return False when the paths were never quiet."""
        if self._turn_at_s is not None:
            period_s = max(SAVE_PERIOD_S, sum(self._bytes.values()) / SAVE_BYTES_PER_S_MAX)
            self._owed += self.slices_count * (now_s - self._turn_at_s) / period_s
        self._turn_at_s = now_s
        self._owed = min(self._owed, max(self.slices_count, 1.0))
        due = min(int(self._owed), SLICES_PER_TURN_MAX, self.slices_count)
        if not await self.save([(self._next + step) % self.slices_count for step in range(due)]):
            return False
        self._owed -= due
        self._next = (self._next + due) % max(self.slices_count, 1)
        return True

    async def save_all(self) -> bool:
        """Save every slice that has moved; return False when the paths were never quiet."""
        for first in range(0, self.slices_count, SLICES_PER_TURN_MAX):
            end = min(first + SLICES_PER_TURN_MAX, self.slices_count)
            if not await self.save(range(first, end)):
                return False
        return True

    async def save(self, numbers: Sequence[int]) -> bool:
        """Save those of these slices that have moved; return False when the paths were not quiet.

        Taken while neither path is between detecting and committing, so that it is the memory of
        exactly what is committed up to the arrivals it names.
        """
        if not numbers:
            return True
        saved_at = await self._link.read(database_now)
        try:
            async with self._both_quiet():
                places = (self._telemetry.through_us, self._events.through_us)
                moved = [number for number in numbers if self._places.get(number) != places]
                copied = [self._copy(number) for number in moved]
        except TimeoutError:
            return False
        for one in copied:
            await self._write(one, saved_at, places)
        if not self._earlier_forgotten and len(self._places) == self.slices_count:
            await self._forget_earlier()
        return True

    def _copy(self, number: int) -> _Copied:
        first = number * self._lifts_per_slice
        keys = self._shared.registry.keys_array()[first : first + self._lifts_per_slice]
        state = self._shared.detector.copy_part(first, first + len(keys))
        return _Copied(number, keys.astype("<i4").tobytes(), state)

    async def _write(self, copied: _Copied, saved_at: datetime, places: Places) -> None:
        state = await asyncio.to_thread(encode, copied.state)
        row = SliceRow(
            worker=str(self._shared.shards),
            run_us=self._run_us,
            slice=copied.number,
            first_shard=self._shared.shards.first,
            last_shard=self._shared.shards.last,
            saved_at=saved_at,
            telemetry_through_us=places[0],
            event_through_us=places[1],
            version=FORMAT,
            lift_keys=copied.lift_keys,
            state=state,
        )

        async def work(connection: Connection) -> None:
            await save_slice(connection, row)

        await self._link.transact(work)
        self._places[copied.number] = places
        self._bytes[copied.number] = len(state)

    async def _forget_earlier(self) -> None:
        """Drop what earlier runs saved: each of our lifts is in a row of this one now."""
        shards, run_us = self._shared.shards, self._run_us

        async def work(connection: Connection) -> None:
            await forget_slices(connection, shards, run_us=run_us)

        await self._link.transact(work)
        self._earlier_forgotten = True

    def _both_quiet(self) -> AbstractAsyncContextManager[None]:
        return _both_held(self._telemetry.lock, self._events.lock)


@asynccontextmanager
async def _both_held(telemetry: asyncio.Lock, events: asyncio.Lock) -> AsyncIterator[None]:
    """Hold both paths' locks; raises TimeoutError when one does not become quiet soon."""
    async with asyncio.timeout(_TELEMETRY_QUIET_WITHIN_S):
        await telemetry.acquire()
    try:
        async with asyncio.timeout(_EVENT_QUIET_WITHIN_S):
            await events.acquire()
        try:
            yield
        finally:
            events.release()
    finally:
        telemetry.release()
