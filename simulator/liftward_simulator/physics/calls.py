"""Collective control: which landing a car serves next.

A car goes on in its direction as long as anyone wants that, then turns. Compiled helpers for one
car. Knows landings and calls. Must not know who comes, or how cars and doors move.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.compiling import helper

NOWHERE = -1


class Calls(NamedTuple):
    """Who wants what of one car; the arrays have shape (n_floors,)."""

    aboard: NDArray[np.int8]  # persons by destination
    up: NDArray[np.int8]  # persons who wait to go up
    down: NDArray[np.int8]
    answered: bool  # False for a full car: only those aboard count


@helper
def wanted_ahead(calls: Calls, first: int, last: int, way: int) -> int:
    """Return the landing to serve among those from `first` to `last`, NOWHERE when none.

    The first one where somebody gets out or waits to go on the same way (1 up, -1 down); when there
    is none, the last one where somebody waits to go back.
    """
    farthest = NOWHERE
    for landing in range(first, last + way, way):
        up, down = calls.up[landing] > 0, calls.down[landing] > 0
        if calls.aboard[landing] > 0 or (calls.answered and (up if way > 0 else down)):
            return landing
        if calls.answered and (up or down):
            farthest = landing
    return farthest


@helper
def next_stop(calls: Calls, floor: int, top: int, heading: int) -> int:
    """Return the next landing of a car that stands at `floor`, NOWHERE when nobody wants anything.

    `heading` is the way it has served: 1 up, -1 down, 0 none (then up is tried first).
    """
    upwards = wanted_ahead(calls, floor + 1, top, 1)
    downwards = wanted_ahead(calls, floor - 1, 0, -1)
    if heading >= 0:
        return upwards if upwards != NOWHERE else downwards
    return downwards if downwards != NOWHERE else upwards


@helper
def next_heading(calls: Calls, floor: int, top: int, heading: int) -> int:
    """Return which way a car with open doors serves next: straight on, else turn, else rest (0)."""
    goes_up = calls.answered and calls.up[floor] > 0
    goes_down = calls.answered and calls.down[floor] > 0
    goes_up = goes_up or wanted_ahead(calls, floor + 1, top, 1) != NOWHERE
    goes_down = goes_down or wanted_ahead(calls, floor - 1, 0, -1) != NOWHERE
    if goes_up and (heading >= 0 or not goes_down):
        return 1
    return -1 if goes_down else 0
