"""One path through the gateway: take a batch, admit it, write it in one transaction, acknowledge.

Composes the pure parts with the two edges. The same code runs twice, with a connection to the
broker and one to the database each: once for telemetry, once for events and status.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from liftward_gateway.admit import Received
from liftward_gateway.batch import BatchLimits
from liftward_gateway.commands.replies import correlate
from liftward_gateway.detecting import Detector
from liftward_gateway.errors import MessageFaultError
from liftward_gateway.mark_cache import MarkCache
from liftward_gateway.prepare import (
    Judged,
    Prepared,
    StreamKey,
    judge,
    prepare,
    unregistered_devices,
)
from liftward_gateway.quarantine import KeptRows, store_refused
from liftward_gateway.registry import Registry
from liftward_gateway.sequence import StreamMarks, Verdict
from liftward_gateway.shards import ShardRange
from liftward_gateway.source import MessageSource
from liftward_gateway.store_link import Connection, StoreLink
from liftward_gateway.writer import (
    DetectionRow,
    load_marks,
    load_registration,
    write,
    write_detections,
)

log = structlog.get_logger()

# Messages judged without letting the other path have a turn: some 3 ms.
_JUDGED_PER_TURN = 250


@dataclass(slots=True)
class Shared:
    """What both paths of a worker use."""

    shards: ShardRange
    registry: Registry
    detector: Detector
    kept_rows: KeptRows


class Pipeline:
    """One path. While `lock` is held the detector knows more than the database."""

    def __init__(
        self,
        shared: Shared,
        source: MessageSource,
        link: StoreLink,
        limits: BatchLimits,
        *,
        through_us: int,
    ) -> None:
        self.lock = asyncio.Lock()
        self.through_us = through_us  # arrival of the last message committed
        self.busy_since_s: float | None = None
        self.messages_count = 0
        self.rows_count: Counter[Verdict] = Counter()
        self._shared, self._source, self._link, self._limits = shared, source, link, limits
        self._marks = MarkCache()
        self._marks_of_connection = -1

    @property
    def store_lost_reason(self) -> str | None:
        """Why the database takes nothing from this path now, if it does not."""
        return self._link.lost_reason

    async def run(
        self,
        stopping: asyncio.Event,
        *,
        wait_s: float,
        after_turn: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Handle batches until stopping; `after_turn` runs at least every `wait_s`, locked too."""
        while not stopping.is_set():
            messages = await self._source.next_batch(self._limits, wait_s=wait_s)
            async with self.lock:
                self.busy_since_s = asyncio.get_running_loop().time()
                if messages:
                    await self.handle(messages)
                    self._source.acknowledge(messages)
                if after_turn is not None:
                    await after_turn()
                self.busy_since_s = None

    async def handle(self, messages: Sequence[Received]) -> None:
        """Store all that these messages say, or why not; return when it is committed."""
        judged = await correlate(self._link, await self._judge(messages))
        known = await self._known_marks(judged)
        prepared = self._prepare(judged, known)
        await asyncio.sleep(0)
        detections = self._shared.detector.apply(prepared)
        try:
            await self._store(prepared, detections, known)
        except MessageFaultError as error:
            log.warning("batch_refused_by_store", messages_count=len(messages), reason=str(error))
            await self.store_detections(detections)
            await self._store_part(judged)
        self._marks.shrink()
        self.through_us = messages[-1].received_at_us
        self.messages_count += len(messages)
        self.rows_count.update(prepared.counts)

    async def store_detections(self, detections: Sequence[DetectionRow]) -> None:
        """Store detections by themselves; one that is refused does not stop the others."""
        if not detections:
            return

        async def work(connection: Connection) -> None:
            await write_detections(connection, detections)

        try:
            await self._link.transact(work)
        except MessageFaultError:
            if len(detections) == 1:
                log.exception("detection_refused_by_store", detection=str(detections[0]))
                return
            for detection in detections:
                await self.store_detections([detection])

    async def _judge(self, messages: Sequence[Received]) -> list[Judged]:
        """Admit all messages; look up devices that seem unknown before their refusal stands."""
        registry = self._shared.registry
        judged: list[Judged] = []
        for begin in range(0, len(messages), _JUDGED_PER_TURN):
            judged += judge(messages[begin : begin + _JUDGED_PER_TURN], registry)
            await asyncio.sleep(0)
        missing = unregistered_devices(judged)
        if not missing:
            return judged
        shards = self._shared.shards
        rows = await self._link.read(lambda link: load_registration(link, shards, missing))
        registry.update(missing, rows)
        return [
            one if not unregistered_devices([one]) else judge([one.received], registry)[0]
            for one in judged
        ]

    async def _known_marks(self, judged: Sequence[Judged]) -> dict[StreamKey, StreamMarks]:
        """Return the committed marks of all streams of these messages."""
        if self._marks_of_connection != self._link.connections_count:
            self._marks.clear()
            self._marks_of_connection = self._link.connections_count
        streams = {stream for one in judged if (stream := one.stream) is not None}
        missing = self._marks.missing(streams)
        if missing:
            self._marks.put(await self._link.read(lambda link: load_marks(link, missing)))
        return self._marks.of(streams)

    def _prepare(self, judged: Sequence[Judged], known: dict[StreamKey, StreamMarks]) -> Prepared:
        prepared = prepare(judged, known)
        kept_rows = self._shared.kept_rows
        prepared.quarantined = [kept_rows.bounded(entry) for entry in prepared.quarantined]
        return prepared

    async def _store(
        self,
        prepared: Prepared,
        detections: Sequence[DetectionRow],
        known: dict[StreamKey, StreamMarks],
    ) -> None:
        lift_keys = self._shared.registry.keys_array()

        async def work(connection: Connection) -> None:
            await write(connection, prepared, detections, lift_keys, known)

        await self._link.transact(work)
        self._marks.put(prepared.marks)

    async def _store_part(self, judged: Sequence[Judged]) -> None:
        """Store these messages; find those that the database refuses and quarantine them."""
        known = await self._known_marks(judged)
        try:
            await self._store(self._prepare(judged, known), (), known)
        except MessageFaultError as error:
            if len(judged) == 1:
                await self._quarantine_refused(judged[0], error)
                return
            middle = len(judged) // 2
            await self._store_part(judged[:middle])
            await self._store_part(judged[middle:])

    async def _quarantine_refused(self, one: Judged, error: MessageFaultError) -> None:
        entry = store_refused(one.received, str(error))
        try:
            await self._store(Prepared(quarantined=[entry]), (), {})
        except MessageFaultError:
            # Nothing of it can be kept anywhere but here.
            log.exception(
                "quarantine_refused_by_store", entry=str(replace(entry, payload_start=b""))
            )
