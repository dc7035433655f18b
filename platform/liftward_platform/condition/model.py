"""Warnings of wear and findings about sensors, as the gateway wrote them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from liftward_detection.kinds import CONDITION_KINDS, DEVICE_HEALTH_KINDS

WARNING_KINDS = tuple(kind.value for kind in CONDITION_KINDS)
FINDING_KINDS = tuple(kind.value for kind in DEVICE_HEALTH_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One warning or finding; without `ended_at` it is still so.

    `onset_at` is when it began as far as that can be told, `detected_at` when it was certain.
    Evidence is that of the last transition.
    """

    kind: str
    onset_at: datetime
    detected_at: datetime
    ended_at: datetime | None
    ended_reason: str | None
    evidence: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def signal(self) -> str | None:
        """The signal that a finding is about; None: all that the device tells."""
        signal: str | None = self.evidence.get("signal")
        return signal

    def figure(self, name: str) -> float | None:
        """Return a number of the evidence, in the metric's unit."""
        value = self.evidence.get(name)
        return None if value is None else float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftCondition:
    """A lift's warnings and findings, the latest first."""

    lift_id: str
    warnings: list[Episode]
    findings: list[Episode]
    complete: bool
