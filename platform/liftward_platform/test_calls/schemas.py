"""Overdue test calls as HTTP shows them."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from liftward_platform.test_calls.model import DUE_AFTER, Overdue


class OverdueOut(BaseModel):
    """A lift that owes its test call; the level counts the tests missed, up to three."""

    lift_id: str
    building: str
    address: str
    district: str
    rescue_code: str
    last_test_call_at: datetime
    due_at: datetime
    notice_opened_at: datetime
    notice_level: int

    @classmethod
    def of(cls, overdue: Overdue) -> Self:
        names = cls.model_fields.keys() - {"due_at"}
        values = {name: getattr(overdue, name) for name in names}
        return cls(due_at=overdue.last_test_call_at + DUE_AFTER, **values)


class OverdueListOut(BaseModel):
    """`watched_count`: lifts that have ever made a test call."""

    as_of: datetime
    watched_count: int
    overdue_count: int
    lifts: list[OverdueOut]


class LastTestCallOut(BaseModel):
    """When a lift made its last test call; all null for one that never did."""

    as_of: datetime
    lift_id: str
    last_test_call_at: datetime | None
    source: str | None
    due_at: datetime | None
    notice_level: int
