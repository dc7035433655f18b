"""When the door-zone switch is believed: what doors that open say of it."""

from typing import Any

import pytest

from liftward_detection.detector import observe
from liftward_detection.facts import NO, UNKNOWN
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from unit.detection.streams import Row, sample, sample_columns

THRESHOLDS = default_thresholds()


def stop(number: int, zone: str, *, opens: int = 1) -> list[Row]:
    """Return a run and a stop at which the doors open so many times."""
    at_s = number * 100.0
    keys: dict[str, Any] = {"speed_mps": 0.0, "door_zone": zone}
    rows = [sample(at_s=at_s, speed_mps=1.5, car_door="closed", door_zone="unknown")]
    for time in range(opens):
        rows.append(sample(at_s=at_s + 10 + 4 * time, car_door="open", **keys))
        rows.append(sample(at_s=at_s + 12 + 4 * time, car_door="closed", **keys))
    return rows


@pytest.mark.parametrize(
    ("zones", "believed"),
    [
        (["outside"], True),  # stuck between floors, the doors forced
        (["outside", "outside"], False),
        (["outside", "inside", "outside"], True),  # one landing without a magnet
        (["outside"] * 9 + ["inside"] * 2, False),
        (["outside"] * 9 + ["inside"] * 3, True),  # mended
        (["outside", "unknown", "outside"], False),
    ],
)
def test_zone_is_believed_until_doors_contradict_it(zones: list[str], *, believed: bool) -> None:
    """After these stops the car stands shut where the switch says `outside`: between floors?"""
    state = FleetState.empty(1)
    rows = [row for number, zone in enumerate(zones) for row in stop(number, zone)]
    rows.append(sample(at_s=9_999, speed_mps=0.0, car_door="closed", door_zone="outside"))
    observe(state, sample_columns(rows), THRESHOLDS)

    assert state.records["at_level"][0] == (NO if believed else UNKNOWN)


def test_doors_that_open_again_and_again_at_one_stop_count_once() -> None:
    """Someone who is trapped and tries the doors between floors does not unmake the zone."""
    state = FleetState.empty(1)
    observe(state, sample_columns(stop(0, "outside", opens=8)), THRESHOLDS)

    assert state.records["at_level"][0] == NO
