"""What really happened, apart from what any device said: writing and reading JSON Lines.

The lines are those of `truth_records`; `docs/truth.md` explains them. Only an oracle reads this;
neither devices nor crews nor the platform do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

import msgspec

from liftward_simulator.outputs.truth_records import EntrapmentRecord, TruthRecord

ENTRAPMENT = "entrapment"


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


class TruthSink(Protocol):
    """Where records go: a file, or the memory of whoever compares."""

    def append(self, record: TruthRecord) -> None: ...

    def flush(self) -> None: ...


class TruthWriter:
    """Writes records; `flush` puts everything so far on its way to the disk."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._encoder = msgspec.json.Encoder()

    def append(self, record: TruthRecord) -> None:
        self._file.write(self._encoder.encode(record) + b"\n")

    def flush(self) -> None:
        self._file.flush()


class _Kind(msgspec.Struct, frozen=True):
    kind: str


def cut_unfinished_line(path: Path) -> None:
    """Remove what a killed writer left of its last line, so that appending starts a new one."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole_bytes = content.rfind(b"\n") + 1
    if whole_bytes < len(content):
        with path.open("r+b") as file:
            file.truncate(whole_bytes)


def fold(records: Iterable[EntrapmentRecord]) -> list[Episode]:
    """Return the episodes in order of their begin; a later record of an episode replaces it."""
    latest: dict[tuple[str, datetime], EntrapmentRecord] = {}
    for record in records:
        latest[record.lift_id, record.from_at] = record
    return [
        Episode(
            lift_id=record.lift_id,
            kind=ENTRAPMENT,
            from_at=record.from_at,
            to_at=record.to_at,
            persons=record.persons,
            cause=record.cause,
            ended_by=record.ended_by,
        )
        for record in sorted(latest.values(), key=lambda record: record.from_at)
    ]


def read_truth(path: Path) -> list[Episode]:
    """Read the entrapments of a truth file; lines of other kinds are passed over.

    A last line without its line feed is still being written: left out.

    Raises
    ------
    TruthError
        When a complete line is no record.
    """
    records = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break
            try:
                if msgspec.json.decode(line, type=_Kind).kind == ENTRAPMENT:
                    records.append(msgspec.json.decode(line, type=EntrapmentRecord))
            except msgspec.MsgspecError as error:
                raise TruthError(f"{path}, line {number}: not a truth record: {error}") from None
    return fold(records)


def utc(moment: datetime) -> datetime:
    """Return the same moment in UTC, so that equal moments are written alike."""
    return moment.astimezone(UTC)
