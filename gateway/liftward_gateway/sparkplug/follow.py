"""Beside the paths: subscribes once there are Sparkplug nodes, and asks for births.

A broker may forbid a gateway these topics: as long as the registry has no node, it is not asked.
"""

import asyncio
from collections.abc import Sequence

import structlog

from liftward_gateway.connection import BrokerUnavailableError
from liftward_gateway.mqtt import MqttSource
from liftward_gateway.registry import Registry
from liftward_gateway.sparkplug.desk import Desk
from liftward_wire.sparkplug.metrics import REBIRTH
from liftward_wire.sparkplug.payload import DataType, Told, encode_payload
from liftward_wire.sparkplug.topics import sparkplug_subscriptions

log = structlog.get_logger()

LOOK_PERIOD_S = 1.0
# A node that answers with a birth each time and still has gaps must not be kept busy with births.
REBIRTH_PERIOD_S = 60.0
_REBIRTH = encode_payload(
    [Told(name=REBIRTH, value=True, datatype=DataType.BOOLEAN)], at_ms=None, seq=None
)


async def follow(
    stopping: asyncio.Event, registry: Registry, paths: Sequence[tuple[MqttSource, Desk]]
) -> None:
    """Look once a second, until stopping."""
    loop = asyncio.get_running_loop()
    asked_at_s: dict[str, float] = {}
    told_refusal = False
    while not stopping.is_set():
        if registry.sparkplug_count > 0 and not all(desk.subscribed for _, desk in paths):
            try:
                await _listen(paths)
            except BrokerUnavailableError as error:
                if not told_refusal:
                    log.warning("sparkplug_not_subscribed", reason=str(error))
                told_refusal = True
        for source, desk in paths:
            _ask(source, desk, asked_at_s, loop.time())
        try:
            async with asyncio.timeout(LOOK_PERIOD_S):
                await stopping.wait()
        except TimeoutError:
            continue


async def _listen(paths: Sequence[tuple[MqttSource, Desk]]) -> None:
    for source, desk in paths:
        if not desk.subscribed:
            desk.listening = True
            await source.listen(sparkplug_subscriptions())
            desk.subscribed = True
    log.info("sparkplug_subscribed")


def _ask(source: MqttSource, desk: Desk, asked_at_s: dict[str, float], now_s: float) -> None:
    """Ask for a birth, each node once in a while; those asked lately stay noted for later."""
    for node_id, topic in list(desk.rebirths.items()):
        if now_s - asked_at_s.get(node_id, -REBIRTH_PERIOD_S) >= REBIRTH_PERIOD_S:
            asked_at_s[node_id] = now_s
            source.send(topic.command_topic, _REBIRTH)
            log.info("sparkplug_rebirth_asked", node_id=node_id)
            del desk.rebirths[node_id]
