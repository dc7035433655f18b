"""Who wants what, and which landing comes next."""

import numpy as np
import pytest

from liftward_simulator.physics.traffic import HOUR_WEIGHTS, hour_weight, next_stop


def naive_next_stop(
    floor: int, heading: int, car: list[bool], up: list[bool], down: list[bool]
) -> int:
    """Collective control for one car, as one would tell it to a child."""

    def upwards() -> int:
        for landing in range(floor + 1, len(car)):
            if car[landing] or up[landing]:
                return landing
        return max((i for i in range(floor + 1, len(car)) if down[i]), default=-1)

    def downwards() -> int:
        for landing in range(floor - 1, -1, -1):
            if car[landing] or down[landing]:
                return landing
        return min((i for i in range(floor) if up[i]), default=-1)

    first, second = (upwards, downwards) if heading >= 0 else (downwards, upwards)
    stop = first()
    return stop if stop >= 0 else second()


@pytest.mark.parametrize("seed", range(3))
def test_collective_control_agrees_with_its_naive_twin(seed: int) -> None:
    """On random calls the arrays decide as the loop over single cars does."""
    rng = np.random.default_rng(seed)
    count, floors = 400, 9
    car, up, down = (rng.random((count, floors)) < 0.15 for _ in range(3))
    floor = rng.integers(0, floors, count)
    heading = rng.integers(-1, 2, count).astype(np.int8)

    stops = next_stop(floor, heading, car, up, down)

    expected = [
        naive_next_stop(
            int(floor[i]), int(heading[i]), car[i].tolist(), up[i].tolist(), down[i].tolist()
        )
        for i in range(count)
    ]
    assert stops.tolist() == expected


def test_the_day_has_two_peaks_and_a_quiet_night() -> None:
    """Evenings and mornings are busiest, 04-06 h least; the day's mean is one."""
    evening, morning, night = (hour_weight(0.0, hour) for hour in (18.5, 8.5, 4.5))

    assert evening > 1.5
    assert morning > 1.5
    assert night < 0.2
    assert abs(HOUR_WEIGHTS.mean() - 1.0) < 0.03
    assert hour_weight(3_600.0, 23.5) == pytest.approx(hour_weight(0.0, 0.5))
