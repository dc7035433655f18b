"""Spans of local time in a week, to the minute. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 1440
_CLOCK = re.compile(r"^([01][0-9]|2[0-3]):([0-5][0-9])$")


def clock_minute(text: object) -> int | None:
    """Return the minute of the day of a local time like 07:30; None when it is none."""
    found = _CLOCK.match(text) if isinstance(text, str) else None
    return None if found is None else int(found[1]) * 60 + int(found[2])


@dataclass(frozen=True, slots=True)
class WeekSpan:
    """Minutes of the week, from Monday 00:00; a span may go past midnight and past Sunday."""

    minutes: frozenset[int]

    @classmethod
    def of(cls, days: Sequence[str], from_minute: int, until_minute: int) -> "WeekSpan":
        """Return the span from one time of these days to the next time it is the other.

        The end is not part of it; equal times are a whole day.
        """
        length = (until_minute - from_minute) % MINUTES_A_DAY or MINUTES_A_DAY
        begins = [DAYS.index(day) * MINUTES_A_DAY + from_minute for day in days]
        week = len(DAYS) * MINUTES_A_DAY
        return cls(
            frozenset((begin + minute) % week for begin in begins for minute in range(length))
        )

    def __contains__(self, minute: int) -> bool:
        return minute in self.minutes

    def overlaps(self, other: "WeekSpan") -> bool:
        """Tell whether a minute belongs to both."""
        return not self.minutes.isdisjoint(other.minutes)
