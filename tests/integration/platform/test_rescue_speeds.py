"""`liftward rescue speeds`: what crews drove, learned from the orders of the database."""

from datetime import timedelta

import pytest

from liftward_kit.clock import utc_now
from liftward_kit.subcommand import CallError
from liftward_platform.rescue.command import learned, summary
from liftward_platform.rescue.policy import load
from support.rescue_story import rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


async def test_speeds_come_from_departures_and_arrivals(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A crew took twice as long as estimated: its hour gets slower, the others stay as they are."""
    policy = load()
    async with rescue_story(database_dsn, virtual_clock) as story:
        await story.someone_is_trapped()
        sent_at = utc_now() - timedelta(days=1)
        local_hour = (sent_at + timedelta(minutes=policy.utc_offset_min)).hour
        await story.connection.execute(
            "UPDATE rescue_order SET sent_at = %(at)s, under_way_at = %(at)s, travel_time_s = 600,"
            " arrived_at = %(at)s::timestamptz + interval '20 minutes'",
            {"at": sent_at},
        )

        found = learned(database_dsn, policy, days=7)
        older = learned(database_dsn, policy, days=1)

    assert found.trips_count[local_hour] == sum(found.trips_count) == 1
    usual = policy.speed_kmh[local_hour]
    assert usual / 2 < found.speed_kmh[local_hour] < usual
    assert found.speed_kmh[local_hour - 1] == policy.speed_kmh[local_hour - 1]
    assert sum(older.trips_count) == 0
    assert any(f"({1} trips)" in line for line in summary(found, policy))


def test_a_database_that_does_not_answer_is_said() -> None:
    """No stack trace for a wrong address."""
    with pytest.raises(CallError, match="cannot be asked"):
        learned("postgresql://nobody@127.0.0.1:1/none", load(), days=7)
