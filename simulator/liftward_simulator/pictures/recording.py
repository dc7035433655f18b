"""What happened at one lift in a window of time, true and as told, ready to be drawn. Pure data."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.motion import FloatArray

IntegerArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something told or done in an instant."""

    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """Something true for a while; `to_s` is infinite while it goes on."""

    from_s: float
    to_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCourse:
    """What really was, each array of shape (n_ticks,)."""

    at_s: FloatArray
    position_m: FloatArray
    door_codes: IntegerArray  # codes of DoorState
    load_kg: FloatArray
    mode_codes: IntegerArray  # codes of ServiceMode
    power_codes: IntegerArray  # codes of PowerSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCourse:
    """What arrived from the lift's gateway, each array of shape (n_samples,), NaN where absent."""

    observed_s: FloatArray
    received_s: FloatArray
    position_m: FloatArray
    load_kg: FloatArray
    occupied: FloatArray  # 1 occupied, 0 empty


@dataclass(frozen=True, slots=True, kw_only=True)
class CityCourse:
    """The whole city beside it, each array of shape (n_ticks,)."""

    at_s: FloatArray
    trapped_persons_count: IntegerArray
    messages_per_s: FloatArray  # that arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A window of one lift's life."""

    title: str
    lift_id: str
    landings_m: FloatArray
    true: TrueCourse
    told: ToldCourse
    city: CityCourse
    entrapments: tuple[Span, ...] = ()
    spans: tuple[Span, ...] = ()  # faults, look-alikes, defects and outages, true ones
    marks: tuple[Mark, ...] = field(default=())  # events the gateway told
