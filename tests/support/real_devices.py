"""Devices that really connect: birth, last will, samples, and coming back after a loss."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiomqtt

from liftward_kit.clock import utc_now
from liftward_wire.codec import encode
from liftward_wire.messages import Presence, Sample, Status
from liftward_wire.topics import TopicKind
from support.gateway_messages import topic_of
from support.quick_gateway import HEARTBEAT_S

_SPEAKS_EVERY_S = 0.4


class RealDevice:
    """One device. `stay_away` lets it not come back after the next loss of its connection."""

    def __init__(self, device_id: str, port: int, rng: random.Random) -> None:
        self.device_id, self.stay_away, self.connections_count = device_id, False, 0
        self._port, self._rng = port, rng
        self._sequence = itertools.count()

    async def run(self) -> None:
        """Be connected and speak, until cancelled or gone for good."""
        while True:
            try:
                await self._connected()
            except aiomqtt.MqttError:
                if self.stay_away:
                    return
                # Devices come back one by one.
                await asyncio.sleep(self._rng.uniform(0.1, 2.5))

    async def _connected(self) -> None:
        topic, boot_id = topic_of(self.device_id, TopicKind.STATUS), self.connections_count + 1
        will = encode(Status(presence=Presence.OFFLINE, boot_id=boot_id))
        async with aiomqtt.Client(
            "127.0.0.1",
            self._port,
            identifier=f"device-{self.device_id}",
            will=aiomqtt.Will(topic, will, qos=1, retain=True),
            timeout=5.0,
        ) as client:
            self.connections_count += 1
            birth = Status(
                presence=Presence.ONLINE, boot_id=boot_id, heartbeat_period_s=HEARTBEAT_S
            )
            await client.publish(topic, encode(birth), qos=1, retain=True)
            while True:
                sample = Sample(
                    observed_at=utc_now(), boot_id=boot_id, sequence=next(self._sequence)
                )
                await client.publish(
                    topic_of(self.device_id, TopicKind.TELEMETRY), encode(sample), qos=1
                )
                await asyncio.sleep(_SPEAKS_EVERY_S)


@asynccontextmanager
async def real_devices(
    device_ids: Sequence[str], port: int, *, seed: int = 1
) -> AsyncIterator[dict[str, RealDevice]]:
    """Run devices until the context ends."""
    devices = {
        device_id: RealDevice(device_id, port, random.Random(f"{seed} {device_id}"))
        for device_id in device_ids
    }
    tasks = [asyncio.create_task(device.run()) for device in devices.values()]
    try:
        yield devices
    finally:
        # A cancellation may be answered by the end of a connection that breaks at this moment:
        # then the device leaves because it stays away.
        for device in devices.values():
            device.stay_away = True
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [
            one
            for one in ended
            if isinstance(one, Exception) and not isinstance(one, aiomqtt.MqttError)
        ] == []
