"""World, devices, links, rescue, truth and journal together; traces."""

import asyncio
import io
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from liftward_simulator.devices.links import LinkQuality
from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.traps import Trap
from liftward_simulator.outputs.trace import TraceWriter
from liftward_simulator.outputs.truth import Episode, read_truth
from liftward_simulator.pace import Pace
from liftward_simulator.playing import NoSink, Until
from liftward_simulator.playing import play as play_until
from liftward_simulator.scenarios.casting import rescue_of
from liftward_simulator.scenarios.scenario import Crews
from liftward_simulator.stage import Stage
from liftward_simulator.world import SceneState
from liftward_wire.codec import decode
from liftward_wire.rejection import Rejected
from liftward_wire.topics import parse_topic
from support.simulated_stage import STARTED_AT, TOWN, play, stage_with


def trace_of(stage: Stage, minutes: float) -> bytes:
    file = io.BytesIO()
    sink = TraceWriter(file, STARTED_AT)
    pace, until = Pace(speed=None, started_at=STARTED_AT), Until(hours=minutes / 60)
    sink.put(stage.open(STARTED_AT))
    asyncio.run(play_until(stage, sink, pace, until, asyncio.Event()))
    sink.put(stage.close())
    assert sink.messages_count == len(file.getvalue().splitlines())
    return file.getvalue()


def test_truth_and_journal_tell_the_whole_story(tmp_path: Path) -> None:
    """One scripted trap becomes one ended episode in the truth file, and two journal lines."""
    file, journal = tmp_path / "truth.jsonl", io.BytesIO()
    with file.open("wb") as truth:
        trap = Trap(at_s=1.0, cause=Cause.DRIVE_TRIP)
        play(stage_with(trap, truth=truth, journal=journal), 180.0)

    episodes = read_truth(file)
    assert [(e.cause, e.ended_by) for e in episodes] == [("drive_trip", "freed")]
    assert episodes[0].to_at is not None
    assert 40 <= (episodes[0].to_at - episodes[0].from_at).total_seconds() < 60
    lines = [msgspec.json.decode(line) for line in journal.getvalue().splitlines()]
    assert [(line["event"], line["lift_id"]) for line in lines] == [
        ("trapped", episodes[0].lift_id),
        ("freed", episodes[0].lift_id),
    ]
    kinds = {msgspec.json.decode(line)["kind"] for line in file.read_bytes().splitlines()}
    assert {"fault", "mode", "look_alike", "entrapment"} <= kinds


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
        stage = stage_with(truth=truth)
        stage.release_after_s = None
        stage.world.cars.board(2, 0, 4)  # other people, whom this run has put there

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
    """Each line has topic, time of arrival and a payload the codec accepts; bytes repeat.

    The link delays, repeats and holds back, so that order does not come by itself.
    """
    bad = LinkQuality(delay_s=(0.0, 3.0), duplicate_share=0.1, held_back_share=0.1)
    traces = [
        trace_of(stage_with(Trap(at_s=1.0, cause=Cause.MAINS_CUT), quality=bad), 1.0)
        for _ in range(2)
    ]

    assert traces[0] == traces[1]
    lines = [msgspec.json.decode(line) for line in traces[0].splitlines()]
    times = [datetime.fromisoformat(line["received_at"]) for line in lines]
    assert times == sorted(times)
    assert len({line["topic"] for line in lines if line["topic"].endswith("status")}) == 27
    for line in lines:
        message = decode(parse_topic(line["topic"]), msgspec.json.encode(line["payload"]))
        assert not isinstance(message, Rejected)


def test_the_world_is_the_same_whether_it_is_spoken_about_or_not() -> None:
    """The truth does not depend on who listens: world only and trace give the same lines."""
    truths = [io.BytesIO(), io.BytesIO()]
    trap = Trap(at_s=1.0, cause=Cause.DRIVE_TRIP)
    for truth, speaks in zip(truths, (True, False), strict=True):
        stage = stage_with(trap, truth=truth, speaks=speaks)
        play(stage, 60.0)
        stage.close()

    assert truths[0].getvalue() == truths[1].getvalue() != b""


def test_rescuers_of_a_run_without_a_platform_come_and_are_written_down(tmp_path: Path) -> None:
    """The end of an entrapment says who came, when and from which level; nothing is kept."""
    file = tmp_path / "truth.jsonl"
    with file.open("wb") as truth:
        stage = stage_with(Trap(at_s=1.0, cause=Cause.DRIVE_TRIP, alarm_after_s=2.0), truth=truth)
        stage.release_after_s = None
        rng = np.random.default_rng(6)
        stage.rescue = rescue_of(Crews(), TOWN, stage.world.table, rng, 8.0)
        stage.devices = stage.links = None
        pace = Pace(speed=None, started_at=STARTED_AT)
        until = Until(hours=2.0, idle=True)
        asyncio.run(play_until(stage, NoSink(), pace, until, asyncio.Event()))

    records = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
    (end,) = [r for r in records if r["kind"] == "entrapment" and r["record"] == "end"]
    rescue = end["rescue"]
    assert end["ended_by"] == "freed"
    assert rescue["level"] in {1, 2, 3}
    times = [end["from"], *(rescue[f"{step}_at"] for step in ("known", "accepted", "arrived"))]
    moments = [datetime.fromisoformat(time) for time in [*times, end["to"]]]
    assert moments == sorted(moments)
    assert stage.rescue.records == []


def test_asked_to_end_it_ends_at_once() -> None:
    """A signal sets the event: the tick that runs is finished, no other begins."""
    stage, ending = stage_with(), asyncio.Event()
    ending.set()
    pace = Pace(speed=None, started_at=STARTED_AT)

    asyncio.run(
        play_until(stage, TraceWriter(io.BytesIO(), STARTED_AT), pace, Until(hours=1), ending)
    )

    assert stage.world.steps_count == 0


def test_activity_is_told_by_the_hour() -> None:
    """Trips of the lines add up to what the cars have counted; what rests is closed at the end."""
    truth = io.BytesIO()
    stage = stage_with(truth=truth, speaks=False)
    before = stage.world.cars.trips_count.copy()
    assert stage.truth is not None
    stage.truth.activity(stage.world.cars, 0.0, stage.moment)
    play(stage, 300.0)
    stage.close()

    lines = [msgspec.json.decode(line) for line in truth.getvalue().splitlines()]
    activity = [line for line in lines if line["kind"] == "activity"]
    done = stage.world.cars.trips_count - before
    assert sum(line["trips"] for line in activity) == int(done.sum()) > 0
    assert all(line["from"] == "2026-01-05T08:00:00Z" for line in activity)
