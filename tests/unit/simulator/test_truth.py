"""The truth file."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from liftward_simulator.outputs.truth import (
    TruthError,
    TruthRecord,
    TruthWriter,
    cut_unfinished_line,
    fold,
    read_truth,
)

FROM = datetime(2026, 1, 5, 8, tzinfo=UTC)


def begin(lift_id: str, minute: int = 0) -> TruthRecord:
    at = FROM + timedelta(minutes=minute)
    return TruthRecord(record="begin", lift_id=lift_id, from_at=at, persons=2, cause="mains_cut")


def end(of: TruthRecord) -> TruthRecord:
    return msgspec.structs.replace(
        of, record="end", to_at=of.from_at + timedelta(minutes=5), ended_by="freed"
    )


def test_records_stand_in_the_file_as_documented() -> None:
    """The keys on the wire are the documented ones, `to` and `ended_by` null while it lasts."""
    file = io.BytesIO()

    TruthWriter(file).append(begin("DEMO-001"))

    assert msgspec.json.decode(file.getvalue()) == {
        "record": "begin",
        "lift_id": "DEMO-001",
        "kind": "entrapment",
        "from": "2026-01-05T08:00:00Z",
        "to": None,
        "persons": 2,
        "cause": "mains_cut",
        "ended_by": None,
    }


def test_begin_and_end_fold_into_one_episode() -> None:
    """An ended episode has both times, an open one has no end, and order is by begin."""
    first, second = begin("DEMO-001"), begin("DEMO-001", minute=20)

    episodes = fold([second, first, end(first)])

    assert [(e.from_at, e.to_at, e.ended_by) for e in episodes] == [
        (FROM, FROM + timedelta(minutes=5), "freed"),
        (second.from_at, None, None),
    ]


def test_a_line_still_being_written_is_left_out(tmp_path: Path) -> None:
    """Only whole lines count, the rest can be cut off; what is no record is named with its line."""
    file = tmp_path / "truth.jsonl"
    line = msgspec.json.encode(begin("DEMO-001"))
    file.write_bytes(line + b"\n" + line[:20])

    assert [e.lift_id for e in read_truth(file)] == ["DEMO-001"]

    cut_unfinished_line(file)
    assert file.read_bytes() == line + b"\n"

    file.write_bytes(line + b"\n{}\n")
    with pytest.raises(TruthError, match="line 2"):
        read_truth(file)
