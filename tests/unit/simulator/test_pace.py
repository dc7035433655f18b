"""How the town's time goes against the real one."""

from datetime import UTC, datetime, timedelta

import pytest

from liftward_simulator.pace import Pace, live_pace, parse_speed

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_at_speed_one_devices_keep_the_real_time() -> None:
    """However late the town is, what it says now has the time of now."""
    pace = live_pace(1.0, None, NOW)

    assert pace.now(3.0, NOW + timedelta(seconds=5)) == NOW + timedelta(seconds=5)
    assert pace.wait_s(3.0, 2.5) == 0.5
    assert pace.wait_s(3.0, 4.0) == 0.0


@pytest.mark.parametrize(
    ("speed", "hours", "behind_h"), [(4.0, 8.0, 6.0), (None, 8.0, 8.0), (0.5, 8.0, 0.0)]
)
def test_a_quick_town_begins_in_the_past_and_ends_in_the_present(
    speed: float | None, hours: float, behind_h: float
) -> None:
    """At no moment is device time ahead of the real one, and at the end they meet."""
    pace = live_pace(speed, hours, NOW)

    assert pace.started_at == NOW - timedelta(hours=behind_h)
    for clock_s in (0.0, 3_600.0, hours * 3_600.0):
        real_now = NOW + timedelta(seconds=0.0 if speed is None else clock_s / speed)
        assert pace.now(clock_s, real_now) <= real_now
    if speed == 4.0:
        assert pace.now(8 * 3_600.0, NOW) == NOW + timedelta(hours=2)


def test_a_quick_town_without_an_end_is_refused() -> None:
    """Nobody could say how far in the past it must begin."""
    with pytest.raises(ValueError, match="--hours"):
        live_pace(None, None, NOW)


def test_unbridled_never_waits() -> None:
    """As fast as possible means as fast as possible."""
    assert Pace(speed=None, started_at=NOW).wait_s(1_000.0, 0.0) == 0.0


def test_speeds_are_numbers_above_zero_or_max() -> None:
    """What else is said is refused."""
    assert (parse_speed("2.5"), parse_speed("max")) == (2.5, None)
    for wrong in ("0", "-1", "inf", "nan", "fast"):
        with pytest.raises(ValueError, match=wrong):
            parse_speed(wrong)
