"""Beliefs about devices and lifts, and unknown time, as the gateway wrote them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

HOURS_PER_WEEK = 168
# 1970-01-01 was a Thursday; a week begins on Monday 00:00 UTC.
_EPOCH_HOUR_OF_WEEK = 72
# A rhythm's bytes: 0 is not learned, c is 2 ** ((c - 1) / 14) seconds.
_STEPS_PER_OCTAVE = 14


class Belief(StrEnum):
    """What is believed of a device; the last one of these is the best news."""

    NEVER = "never"
    DARK = "dark"
    QUIET = "quiet"
    LIVE = "live"


_BEST_LAST: Sequence[Belief] = tuple(Belief)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLiveness:
    """One device's belief. `as_of` is when its gateway worker last said that it looks."""

    device_id: str
    kind: str
    lift_ids: Sequence[str]
    belief: Belief
    reason: str
    since: datetime
    last_heard_at: datetime | None
    usual_silence_s: float | None
    as_of: datetime | None
    hearing: str | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        values = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        return cls(
            **{
                **values,
                "belief": Belief(row["belief"]),
                "usual_silence_s": usual_silence_s(row["usual_code"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownInterval:
    """Time in which no device that serves the lift was heard; without an end: still."""

    unknown_from: datetime
    unknown_until: datetime | None
    reason: str
    noticed_at: datetime
    filled_from: datetime | None
    filled_until: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftLiveness:
    """A lift's devices, and its unknown time in a period."""

    lift_id: str
    start: datetime
    end: datetime
    belief: Belief
    devices: Sequence[DeviceLiveness]
    watched_s: float
    unknown_s: float
    intervals: Sequence[UnknownInterval]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    """What one gateway worker said last about its devices."""

    worker: str
    as_of: datetime
    hearing: str
    never_count: int
    live_count: int
    quiet_count: int
    dark_count: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


def best_of(beliefs: Sequence[Belief]) -> Belief:
    """Return the belief of a lift: that of the device that is heard best."""
    return max(beliefs, key=_BEST_LAST.index, default=Belief.NEVER)


def hour_of_week(at: datetime) -> int:
    """Return 0 for Monday 00:00 to 01:00 UTC, up to 167."""
    return (int(at.timestamp()) // 3_600 + _EPOCH_HOUR_OF_WEEK) % HOURS_PER_WEEK


def usual_silence_s(code: int | None) -> float | None:
    """Return the seconds behind a byte of a rhythm, or None when nothing was learned."""
    return round(2.0 ** ((code - 1) / _STEPS_PER_OCTAVE), 1) if code else None
