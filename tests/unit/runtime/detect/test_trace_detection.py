"""A trace file to verdicts: exact times of golden stories, refusals with reasons, same bytes."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from liftward_detection.thresholds import default_thresholds
from liftward_kit.subcommand import HOLDS, WRONG_CALL
from liftward_runtime.command import main
from liftward_runtime.detect.contestants import contestant
from liftward_runtime.detect.trace_file import UnreadableLine, messages_of
from liftward_runtime.detect.trace_run import TraceRun, verdict_lines
from liftward_wire.codec import encode
from liftward_wire.messages import Event, Sample
from liftward_wire.topics import Topic, TopicKind
from support.gateway_messages import batch, sample
from unit.detection.streams import EPOCH_US, Row
from unit.detection.traces import NAMES, load, rows_of_trace

LIFT = "LIFT-1"
AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
STUCK = {
    "service_mode": "normal", "speed_mps": 0.0, "car_door": "closed", "door_zone": "outside",
    "occupancy": "occupied", "load_kg": 75.0,
}  # fmt: skip


def moment(at_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)


def line(topic: str, at: datetime, payload: Any) -> bytes:
    text = {"topic": topic, "received_at": at.isoformat(), "payload": payload}
    return json.dumps(text).encode() + b"\n"


def golden_lines(rows: Iterable[Row]) -> list[bytes]:
    """Return the messages of a golden story; numbered anew, for two of a second are no repeat."""
    lines = []
    for number, row in enumerate(rows):
        fields = {name: value for name, value in row.items() if name not in _NOT_SENT}
        said = {"observed_at": moment(row["at_us"]), **fields, "sequence": number}
        if "gb_code" in row:
            said |= {"code": f"{row['gb_code']:02d}", "vocabulary": "gbt24476-2017"}
        kind = TopicKind.EVENT if "kind" in row else TopicKind.TELEMETRY
        message = Event(**said) if "kind" in row else Sample(**said)
        payload = json.loads(encode(message))
        lines.append(line(str(Topic(LIFT, kind)), moment(row["received_us"]), payload))
    return lines


_NOT_SENT = {"lift", "at_us", "received_us", "gb_code"}


def detected(lines: Iterable[bytes], method: str = "shipped") -> tuple[list[Any], TraceRun]:
    run = TraceRun(contestant(method, 0, default_thresholds()))
    found = [
        verdict
        for transitions in run.detect(messages_of(lines))
        for verdict in verdict_lines(transitions, run.intake.lift_ids)
    ]
    return found, run


# A trace file tells no rated speed and no number of floors: those stories need a registration.
WITHOUT_NAMEPLATE = [name for name in NAMES if "nameplate" not in load(name)]


@pytest.mark.parametrize("name", WITHOUT_NAMEPLATE)
def test_golden_stories_have_their_exact_times_in_a_trace_file(name: str) -> None:
    """Through admission, columns and ticks that follow `received_at`, nothing moves."""
    trace = load(name)
    rows = rows_of_trace(trace)
    last = sample(moment(rows[-1]["at_us"] + 1), sequence=10**6)  # time goes on to the end
    lines = golden_lines(rows)
    topic = str(Topic("LIFT-2", TopicKind.TELEMETRY))
    end = moment(EPOCH_US + trace["end_s"] * 1_000_000 + 500_000)
    lines.append(line(topic, end, json.loads(encode(last))))

    found, run = detected(lines)

    def seconds(at: datetime | None) -> float | None:
        return None if at is None else round((at - moment(EPOCH_US)).total_seconds(), 6)

    told = sorted(
        [one["kind"], one["transition"], one["level"], seconds(one["from"]), seconds(one["at"]),
         one["reason"]]
        for one in found
    )  # fmt: skip
    assert told == sorted(expected[:6] for expected in trace["expected"])
    assert not run.intake.refused
    assert all((one["to"] is None) == (one["transition"] != "ended") for one in found)


def stuck_lines(count: int = 40, lift: str = LIFT) -> list[bytes]:
    topic = str(Topic(lift, TopicKind.TELEMETRY))
    return [
        line(
            topic,
            AT + timedelta(seconds=second, milliseconds=50),
            {"observed_at": (AT + timedelta(seconds=second)).isoformat(), "boot_id": 1,
             "sequence": second, **STUCK},
        )
        for second in range(count)
    ]  # fmt: skip


def test_what_a_gateway_refuses_is_refused_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Broken lines, foreign topics, impossible values and wrong clocks are counted by reason."""
    topic, at = str(Topic(LIFT, TopicKind.TELEMETRY)), AT + timedelta(seconds=20)
    late = {"observed_at": "1970-01-01T00:00:09Z", "boot_id": 2, "sequence": 1}
    early = {"observed_at": (at + timedelta(hours=1)).isoformat(), "boot_id": 2, "sequence": 2}
    lines = stuck_lines()
    lines[20:20] = [
        b"no JSON\n",
        line("sparks/fly", at, {}),
        line(topic, at, "a text that is no JSON"),
        line(topic, at, late),
        line(topic, at, early),
        lines[19],  # a repeat
    ]
    (tmp_path / "t").write_bytes(b"".join(lines))

    status = main(["detect", "--trace", str(tmp_path / "t"), "--out", str(tmp_path / "v"),
                   "--json"])  # fmt: skip

    out, err = capsys.readouterr()
    summary = json.loads(out)
    assert status == HOLDS
    assert summary["refused"]["unreadable_line"] == 1
    assert summary["refused"]["wrong_topic"] == 1
    assert sum(summary["refused"].values()) == 5
    assert summary["repeats"] == 1
    assert summary["samples"] == 40
    assert "refused, wrong_topic: 1" in err
    assert "sparks/fly" in err


