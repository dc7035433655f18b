from datetime import UTC, datetime, timedelta
from typing import Any

from liftward_platform.intake.device_health import TWO_PUBLISHERS_WITHIN, behind_s, device_health
from liftward_platform.intake.model import Skew, StreamMark

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def mark(**changes: Any) -> StreamMark:
    fields: dict[str, Any] = {
        "stream": "telemetry",
        "boot_id": 1,
        "contiguous_through": 9,
        "highest": 9,
        "gaps": [],
        "gaps_count": 0,
        "missing_count": 0,
        "duplicates_count": 0,
        "late_count": 0,
        "last_observed_at": NOW,
        "last_received_at": NOW,
        "skew": Skew.OK,
        "smallest_delay_us": 80_000,
        "overlaps_count": 0,
        "last_overlap_at": None,
    }
    return StreamMark(**{**fields, **changes})


def test_the_clock_is_what_was_concluded_last() -> None:
    """A clock may have been set since an earlier boot; a stream that knows nothing says nothing."""
    health = device_health(
        [
            mark(boot_id=3, skew=Skew.UNKNOWN, smallest_delay_us=9_000_000),
            mark(boot_id=2, skew=Skew.AHEAD, smallest_delay_us=-7_500_000),
            mark(last_received_at=NOW - timedelta(hours=1)),
        ],
        NOW,
    )

    assert (health.clock.skew, health.clock.behind_s) == (Skew.AHEAD, -7.5)


def test_nothing_heard_is_nothing_known() -> None:
    """An enrolled device that never spoke has an unknown clock, not a good one."""
    health = device_health([], NOW)

    assert (health.clock.skew, health.clock.behind_s) == (Skew.UNKNOWN, None)
    assert not health.two_publishers


def test_a_delay_is_no_skew_while_it_may_be_old_news() -> None:
    """An hour of delay during store-and-forward is not shown as an hour of skew."""
    assert behind_s(mark(skew=Skew.UNKNOWN, smallest_delay_us=3_600_000_000)) is None


def test_two_publishers_are_told_while_they_go_on() -> None:
    """What ended an hour ago is history; the counts keep it."""
    ended = mark(overlaps_count=5, last_overlap_at=NOW - TWO_PUBLISHERS_WITHIN * 1.01)
    goes_on = mark(overlaps_count=5, last_overlap_at=NOW - TWO_PUBLISHERS_WITHIN)

    assert not device_health([mark(), ended], NOW).two_publishers
    assert device_health([mark(), goes_on], NOW).two_publishers


def test_losses_are_summed_over_streams_and_boots() -> None:
    """One figure each for a list of devices to be repaired."""
    one = mark(gaps_count=2, missing_count=5, duplicates_count=3, late_count=1)

    health = device_health([one, one], NOW)

    assert (health.gaps_count, health.missing_count) == (4, 10)
    assert (health.duplicates_count, health.late_count) == (6, 2)
