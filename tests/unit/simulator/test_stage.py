"""World, devices, truth and journal together; traces."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.devices import Devices
from liftward_simulator.faults.traps import Cause, Trap
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.trace import write_trace
from liftward_simulator.outputs.truth import Episode, TruthWriter, read_truth
from liftward_simulator.stage import TICK_S, Stage
from liftward_simulator.world import Plan, SceneState, World
from liftward_wire.codec import decode
from liftward_wire.rejection import Rejected
from liftward_wire.topics import parse_topic

TOWN = town_from(make_town(np.random.default_rng(1), 25))
STARTED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def stage_with(
    truth: io.IOBase | None = None, journal: io.BytesIO | None = None, *traps: Trap
) -> Stage:
    plan = Plan(traps=traps, visit_every_s=30.0)
    world = World.create(TOWN, np.random.default_rng(3), plan)
    return Stage(
        world=world,
        devices=Devices.of_town(TOWN, world.table, boot_id=1),
        truth=None if truth is None else TruthWriter(truth),  # type: ignore[arg-type]  # binary
        journal=Journal(journal),
        release_after_s=40.0,
        now=STARTED_AT,
    )


def play(stage: Stage, seconds: float) -> None:
    for _ in range(round(seconds / TICK_S)):
        stage.tick(stage.now + timedelta(seconds=TICK_S))


def test_truth_and_journal_tell_the_whole_story(tmp_path: Path) -> None:
    """One scripted trap becomes one ended episode in the truth file, and two journal lines."""
    file, journal = tmp_path / "truth.jsonl", io.BytesIO()
    with file.open("wb") as truth:
        play(stage_with(truth, journal, Trap(at_s=1.0, cause=Cause.DRIVE_TRIP)), 120.0)

    episodes = read_truth(file)
    assert [(e.cause, e.ended_by) for e in episodes] == [("drive_trip", "freed")]
    assert episodes[0].to_at is not None
    assert 40 <= (episodes[0].to_at - episodes[0].from_at).total_seconds() < 60
    lines = [msgspec.json.decode(line) for line in journal.getvalue().splitlines()]
    assert [(line["event"], line["lift_id"]) for line in lines] == [
        ("trapped", episodes[0].lift_id),
        ("freed", episodes[0].lift_id),
    ]


def test_people_trapped_in_an_earlier_run_are_still_there(tmp_path: Path) -> None:
    """A restarted simulator puts them back, keeps the first begin, and they can be freed."""
    file = tmp_path / "truth.jsonl"
    episodes = [
        Episode(
            lift_id=lift_id,
            kind="entrapment",
            from_at=STARTED_AT - timedelta(minutes=5),
            to_at=to_at,
            persons=3,
            cause=cause,
            ended_by=None,
        )
        for lift_id, cause, to_at in (
            ("DEMO-003", "door_debris", None),
            ("DEMO-004", "mains_cut", None),
            ("DEMO-005", "mains_cut", STARTED_AT),
            ("GONE-001", "mains_cut", None),
        )
    ]
    with file.open("wb") as truth:
        stage = stage_with(truth)
        stage.release_after_s = None
        stage.world.cars.aboard[[2, 3], 0] = 4  # other people, whom this run has put there

        assert stage.resume(episodes, STARTED_AT) == 2
        play(stage, 2.0)
        reports = [
            stage.report(lift_id, since=STARTED_AT - timedelta(minutes=10))
            for lift_id in ("DEMO-003", "DEMO-004", "DEMO-005")
        ]
        assert stage.release("DEMO-003")
        assert stage.release("DEMO-004")
        play(stage, 60.0)

    assert [(r.state, r.persons) for r in reports] == [
        (SceneState.TRAPPED, 3),
        (SceneState.TRAPPED, 3),
        (SceneState.NOTHING, 0),
    ]
    ended = read_truth(file)
    assert [(e.lift_id, e.from_at, e.ended_by) for e in ended] == [
        ("DEMO-003", STARTED_AT - timedelta(minutes=5), "freed"),
        ("DEMO-004", STARTED_AT - timedelta(minutes=5), "freed"),
    ]


def test_a_trace_is_readable_ordered_and_the_same_for_the_same_seed() -> None:
    """Each line has topic, time of arrival and a payload the codec accepts; bytes repeat."""
    traces = []
    for _ in range(2):
        file = io.BytesIO()
        stage = stage_with(None, None, Trap(at_s=1.0, cause=Cause.MAINS_CUT))
        count = write_trace(
            stage, file, np.random.default_rng(5), started_at=STARTED_AT, minutes=1.0
        )
        traces.append(file.getvalue())
        assert count == len(file.getvalue().splitlines())

    assert traces[0] == traces[1]
    lines = [msgspec.json.decode(line) for line in traces[0].splitlines()]
    times = [datetime.fromisoformat(line["received_at"]) for line in lines]
    assert times == sorted(times)
    for line in lines:
        message = decode(parse_topic(line["topic"]), msgspec.json.encode(line["payload"]))
        assert not isinstance(message, Rejected)
