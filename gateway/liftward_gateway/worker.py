"""A gateway worker: two paths, and the care of what they share. Composes; decides nothing.

Each path has its own session with the broker and its own connection to the database, so that
telemetry, however much or however stuck, delays no alarm.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

import structlog
from psycopg import errors as postgres_errors

from liftward_detection.thresholds import default_thresholds
from liftward_gateway import gauges
from liftward_gateway.batch import EVENT_LIMITS, TELEMETRY_LIMITS
from liftward_gateway.care import Care
from liftward_gateway.commands.sender import CommandPublisher, CommandSender
from liftward_gateway.errors import WrongSchemaError
from liftward_gateway.liveness.keeper import LivenessKeeper
from liftward_gateway.liveness.limits import LIMITS, LivenessLimits
from liftward_gateway.liveness.paths import line_of
from liftward_gateway.liveness.watch import Liveness
from liftward_gateway.metrics import GatewayMetrics, PathMetrics
from liftward_gateway.mqtt import MqttSource
from liftward_gateway.pipeline import Pipeline, Shared
from liftward_gateway.prepare import EVENT_STREAM, TELEMETRY_STREAM
from liftward_gateway.quarantine import KeptRows
from liftward_gateway.receipt_clock import receipt_clock
from liftward_gateway.recovery import Restored, restore
from liftward_gateway.settings import GatewaySettings
from liftward_gateway.shards import ShardRange
from liftward_gateway.sparkplug.desk import Desk
from liftward_gateway.sparkplug.follow import follow
from liftward_gateway.store_link import Lane, StoreLink
from liftward_gateway.ticking import TICK_PERIOD_S, tick_due
from liftward_gateway.writer import database_now, installation_name
from liftward_kit.clock import Clock
from liftward_wire.columns import microseconds
from liftward_wire.topics import TopicKind, subscriptions

log = structlog.get_logger()

Result = TypeVar("Result")

# A batch under way gets this long to be committed after SIGTERM; what is not is handed over again.
DRAIN_S = 8.0
_TELEMETRY_WAIT_S = 0.5
_KINDS = {
    Lane.TELEMETRY: (TopicKind.TELEMETRY, TopicKind.BATCH),
    Lane.EVENT: (TopicKind.EVENT, TopicKind.STATUS, TopicKind.REPLY),
}


@dataclass(slots=True)
class _Way:
    """One path with its edges."""

    source: MqttSource
    link: StoreLink
    pipeline: Pipeline
    desk: Desk


class Worker:
    """Everything one `liftward gateway run` does."""

    def __init__(
        self,
        settings: GatewaySettings,
        shards: ShardRange,
        *,
        clock: Clock,
        rng: Random,
        liveness_limits: LivenessLimits = LIMITS,
    ) -> None:
        self._settings, self._shards, self._clock, self._rng = settings, shards, clock, rng
        self._liveness_limits = liveness_limits
        self._stopping = asyncio.Event()
        self._installation = ""
        self._metrics = GatewayMetrics()

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT.

        Raises
        ------
        GatewayError
            When the worker cannot go on; the message says what to do.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        links = {
            lane: StoreLink(self._settings.database, lane, self._shards, self._rng) for lane in Lane
        }
        try:
            restored = await self._unless_stopped(self._restore(links))
            if restored is not None:
                self._installation = await links[Lane.CARE].read(installation_name)
                await self._work(links, restored)
        except (postgres_errors.UndefinedTable, postgres_errors.UndefinedColumn) as error:
            raise WrongSchemaError(
                f"the database's schema is not this program's ({error.diag.message_primary}): "
                "run `liftward migrate`"
            ) from error
        finally:
            for link in links.values():
                await link.close()

    async def _unless_stopped(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Return what `work` returns, or None when we are asked to stop before it is done."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        await _end([stop] if task.done() else [stop, task])
        return task.result() if task.done() and not task.cancelled() else None

    async def _restore(self, links: Mapping[Lane, StoreLink]) -> Restored:
        # All locks first: what an earlier owner still commits must be there when we read.
        for link in links.values():
            await link.read(database_now)
        link, thresholds = links[Lane.CARE], default_thresholds()
        now = await link.read(database_now)
        return await link.read(
            lambda connection: restore(connection, self._shards, thresholds, now)
        )

    async def _work(self, links: Mapping[Lane, StoreLink], restored: Restored) -> None:
        liveness = Liveness(self._liveness_limits)
        shared = Shared(self._shards, restored.registry, restored.detector, KeptRows(), liveness)
        telemetry = self._way(Lane.TELEMETRY, links, shared, restored.telemetry_through_us)
        events = self._way(Lane.EVENT, links, shared, restored.event_through_us)
        ways = (telemetry, events)
        # Before any memory is saved that takes them for told.
        await events.pipeline.store_detections(restored.detections)
        care = Care(
            shared,
            links[Lane.CARE],
            {"telemetry": telemetry.pipeline, "event": events.pipeline},
            self._clock,
            restored,
        )
        gauges.watch_ways(self._metrics, {"telemetry": telemetry, "event": events}, self._clock)
        gauges.watch_liveness(self._metrics, liveness)
        gauges.serve(self._metrics, self._settings.metrics_port)
        paths = [
            asyncio.create_task(telemetry.pipeline.run(self._stopping, wait_s=_TELEMETRY_WAIT_S)),
            asyncio.create_task(
                events.pipeline.run(
                    self._stopping,
                    wait_s=TICK_PERIOD_S / 2,
                    after_turn=self._ticker(shared, telemetry, events),
                )
            ),
        ]
        others = [asyncio.create_task(way.source.run()) for way in ways]
        others.append(asyncio.create_task(care.run(self._stopping)))
        keeper = self._liveness_keeper(shared, links[Lane.LIVENESS], ways)
        others.append(asyncio.create_task(keeper.run(self._stopping)))
        others.append(
            asyncio.create_task(
                follow(self._stopping, shared.registry, [(way.source, way.desk) for way in ways])
            )
        )
        others.append(asyncio.create_task(self._command_sender(links[Lane.COMMAND]).run()))
        announce = asyncio.create_task(self._announce(ways))
        stop = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait(
                {stop, *paths, *others}, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()
            await self._drain(paths, care, ways)
        finally:
            await _end([stop, announce, *paths, *others])
            for way in ways:
                await way.source.stop()

    def _liveness_keeper(
        self, shared: Shared, link: StoreLink, ways: Sequence[_Way]
    ) -> LivenessKeeper:
        paths = [(way.source, way.pipeline) for way in ways]
        return LivenessKeeper(
            shared.liveness,
            link,
            registry=shared.registry,
            shards=self._shards,
            clock=self._clock,
            line=lambda now_s: line_of(paths, now_s),
        )

    async def _drain(
        self, paths: Sequence[asyncio.Task[None]], care: Care, ways: Sequence[_Way]
    ) -> None:
        """Finish the batches under way, say goodbye to the broker, save the detector's memory."""
        log.info("gateway_stopping", shards=str(self._shards))
        done, late = await asyncio.wait(paths, timeout=DRAIN_S)
        for task in done:
            task.result()
        if not late:
            for way in ways:
                await way.source.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_S):
                    await care.save_all()
        log.info(
            "gateway_stopped",
            shards=str(self._shards),
            messages_count=sum(way.pipeline.messages_count for way in ways),
            rows_count=dict(sum((way.pipeline.rows_count for way in ways), Counter())),
            batches_unfinished=len(late),
        )

    def _way(
        self, lane: Lane, links: Mapping[Lane, StoreLink], shared: Shared, through_us: int
    ) -> _Way:
        source = MqttSource(
            address=self._settings.broker,
            client_id=f"liftward-gateway-{self._installation}-{self._shards}-{lane.name.lower()}",
            filters=subscriptions(self._shards.shards, _KINDS[lane]),
            stamp=receipt_clock(self._clock, after_us=through_us),
            rng=self._rng,
        )
        limits = TELEMETRY_LIMITS if lane is Lane.TELEMETRY else EVENT_LIMITS
        stream = TELEMETRY_STREAM if lane is Lane.TELEMETRY else EVENT_STREAM
        desk = Desk(stream, self._shards, shared.registry)
        pipeline = Pipeline(
            shared,
            source,
            links[lane],
            limits,
            through_us=through_us,
            metrics=PathMetrics(self._metrics, lane.name.lower()),
            clock=self._clock,
            desk=desk,
        )
        return _Way(source, links[lane], pipeline, desk)

    def _command_sender(self, link: StoreLink) -> CommandSender:
        client_id = f"liftward-gateway-{self._installation}-{self._shards}-command"
        publisher = CommandPublisher(self._settings.broker, client_id)
        return CommandSender(link, publisher, self._shards, clock=self._clock, rng=self._rng)

    def _ticker(
        self, shared: Shared, telemetry: _Way, events: _Way
    ) -> Callable[[], Awaitable[None]]:
        """Return what the event path does between batches: let due timers fire."""
        loop = asyncio.get_running_loop()
        ticked_at_s = loop.time()

        async def tick() -> None:
            nonlocal ticked_at_s
            now_s = loop.time()
            if tick_due(
                since_tick_s=now_s - ticked_at_s,
                since_subscribed_s=telemetry.source.subscribed_for_s(now_s),
                waiting_count=telemetry.source.waiting_count,
            ):
                ticked_at_s = now_s
                now_us = microseconds(self._clock())
                await events.pipeline.store_detections(shared.detector.tick(now_us))

        return tick

    async def _announce(self, ways: Sequence[_Way]) -> None:
        """Say once that every subscription is granted."""
        for way in ways:
            await way.source.subscribed.wait()
        log.info("gateway_ready", shards=str(self._shards))
        if self._settings.ready_file is not None:
            self._settings.ready_file.touch()


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel what still runs and wait until it has ended; its own fault was reported before."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
