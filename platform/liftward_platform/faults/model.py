"""One episode of a lift as the database has it, and which source it rests on. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from liftward_detection.catalogue import CATALOGUE, KindFacts
from liftward_detection.kinds import DetectionKind, Level, Reason


class Source(StrEnum):
    """Who says so. A controller that never reports, or reports wrongly, is seen by the ones."""

    BOTH = "both"
    REPORTED_ONLY = "reported_only"  # the controller; our reading of the signals does not agree
    DERIVED_ONLY = "derived_only"  # our reading; the controller has not reported it


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """`ended_at` is None while it lasts; `evidence` is that of the last transition."""

    kind: DetectionKind
    onset_at: datetime
    detected_at: datetime
    ended_at: datetime | None
    level: str
    reason: str
    end_reason: str | None
    evidence: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        over = row["ended_at"] is not None
        return cls(
            kind=DetectionKind(row["kind"]),
            onset_at=row["onset_at"],
            detected_at=row["detected_at"],
            ended_at=row["ended_at"],
            level=row["level_at_end"] if over else row["level"],
            reason=row["reason"],
            end_reason=row["end_reason"],
            evidence=row["evidence_at_end"] if over else row["evidence"],
        )

    @property
    def facts(self) -> KindFacts:
        return CATALOGUE[self.kind]

    @property
    def source(self) -> Source:
        """Return who says so, as of the last transition: the other source confirms a code."""
        if self.facts.gb_code is not None and self.level == Level.CONFIRMED:
            return Source.BOTH
        reported = self.reason == Reason.REPORTED_BY_CONTROLLER
        return Source.REPORTED_ONLY if reported else Source.DERIVED_ONLY

    @property
    def measured(self) -> float | None:
        """Return what the kind measures, at its worst, or None when nothing was measured."""
        name = self.facts.measures
        number: float | None = None if name is None else self.evidence.get(name)
        return number
