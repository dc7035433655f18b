"""The truth file: its lines, its schema, and reading entrapments back."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import msgspec
import pytest

from liftward_simulator.outputs.truth import (
    TruthError,
    TruthWriter,
    cut_unfinished_line,
    fold,
    read_truth,
)
from liftward_simulator.outputs.truth_records import (
    ActivityRecord,
    EntrapmentRecord,
    FaultRecord,
    TruthRecord,
    WearRecord,
)
from liftward_simulator.outputs.truth_schema import schema_text, truth_schema

DOCS = Path(__file__).parents[3] / "docs"
FROM = datetime(2026, 1, 5, 8, tzinfo=UTC)


def begin(lift_id: str, minute: int = 0) -> EntrapmentRecord:
    at = FROM + timedelta(minutes=minute)
    return EntrapmentRecord(
        record="begin", lift_id=lift_id, from_at=at, persons=2, cause="mains_cut"
    )


def end(of: EntrapmentRecord) -> EntrapmentRecord:
    return msgspec.structs.replace(
        of, record="end", to_at=of.from_at + timedelta(minutes=5), ended_by="freed"
    )


def line_of(record: TruthRecord) -> bytes:
    file = io.BytesIO()
    TruthWriter(file).append(record)
    return file.getvalue()


def test_records_stand_in_the_file_as_documented() -> None:
    """The keys on the wire are the documented ones, `to` and `ended_by` null while it lasts."""
    written = msgspec.json.decode(line_of(begin("DEMO-001")))

    assert {key: value for key, value in written.items() if value is not None} == {
        "record": "begin",
        "lift_id": "DEMO-001",
        "kind": "entrapment",
        "from": "2026-01-05T08:00:00Z",
        "persons": 2,
        "cause": "mains_cut",
    }
    assert written["to"] is written["ended_by"] is None


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


def test_readers_of_entrapments_pass_over_everything_else(tmp_path: Path) -> None:
    """Known kinds and kinds of a later version alike: an old reader keeps reading."""
    file = tmp_path / "truth.jsonl"
    fault = FaultRecord(
        record="begin",
        lift_id="DEMO-002",
        from_at=FROM,
        cause="water",
        family="external",
        mechanism="emergency_stop",
        closing_code="external.water",
        responsible="use_unit",
        persons=0,
    )
    file.write_bytes(line_of(fault) + b'{"kind": "of_next_year", "x": 1}\n' + line_of(begin("A-1")))

    assert [episode.lift_id for episode in read_truth(file)] == ["A-1"]


def test_the_committed_schema_is_what_the_types_say() -> None:
    """`make docs` renews it; nobody edits it by hand."""
    assert (DOCS / "truth.schema.json").read_text("utf-8") == schema_text()


def test_lines_fit_the_schema_and_others_do_not() -> None:
    """A line of each sort is accepted, one without its lift is not."""
    validator = jsonschema.Draft202012Validator(truth_schema())
    activity = ActivityRecord(
        lift_id="A-1",
        from_at=FROM,
        to_at=FROM + timedelta(hours=1),
        trips=3,
        door_cycles=4,
        run_time_s=31.5,
        persons_carried=2,
    )
    wear = WearRecord(
        record="half", lift_id="A-1", from_at=FROM, component="encoder", leads_to="position_lost"
    )
    for record in (begin("A-1"), end(begin("A-1")), activity, wear):
        assert validator.is_valid(json.loads(line_of(record)))
    broken = json.loads(line_of(activity))
    del broken["lift_id"]
    assert not validator.is_valid(broken)


def test_the_page_describes_every_kind_of_line() -> None:
    """Each kind that the types know has its place in docs/truth.md."""
    page = (DOCS / "truth.md").read_text("utf-8")

    kinds = truth_schema()["discriminator"]["mapping"]
    assert [kind for kind in kinds if f"`{kind}`" not in page] == []
