"""Which days have a partition, and which are old."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.history.partitions import day_of, days_wanted, is_old, partition_name
from support.virtual_time import START


def test_days_reach_from_eight_behind_to_two_ahead() -> None:
    """Late samples and early clocks have a place; days are those of UTC."""
    local = START.astimezone(timezone(timedelta(hours=14)))
    days = days_wanted(local, keep_days=30)

    assert (days[0], days[-1], len(days)) == (date(2026, 2, 22), date(2026, 3, 4), 11)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(1, 400))  # noqa: DTZ001 - made aware below
def test_no_day_is_made_only_to_be_dropped(moment: datetime, keep_days: int) -> None:
    """Otherwise each round of housekeeping would undo the one before."""
    now = moment.astimezone(START.tzinfo)

    days = days_wanted(now, keep_days=keep_days)

    assert now.date() in days
    assert not any(is_old(day, now, keep_days=keep_days) for day in days)


@pytest.mark.parametrize("day", [date(2026, 3, 2), date(1999, 12, 31)])
def test_a_partition_tells_its_day_by_its_name(day: date) -> None:
    """There and back."""
    assert day_of(partition_name(day)) == day
