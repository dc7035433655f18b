"""One path through the gateway: take a batch, admit it, write it in one transaction, acknowledge.

Composes the pure parts with the two edges. The same code runs twice, with a connection to the
broker and one to the database each: once for telemetry, once for events and status.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from liftward_gateway.admit import Received
from liftward_gateway.batch import BatchLimits
from liftward_gateway.commands.replies import correlate
from liftward_gateway.detecting import Detector
from liftward_gateway.errors import MessageFaultError
from liftward_gateway.liveness.watch import Liveness
from liftward_gateway.mark_table import BatchMarks, MarkTable
from liftward_gateway.metrics import PathMetrics
from liftward_gateway.prepare import (
    Judged,
    Prepared,
    judge,
    prepare,
    streams_of,
    unregistered_devices,
)
from liftward_gateway.quarantine import KeptRows, store_refused
from liftward_gateway.registry import Registry
from liftward_gateway.sequence import Verdict
from liftward_gateway.shards import ShardRange
from liftward_gateway.source import MessageSource
from liftward_gateway.sparkplug.desk import Desk, is_sparkplug
from liftward_gateway.store_link import Connection, StoreLink
from liftward_gateway.writer import (
    DetectionRow,
    load_marks,
    load_registration,
    write,
    write_detections,
)
from liftward_kit.clock import Clock
from liftward_wire.columns import microseconds

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
    liveness: Liveness = field(default_factory=Liveness)


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
        metrics: PathMetrics,
        clock: Clock,
        desk: Desk | None = None,
    ) -> None:
        self.lock = asyncio.Lock()
        self.through_us = through_us  # arrival of the last message committed
        self.busy_since_s: float | None = None
        self.messages_count = 0
        self.rows_count: Counter[Verdict] = Counter()
        self._shared, self._source, self._link, self._limits = shared, source, link, limits
        self._metrics, self._clock = metrics, clock
        self._marks = MarkTable()
        self._desk = desk
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
        prepared = self._prepare(judged, await self._marks_of(judged))
        await asyncio.sleep(0)
        detections = self._shared.detector.apply(prepared)
        began_at_s = asyncio.get_running_loop().time()
        try:
            await self._store(prepared, detections)
        except MessageFaultError as error:
            log.warning("batch_refused_by_store", messages_count=len(messages), reason=str(error))
            await self.store_detections(detections)
            await self._store_part(judged)
            detections = []  # stored and counted already
        self._metrics.committed(
            messages,
            prepared,
            detections,
            commit_s=asyncio.get_running_loop().time() - began_at_s,
            committed_us=microseconds(self._clock()),
        )
        self._shared.liveness.heard(judged, self._shared.registry)
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
            self._metrics.concluded(detections)
        except MessageFaultError:
            if len(detections) == 1:
                log.exception("detection_refused_by_store", detection=str(detections[0]))
                return
            for detection in detections:
                await self.store_detections([detection])

    async def _judge(self, messages: Sequence[Received]) -> list[Judged]:
        """Admit all messages; look up devices that seem unknown before their refusal stands."""
        if self._desk is None or not self._desk.listening:
            return await self._judge_ours(messages)
        ours = [message for message in messages if not is_sparkplug(message)]
        nodes = [message for message in messages if is_sparkplug(message)]
        return [*await self._judge_ours(ours), *await self._desk.judge(nodes, self._link)]

    async def _judge_ours(self, messages: Sequence[Received]) -> list[Judged]:
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

    async def _marks_of(self, judged: Sequence[Judged]) -> BatchMarks:
        """Return a copy of the committed marks of all streams of these messages."""
        if self._marks_of_connection != self._link.connections_count:
            self._marks.clear()
            self._marks_of_connection = self._link.connections_count
        streams = streams_of(judged)
        missing = self._marks.missing(streams)
        if missing:
            stored = await self._link.read(lambda link: load_marks(link, missing))
            self._marks.load(missing, stored)
        return self._marks.batch(streams)

    def _prepare(self, judged: Sequence[Judged], marks: BatchMarks) -> Prepared:
        prepared = prepare(judged, marks)
        kept_rows = self._shared.kept_rows
        prepared.quarantined = [kept_rows.bounded(entry) for entry in prepared.quarantined]
        return prepared

    async def _store(self, prepared: Prepared, detections: Sequence[DetectionRow]) -> None:
        lift_keys = self._shared.registry.keys_array()

        async def work(connection: Connection) -> None:
            await write(connection, prepared, detections, lift_keys)
            if self._desk is not None:
                await self._desk.write(connection)

        await self._link.transact(work)
        self._marks.commit(prepared.marks)
        if self._desk is not None:
            self._desk.committed()

    async def _store_part(self, judged: Sequence[Judged]) -> None:
        """Store these messages; find those that the database refuses and quarantine them."""
        prepared = self._prepare(judged, await self._marks_of(judged))
        try:
            await self._store(prepared, ())
        except MessageFaultError as error:
            if len(judged) == 1:
                await self._quarantine_refused(judged[0], error)
                return
            middle = len(judged) // 2
            await self._store_part(judged[:middle])
            await self._store_part(judged[middle:])

    async def _quarantine_refused(self, one: Judged, error: MessageFaultError) -> None:
        entry = store_refused(one.received, str(error))
        self._metrics.refused([entry])
        try:
            await self._store(Prepared(quarantined=[entry]), ())
        except MessageFaultError:
            # Nothing of it can be kept anywhere but here.
            log.exception(
                "quarantine_refused_by_store", entry=str(replace(entry, payload_start=b""))
            )