def test_the_same_trace_gives_the_same_bytes_and_none_is_left_of_a_wrong_call(
    tmp_path: Path,
) -> None:
    """A verdict file is whole or absent; what is no trace, or is its own output, is refused."""
    trace, first, second = tmp_path / "t", tmp_path / "v1", tmp_path / "v2"
    trace.write_bytes(b"".join(stuck_lines()))
    call = ["detect", "--trace", str(trace), "--out"]

    assert [main([*call, str(first)]), main([*call, str(second)])] == [HOLDS, HOLDS]
    assert first.read_bytes() == second.read_bytes()
    assert b'"kind":"entrapment"' in first.read_bytes()
    assert main([*call, str(trace)]) == WRONG_CALL
    trace.write_bytes(b"not a trace\n")
    assert main([*call, str(tmp_path / "v3")]) == WRONG_CALL
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t", "v1", "v2"]


def test_an_edge_is_known_by_the_lifts_that_its_batches_name() -> None:
    """Lifts that a later batch adds are taken up; a birth alone makes no lift."""
    topic = str(Topic("EDGE-1", TopicKind.BATCH))
    one = batch(AT, sequence=0, count=2, lift_ids=["A"], lift_index=[0, 0],
                columns={"load_kg": [1.0, 2.0]})  # fmt: skip
    two = batch(AT, sequence=2, count=2, lift_ids=["A", "B"], lift_index=[1, 0],
                columns={"load_kg": [1.0, 2.0]})  # fmt: skip
    birth = {"presence": "offline", "boot_id": 1}
    lines = [
        line(str(Topic("EDGE-1", TopicKind.STATUS)), AT, birth),
        *(line(topic, AT, json.loads(encode(message))) for message in (one, two)),
    ]

    _, run = detected(lines)

    assert run.intake.lift_ids == ["A", "B"]
    assert (run.intake.samples_count, dict(run.intake.refused)) == (4, {})


def test_a_truth_file_beside_the_trace_is_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who was found and after how long, from the true begin to the platform's decision."""
    (tmp_path / "t").write_bytes(b"".join(stuck_lines(200)))
    begin = {"kind": "entrapment", "record": "begin", "from": AT.isoformat(), "to": None,
             "lift_id": LIFT, "persons": 1, "cause": "mains_cut"}  # fmt: skip
    (tmp_path / "r").write_text(json.dumps(begin) + "\n")

    main(["detect", "--trace", str(tmp_path / "t"), "--out", str(tmp_path / "v"),
          "--truth", str(tmp_path / "r"), "--method", "timers", "--json"])  # fmt: skip

    score = json.loads(capsys.readouterr().out)["score"]
    assert (score["true_entrapments"], score["recall_probable"]) == (1, 1.0)
    assert score["time_to_probable_s"]["p50"] == pytest.approx(31.0, abs=1.0)


def test_a_text_payload_is_the_text_itself() -> None:
    """Objects keep their bytes; a number that is no line is told with its place."""
    found = list(messages_of([line("t", AT, {"a": 1}), b"\n", line("t", AT, "x"), b"{}\n"]))

    assert [one.payload for one in found[:2] if not isinstance(one, UnreadableLine)] == [
        b'{"a": 1}',
        b"x",
    ]
    assert isinstance(found[2], UnreadableLine)
    assert found[2].number == 4


def test_time_without_messages_still_passes() -> None:
    """A lift that falls silent for an hour is told of at the second in which it was due."""
    lines = stuck_lines(5)
    later = sample(AT + timedelta(hours=1), sequence=1)
    topic = str(Topic("LIFT-9", TopicKind.TELEMETRY))
    lines.append(line(topic, AT + timedelta(hours=1), json.loads(encode(later))))

    found, _ = detected(lines, method="timers")

    assert [one["decided_at"] for one in found] == [AT + timedelta(seconds=31)]
