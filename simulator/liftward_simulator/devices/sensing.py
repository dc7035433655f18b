"""From what is to what the gateways measure: who sees what, how well, when, and with which lies.

Pure arrays; the generator is a parameter. Knows gateway types and defects. Must not know
sequences, clocks of devices, messages or links.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.devices.defects import Defects
from liftward_simulator.devices.gateway_types import FLOAT_NAMES, GatewayArrays
from liftward_simulator.devices.observed import Signals
from liftward_simulator.devices.readings import STATE_NAMES, STATE_ROW, Look, look, numbers
from liftward_simulator.devices.spans import FloatArray, IntArray
from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.lifts import LiftTable
from liftward_wire.signals import COUNT_ABSENT, SIGNAL_BY_NAME, SIGNALS, SignalType
from liftward_wire.states import Brake, Button, Direction, DoorState, Occupancy

TICK_S = 1e-6  # a period that is over but for rounding is over
_COUNT_NAMES = tuple(signal.name for signal in SIGNALS if signal.type is SignalType.COUNT)
_DOORS = ("car_door", "landing_door")
_DECIMALS_MAX = 6  # no quantum in the table is finer; takes away what binary fractions add
# What a door contact that knows only open and not open says.
_COARSE_DOOR = np.arange(len(DoorState), dtype=np.int8)
_COARSE_DOOR[[state.code for state in (DoorState.OPENING, DoorState.CLOSING, DoorState.FAULT)]] = (
    DoorState.OPEN.code
)


def _busy_codes() -> NDArray[np.bool_]:
    """Return which codes of which state mean that something goes on: shape (n_states, n_codes)."""
    words = {
        "direction": (Direction.UP, Direction.DOWN),
        "car_door": (DoorState.OPENING, DoorState.OPEN, DoorState.CLOSING, DoorState.FAULT),
        "occupancy": (Occupancy.OCCUPIED,),
        "alarm_button": (Button.PRESSED,),
        "brake": (Brake.RELEASED,),
    }
    codes_count = max(len(signal.states) for signal in SIGNALS if signal.states is not None)
    busy = np.zeros((len(STATE_NAMES), codes_count), np.bool_)
    for name, states in words.items():
        busy[STATE_ROW[name], [state.code for state in states]] = True
    return busy


_BUSY = _busy_codes()
_BUSY_ROWS = np.flatnonzero(_BUSY.any(axis=1)).tolist()


@dataclass(slots=True, kw_only=True)
class Sensing:
    """Mutable: what each lift's gateway told last and when."""

    table: LiftTable
    gateways: GatewayArrays
    defects: Defects
    rng: np.random.Generator
    sampling_period_s: FloatArray
    idle_period_s: FloatArray
    last_sample_s: FloatArray
    _visible: NDArray[np.int8] = field(init=False)  # (n_states, n_lifts): 1 seen, 0 not
    _coarse: IntArray = field(init=False)
    _sees_load: NDArray[np.bool_] = field(init=False)
    _last_states: NDArray[np.int8] | None = None
    _last_told: dict[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        type_of = self.gateways.type_of
        sees = self.gateways.sees
        self._visible = np.stack([sees[name][type_of] for name in STATE_NAMES]).astype(np.int8)
        self._coarse = np.flatnonzero(self.gateways.coarse_doors[type_of])
        self._sees_load = sees["load_kg"][type_of]
        for name, dead_band in self.gateways.dead_band.items():
            if (dead_band[type_of] > 0).any():
                self._last_told[name] = np.full(self.table.count, np.nan)

    @classmethod
    def of(
        cls,
        table: LiftTable,
        gateways: GatewayArrays,
        defects: Defects,
        rng: np.random.Generator,
    ) -> "Sensing":
        """Return the sensing of these lifts, none of which has told anything yet."""
        idle_period_s = gateways.idle_period_s[gateways.type_of]
        # Spread over the period, or all idle lifts would speak in the same instant.
        spread = np.arange(table.count) / max(table.count, 1)
        return cls(
            table=table,
            gateways=gateways,
            defects=defects,
            rng=rng,
            sampling_period_s=gateways.sampling_period_s[gateways.type_of],
            idle_period_s=idle_period_s,
            last_sample_s=(spread - 1.0) * idle_period_s,
        )

    def look(self, cars: Cars, clock_s: float) -> Look:
        """Return the fleet as the sensors show it: its states bent and masked, the rest true."""
        seen = look(cars, self.table)
        states = seen.states
        self.defects.bend_states(states, clock_s)
        for name in _DOORS:
            door = states[STATE_ROW[name]]
            door[self._coarse] = _COARSE_DOOR[door[self._coarse]]
        states *= self._visible
        return seen

    def due(self, seen: Look, running: NDArray[np.bool_], clock_s: float) -> IntArray:
        """Return, ascending, the lifts that speak now: a state changed, or their period is over.

        Only lifts whose gateway is `running` do.
        """
        states = seen.states
        busy = self._sees_load & (seen.load_kg > 0)
        for row in _BUSY_ROWS:
            busy |= _BUSY[row][states[row]]
        period_s = np.where(busy, self.sampling_period_s, self.idle_period_s)
        speaks = clock_s - self.last_sample_s >= period_s - TICK_S
        if self._last_states is not None:
            for now, before in zip(states, self._last_states, strict=True):
                speaks |= now != before
        self._last_states = states
        due = np.flatnonzero(speaks & running)
        self.last_sample_s[due] = clock_s
        return due

    def measure(self, cars: Cars, seen: Look, lifts: IntArray, clock_s: float) -> Signals:
        """Return every signal of these lifts (ascending) as their gateways measure it."""
        signals: Signals = dict(zip(STATE_NAMES, seen.states[:, lifts], strict=True))
        values = numbers(cars, self.table, seen, lifts)
        self.defects.bend_values(values, lifts, clock_s)
        types = self.gateways.type_of[lifts]
        noise = self.rng.standard_normal((len(FLOAT_NAMES), lifts.size))
        for name, draws in zip(FLOAT_NAMES, noise, strict=True):
            signals[name] = self._float(name, values[name], draws, types, lifts)
        for name in _COUNT_NAMES:
            sees = self.gateways.sees[name]
            signals[name] = np.where(sees[types], values[name], COUNT_ABSENT)
        self.defects.hold_frozen(signals, lifts)
        return signals

    def _float(
        self,
        name: str,
        true: FloatArray,
        draws: FloatArray,
        types: NDArray[np.int8],
        lifts: IntArray,
    ) -> FloatArray:
        """Return one number with noise, in whole quanta, held within the dead-band, or absent."""
        signal, gateways = SIGNAL_BY_NAME[name], self.gateways
        assert signal.low is not None, "a number signal has limits"
        quantum = gateways.quantum[name][types]
        measured: FloatArray = true + gateways.noise[name][types] * draws
        measured = np.round(np.rint(measured / quantum) * quantum, _DECIMALS_MAX)
        measured = np.clip(measured, signal.low, signal.high) + 0.0  # no negative zero
        if name in self._last_told:
            told = self._last_told[name][lifts]
            held = np.abs(measured - told) < gateways.dead_band[name][types]
            measured = np.where(held, told, measured)
            self._last_told[name][lifts] = measured
        absent = ~gateways.sees[name][types]
        measured[absent] = np.nan
        return measured
