"""The live board: one task per process watches the database, all readers share what it finds.

NOTIFY shortens the wait, polling is the guarantee. Changes are found by comparing rows, so nobody
who changes an incident can forget to say so. Readers have bounded queues; a slow one is cut, not
waited for. While the database is away readers stay connected and are told.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import psycopg
import structlog
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import Clock
from liftward_kit.database import CONNECT_TIMEOUT_S
from liftward_kit.settings import Secret
from liftward_platform.api import store
from liftward_platform.api.board_changes import Row, changed_ids, gone_ids, noticed_ids
from liftward_platform.api.dead_peers import DEAD_PEER_SETTINGS
from liftward_platform.api.dependencies import Connection
from liftward_platform.api.health import Health, judge

log = structlog.get_logger()

POLL_S = 1.0
# A burst of notices is answered by one look, not by one each.
LOOK_PAUSE_S = 0.05
# A look that takes longer has met a dead connection that nobody noticed: begin anew.
LOOK_WITHIN_S = 10.0
RECONNECT_PAUSE_S, RECONNECT_PAUSE_S_MAX = 0.2, 2.0
# Stopping waits this long for a connect under way.
CLOSE_WITHIN_S = 0.5
# Messages a reader may lag behind: some minutes of a busy city's changes.
READER_QUEUE_MAX = 256


class BoardSource(Protocol):
    """Where the rows come from; each row is the JSON object of an incident."""

    async def open_incidents(self, connection: Connection) -> Sequence[Row]: ...

    async def incident(self, connection: Connection, incident_id: int) -> Row: ...

    async def notices(self, connection: Connection, now: datetime) -> Sequence[Row]: ...


@dataclass(slots=True, eq=False)
class Reader:
    """One connected reader's queue. None in it means: end, and connect again."""

    queue: asyncio.Queue[bytes | None] = field(
        default_factory=lambda: asyncio.Queue(READER_QUEUE_MAX)
    )
    is_slow: bool = False

    def put(self, message: bytes) -> None:
        """Queue a message, or give the reader up when it lags too far behind."""
        if self.is_slow:
            return
        if self.queue.full():
            self.is_slow = True
            self.end()
        else:
            self.queue.put_nowait(message)

    def end(self) -> None:
        """Drop what is queued and tell the reader to connect again."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


def event_text(event: str, content: dict[str, Any]) -> bytes:
    """Return one server-sent event."""
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event}\ndata: {data}\n\n".encode()


class BoardFeed:
    """Keeps the board's rows current and passes on what changes."""

    def __init__(self, dsn: Secret, source: BoardSource, *, clock: Clock, version: str) -> None:
        self._dsn, self._source, self._clock, self._version = dsn, source, clock, version
        self._rows: dict[int, Row] = {}
        self._notices: list[Row] = []
        self._as_of: datetime | None = None
        self._health = judge(None, version=version, now=clock())
        self._readers: set[Reader] = set()
        self._first_look = asyncio.Event()
        self._not_connecting = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def readers_count(self) -> int:
        return len(self._readers)

    @property
    def incidents_count(self) -> int:
        return len(self._rows)

    def age_s(self) -> float:
        """Return the age of the board's rows; NaN before the first look."""
        if self._as_of is None:
            return float("nan")
        return (self._clock() - self._as_of).total_seconds()

    def health(self) -> Health:
        """Return the health seen last; rows too old to rely on mean that the database is away."""
        if self.age_s() > LOOK_WITHIN_S:
            return judge(None, version=self._version, now=self._clock())
        return self._health

    def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._watch(), name="board feed")
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A board that nobody keeps current must not go on looking alive."""
        if not task.cancelled():
            self.end_readers()
            log.critical("board_feed_ended", exc_info=task.exception())

    def end_readers(self) -> None:
        """Send every reader away, now and from now on: the process is about to stop."""
        self._closed = True
        for reader in self._readers:
            reader.end()

    async def close(self) -> None:
        """Stop watching."""
        self.end_readers()
        if self._task is not None:
            await self._until_not_connecting()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _until_not_connecting(self) -> None:
        """Wait a moment: a cancelled connect leaves the server waiting for our password."""
        try:
            await asyncio.wait_for(self._not_connecting.wait(), CLOSE_WITHIN_S)
        except TimeoutError:
            log.warning("board_feed_stopped_while_connecting")

    async def is_ready(self, within_s: float) -> bool:
        """Wait for the first look at the database; False when there was none, or we stopped."""
        if self._closed:
            return False
        try:
            await asyncio.wait_for(self._first_look.wait(), within_s)
        except TimeoutError:
            return False
        return True

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Add a reader; its first message is the whole board, and nothing is missed after it."""
        reader = Reader()
        reader.put(self._board_text())
        if self._closed:
            reader.end()
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def alive_text(self) -> bytes:
        """Return the message that says: still connected, and how the parts are."""
        return event_text("alive", {"as_of": self._as_of_text(), "health": self.health().as_json()})

    def _board_text(self) -> bytes:
        return event_text(
            "board",
            {
                "as_of": self._as_of_text(),
                "incidents": list(self._rows.values()),
                "health": self.health().as_json(),
                "notices": self._notices,
            },
        )

    def _as_of_text(self) -> str | None:
        return None if self._as_of is None else self._as_of.isoformat().replace("+00:00", "Z")

    async def _watch(self) -> None:
        pause_s, lost = RECONNECT_PAUSE_S, False
        while True:
            try:
                async with await self._connect() as connection:
                    if lost:
                        log.info("board_feed_back")
                    pause_s, lost = RECONNECT_PAUSE_S, False
                    await self._watch_connected(connection)
            except (psycopg.Error, OSError) as error:
                self._health = judge(None, version=self._version, now=self._clock())
                if not lost:
                    log.warning("board_feed_lost", error=str(error))
                lost = True
            except Exception:
                # A bad row must not end the board for good.
                log.exception("board_feed_failed")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RECONNECT_PAUSE_S_MAX)

    async def _connect(self) -> AsyncConnection[DictRow]:
        self._not_connecting.clear()
        try:
            connection = await AsyncConnection.connect(
                self._dsn.reveal,
                autocommit=True,
                row_factory=dict_row,
                connect_timeout=CONNECT_TIMEOUT_S,
                application_name="liftward api board",
                **DEAD_PEER_SETTINGS,
            )
        finally:
            self._not_connecting.set()
        # One look is one snapshot: an incident and its orders fit together.
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        return connection

    async def _watch_connected(self, connection: Connection) -> None:
        await connection.execute("LISTEN incident")
        while True:
            async with asyncio.timeout(LOOK_WITHIN_S):
                await self._look(connection)
            await asyncio.sleep(LOOK_PAUSE_S)
            async for _ in connection.notifies(timeout=POLL_S, stop_after=1):
                break

    async def _look(self, connection: Connection) -> None:
        """Read the board once and pass on what is new."""
        now = self._clock()
        async with connection.transaction():
            rows = await self._source.open_incidents(connection)
            current = {row["incident_id"]: row for row in rows}
            closed = [
                await self._source.incident(connection, incident_id)
                for incident_id in gone_ids(self._rows, current)
            ]
            notices = list(await self._source.notices(connection, now))
            heartbeats = await store.heartbeats(connection)
        self._as_of = now
        self._health = judge(heartbeats, version=self._version, now=now)
        news = [current[incident_id] for incident_id in changed_ids(self._rows, current)]
        for row in [*news, *closed]:
            self._tell(event_text("change", {"as_of": self._as_of_text(), "incident": row}))
        if noticed_ids(notices) != noticed_ids(self._notices):
            self._tell(event_text("notices", {"as_of": self._as_of_text(), "notices": notices}))
            self._notices = notices
        # Rows that only aged keep the text that was sent: the next comparison is with that.
        sent = {row["incident_id"]: row for row in news}
        self._rows = {key: sent.get(key, self._rows.get(key, row)) for key, row in current.items()}
        self._first_look.set()

    def _tell(self, message: bytes) -> None:
        for reader in self._readers:
            reader.put(message)
