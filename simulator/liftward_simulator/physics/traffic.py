"""The town's people and cars in motion: one call lets a moment pass for the whole fleet.

Hands the arrays to the compiled loop. Must not know faults, signals or messages.
"""

import collections
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import cast

import numpy as np

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.kernel import advance
from liftward_simulator.physics.lifts import IntArray, LiftTable
from liftward_simulator.physics.motion import FloatArray
from liftward_simulator.physics.passengers import Moment
from liftward_simulator.physics.patterns import HOURS_PER_DAY, flows, hour_curves

_SECONDS_PER_HOUR = 3_600.0
_CAR_ARRAYS = tuple(entry.name for entry in fields(Cars))
_TABLE_ARRAYS = tuple(
    entry.name for entry in fields(LiftTable) if entry.name not in {"lift_ids", "district_names"}
)
# numba takes a tuple of arrays apart, and no dataclass. The names are those of the dataclass.
_make: Callable[..., Callable[..., object]] = collections.namedtuple  # noqa: PYI024
CarArrays = _make("CarArrays", _CAR_ARRAYS, module=__name__)
TableArrays = _make("TableArrays", _TABLE_ARRAYS, module=__name__)


def car_arrays(cars: Cars) -> Cars:
    """Return the same arrays as compiled code takes them."""
    return cast("Cars", CarArrays(*(getattr(cars, name) for name in _CAR_ARRAYS)))


def table_arrays(table: LiftTable) -> LiftTable:
    """Return the same arrays as compiled code takes them."""
    return cast("LiftTable", TableArrays(*(getattr(table, name) for name in _TABLE_ARRAYS)))


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Ordinary life: people come at the rate of the hour, and cars serve them."""

    cars: Cars
    table: LiftTable
    rng: np.random.Generator
    start_hour: float  # the town's time of day at 0 s
    factor: float  # of the usual number of people
    _arrays: LiftTable = field(init=False)
    _weights: FloatArray = field(init=False)  # of each hour by site type, mean 1
    _incoming: FloatArray = field(init=False)
    _outgoing: FloatArray = field(init=False)
    _retried: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self._arrays = table_arrays(self.table)
        self._weights = hour_curves()
        self._incoming, self._outgoing = flows()
        self._retried = np.empty(self.table.count, np.int64)

    def begin(self, from_s: float) -> None:
        """Draw when at each lift the first group may come, from this moment on."""
        peaks = self.factor * self._weights.max(axis=1)
        per_s = self.table.arrivals_per_s * peaks[self.table.site_type]
        gaps = self.rng.standard_exponential(self.table.count)
        with np.errstate(divide="ignore"):  # where nobody comes, the first group never does
            self.cars.next_arrival_s[:] = from_s + gaps / per_s

    def advance(self, clock_s: float, dt_s: float) -> list[int]:
        """Let `dt_s` pass, up to `clock_s`; return the lifts whose closing doors opened again."""
        count = advance(
            car_arrays(self.cars),
            self._arrays,
            self._moment(clock_s, dt_s),
            self.rng,
            self._retried,
        )
        retried: list[int] = self._retried[:count].tolist()
        return retried

    def _moment(self, clock_s: float, dt_s: float) -> Moment:
        hour = int((self.start_hour + clock_s / _SECONDS_PER_HOUR) % HOURS_PER_DAY)
        peaks = self._weights.max(axis=1)
        return Moment(
            clock_s=float(clock_s),
            dt_s=float(dt_s),
            candidates_share=self.factor * peaks,
            accepted_share=self._weights[:, hour] / peaks,
            incoming_share=self._incoming[:, hour].copy(),
            outgoing_share=self._outgoing[:, hour].copy(),
        )


def warm_up() -> None:
    """Compile the loop, or load what is compiled: costs seconds the first time on a machine."""
    rng = np.random.default_rng(0)
    table = LiftTable.from_town(town_from(make_town(rng, 2)), rng, without=frozenset())
    traffic = Traffic(
        cars=Cars.at_rest(table, rng), table=table, rng=rng, start_hour=0.0, factor=1.0
    )
    traffic.cars.begin_trip(table, np.array([0]), np.array([0]))
    traffic.advance(0.0, 0.1)
