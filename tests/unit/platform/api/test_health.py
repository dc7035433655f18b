"""Health from heartbeats."""

from datetime import UTC, datetime, timedelta

import pytest

from liftward_platform.api.health import DatabaseStatus, Health, Status, judge

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def health(**ages_s: float) -> Health:
    """Return the health for modules that last ran so many seconds ago; `_` stands for `:`, `-`."""
    rows = {name: NOW - timedelta(seconds=age_s) for name, age_s in ages_s.items()}
    return judge(rows, version="test", now=NOW)


def test_fresh_heartbeats_are_ok() -> None:
    """All engine modules and the gateway ran within ten seconds."""
    found = health(**{"detections": 1.0, "deadlines": 9.9, "gateway:00-ff": 2.0})

    assert found.status is Status.OK
    assert (found.engine_age_s, found.gateway_age_s) == (9.9, 2.0)


@pytest.mark.parametrize(
    "ages_s",
    [
        {},
        {"detections": 1.0},
        {"gateway:00-ff": 1.0},
        {"detections": 10.1, "gateway:00-ff": 1.0},
        {"detections": 1.0, "deadlines": 11.0, "gateway:00-ff": 1.0},
        {"detections": 1.0, "gateway:00-ff": 10.1},
    ],
)
def test_a_silent_part_degrades(ages_s: dict[str, float]) -> None:
    """A part that was never heard of, or not for ten seconds, is not ok."""
    assert health(**ages_s).status is Status.DEGRADED


def test_every_shard_needs_a_gateway() -> None:
    """Half of the shards without a worker is an outage for half of the city."""
    half = health(**{"detections": 1.0, "gateway:00-7f": 1.0})
    stale = health(**{"detections": 1.0, "gateway:00-7f": 1.0, "gateway:80-ff": 60.0})

    assert (half.status, half.gateway_age_s) == (Status.DEGRADED, None)
    assert (stale.status, stale.gateway_age_s) == (Status.DEGRADED, 60.0)


def test_rows_of_an_earlier_division_fade() -> None:
    """After going from two workers to one, their old rows raise no alarm."""
    found = health(
        **{"detections": 1.0, "gateway:00-ff": 1.0, "gateway:00-7f": 900.0, "gateway:80-ff": 900.0}
    )

    assert (found.status, found.gateway_age_s) == (Status.OK, 1.0)


def test_a_clock_a_little_ahead_gives_no_negative_age() -> None:
    """The heartbeat of a machine whose clock is ahead counts as just now."""
    assert health(detections=-0.5).engine_age_s == 0.0


def test_without_the_database_nothing_is_known() -> None:
    """No answer from the database: degraded, ages unknown, and said so."""
    found = judge(None, version="test", now=NOW)

    assert found.database is DatabaseStatus.UNAVAILABLE
    assert (found.status, found.engine_age_s) == (Status.DEGRADED, None)
    assert found.as_json()["now"] == "2026-03-02T08:00:00Z"
