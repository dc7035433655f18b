from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftward_kit.subcommand import CallError
from liftward_platform.auditor.truth_file import read_truth_file

BEGIN = (
    '{"record": "begin", "lift_id": "DEMO-007", "kind": "entrapment", '
    '"from": "2026-01-05T08:00:10Z", "to": null, "persons": 2, "cause": "mains_cut"}'
)
END = BEGIN.replace('"begin"', '"end"').replace("null", '"2026-01-05T08:10:00Z"')


def test_begin_and_end_make_one_episode(tmp_path: Path) -> None:
    """The end replaces the begin; a line still being written is left for the next look."""
    file = tmp_path / "truth.jsonl"
    file.write_text(f"{BEGIN}\n{END}\n{BEGIN[:40]}")

    (episode,) = read_truth_file(file)

    assert episode.to_at == datetime(2026, 1, 5, 8, 10, tzinfo=UTC)
    assert episode.persons_count == 2


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    """File and line, so that a person finds it; nothing is guessed."""
    file = tmp_path / "truth.jsonl"
    file.write_text(f"{BEGIN}\nnonsense\n")

    with pytest.raises(CallError, match="line 2"):
        read_truth_file(file)


def test_a_missing_file_is_a_wrong_call(tmp_path: Path) -> None:
    """Exit status 2 with the path, not a traceback."""
    with pytest.raises(CallError, match="cannot read"):
        read_truth_file(tmp_path / "nowhere.jsonl")


def test_lines_of_other_kinds_are_passed_over(tmp_path: Path) -> None:
    """Defects have no lift, counts no begin; a kind of a later version may have anything."""
    file = tmp_path / "truth.jsonl"
    file.write_text(
        f'{{"kind": "clock_error", "device_id": "EDGE-01"}}\n{BEGIN}\n{{"kind": "new"}}\n'
    )

    (episode,) = read_truth_file(file)

    assert episode.lift_id == "DEMO-007"
