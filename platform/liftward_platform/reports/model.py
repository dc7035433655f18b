"""What people report to the centre, and how often the public page may be used. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from liftward_platform.incidents.model import Source


class CallerKind(StrEnum):
    """Who speaks: how near they are to the people in the car."""

    PASSENGER = "passenger"  # from inside
    BYSTANDER = "bystander"
    USE_UNIT = "use_unit"
    AUTHORITY = "authority"
    UNKNOWN = "unknown"


class Authority(StrEnum):
    """Other services that take and give calls, by their number."""

    POLICE = "110"
    FIRE = "119"
    AMBULANCE = "120"


class LimitedBy(StrEnum):
    """What the public page's limit counts."""

    ADDRESS = "address"
    RESCUE_CODE = "rescue_code"


# Somebody who is shut in presses twice, and a second passenger as well; a prankster goes on. Ours.
PUBLIC_WINDOW = timedelta(minutes=10)
PUBLIC_ATTEMPTS_MAX: Mapping[LimitedBy, int] = {LimitedBy.ADDRESS: 10, LimitedBy.RESCUE_CODE: 5}

PHONE_PATTERN = r"^\+?[0-9][0-9 ()-]{1,30}[0-9]$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody tells about one lift. `stuck_since` None: they cannot say."""

    source: Source
    caller_kind: CallerKind = CallerKind.UNKNOWN
    matched_by: tuple[str, ...] = ()
    stuck_since: datetime | None = None
    persons_count: int | None = None
    injured: bool | None = None
    medical_need: bool | None = None
    authority: Authority | None = None
    reference: str | None = None
    caller_phone: str | None = None

    def __repr__(self) -> str:
        """Say what it is without the number: it must not end in a log."""
        phone = "masked" if self.caller_phone else None
        return f"Report(source={self.source}, caller_kind={self.caller_kind}, phone={phone})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a report."""

    report_id: int
    incident_id: int
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """One row of `incident_report`; the number is asked for apart."""

    report_id: int
    source: str
    matched_by: str
    reported_at: datetime
    received_at: datetime
    actor: str
    opened: bool
    caller_kind: str
    persons_count: int | None
    injured: bool | None
    medical_need: bool | None
    authority: str | None
    reference: str | None
    has_phone: bool
    erased_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "StoredReport":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})
