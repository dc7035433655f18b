"""The HTTP shapes of quarantine and sequence marks."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from liftward_platform.intake.model import RefusedMessage, SequenceMark


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


class SequenceMarkOut(BaseModel):
    """One stream of one boot; `gaps` may be cut short, `gaps_count` is not."""

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

    @classmethod
    def of(cls, mark: SequenceMark) -> "SequenceMarkOut":
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
        )


class SequenceOut(BaseModel):
    as_of: datetime
    device_id: str
    marks: list[SequenceMarkOut]

    @classmethod
    def of(cls, device_id: str, marks: Sequence[SequenceMark], as_of: datetime) -> "SequenceOut":
        return cls(
            as_of=as_of, device_id=device_id, marks=[SequenceMarkOut.of(mark) for mark in marks]
        )
