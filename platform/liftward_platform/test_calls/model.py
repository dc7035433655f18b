"""When a lift owes its test call, and how loudly that is said. Pure.

EN 81-28 (and GB/T 24475 with it) asks for an automatic test at least every three days, over the
same way as a real alarm. A test that does not come means that an alarm might not come either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# EN 81-28: at least every three days.
DUE_AFTER = timedelta(hours=72)
# A device that calls every 72 h is a little late now and then. Ours.
GRACE = timedelta(hours=1)
# A second and a third test were missed, too: said louder. Ours.
LOUDER_AFTER = (DUE_AFTER + GRACE, 2 * DUE_AFTER + GRACE, 3 * DUE_AFTER + GRACE)

assert list(LOUDER_AFTER) == sorted(LOUDER_AFTER)


def notice_level(since_last: timedelta) -> int:
    """Return how loud it is: 0 not overdue, 1 to 3 for one, two, three tests missed."""
    return sum(since_last > limit for limit in LOUDER_AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """A lift whose test call is overdue."""

    lift_id: str
    building: str
    address: str
    district: str
    rescue_code: str
    last_test_call_at: datetime
    notice_opened_at: datetime
    notice_level: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Overdue":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look at the whole fleet changed."""

    heard_count: int  # lifts with a newer test call
    changed_count: int  # notices opened, raised or closed
