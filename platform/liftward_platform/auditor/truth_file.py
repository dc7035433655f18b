"""Reads a truth file: JSON Lines of what really happened, one record at begin and one at end.

    {"record": "begin", "lift_id": "DEMO-007", "kind": "entrapment", "from": "2026-01-05T08:00:10Z",
     "to": null, "persons": 2, "cause": "mains_cut", "ended_by": null}

Begin and end of one episode share `lift_id` and `from`; other kinds are not an audit's business.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from liftward_kit.subcommand import CallError
from liftward_platform.auditor.model import TrueEntrapment

ENTRAPMENT = "entrapment"


class _Kind(msgspec.Struct, frozen=True):
    kind: str


class _Record(msgspec.Struct, frozen=True):
    lift_id: str
    from_at: datetime = msgspec.field(name="from")
    persons: int = 0
    to_at: datetime | None = msgspec.field(name="to", default=None)


def read_truth_file(path: Path) -> list[TrueEntrapment]:
    """Return the entrapments of a truth file, in order of their begin.

    A last line without its line feed is still being written and is left out.

    Raises
    ------
    CallError
        When the file cannot be read or a complete line is no record; names file and line.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise CallError(f"cannot read the truth file {path}: {error.strerror}") from None
    episodes: dict[tuple[str, datetime], TrueEntrapment] = {}
    for number, line in enumerate(lines, start=1):
        record = _decode(path, number, line)
        if record is not None:
            episodes[record.lift_id, record.from_at] = TrueEntrapment(
                lift_id=record.lift_id,
                from_at=record.from_at,
                to_at=record.to_at,
                persons_count=record.persons,
            )
    return sorted(episodes.values(), key=lambda episode: episode.from_at)


def _decode(path: Path, number: int, line: bytes) -> _Record | None:
    """Return the record of an entrapment; None for a line of another kind, known here or not."""
    try:
        if msgspec.json.decode(line, type=_Kind).kind != ENTRAPMENT:
            return None
        return msgspec.json.decode(line, type=_Record)
    except msgspec.MsgspecError as error:
        raise CallError(f"{path}, line {number}: not a truth record: {error}") from None
