"""Many cars halted in one instant, on arrays: what each one was doing decides what it does now.

Knows phases. Must not know why all halt, or what comes after.
"""

from dataclasses import dataclass

import numpy as np

from liftward_simulator.physics.cars import Cars, Phase
from liftward_simulator.physics.lifts import IntArray
from liftward_wire.states import ServiceMode

_DOORS_MOVE_OR_STAND_OPEN = (Phase.OPENING, Phase.OPEN, Phase.CLOSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """Which lifts halted, ascending, and those of them that need more than to stand still."""

    lifts: IntArray
    under_way: IntArray  # now braking
    shut_in: IntArray  # at a landing, doors closed, people inside


def halt(cars: Cars, lifts: IntArray) -> Halted:
    """Halt all of these cars that are in ordinary service, and take them out of traffic.

    Cars under way brake. Doors that stand open, or move, stay open, and the people walk out.
    Lifts that play a scene are left alone: someone is at work there, or they stand already.
    """
    normal = cars.mode[lifts] == ServiceMode.NORMAL.code
    lifts = np.sort(lifts[normal & ~cars.scripted[lifts]])
    phase = cars.phase[lifts]
    cars.scripted[lifts] = True
    under_way = lifts[np.isin(phase, (Phase.MOVING, Phase.CREEPING))]
    cars.phase[under_way] = Phase.BRAKING
    opened = lifts[np.isin(phase, _DOORS_MOVE_OR_STAND_OPEN)]
    cars.begin(opened, Phase.HELD_OPEN)
    for lift in opened.tolist():
        cars.let_out(lift)
    standing = lifts[np.isin(phase, (Phase.IDLE, Phase.STARTING))]
    cars.begin(standing, Phase.HELD_CLOSED)
    shut_in = standing[cars.passengers_count[standing] > 0]
    return Halted(lifts=lifts, under_way=under_way, shut_in=shut_in)


def hand_back(cars: Cars, lifts: IntArray, dwell_s: float) -> None:
    """Put cars that stand as `halt` left them back into traffic."""
    opened = lifts[cars.phase[lifts] == Phase.HELD_OPEN]
    shut = lifts[cars.phase[lifts] == Phase.HELD_CLOSED]
    cars.scripted[lifts] = False
    cars.begin(opened, Phase.OPEN, dwell_s)
    cars.begin(shut, Phase.IDLE)
