"""Commands down with real parts: in time, by the right worker, once in effect, never lost."""

import asyncio
import re
import signal
from importlib import resources

import psycopg
import pytest

from liftward_gateway.commands.store import QUERIES
from liftward_kit.clock import utc_now
from liftward_wire.messages import CommandKind, ReplyResult
from liftward_wire.states import DoorState
from liftward_wire.topics import TopicKind, shard_of
from support.command_scene import (
    ask,
    quarantined,
    row_of,
    scripted_device,
    wait_for_state,
)
from support.fleet_rows import register_edge
from support.gateway_messages import sample
from support.gateway_scene import GatewayScene
from support.polling import eventually

pytestmark = pytest.mark.integration

LIFT = "CMD-001"
SHORT_S = 1.5  # shorter than the API allows: a test does not wait for the law
LOW, HIGH = "CMD-001", "CMD-002"


async def test_a_command_goes_down_and_its_answer_comes_back(
    scene_with_each_broker: GatewayScene,
) -> None:
    """Sent after the broker's acknowledgement, answered, and kept with the sample of the answer."""
    scene = scene_with_each_broker
    scene.register(LIFT)
    scene.start_ready()
    async with scripted_device(scene, LIFT) as device:
        asked = await ask(scene, LIFT, CommandKind.SNAPSHOT)
        command = await device.next_command()
        wait_for_state(scene, asked, "sent")
        seen = sample(utc_now(), sequence=0, car_door=DoorState.OPEN, load_kg=75.0)
        await device.publish(TopicKind.TELEMETRY, seen)
        await device.reply(asked, snapshot=seen, reason="all well")
        done = wait_for_state(scene, asked, "done")

    assert (command.command_id, command.kind) == (asked, CommandKind.SNAPSHOT)
    assert command.deadline_at == done.deadline_at
    assert done.sent_at is not None
    assert done.ended_at is not None
    assert done.asked_at <= done.sent_at <= done.ended_at
    assert (done.reply_result, done.reply_reason, done.reply_late) == ("done", "all well", False)
    assert done.snapshot is not None
    assert (done.snapshot["car_door"], done.snapshot["load_kg"]) == ("open", 75.0)
    # History has it once: from telemetry, through the sequence, not from the reply.
    scene.wait_for(1, "SELECT count(*) FROM sample")


@pytest.mark.parametrize("result", ["refused", "failed", "expired"])
async def test_a_device_may_say_no(scene: GatewayScene, result: str) -> None:
    """Its word is the state, with its reason; a period goes down as it was asked."""
    scene.register(LIFT)
    scene.start_ready()
    async with scripted_device(scene, LIFT) as device:
        asked = await ask(scene, LIFT, CommandKind.SET_SAMPLING_PERIOD, sampling_period_s=0.2)
        command = await device.next_command()
        await device.reply(asked, ReplyResult(result), reason="not here")
        ended = wait_for_state(scene, asked, result)

    assert command.sampling_period_s == 0.2
    assert (ended.state_reason, ended.reply_reason) == ("replied", "not here")


async def test_a_repeated_answer_changes_nothing(scene: GatewayScene) -> None:
    """The first answer stands; the others are counted."""
    scene.register(LIFT)
    scene.start_ready()
    async with scripted_device(scene, LIFT) as device:
        asked = await ask(scene, LIFT)
        await device.next_command()
        await device.reply(asked, ReplyResult.DONE)
        await device.reply(asked, ReplyResult.FAILED, reason="no, it did not")
        eventually(lambda: row_of(scene, asked).replies_count == 2, what="both answers")

    command = row_of(scene, asked)
    assert (command.state, command.reply_result, command.reply_reason) == ("done", "done", None)
    assert quarantined(scene) == []


async def test_a_device_that_is_away_lets_the_deadline_pass(
    scene_with_each_broker: GatewayScene,
) -> None:
    """No message comes, and it expires; what the device says later stands beside that."""
    scene = scene_with_each_broker
    scene.register(LIFT)
    scene.start_ready()
    async with scripted_device(scene, LIFT):
        pass  # it has a session, and is gone
    asked = await ask(scene, LIFT, deadline_s=SHORT_S)
    sent = wait_for_state(scene, asked, "sent")
    expired = wait_for_state(scene, asked, "expired")
    async with scripted_device(scene, LIFT) as device:
        late = await device.next_command()  # the broker kept it
        await device.reply(late.command_id, ReplyResult.DONE)
        eventually(lambda: row_of(scene, asked).replies_count == 1, what="the late answer")

    command = row_of(scene, asked)
    assert expired.state_reason == "no_reply"
    assert expired.reply_result is None
    assert expired.ended_at is not None
    assert 0 <= (expired.ended_at - sent.deadline_at).total_seconds() <= 8.0
    assert (command.state, command.ended_at) == ("expired", expired.ended_at)
    assert (command.reply_result, command.reply_late) == ("done", True)


async def test_past_its_deadline_nothing_is_sent(scene: GatewayScene) -> None:
    """A broker that was away gets what is still in time, and nothing else."""
    scene.register(LIFT)
    scene.start_ready()
    async with scripted_device(scene, LIFT):
        pass
    scene.broker.stop()
    too_late = await ask(scene, LIFT, deadline_s=SHORT_S)
    in_time = await ask(scene, LIFT)
    ended = wait_for_state(scene, too_late, "expired")
    assert row_of(scene, in_time).state == "asked"
    scene.broker.start()
    async with scripted_device(scene, LIFT) as device:
        first = await device.next_command()
        wait_for_state(scene, in_time, "sent")

    assert (ended.state_reason, ended.sent_at) == ("not_sent", None)
    assert first.command_id == in_time


