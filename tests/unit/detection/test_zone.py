"""When the door-zone switch is believed: what doors that open say of it."""

from typing import Any

import numpy as np
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


@pytest.mark.parametrize(
    ("shut_s", "level"),
    [
        (0.5, UNKNOWN),  # a switch the wrong way round, at the first stop
        (30.0, NO),  # people were found to be trapped before somebody forced the doors
    ],
)
def test_doors_that_open_where_they_stood_shut_make_the_zone_doubted(
    shut_s: float, level: int
) -> None:
    """At that stop only: after a run the switch is asked as before."""
    state = FleetState.empty(1)
    inside: Row = {"speed_mps": 0.0, "door_zone": "outside", "occupancy": "occupied"}
    run = sample(at_s=0, speed_mps=1.5, car_door="closed", door_zone="inside")
    shut = [
        sample(at_s=at_s, car_door="closed", **inside, service_mode="normal")
        for at_s in np.arange(10, 10 + shut_s, 1.0)
    ]
    forced = sample(at_s=11 + shut_s, car_door="open", **inside)
    after = sample(at_s=13 + shut_s, car_door="closed", **inside)
    observe(state, sample_columns([run, *shut, forced, after]), THRESHOLDS)
    assert state.records["at_level"][0] == level

    again = [sample(at_s=60, speed_mps=1.5, car_door="closed", door_zone="inside")]
    stands = sample(at_s=70, car_door="closed", **inside)
    observe(state, sample_columns([*again, stands]), THRESHOLDS)
    assert state.records["at_level"][0] == NO


@pytest.mark.parametrize(
    ("in_run_mm", "error_mm", "level"),
    [
        (None, 3.0, UNKNOWN),  # level, says the sensor; outside, says the switch
        (None, 900.0, NO),
        (None, None, NO),
        (0.0, 0.0, NO),  # it said so in the middle of the run, too: a dead sensor
    ],
)
def test_levelling_error_that_contradicts_the_zone(
    in_run_mm: float | None, error_mm: float | None, level: int
) -> None:
    """A car stands where the switch says `outside`: between floors, unless its level says no."""
    state = FleetState.empty(1)
    shut: Row = {"car_door": "closed", "door_zone": "outside"}
    told = [
        sample(at_s=0, speed_mps=1.5, levelling_error_mm=in_run_mm, **shut),
        sample(at_s=9, speed_mps=0.0, levelling_error_mm=error_mm, **shut),
    ]
    observe(state, sample_columns(told), THRESHOLDS)

    assert state.records["at_level"][0] == level
