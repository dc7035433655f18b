"""The main job: people are trapped in a simulated town, and everything real gets them out."""

import os

import pytest

from liftward_runtime.demo.legs import LEG_NAMES
from liftward_runtime.process_identity import identity_of
from support.demo_run import demo_run
from support.polling import eventually

pytestmark = pytest.mark.integration


def test_trapped_people_are_rescued_end_to_end() -> None:
    """From MQTT publish to verified ledger: every leg happens, in order, and the oracle agrees."""
    with demo_run("--quick", "--lifts", "60") as demo:
        status, result = demo.result(within_s=120)
        story = demo.text()

    assert status == 0, f"{result}\n{story}"
    assert result["rescued"] is True
    assert result["ledger_verified"] is True
    assert result["oracle_violations"] == 0
    assert tuple(result["legs"]) == LEG_NAMES
    seconds = list(result["legs"].values())
    assert seconds == sorted(seconds)


def test_killed_processes_come_back_and_nobody_is_forgotten() -> None:
    """Gateway, engine and database die while people are trapped; the oracle finds nothing lost."""
    words = ("--minutes", "1.5", "--lifts", "60", "--trap-every-s", "8", "--crew-speedup", "120")
    with demo_run(*words) as demo:
        demo.wait_told("(the truth)", within_s=90)
        for name in ("gateway", "engine", "database"):
            demo.kill(name)
        restarts = {one["name"]: one["restarts_count"] for one in demo.running()["processes"]}
        _, result = demo.result(within_s=180)
        story = demo.text()

    assert {name for name, count in restarts.items() if count} >= {"gateway", "engine", "database"}
    assert result["oracle_violations"] == 0, f"{result['audit']}\n{story}"
    assert result["ledger_verified"] is True, result["ledger"]
    assert result["rescued"] is True, f"{result}\n{story}"


def test_interrupting_a_demo_leaves_nothing_running() -> None:
    """Ctrl-C once, and every process of the demo has ended, in order and with status 0."""
    with demo_run("--lifts", "20") as demo:
        demo.wait_told("Ctrl-C stops everything", within_s=90)
        pids = demo.pids()

        status = demo.interrupt()

        assert status == 0, demo.text()
        assert {"database", "broker", "gateway", "engine", "api", "simulator"} <= set(pids)
        eventually(
            lambda: not [name for name, pid in pids.items() if identity_of(pid)],
            within_s=5.0,
            what="every process has ended",
        )


def test_killing_the_demo_itself_leaves_nothing_running() -> None:
    """Even kill -9 of the supervisor takes every child with it."""
    with demo_run("--lifts", "20") as demo:
        demo.wait_told("Ctrl-C stops everything", within_s=90)
        pids = demo.pids()

        os.kill(demo.running()["supervisor"]["pid"], 9)

        eventually(
            lambda: not [name for name, pid in pids.items() if identity_of(pid)],
            within_s=15.0,
            what="every process has ended",
        )
        assert pids
