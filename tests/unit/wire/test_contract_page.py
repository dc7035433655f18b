"""The contract page: its tables are fresh and its examples do what they say."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from liftward_gateway.admit import AHEAD_S_MAX, BEHIND_S_MAX
from liftward_wire.codec import decode
from liftward_wire.contract_tables import BLOCKS, refreshed
from liftward_wire.messages import (
    Batch,
    Command,
    CommandKind,
    Event,
    EventKind,
    Message,
    Reply,
    Sample,
    Status,
)
from liftward_wire.rejection import Rejected
from liftward_wire.topics import Topic, TopicKind, parse_topic, shard_of

PAGE = (Path(__file__).parents[3] / "docs" / "contract.md").read_text("utf-8")
SHELL_BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
# Stands in for the real one: prints its arguments and the message, and sends nothing.
PUBLISHER = r"""
set -eu
mosquitto_pub() {
    printf '%s\037' "$@"
    case " $* " in *" -s "*) cat ;; esac
    printf '\036'
}
"""


def published(script: str) -> list[tuple[list[str], str]]:
    """Run a script of the page, and return the options and payload of each message it publishes."""
    output = subprocess.run(
        ["bash", "-c", PUBLISHER + script], check=True, capture_output=True, text=True
    ).stdout
    records = [record for record in output.split("\x1e") if "\x1f" in record]
    return [(record.split("\x1f")[:-1], record.split("\x1f")[-1]) for record in records]


def option(options: list[str], name: str) -> str:
    return options[options.index(name) + 1]


def messages_of(script: str) -> list[tuple[Topic, Message]]:
    pairs = []
    for options, payload in published(script):
        topic = parse_topic(option(options, "-t"))
        message = decode(topic, payload.encode())
        assert not isinstance(message, Rejected), message
        pairs.append((topic, message))
    return pairs


def test_the_generated_tables_are_fresh() -> None:
    """The page has every table once, as the code has it: run contract_tables after a change."""
    assert refreshed(PAGE) == PAGE
    assert sorted(re.findall(r"<!-- generated: (\S+) -->", PAGE)) == sorted(BLOCKS)


@pytest.mark.parametrize("script", [block for block in SHELL_BLOCKS if "mosquitto_pub" in block])
def test_every_example_is_accepted_and_sent_as_the_contract_says(script: str) -> None:
    """Pasted into a shell, each example is a message of now: QoS 1, retained only if status."""
    setup = "TOPIC=liftward/v1/d3/HAND-001; BOOT=$(date +%s)\n"

    pairs = messages_of(setup + script)

    assert pairs
    for (topic, message), (options, _) in zip(pairs, published(setup + script), strict=True):
        assert option(options, "-q") == "1"
        assert ("-r" in options) == (topic.kind is TopicKind.STATUS)
        assert [option(options, "-h"), option(options, "-p")] == ["127.0.0.1", "1883"]
        moment = message.started_at if isinstance(message, Batch) else observed_at(message)
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)  # noqa: TID251 - the shell's clock is real


def observed_at(message: Message) -> datetime:
    assert not isinstance(message, Batch | Command)
    assert message.observed_at is not None
    return message.observed_at


def test_every_kind_from_a_device_has_an_example() -> None:
    """An integrator finds each message of the contract ready to paste, or to read."""
    setup = "TOPIC=liftward/v1/d3/HAND-001; BOOT=1\n"
    shown = {
        (topic.kind, type(message))
        for block in SHELL_BLOCKS
        for topic, message in messages_of(setup + block)
    }

    assert shown == {
        (TopicKind.TELEMETRY, Sample),
        (TopicKind.TELEMETRY, Batch),
        (TopicKind.BATCH, Batch),
        (TopicKind.EVENT, Event),
        (TopicKind.STATUS, Status),
        (TopicKind.REPLY, Reply),
    }


def test_the_command_example_is_accepted() -> None:
    """What the page shows a device may receive is a command of the contract."""
    (text,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

    assert isinstance(decode(Topic("HAND-001", TopicKind.COMMAND), text.encode()), Command)


def test_the_five_commands_tell_the_story_of_an_alarm() -> None:
    """One start of one device: birth, moving, stopped off level with someone in, alarm pressed."""
    story = "\n".join(SHELL_BLOCKS[:5])

    messages = [message for _, message in messages_of(story)]

    birth, moving, stopped, alarm = messages
    assert isinstance(birth, Status)
    assert isinstance(moving, Sample)
    assert isinstance(stopped, Sample)
    assert isinstance(alarm, Event)
    assert {birth.boot_id} == {message.boot_id for message in (moving, stopped, alarm)}
    assert (moving.sequence, stopped.sequence, alarm.sequence) == (0, 1, 0)
    assert moving.speed_mps
    assert (stopped.speed_mps, stopped.door_zone, stopped.car_door) == (0, "outside", "closed")
    assert stopped.occupancy == "occupied"
    assert alarm.kind is EventKind.ALARM_PRESSED


def test_the_shard_table_and_its_one_liner_are_right() -> None:
    """The page's shards are those of the code, and its one-liner prints them."""
    table = re.findall(r"^\| `([A-Za-z0-9_-]+)` \| `([0-9a-f]{2})` \|$", PAGE, re.MULTILINE)
    (one_liner,) = [block for block in SHELL_BLOCKS if block.startswith("python3 -c")]

    printed = subprocess.run(["bash", "-c", one_liner], check=True, capture_output=True, text=True)

    assert len(table) == 4
    assert {device: f"{shard_of(device):02x}" for device, _ in table} == dict(table)
    assert printed.stdout.strip() == dict(table)["HAND-001"]


def test_every_word_of_the_contract_is_on_the_page() -> None:
    """No kind of event, command or topic is left out."""
    for word in (*EventKind, *CommandKind, *TopicKind):
        assert f"`{word}`" in PAGE


def test_the_page_states_the_gateways_limits_of_time() -> None:
    """What the page says of clocks is what the gateway does."""
    assert f"More than {AHEAD_S_MAX:.0f} s in the future" in PAGE
    assert f"more than {BEHIND_S_MAX / 86_400:.0f} days in its past" in PAGE
