"""The truth file: what really happened, apart from what any device said. JSON Lines, append-only.

An entrapment is told twice: when it begins and when it ends.

    {"record": "begin", "lift_id": "DEMO-007", "kind": "entrapment", "from": "2026-01-05T08:00:10Z",
     "to": null, "persons": 2, "cause": "mains_cut", "ended_by": null}
    {"record": "end", ... the same, with "to" a time and "ended_by" "freed" or "self_freed"}

`from` is the moment the car stopped for good with people inside, `to` the moment the last one had
left. Begin and end of one episode share `lift_id` and `from`. An episode without an end record is
still open. Only an oracle reads this; neither devices nor crews nor the platform do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

import msgspec

RecordKind = Literal["begin", "end"]


class TruthRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file."""

    record: RecordKind
    lift_id: str
    kind: Literal["entrapment"] = "entrapment"
    from_at: datetime = msgspec.field(name="from")
    to_at: datetime | None = msgspec.field(name="to", default=None)
    persons: int
    cause: str
    ended_by: Literal["freed", "self_freed"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One real entrapment, begin and end folded into one."""

    lift_id: str
    kind: str
    from_at: datetime
    to_at: datetime | None
    persons: int
    cause: str
    ended_by: str | None


class TruthError(ValueError):
    """The file is not a truth file: names file and line."""


class TruthWriter:
    """Appends records; each one is on its way to the disk when `append` returns."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def append(self, record: TruthRecord) -> None:
        self._file.write(msgspec.json.encode(record) + b"\n")
        self._file.flush()


def cut_unfinished_line(path: Path) -> None:
    """Remove what a killed writer left of its last line, so that appending starts a new one."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole_bytes = content.rfind(b"\n") + 1
    if whole_bytes < len(content):
        with path.open("r+b") as file:
            file.truncate(whole_bytes)


def fold(records: Iterable[TruthRecord]) -> list[Episode]:
    """Return the episodes in order of their begin; a later record of an episode replaces it."""
    latest: dict[tuple[str, datetime], TruthRecord] = {}
    for record in records:
        latest[record.lift_id, record.from_at] = record
    return [
        Episode(
            lift_id=record.lift_id,
            kind=record.kind,
            from_at=record.from_at,
            to_at=record.to_at,
            persons=record.persons,
            cause=record.cause,
            ended_by=record.ended_by,
        )
        for record in sorted(latest.values(), key=lambda record: record.from_at)
    ]


def read_truth(path: Path) -> list[Episode]:
    """Read a truth file. A last line without its line feed is still being written: left out.

    Raises
    ------
    TruthError
        When a complete line is no record.
    """
    lines = path.read_bytes().split(b"\n")[:-1]
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(msgspec.json.decode(line, type=TruthRecord))
        except msgspec.MsgspecError as error:
            raise TruthError(f"{path}, line {number}: not a truth record: {error}") from None
    return fold(records)


def utc(moment: datetime) -> datetime:
    """Return the same moment in UTC, so that equal moments are written alike."""
    return moment.astimezone(UTC)
