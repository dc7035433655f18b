"""The engine's modules, in their fixed order. Each handles rows one by one, in own transactions.

A row that fails does not stop the others of its module; a module that fails does not stop the
others of the cycle.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access import service as access
from liftward_platform.api import idempotency
from liftward_platform.engine.metrics import METRICS
from liftward_platform.engine.settings import KeepDays
from liftward_platform.engine.telling import Notifications
from liftward_platform.history import evidence, summaries
from liftward_platform.history.partitions import kept_from
from liftward_platform.history.storage import storage_of
from liftward_platform.incidents import device_words, intake
from liftward_platform.ledger import checkpoint
from liftward_platform.ledger.signed_note import Signer
from liftward_platform.parties import service as parties
from liftward_platform.reports import service as reports
from liftward_platform.rescue import due
from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.policy_book import PolicyBook, as_book
from liftward_platform.test_calls import service as test_calls

Connection = AsyncConnection[DictRow]

log = structlog.get_logger()

# Partitions and old rows: the work of minutes, not of seconds.
HOUSEKEEPING_EVERY = timedelta(minutes=10)
# Days that have to go wait for their summaries, but not so long that the disk fills up.
SUMMARIES_WAIT_DAYS = 2
# A test call is due every three days: a minute later is early enough to say so.
TEST_CALLS_EVERY = timedelta(minutes=1)
# Old summaries go by the day; looking for them every hour is enough.
FORGET_EVERY = timedelta(hours=1)
# Entries per checkpoint: the tree's lock is held for so many hashes only.
CHECKPOINT_ENTRIES_MAX = 2000


class Module(Protocol):
    """One kind of work of the engine."""

    @property
    def name(self) -> str: ...

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        """Handle up to `limit` rows that are due at `now`; return how many were handled."""
        ...


class RowsFailedError(Exception):
    """Some rows of a module failed; the others were handled. They are tried again next cycle."""


# Claims a row that is none of those tried, handles it, returns its id; None when no row is due.
# `claimed` is told the id before the handling, so that a failure is known by its row.
HandleOne = Callable[[Sequence[int], Callable[[int], None]], Awaitable[bool]]


async def one_by_one(connection: Connection, limit: int, handle_one: HandleOne) -> int:
    """Handle rows, each in its own transaction, until none is due or the limit is reached.

    Raises
    ------
    RowsFailedError
        At the end, when rows failed.
    psycopg.Error
        At once, when the connection is gone.
    """
    tried: list[int] = []
    handled_count = 0
    errors: list[str] = []
    while handled_count < limit and len(errors) < limit:
        try:
            async with connection.transaction():
                found = await handle_one(tried, tried.append)
        except Exception as error:  # one bad row must not keep the others waiting
            if connection.broken or connection.closed or not tried:
                raise
            log.exception("engine_row_failed", row=tried[-1])
            errors.append(f"row {tried[-1]}: {type(error).__name__}: {error}")
            continue
        if not found:
            break
        handled_count += 1
    if errors:
        raise RowsFailedError(f"{len(errors)} failed, {handled_count} handled; first: {errors[0]}")
    return handled_count


@dataclass(frozen=True, slots=True)
class Detections:
    """Decides what to do about each conclusion of the detector."""

    book: PolicyBook
    name: str = "detections"

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        policy = self.book.default.policy

        async def handle_one(tried: Sequence[int], claimed: Callable[[int], None]) -> bool:
            detection = await intake.claim(connection, now, tried)
            if detection is None:
                return False
            claimed(detection.detection_id)
            incident = await intake.take_in(connection, detection, policy=policy, now=now)
            if incident is not None:
                await due.begin(connection, incident, now, self.book)
            return True

        return await one_by_one(connection, limit, handle_one)


@dataclass(frozen=True, slots=True)
class Orders:
    """Sends somebody to each incident nobody is asked for."""

    name: str = "orders"

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        async def handle_one(tried: Sequence[int], claimed: Callable[[int], None]) -> bool:
            incident_id = await due.claim_unattended(connection, tried)
            if incident_id is None:
                return False
            claimed(incident_id)
            await due.attend(connection, incident_id, now)
            return True

        return await one_by_one(connection, limit, handle_one)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Fires deadlines that are due, overdue ones at once, each one once."""

    name: str = "deadlines"

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        async def handle_one(tried: Sequence[int], claimed: Callable[[int], None]) -> bool:
            deadline = await due.claim_deadline(connection, now, tried)
            if deadline is None:
                return False
            claimed(deadline.deadline_id)
            reason = await due.fire(connection, deadline, now)
            lateness_s = (now - deadline.due_at).total_seconds()
            METRICS.deadline_lateness_s.observe(lateness_s)
            log.info(
                "deadline_fired", deadline_id=deadline.deadline_id, kind=str(deadline.kind),
                incident_id=deadline.incident_id, reason=reason, lateness_s=round(lateness_s, 3),
            )  # fmt: skip
            return True

        return await one_by_one(connection, limit, handle_one)


@dataclass(frozen=True, slots=True)
class DeviceWords:
    """Tells in each incident's story what the lift's device signalled and answered."""

    name: str = "device_words"

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        async with connection.transaction():
            count = await device_words.tell_alarms(connection, now, limit)
        async with connection.transaction():
            return count + await device_words.tell_answers(connection, now, limit)


