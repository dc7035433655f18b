"""Condition as HTTP shows it: what it was, what it is, since when, and how long is left."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from liftward_platform.condition.model import Episode, LiftCondition


class WarningOut(BaseModel):
    """A metric that has left the lift's own baseline; figures in the metric's unit.

    Units by kind: seconds (door_opening_drift, door_closing_drift), re-tries in a hundred door
    cycles (door_retries_drift), mm (levelling_drift), A (motor_current_drift), m/s²
    (vibration_drift). `days_to_limit` projects the trend to a code's limit where there is one; null
    when there is none or the trend does not lead there.
    """

    kind: str
    drifting_since: datetime
    detected_at: datetime
    ended_at: datetime | None
    ended_reason: str | None
    baseline_value: float | None
    current_value: float | None
    trend_per_day: float | None
    days_to_limit: float | None

    @classmethod
    def of(cls, episode: Episode) -> Self:
        return cls(
            kind=episode.kind,
            drifting_since=episode.onset_at,
            detected_at=episode.detected_at,
            ended_at=episode.ended_at,
            ended_reason=episode.ended_reason,
            baseline_value=episode.figure("baseline_value"),
            current_value=episode.figure("current_value"),
            trend_per_day=episode.figure("trend_per_day"),
            days_to_limit=episode.figure("days_to_limit"),
        )


class FindingOut(BaseModel):
    """A sensor or gateway that tells what cannot be so; `signal` null: everything it tells."""

    kind: str
    signal: str | None
    detected_at: datetime
    ended_at: datetime | None
    off_by: float | None  # of a skewed sensor, in the signal's unit

    @classmethod
    def of(cls, episode: Episode) -> Self:
        return cls(
            kind=episode.kind,
            signal=episode.signal,
            detected_at=episode.detected_at,
            ended_at=episode.ended_at,
            off_by=episode.figure("current_value"),
        )


class LiftConditionOut(BaseModel):
    """Open ones first, then the latest. No warning and no finding is an incident."""

    as_of: datetime
    lift_id: str
    warnings: list[WarningOut]
    device_health: list[FindingOut]
    complete: bool  # false: the limit cut off the older ones

    @classmethod
    def of(cls, condition: LiftCondition, now: datetime) -> Self:
        return cls(
            as_of=now,
            lift_id=condition.lift_id,
            warnings=[WarningOut.of(episode) for episode in condition.warnings],
            device_health=[FindingOut.of(episode) for episode in condition.findings],
            complete=condition.complete,
        )
