"""The HTTP shapes of the quarantine and of a device's streams."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from liftward_platform.intake.device_health import Clock, behind_s, device_health
from liftward_platform.intake.model import RefusedMessage, Skew, StreamMark, UntimelyAlarm


class RefusedMessageOut(BaseModel):
    """A refused message. `payload_start` is its beginning; bytes that are no text are escaped."""

    quarantine_id: int
    topic: str
    reason: str
    detail: str
    path: str
    payload_start: str
    payload_bytes: int
    count: int
    first_at: datetime
    last_at: datetime
    replayed_at: datetime | None

    @classmethod
    def of(cls, message: RefusedMessage) -> "RefusedMessageOut":
        return cls(
            quarantine_id=message.quarantine_id,
            topic=message.topic,
            reason=message.reason,
            detail=message.detail,
            path=message.path,
            payload_start=message.payload_start.decode("utf-8", "backslashreplace"),
            payload_bytes=message.payload_bytes,
            count=message.count,
            first_at=message.first_at,
            last_at=message.last_at,
            replayed_at=message.replayed_at,
        )


class QuarantineOut(BaseModel):
    """A page, the latest first; ask again with `before` = the last `last_at`."""

    as_of: datetime
    messages: list[RefusedMessageOut]


class GapOut(BaseModel):
    """Numbers never received: the first and the last of them."""

    first: int
    last: int


class ClockOut(BaseModel):
    """`behind_s` is at most how far the clock is behind; negative: ahead; null: not known yet."""

    skew: Skew
    behind_s: float | None

    @classmethod
    def of(cls, clock: Clock) -> "ClockOut":
        return cls(skew=clock.skew, behind_s=clock.behind_s)


class StreamOut(BaseModel):
    """One stream of one boot; `gaps` may be cut short, `gaps_count` is not.

    `overlaps_count` are messages observed after a newer boot had spoken: another publisher.
    """

    stream: str
    boot_id: int
    contiguous_through: int
    highest: int
    gaps: list[GapOut]
    gaps_count: int
    missing_count: int
    duplicates_count: int
    late_count: int
    last_observed_at: datetime
    last_received_at: datetime
    clock: ClockOut
    overlaps_count: int
    last_overlap_at: datetime | None

    @classmethod
    def of(cls, mark: StreamMark) -> "StreamOut":
        return cls(
            stream=mark.stream,
            boot_id=mark.boot_id,
            contiguous_through=mark.contiguous_through,
            highest=mark.highest,
            gaps=[GapOut(first=first, last=last) for first, last in mark.gaps],
            gaps_count=mark.gaps_count,
            missing_count=mark.missing_count,
            duplicates_count=mark.duplicates_count,
            late_count=mark.late_count,
            last_observed_at=mark.last_observed_at,
            last_received_at=mark.last_received_at,
            clock=ClockOut(skew=mark.skew, behind_s=behind_s(mark)),
            overlaps_count=mark.overlaps_count,
            last_overlap_at=mark.last_overlap_at,
        )


class UntimelyAlarmOut(BaseModel):
    """An alarm with an impossible time: it counts as of `received_at`."""

    lift_id: str
    kind: str
    received_at: datetime
    claimed_at: datetime

    @classmethod
    def of(cls, alarm: UntimelyAlarm) -> "UntimelyAlarmOut":
        return cls(
            lift_id=alarm.lift_id,
            kind=alarm.kind,
            received_at=alarm.received_at,
            claimed_at=alarm.claimed_at,
        )


class StreamsOut(BaseModel):
    """A device as a whole, then each of its streams, the one heard last first."""

    as_of: datetime
    device_id: str
    clock: ClockOut
    two_publishers: bool
    gaps_count: int
    missing_count: int
    duplicates_count: int
    late_count: int
    streams: list[StreamOut]
    untimely_alarms: list[UntimelyAlarmOut]

    @classmethod
    def of(
        cls,
        device_id: str,
        marks: Sequence[StreamMark],
        alarms: Sequence[UntimelyAlarm],
        as_of: datetime,
    ) -> "StreamsOut":
        health = device_health(marks, as_of)
        return cls(
            as_of=as_of,
            device_id=device_id,
            clock=ClockOut.of(health.clock),
            two_publishers=health.two_publishers,
            gaps_count=health.gaps_count,
            missing_count=health.missing_count,
            duplicates_count=health.duplicates_count,
            late_count=health.late_count,
            streams=[StreamOut.of(mark) for mark in marks],
            untimely_alarms=[UntimelyAlarmOut.of(alarm) for alarm in alarms],
        )
