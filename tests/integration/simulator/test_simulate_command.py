"""`liftward simulate` as a process."""

import asyncio
import json
import signal
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from liftward_kit.clock import utc_now
from liftward_simulator.outputs.truth import read_truth
from support.brokers import RunningBroker
from support.processes import LiftwardProcesses

pytestmark = pytest.mark.integration

MINE = """\
title = "Mine"
title_zh = "我的"
description = "A test."
description_zh = "测试。"
lifts = 12
hours = 0.05
starts_at = 2026-01-05T17:30:00

[faults]
rate_factor = 2_000.0
"""


async def test_a_town_plays_its_story_over_a_broker_and_ends_when_it_is_over(
    processes: LiftwardProcesses, mosquitto_broker: RunningBroker, tmp_path: Path
) -> None:
    """One trap, one release by a neighbour, truth and journal written, farewells retained."""
    truth, events = tmp_path / "truth.jsonl", tmp_path / "events.jsonl"
    words = ("--lifts", "12", "--first-trap-after-s", "0.5", "--max-traps", "1", "--until-idle")
    files = ("--truth", str(truth), "--events", str(events), "--release-after-s", "1")
    simulation = processes.start("simulate", "--broker", mosquitto_broker.url, *words, *files)
    simulation.wait_ready()

    assert simulation.wait(within_s=90.0) == 0, simulation.text()

    episodes = read_truth(truth)
    assert [episode.ended_by for episode in episodes] == ["freed"]
    told = [json.loads(line)["event"] for line in events.read_text().splitlines()]
    assert told == ["started", "trapped", "freed", "ended"]
    async with aiomqtt.Client(mosquitto_broker.host, mosquitto_broker.port) as client:
        await client.subscribe("liftward/v1/+/DEMO-001/status", qos=1)
        message = await anext(client.messages)
    assert isinstance(message.payload, bytes)
    assert msgspec.json.decode(message.payload)["presence"] == "offline"


async def test_a_quick_town_speaks_from_the_past_up_to_the_present(
    processes: LiftwardProcesses, mosquitto_broker: RunningBroker
) -> None:
    """Six minutes at thirty times life: no device time is ahead of the real time it arrives at."""
    ahead_s: list[float] = []
    observed: list[datetime] = []

    async def listen() -> None:
        async with aiomqtt.Client(mosquitto_broker.host, mosquitto_broker.port) as client:
            await client.subscribe("liftward/v1/+/+/telemetry", qos=1)
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                sample = msgspec.json.decode(message.payload)
                observed.append(datetime.fromisoformat(sample["observed_at"]).astimezone(UTC))
                ahead_s.append((observed[-1] - utc_now()).total_seconds())

    listening = asyncio.create_task(listen())
    began_at = utc_now()
    words = ("--lifts", "8", "--minutes", "6", "--speed", "30", "--look-alike-every-s", "0")
    simulation = processes.start("simulate", "--broker", mosquitto_broker.url, *words)
    status = await asyncio.to_thread(simulation.wait, within_s=60.0)
    listening.cancel()

    assert status == 0, simulation.text()
    assert max(ahead_s) <= 0.0
    assert (began_at - min(observed)).total_seconds() > 300
    assert (utc_now() - max(observed)).total_seconds() < 30


def test_a_file_of_ones_own_is_played_without_any_output_and_summed_up(
    processes: LiftwardProcesses, tmp_path: Path
) -> None:
    """The world alone, with its truth; the same seed gives the same truth, another seed another."""
    file = tmp_path / "mine.toml"
    file.write_text(MINE, "utf-8")
    truths = []
    for number, seed in enumerate(("7", "7", "8")):
        truth = tmp_path / f"truth-{number}.jsonl"
        words = ("--scenario", str(file), "--seed", seed, "--truth", str(truth), "--json")
        done = processes.run("simulate", *words)
        assert done.returncode == 0, done.stderr
        truths.append(truth.read_bytes())
        summary = json.loads(done.stdout)

    assert truths[0] == truths[1] != truths[2]
    assert (summary["lifts"], summary["hours"], summary["messages"]) == (12, 0.05, 0)
    assert summary["seed"] == 8


def test_ctrl_c_leaves_whole_files(processes: LiftwardProcesses, tmp_path: Path) -> None:
    """A trace that is broken off is whole up to there, and has its name; the truth as well."""
    trace, truth = tmp_path / "a.trace", tmp_path / "a.truth"
    words = ("--lifts", "20", "--hours", "24", "--trace", str(trace), "--truth", str(truth))
    simulation = processes.start("simulate", "--scenario", "quiet_day", *words, "--json")
    simulation.wait_for_text("simulated", within_s=60.0)

    simulation.send(signal.SIGINT)

    assert simulation.wait(within_s=20.0) == 0, simulation.text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.trace", "a.truth"]
    for path in (trace, truth):
        content = path.read_bytes()
        assert content.endswith(b"\n")
        assert all(msgspec.json.decode(line) for line in content.splitlines())


def test_the_scenarios_are_listed_in_two_languages(processes: LiftwardProcesses) -> None:
    """For people with what they show, for programs as one object."""
    done = processes.run("simulate", "list")
    listed = json.loads(processes.run("simulate", "list", "--json").stdout)["scenarios"]

    assert done.returncode == 0
    assert "city_blackout" in done.stdout
    assert "全城停电" in done.stdout
    assert {"name", "title", "title_zh", "description", "lifts", "hours"} <= listed[0].keys()


def test_a_wrong_call_is_one_sentence_and_status_two(
    processes: LiftwardProcesses, tmp_path: Path
) -> None:
    """No traceback; what else can be wrong is tested without a process."""
    done = processes.run("simulate", "--town", str(tmp_path / "none.json"))

    assert done.returncode == 2
    assert "none.json" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