@dataclass(slots=True)
class CallWatchdog:
    """Watches that every lift makes its test call (EN 81-28)."""

    name: str = "test_calls"
    _next_at: datetime | None = field(default=None, init=False)

    async def run(self, connection: Connection, now: datetime, _limit: int) -> int:
        if self._next_at is not None and now < self._next_at:
            return 0
        async with connection.transaction():
            watched = await test_calls.watch(connection, now)
        self._next_at = now + TEST_CALLS_EVERY
        if watched is None:
            return 0
        if watched.changed_count:
            log.info("test_call_notices_changed", changed_count=watched.changed_count)
        return watched.heard_count + watched.changed_count


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Takes new ledger entries into the tree and signs its head."""

    signer: Signer
    name: str = "checkpoints"

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        entries_max = max(limit, CHECKPOINT_ENTRIES_MAX)
        async with connection.transaction():
            return await checkpoint.integrate(connection, now, self.signer, entries_max)


@dataclass(slots=True)
class Housekeeping:
    """Makes room for samples to come, drops what is old; every few minutes."""

    keep_days: int
    name: str = "housekeeping"
    _next_at: datetime | None = field(default=None, init=False)

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        if self._next_at is not None and now < self._next_at:
            return 0
        storage = await storage_of(connection)
        keep_days = await self._keep_days(connection, now)
        count = await storage.keep_house(connection, now, keep_days=keep_days)
        async with connection.transaction():
            count += await access.housekeep(connection, now, limit)
            count += await idempotency.housekeep(connection, now, limit)
            count += await reports.housekeep(connection, now, limit)
            count += await parties.housekeep(connection, now, limit)
        self._next_at = now + HOUSEKEEPING_EVERY
        return count

    async def _keep_days(self, connection: Connection, now: datetime) -> int:
        """Return how many days stay; tell the summaries first what is about to go."""
        keep_days = self.keep_days
        if await summaries.is_unfinished(connection, kept_from(now, keep_days=keep_days)):
            keep_days += SUMMARIES_WAIT_DAYS
            log.warning("samples_wait_for_summaries", keep_days=keep_days)
        await summaries.samples_kept_from(connection, kept_from(now, keep_days=keep_days))
        return keep_days


@dataclass(slots=True)
class Summaries:
    """Summarises hours and trips for the years after the samples are gone."""

    keep_days: int
    settle: timedelta = summaries.SETTLE
    name: str = "summaries"
    _mark_at: datetime | None = field(default=None, init=False)
    _forget_at: datetime | None = field(default=None, init=False)

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        async with summaries.sole(connection) as alone:
            if not alone:
                return 0
            if self._mark_at is None or now >= self._mark_at:
                await summaries.mark(connection, now, settle=self.settle)
                self._mark_at = now + summaries.MARK_EVERY
            if self._forget_at is None or now >= self._forget_at:
                cutoff = now - timedelta(days=self.keep_days)
                forgotten = await summaries.forget_summaries(connection, cutoff)
                if forgotten < summaries.OLD_ROWS_MAX:
                    self._forget_at = now + FORGET_EVERY
            return await summaries.roll(connection, now, limit)


@dataclass(slots=True)
class Evidence:
    """Pins the samples and events around incidents, for as long as the incident is kept."""

    keep_days: int
    name: str = "evidence"
    _forget_at: datetime | None = field(default=None, init=False)

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        async def handle_one(tried: Sequence[int], claimed: Callable[[int], None]) -> bool:
            watched = await evidence.claim(connection, now, tried)
            if watched is None:
                return False
            claimed(watched.incident_id)
            await evidence.pin(connection, watched, now)
            return True

        await evidence.watch_new(connection, limit)
        if self._forget_at is None or now >= self._forget_at:
            await evidence.erase_old(connection, now - timedelta(days=self.keep_days), limit)
            self._forget_at = now + FORGET_EVERY
        return await one_by_one(connection, limit, handle_one)


@dataclass(frozen=True, slots=True)
class Modules:
    """All modules in their order, in the five groups that run beside each other.

    A first order never waits behind a storm of deadlines; what a rescue waits for never behind a
    slow webhook, a checkpoint or a partition; and those not behind summaries, which read all that
    the lifts say. Groups of one engine meet as two engines do: by locks that are skipped.
    """

    rescue: tuple[Module, ...]
    deadlines: tuple[Module, ...] = ()
    telling: tuple[Module, ...] = ()
    upkeep: tuple[Module, ...] = ()
    history: tuple[Module, ...] = ()

    @property
    def all(self) -> tuple[Module, ...]:
        return (*self.rescue, *self.deadlines, *self.telling, *self.upkeep, *self.history)


def rescue_modules(policy: Policy | PolicyBook) -> tuple[Module, ...]:
    """Return what turns detections into rescues."""
    return (Detections(as_book(policy)), Orders(), Deadlines())


def make_modules(
    policy: Policy | PolicyBook,
    *,
    notifications: Notifications,
    signer: Signer,
    keep_days: KeepDays,
) -> Modules:
    """Return the modules of a whole engine."""
    upkeep = (DeviceWords(), Checkpoints(signer), Housekeeping(keep_days.samples))
    # The watchdog reads the whole fleet: no rescue and no message waits behind it.
    history = (CallWatchdog(), Evidence(keep_days.evidence), Summaries(keep_days.summaries))
    *rescue, deadlines = rescue_modules(policy)
    return Modules(tuple(rescue), (deadlines,), (notifications,), upkeep, history)
