"""Commands for gateway tests: someone who asks, and devices that do what a script says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
import psycopg
from psycopg.rows import dict_row

from liftward_kit.clock import utc_now
from liftward_platform.commands import service
from liftward_platform.commands.model import DeviceCommand, Wish
from liftward_wire.codec import decode, encode
from liftward_wire.messages import Command, CommandKind, Message, Reply, ReplyResult
from liftward_wire.topics import Topic, TopicKind
from support.gateway_messages import topic_of
from support.gateway_scene import GatewayScene
from support.polling import eventually

ASKER = "demo-dispatcher"
_COMES_WITHIN_S = 20.0


async def ask(
    scene: GatewayScene,
    lift_id: str,
    kind: CommandKind = CommandKind.TEST_CALL,
    *,
    deadline_s: float = 30.0,
    sampling_period_s: float | None = None,
) -> str:
    """Ask a lift for something as the API does, and return the command's id."""
    wish = Wish(kind=kind, deadline_s=deadline_s, sampling_period_s=sampling_period_s)
    connection = await psycopg.AsyncConnection.connect(scene.dsn, row_factory=dict_row)
    async with connection:
        await connection.execute(
            "INSERT INTO account (account_id, role, name, secret_hash, created_at)"
            " VALUES (%s, 'dispatcher', 'Demo Dispatcher', '-', now()) ON CONFLICT DO NOTHING",
            [ASKER],
        )
        command = await service.ask(connection, lift_id, wish, asked_by=ASKER, now=utc_now())
    return command.command_id


def row_of(scene: GatewayScene, command_id: str) -> DeviceCommand:
    """Return where a command stands."""
    [row] = scene.rows(
        "SELECT device_command.*, lift_id FROM device_command JOIN lift USING (lift_key)"
        " WHERE command_id = %s",
        [command_id],
    )
    return DeviceCommand.from_row(row)


def wait_for_state(
    scene: GatewayScene, command_id: str, state: str, *, within_s: float = 15.0
) -> DeviceCommand:
    """Wait until a command is in a state."""

    def reached() -> DeviceCommand | None:
        command = row_of(scene, command_id)
        return command if command.state == state else None

    found = eventually(reached, within_s=within_s, what=f"command {command_id} {state}")
    assert found is not None
    return found


class ScriptedDevice:
    """A connected lift that reads its commands and answers only as it is told."""

    def __init__(self, lift_id: str, client: aiomqtt.Client) -> None:
        self.lift_id, self._client = lift_id, client

    async def next_command(self) -> Command:
        """Return the next command that comes."""
        async with asyncio.timeout(_COMES_WITHIN_S):
            message = await anext(self._client.messages)
        assert isinstance(message.payload, bytes)
        assert (message.qos, message.retain) == (1, False)
        command = decode(Topic(self.lift_id, TopicKind.COMMAND), message.payload)
        assert isinstance(command, Command)
        return command

    async def reply(
        self, command_id: str, result: ReplyResult = ReplyResult.DONE, **fields: Any
    ) -> None:
        """Answer."""
        await self.publish(
            TopicKind.REPLY,
            Reply(command_id=command_id, result=result, observed_at=utc_now(), **fields),
        )

    async def publish(self, kind: TopicKind, message: Message | bytes) -> None:
        payload = message if isinstance(message, bytes) else encode(message)
        await self._client.publish(topic_of(self.lift_id, kind), payload, qos=1)


@asynccontextmanager
async def scripted_device(scene: GatewayScene, lift_id: str) -> AsyncIterator[ScriptedDevice]:
    """Connect a device with the session the contract wants: it finds what came meanwhile."""
    client = aiomqtt.Client(
        scene.broker.host, scene.broker.port, identifier=lift_id, clean_session=False
    )
    async with client:
        await client.subscribe(topic_of(lift_id, TopicKind.COMMAND), qos=1)
        yield ScriptedDevice(lift_id, client)


def quarantined(scene: GatewayScene) -> list[tuple[str, str]]:
    """Return reason and detail of what was refused."""
    rows = scene.rows("SELECT reason, detail FROM quarantine ORDER BY quarantine_id")
    return [(row["reason"], row["detail"]) for row in rows]
