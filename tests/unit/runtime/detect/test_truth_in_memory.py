"""What really happened, in memory: whose device told only what it had measured before."""

from datetime import UTC, datetime, timedelta

import pytest

from liftward_runtime.detect.truth import TruthInMemory
from liftward_simulator.outputs.truth_records import EntrapmentRecord, SensorDefectRecord

BEGIN = datetime(2026, 1, 5, 18, tzinfo=UTC)


def is_frozen(detail: str, from_s: float, *to_s: float | None) -> bool:
    """Play one entrapment and one defect, which is told once for each of `to_s`."""
    truth = TruthInMemory()
    for to in to_s:
        truth.append(
            SensorDefectRecord(
                record="begin" if to is None else "end",
                from_at=BEGIN + timedelta(seconds=from_s),
                to_at=None if to is None else BEGIN + timedelta(seconds=to),
                device_id="L",
                detail=detail,
            )
        )
    truth.append(
        EntrapmentRecord(
            record="begin", lift_id="L", from_at=BEGIN, to_at=None, persons=1, cause="c"
        )
    )
    (one,) = truth.entrapments({"L": 0}, {})
    return one.frozen


@pytest.mark.parametrize(
    ("detail", "from_s", "to_s", "frozen"),
    [
        ("values_frozen", -60.0, [None], True),
        ("values_frozen", 1.0, [None], False),  # it told the begin
        ("values_frozen", -60.0, [None, 16.0], True),
        ("values_frozen", -60.0, [None, 14.0], False),  # it told it soon enough
        ("values_frozen", -60.0, [None, -30.0], False),
        ("occupancy_flapping", -60.0, [None], False),
    ],
)
def test_a_device_is_frozen_that_told_nothing_of_the_begin(
    detail: str, from_s: float, to_s: list[float | None], *, frozen: bool
) -> None:
    """Frozen before the begin, until nobody can call it soon; other defects do not count."""
    assert is_frozen(detail, from_s, *to_s) is frozen
