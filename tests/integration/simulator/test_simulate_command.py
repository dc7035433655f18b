"""`liftward simulate` as a process."""

import json
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from liftward_simulator.outputs.truth import read_truth
from support.brokers import RunningBroker
from support.processes import LiftwardProcesses

pytestmark = pytest.mark.integration


async def test_a_town_plays_its_story_over_a_broker_and_ends_when_it_is_over(
    processes: LiftwardProcesses, mosquitto_broker: RunningBroker, tmp_path: Path
) -> None:
    """One trap, one release by a neighbour, truth and journal written, farewells retained."""
    truth, events = tmp_path / "truth.jsonl", tmp_path / "events.jsonl"
    words = ("--lifts", "12", "--first-trap-after-s", "0.5", "--max-traps", "1", "--until-idle")
    files = ("--truth", str(truth), "--events", str(events), "--release-after-s", "1")
    simulation = processes.start("simulate", "--broker", mosquitto_broker.url, *words, *files)
    simulation.wait_ready()

    assert simulation.wait(within_s=50.0) == 0, simulation.text()

    episodes = read_truth(truth)
    assert [episode.ended_by for episode in episodes] == ["freed"]
    told = [json.loads(line)["event"] for line in events.read_text().splitlines()]
    assert told == ["started", "trapped", "freed", "ended"]
    async with aiomqtt.Client(mosquitto_broker.host, mosquitto_broker.port) as client:
        await client.subscribe("liftward/v1/+/DEMO-001/status", qos=1)
        message = await anext(client.messages)
    assert isinstance(message.payload, bytes)
    assert msgspec.json.decode(message.payload)["presence"] == "offline"


def test_wrong_calls_are_explained(processes: LiftwardProcesses, tmp_path: Path) -> None:
    """A missing town, crews without accounts, a wrong broker: status 2 and one sentence."""
    for words, wanted in (
        (("--town", str(tmp_path / "none.json")), "none.json"),
        (("--crews",), "--accounts"),
        (("--broker", "http://example.test"), "mqtt://"),
    ):
        done = processes.run("simulate", "--lifts", "3", *words)
        assert done.returncode == 2
        assert wanted in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
