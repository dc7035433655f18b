"""Motion that no controller commands: a car that drifts off with open doors, or runs too fast.

Only the few cars it happens to are here. Must not know why it happens or who is told.
"""

from dataclasses import dataclass, field

from liftward_simulator.physics.cars import BRAKE_MPS2, Cars, Phase
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.physics.motion import FloatArray

# An unbalanced car gathers speed slowly when its brake slips. [mem]
DRIFT_MPS2 = 0.5
# The protection notices a car that leaves the zone and stops it within 1.20 m (EN 81-20). [mem]
DRIFT_NOTICED_M, DRIFT_BRAKE_MPS2 = 0.35, 1.0
# A governor trips at 115 % of the rated speed or more (EN 81-20, governor tripping speed).
GOVERNOR_TRIPS_SHARE = 1.15
RUNAWAY_MPS2 = 0.5  # as an unbalanced car that no motor holds [mem]


@dataclass(slots=True)
class ScriptedMotion:
    """Cars that move uncommanded, and which way: 1 up, -1 down."""

    cars: Cars
    table: LiftTable
    drifting: dict[int, int] = field(default_factory=dict)
    running_away: dict[int, int] = field(default_factory=dict)

    def drift(self, lift: int) -> None:
        """Let a car with open doors leave its landing: upwards, where there is a shaft above."""
        at_top = self.cars.floor[lift] == self.table.floors_count[lift] - 1
        self.drifting[lift] = -1 if at_top else 1
        self.cars.phase[lift] = Phase.DRIFTING_OPEN

    def run_away(self, lift: int) -> None:
        """Let a travelling car gather speed beyond its rated one."""
        self.running_away[lift] = 1 if self.cars.velocity_mps[lift] > 0 else -1
        self.cars.phase[lift] = Phase.RUNAWAY

    def move(self, dt_s: float) -> list[int]:
        """Let `dt_s` pass; return the cars whose governor has tripped, now braking."""
        for lift in sorted(self.drifting):
            self._drift_on(lift, dt_s)
        return [lift for lift in sorted(self.running_away) if self._run_on(lift, dt_s)]

    def _drift_on(self, lift: int, dt_s: float) -> None:
        cars, sign = self.cars, self.drifting[lift]
        level_m = float(cars.floor[lift] * self.table.pitch_m[lift])
        speed_mps = abs(float(cars.velocity_mps[lift]))
        noticed = abs(float(cars.position_m[lift]) - level_m) >= DRIFT_NOTICED_M
        change_mps = -DRIFT_BRAKE_MPS2 * dt_s if noticed else DRIFT_MPS2 * dt_s
        self._move(lift, sign, max(speed_mps + change_mps, 0.0), dt_s)
        if noticed and cars.velocity_mps[lift] == 0.0:
            del self.drifting[lift]
            cars.phase[lift] = Phase.HELD_OPEN

    def _run_on(self, lift: int, dt_s: float) -> bool:
        sign = self.running_away[lift]
        speed_mps = abs(float(self.cars.velocity_mps[lift])) + RUNAWAY_MPS2 * dt_s
        self._move(lift, sign, speed_mps, dt_s)
        if speed_mps < GOVERNOR_TRIPS_SHARE * float(self.table.speed_mps[lift]):
            return False
        del self.running_away[lift]
        self.cars.phase[lift] = Phase.BRAKING
        return True

    def _move(self, lift: int, sign: int, speed_mps: float, dt_s: float) -> None:
        cars = self.cars
        before_mps = abs(float(cars.velocity_mps[lift]))
        cars.position_m[lift] += sign * (before_mps + speed_mps) / 2 * dt_s
        cars.velocity_mps[lift] = sign * speed_mps


def overspeed_room_m(speed_mps: FloatArray, rated_mps: FloatArray) -> FloatArray:
    """Return the way cars need from `speed_mps` over the governor's speed to rest, in metres."""
    # A step may end up to half a second of gathering above the governor's speed.
    trips_mps = GOVERNOR_TRIPS_SHARE * rated_mps + RUNAWAY_MPS2 / 2
    gathering_m = (trips_mps**2 - speed_mps**2) / (2 * RUNAWAY_MPS2)
    room_m: FloatArray = gathering_m + trips_mps**2 / (2 * BRAKE_MPS2)
    return room_m
