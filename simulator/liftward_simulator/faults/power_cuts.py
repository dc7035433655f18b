"""The town's mains gone at one lift, a street or the whole city, and back again.

Vectorised: only cars that are under way, or stand shut with people, need a scene. A lift with a
rescue device waits on its battery, creeps to a landing and opens: no entrapment. Must not know why
the mains are gone.
"""

from dataclasses import dataclass, field

import numpy as np

from liftward_simulator.faults import scripts
from liftward_simulator.faults.agenda import Agenda
from liftward_simulator.faults.director import Director
from liftward_simulator.faults.halts import halt, hand_back
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.physics.cars import DOOR_ZONE_M, Phase
from liftward_simulator.physics.lifts import DOOR_DWELL_S, BoolArray, IntArray
from liftward_wire.states import PowerSource, ServiceMode

# An automatic rescue device waits at least 3 s after mains loss (TSG T7001-2023).
DEVICE_WAITS_S = (3.0, 8.0)
DEVICE_FAILS_SHARE = 0.03  # batteries age unseen [mem]
# What is still playing a scene when the mains return is looked at again after so long.
LOOK_AGAIN_S = 30.0
NAME = "mains_cut"
_CODE = "41"


@dataclass(slots=True, kw_only=True)
class PowerCuts:
    """Which lifts are dark is in `Faults.dark`; here is when they get their mains back."""

    director: Director
    rng: np.random.Generator
    returns: Agenda[IntArray] = field(default_factory=Agenda)
    restarts: Agenda[IntArray] = field(default_factory=Agenda)

    def unnoticed(self, lifts: IntArray) -> BoolArray:
        """Return at which of these lifts a cut would now find nobody."""
        cars = self.director.cars
        fits: BoolArray = (
            (cars.phase[lifts] == Phase.IDLE)
            & ~cars.scripted[lifts]
            & (cars.mode[lifts] == ServiceMode.NORMAL.code)
        )
        fits[fits] = cars.passengers_count[lifts[fits]] == 0
        return fits

    def begin(self, lifts: IntArray, now_s: float, until_s: float) -> int:
        """Cut the mains of these lifts; return how many it hits (`halt` says which it spares)."""
        director = self.director
        halted = halt(director.cars, lifts)
        director.faults.dark[halted.lifts] = True
        director.faults.lose_mains(halted.lifts)
        self._tell(Edge.BEGAN, halted.lifts)
        for lift in np.sort(np.concatenate([halted.under_way, halted.shut_in])).tolist():
            fails, waits = self.rng.random(2)
            if director.table.has_rescue_device[lift] and fails >= DEVICE_FAILS_SHARE:
                wait_s = DEVICE_WAITS_S[0] + waits * (DEVICE_WAITS_S[1] - DEVICE_WAITS_S[0])
                director.begin(lift, scripts.battery_rescue_scene(wait_s), stays=True)
            else:
                director.begin(lift, scripts.SETTLE_SCENE, stays=True)
        self.returns.put(max(until_s, now_s), halted.lifts)
        return int(halted.lifts.size)

    def take_returned(self, now_s: float) -> list[IntArray]:
        """Give the mains back where it is time; return those lifts, group by group."""
        groups = self.returns.take_due(now_s)
        director = self.director
        for lifts in groups:
            director.faults.dark[lifts] = False
            director.cars.power[lifts] = np.int8(PowerSource.MAINS.code)
            for lift in lifts.tolist():
                director.faults.clear_code(lift, _CODE)
            self._tell(Edge.ENDED, lifts)
        return groups

    def restart(self, lifts: IntArray, now_s: float) -> None:
        """Let these lifts serve again; those that still play a scene, when that is over."""
        director, cars = self.director, self.director.cars
        playing = np.array([lift in director.playing for lift in lifts.tolist()], np.bool_)
        if playing.any():
            self.restarts.put(now_s + LOOK_AGAIN_S, lifts[playing])
        rest = lifts[~playing]
        landing_m = cars.nearest_floor(director.table)[rest] * director.table.pitch_m[rest]
        off_level = np.abs(cars.position_m[rest] - landing_m) > DOOR_ZONE_M
        changed = off_level | (cars.mode[rest] != ServiceMode.NORMAL.code)
        for lift in rest[changed].tolist():
            director.begin(lift, scripts.restart_scene())
        hand_back(cars, rest[~changed], DOOR_DWELL_S)

    def restart_due(self, now_s: float) -> None:
        for lifts in self.restarts.take_due(now_s):
            self.restart(lifts, now_s)

    def _tell(self, edge: Edge, lifts: IntArray) -> None:
        tell = self.director.faults.chronicle.tell
        for lift in lifts.tolist():
            tell(TrueKind.POWER_CUT, edge, NAME, lift)