async def test_a_gateway_killed_before_its_commit_sends_again(scene: GatewayScene) -> None:
    """The device may hear it twice under one id; nothing is lost, and it counts once."""
    scene.register(LIFT)
    gateway = scene.start_ready()
    async with scripted_device(scene, LIFT) as device:
        with psycopg.connect(scene.dsn) as intruder:
            asked = await ask_held(scene, intruder)
            first = await device.next_command()
            assert row_of(scene, asked).state == "asked"
            gateway.kill()
            intruder.rollback()
        assert row_of(scene, asked).state == "asked"
        scene.start_ready()
        second = await device.next_command()
        wait_for_state(scene, asked, "sent")
        for command in (first, second):
            await device.reply(command.command_id)
        wait_for_state(scene, asked, "done")
        eventually(lambda: row_of(scene, asked).replies_count == 2, what="both answers")

    assert first == second
    assert row_of(scene, asked).reply_late is False
    assert scene.value("SELECT count(*) FROM device_command") == 1


async def ask_held(scene: GatewayScene, intruder: psycopg.Connection[tuple[object, ...]]) -> str:
    """Ask, and keep the row from being changed until the intruder lets go."""
    intruder.execute(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;"
        "CREATE TRIGGER hold BEFORE UPDATE ON device_command FOR EACH ROW EXECUTE FUNCTION hold()"
    )
    intruder.commit()
    intruder.execute("SELECT pg_advisory_xact_lock(1)")
    return await ask(scene, LIFT)


async def test_each_worker_sends_only_what_its_shards_own(scene: GatewayScene) -> None:
    """Two workers, one database and broker: each lift is asked by one of them, once."""
    assert shard_of(LOW) < 0x80 <= shard_of(HIGH)
    scene.register(LOW, HIGH)
    workers = [scene.start_ready("--shards", words) for words in ("00-7f", "80-ff")]
    async with scripted_device(scene, LOW) as low, scripted_device(scene, HIGH) as high:
        asked = [await ask(scene, lift_id) for lift_id in (LOW, HIGH)]
        got = [await low.next_command(), await high.next_command()]
        for command_id in asked:
            wait_for_state(scene, command_id, "sent")
        for worker in workers:
            assert worker.stop(signal.SIGTERM) == 0
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await low.next_command()

    assert [command.command_id for command in got] == asked
    said = [set(re.findall(r"[0-9a-f]{32}", worker.text())) & set(asked) for worker in workers]
    assert said == [{asked[0]}, {asked[1]}]


async def test_an_answer_that_fits_no_command_is_quarantined(scene: GatewayScene) -> None:
    """Never asked, asked of another lift, or no reply at all: refused with its reason."""
    scene.register(LOW, HIGH)
    scene.start_ready()
    async with scripted_device(scene, LOW) as device, scripted_device(scene, HIGH) as other:
        asked = await ask(scene, LOW)
        await device.next_command()
        await other.reply(asked)
        await device.reply("never-asked")
        await device.publish(TopicKind.REPLY, b'{"command_id": "x", "result": "maybe"}')
        eventually(lambda: len(quarantined(scene)) == 3, what="three refusals")
        assert row_of(scene, asked).state == "sent"
        await device.reply(asked)
        wait_for_state(scene, asked, "done")

    # What came together is written in the order of its hashes.
    refused = quarantined(scene)
    assert sorted(reason for reason, _ in refused) == [
        "contract_violation",
        "unknown_command",
        "unknown_command",
    ]
    assert any("another lift" in detail for _, detail in refused)


async def test_a_device_that_was_revoked_meanwhile_is_not_asked(scene: GatewayScene) -> None:
    """Between asking and sending its credentials were withdrawn: undeliverable, and why."""
    scene.register(LIFT)
    asked = await ask(scene, LIFT)
    scene.rows("UPDATE device SET revoked_at = now()")
    scene.start_ready()
    ended = wait_for_state(scene, asked, "undeliverable")

    assert (ended.state_reason, ended.sent_at) == ("device_revoked", None)


async def test_an_edge_listens_and_answers_for_its_lifts(scene: GatewayScene) -> None:
    """A lift without a gateway of its own is asked on its own topic, where its edge listens."""
    register_edge(scene.dsn, "EDGE-CMD", [LIFT])
    scene.start_ready()
    async with scripted_device(scene, LIFT) as edge:  # any client may hold the lift's topic
        asked = await ask(scene, LIFT)
        await edge.next_command()
        await edge.reply(asked)
        done = wait_for_state(scene, asked, "done")

    assert done.device_id == "EDGE-CMD"


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_is_prepared_and_used(name: str, database_dsn: str) -> None:
    """A renamed column breaks this test, not a worker at night."""
    source = resources.files("liftward_gateway.commands").joinpath("store.py").read_text("utf-8")
    places: dict[str, int] = {}
    text = re.sub(
        r"%\((\w+)\)s", lambda m: f"${places.setdefault(m[1], len(places) + 1)}", QUERIES[name]
    )
    statement = text if "LISTEN" in text else f"PREPARE checked AS {text}"
    with psycopg.connect(database_dsn) as connection:
        connection.execute(statement.encode())

    assert f'"{name}"' in source
