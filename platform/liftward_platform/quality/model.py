"""What a figure of quality is made of.

Knows no SQL. A figure always carries its exposure, interval, causes, unknown share and method: a
bare rate invites the comparison of a firm with one lift with a firm with a thousand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from liftward_platform.quality.statistics import SECONDS_PER_YEAR, Method, Rate


class SubjectKind(StrEnum):
    LIFT = "lift"
    MAINTAINER = "maintainer"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a figure is about."""

    kind: SubjectKind
    subject_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Period:
    """From `start`, included, to `end`, excluded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of one lift's life that counts for a subject, and what was heard in it."""

    subject_id: str
    watched_s: float  # registered, not withdrawn, under contract (for a maintainer)
    heard_s: float  # of that, the time in which the lift's data arrived
    count: int  # confirmed entrapments that began in it
    open_count: int  # not closed yet: neither counted nor forgotten
    count_by_cause_family: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How often people were trapped, per year in which it would have been noticed."""

    subject: Subject
    period: Period
    method: Method
    lifts_count: int
    exposure_s: float
    unknown_share: float | None  # of the watched time; None when none was watched
    count: int
    open_count: int
    count_by_cause_family: Mapping[str, int]
    rate: Rate

    @property
    def exposure_lift_years(self) -> float:
        return self.exposure_s / SECONDS_PER_YEAR
