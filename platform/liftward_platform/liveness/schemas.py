"""Liveness as HTTP shows it: never a belief without its reason and its age."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from liftward_platform.liveness.model import (
    Belief,
    DeviceLiveness,
    LiftLiveness,
    UnknownInterval,
    WorkerView,
)


class DeviceLivenessOut(BaseModel):
    """What is believed of a device. `believed_as_of` is null when no gateway watches it."""

    device_id: str
    kind: str
    lift_ids: list[str]
    belief: Belief
    reason: str
    since: datetime
    last_heard_at: datetime | None
    usual_silence_s: float | None  # at this hour of the week; null: not learned yet
    believed_as_of: datetime | None
    hearing: str | None

    @classmethod
    def of(cls, device: DeviceLiveness) -> Self:
        return cls(
            device_id=device.device_id,
            kind=device.kind,
            lift_ids=list(device.lift_ids),
            belief=device.belief,
            reason=device.reason,
            since=device.since,
            last_heard_at=device.last_heard_at,
            usual_silence_s=device.usual_silence_s,
            believed_as_of=device.as_of,
            hearing=device.hearing,
        )


class DevicesOut(BaseModel):
    as_of: datetime
    devices: list[DeviceLivenessOut]
    next_after: str | None


class UnknownIntervalOut(BaseModel):
    """Unknown time, whole, also where it reaches out of the period; `until` null: still.

    What was observed meanwhile and came later reaches from `filled_from` to `filled_until`.
    """

    model_config = ConfigDict(from_attributes=True)

    unknown_from: datetime = Field(serialization_alias="from")
    unknown_until: datetime | None = Field(serialization_alias="until")
    reason: str
    noticed_at: datetime
    filled_from: datetime | None
    filled_until: datetime | None

    @classmethod
    def of(cls, interval: UnknownInterval) -> Self:
        return cls.model_validate(interval)


class LiftLivenessOut(BaseModel):
    """A lift's belief is that of its device that is heard best."""

    as_of: datetime
    lift_id: str
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    belief: Belief
    devices: list[DeviceLivenessOut]
    watched_s: float
    unknown_s: float
    unknown_share: float | None
    intervals: list[UnknownIntervalOut]
    complete: bool  # false: the limit cut the intervals off at their end

    @classmethod
    def of(cls, lift: LiftLiveness, now: datetime) -> Self:
        return cls(
            as_of=now,
            lift_id=lift.lift_id,
            start=lift.start,
            end=lift.end,
            belief=lift.belief,
            devices=[DeviceLivenessOut.of(device) for device in lift.devices],
            watched_s=lift.watched_s,
            unknown_s=lift.unknown_s,
            unknown_share=lift.unknown_s / lift.watched_s if lift.watched_s else None,
            intervals=[UnknownIntervalOut.of(interval) for interval in lift.intervals],
            complete=lift.complete,
        )


class WorkerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    worker: str
    as_of: datetime
    hearing: str
    never_count: int
    live_count: int
    quiet_count: int
    dark_count: int


class LivenessSummaryOut(BaseModel):
    """Devices by belief. `believed_as_of` is that of the worker that looked longest ago."""

    as_of: datetime
    believed_as_of: datetime | None
    never_count: int
    live_count: int
    quiet_count: int
    dark_count: int
    workers: list[WorkerOut]

    @classmethod
    def of(cls, workers: Sequence[WorkerView], now: datetime) -> Self:
        return cls(
            as_of=now,
            believed_as_of=min((worker.as_of for worker in workers), default=None),
            never_count=sum(worker.never_count for worker in workers),
            live_count=sum(worker.live_count for worker in workers),
            quiet_count=sum(worker.quiet_count for worker in workers),
            dark_count=sum(worker.dark_count for worker in workers),
            workers=[WorkerOut.model_validate(worker) for worker in workers],
        )
