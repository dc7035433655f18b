"""The limits of detection as a validated, versioned document.

The document is `thresholds.toml` beside this module. Must not know how a limit is used.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from json import dumps
from math import inf
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from liftward_detection.kinds import Suppression
from liftward_detection.weighing import (
    DECIBANS_MAX,
    PLACES,
    Table,
    WeighingError,
    nepers,
    read_table,
    weights_of,
)

# Grows when the rules change; stored with each verdict beside the hash of the thresholds.
DETECTOR_VERSION = "belief-1"

MICROSECONDS_PER_SECOND = 1_000_000


class ThresholdError(ValueError):
    """The document is wrong: the message names the key, its value and what is allowed."""


# Name: (section, key, lowest, highest). One day bounds every time: longer is a typing error.
_DAY_S = 86_400.0
_INTERVAL_MAX_S = 600.0  # twice this in microseconds fits into 32 bits
_RANGES: dict[str, tuple[str, str, float, float]] = {
    "suspected": ("entrapment", "suspected", 0.01, 0.999),
    "probable": ("entrapment", "probable", 0.01, 0.9999),
    "withdrawn_below": ("entrapment", "withdrawn_below", 0.0, 0.9),
    "prior_decibans": ("entrapment", "prior_decibans", -DECIBANS_MAX, 0.0),
    "code_before_s": ("entrapment", "code_before_s", 0.0, _DAY_S),
    "inspection_speed_mps": ("entrapment", "inspection_speed_mps", 0.3, 1.0),
    "silent_after_s": ("entrapment", "silent_after_s", 1.0, _DAY_S),
    "grows_in_silence_s": ("entrapment", "grows_in_silence_s", 1.0, _INTERVAL_MAX_S),
    "silence_intervals": ("entrapment", "silence_intervals", 1.0, 100.0),
    "unknown_interval_s": ("entrapment", "unknown_interval_s", 0.1, _INTERVAL_MAX_S),
    "silent_without_mains_s": ("entrapment", "silent_without_mains_s", 1.0, _DAY_S),
    "speed_dead_band_mps": ("motion", "speed_dead_band_mps", 0.0, 0.3),
    "position_dead_band_m": ("motion", "position_dead_band_m", 0.001, 1.0),
    "relevelling_speed_mps": ("motion", "relevelling_speed_mps", 0.05, 1.0),
    "door_zone_half_height_mm": ("level", "door_zone_half_height_mm", 10.0, 350.0),
    "zone_wrong_stops": ("level", "zone_wrong_stops", 1.0, 4.0),
    "occupied_load_kg": ("occupancy", "occupied_load_kg", 1.0, 200.0),
    "empty_load_kg": ("occupancy", "empty_load_kg", 0.0, 100.0),
    "door_held_open_s": ("doors", "held_open_s", 1.0, _DAY_S),
    "door_hold_off_s": ("doors", "hold_off_s", 0.0, _DAY_S),
    "stopped_outside_zone_s": ("stopped_outside_zone", "stopped_s", 1.0, _DAY_S),
    "moving_with_door_open_s": ("moving_with_door_open", "moving_s", 0.0, _DAY_S),
    "lateness_s_max": ("silence", "lateness_s_max", 0.0, _DAY_S),
}
# Groups of times under one section each, in tuples of this order.
SOJOURNS = (
    "opening",
    "opening_door",
    "starting",
    "recovering",
    "rescue_device",
    "lingering",
    "lingering_sign",
    "technician",
)
_GROUPS: dict[str, tuple[str, tuple[str, ...], float, float]] = {
    "certain_s": ("sojourns", tuple(f"{name}_certain_s" for name in SOJOURNS), 0.0, _DAY_S),
    "mean_s": ("sojourns", tuple(f"{name}_mean_s" for name in SOJOURNS), 0.01, _DAY_S),
    "suppression_s": (
        "suppression",
        tuple(f"{name}_s" for name in list(Suppression)[1:]),
        1.0,
        60 * _DAY_S,
    ),
}

# (smaller, larger): relations that the rules rest on.
_ORDERED = (
    ("withdrawn_below", "suspected"),
    ("suspected", "probable"),
    ("relevelling_speed_mps", "inspection_speed_mps"),
    ("speed_dead_band_mps", "relevelling_speed_mps"),
    ("empty_load_kg", "occupied_load_kg"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Every limit of the detector; units are in the names, meanings in `thresholds.toml`."""

    version: int
    suspected: float
    probable: float
    withdrawn_below: float
    prior_decibans: float
    code_before_s: float
    inspection_speed_mps: float
    silent_after_s: float
    grows_in_silence_s: float
    silence_intervals: float
    unknown_interval_s: float
    silent_without_mains_s: float
    speed_dead_band_mps: float
    position_dead_band_m: float
    relevelling_speed_mps: float
    door_zone_half_height_mm: float
    zone_wrong_stops: float
    occupied_load_kg: float
    empty_load_kg: float
    door_held_open_s: float
    door_hold_off_s: float
    stopped_outside_zone_s: float
    moving_with_door_open_s: float
    lateness_s_max: float
    certain_s: tuple[float, ...]  # by SOJOURNS
    mean_s: tuple[float, ...]  # by SOJOURNS
    suppression_s: tuple[float, ...]  # by Suppression, without NONE
    weighing: Table

    def __post_init__(self) -> None:
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise ThresholdError(f"version is {self.version!r}; allowed: a whole number from 1")
        for name, (section, key, low, high) in _RANGES.items():
            _check_range(f"{section}.{key}", getattr(self, name), low, high)
        for name, (section, keys, low, high) in _GROUPS.items():
            for key, value in zip(keys, getattr(self, name), strict=True):
                _check_range(f"{section}.{key}", value, low, high)
        for smaller, larger in _ORDERED:
            if getattr(self, smaller) > getattr(self, larger):
                raise ThresholdError(
                    f"{_place(smaller)} is {getattr(self, smaller)!r}; allowed: at most "
                    f"{_place(larger)}, which is {getattr(self, larger)!r}"
                )

    @property
    def sha256(self) -> str:
        """Hash of the values (not of comments or layout)."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return sha256(dumps(values, sort_keys=True).encode()).hexdigest()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Build from a parsed TOML document; raise ThresholdError on anything unknown or absent."""
        known: dict[str, set[str]] = {}
        for section, key, _, _ in _RANGES.values():
            known.setdefault(section, set()).add(key)
        for section, keys, _, _ in _GROUPS.values():
            known.setdefault(section, set()).update(keys)
        for section, entries in document.items():
            if section in PLACES or section == "version":
                continue
            if section not in known:
                raise ThresholdError(
                    f"[{section}] is not known; allowed: {sorted([*known, *PLACES])}"
                )
            if isinstance(entries, Mapping) and (extra := set(entries) - known.get(section, set())):
                raise ThresholdError(
                    f"{section}.{min(extra)} is not known; allowed: {sorted(known[section])}"
                )
        values = {name: _look_up(document, *place) for name, place in _RANGES.items()}
        for name, (section, keys, low, high) in _GROUPS.items():
            values[name] = tuple(_look_up(document, section, key, low, high) for key in keys)
        try:
            weighing = read_table(document)
        except WeighingError as error:
            raise ThresholdError(str(error)) from None
        return cls(version=document.get("version", 0), weighing=weighing, **values)


def _place(name: str) -> str:
    return ".".join(_RANGES[name][:2])


def _check_range(name: str, value: object, low: float, high: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and low <= float(str(value)) <= high):
        raise ThresholdError(f"{name} is {value!r}; allowed: a number between {low} and {high}")


def _look_up(document: Mapping[str, Any], section: str, key: str, low: float, high: float) -> Any:  # noqa: ANN401 - checked later, with its name
    entries = document.get(section)
    if not isinstance(entries, Mapping) or key not in entries:
        raise ThresholdError(
            f"{section}.{key} is missing; allowed: a number between {low} and {high}"
        )
    return entries[key]


@lru_cache(maxsize=1)
def default_thresholds() -> Thresholds:
    """Load the document of this package."""
    text = files("liftward_detection").joinpath("thresholds.toml").read_text("utf-8")
    return Thresholds.from_document(tomllib.loads(text))


class Limits(NamedTuple):
    """Thresholds as the compiled rules take them: times in whole microseconds."""

    silent_after_us: int
    door_not_closed_us: int
    stopped_outside_zone_us: int
    moving_with_door_open_us: int
    lateness_us_max: int
    speed_dead_band_mps: float
    position_dead_band_m: float
    relevelling_speed_mps: float
    door_zone_half_height_mm: float
    zone_wrong_stops: float
    occupied_load_kg: float
    empty_load_kg: float
    inspection_speed_mps: float
    # Belief: innocent odds at which a level is reached or given up, times in microseconds.
    suspected_odds: float
    probable_odds: float
    withdrawn_odds: float
    prior: float  # nepers
    code_before_us: int
    grows_in_silence_us: int
    silence_intervals: float
    unknown_interval_us: int
    silent_without_mains_us: int
    certain_us: NDArray[np.int64]  # by SOJOURNS
    mean_us: NDArray[np.float64]  # by SOJOURNS
    weights: NDArray[np.float64]  # by place, piece, explanation; nepers
    suppression_us: NDArray[np.int64]  # by Suppression; 0 for none


@lru_cache(maxsize=8)  # one document is in use; tests try a few
def limits_of(thresholds: Thresholds) -> Limits:
    def microseconds(duration_s: float) -> int:
        return round(duration_s * MICROSECONDS_PER_SECOND)

    return Limits(
        silent_after_us=microseconds(thresholds.silent_after_s),
        door_not_closed_us=microseconds(thresholds.door_held_open_s + thresholds.door_hold_off_s),
        stopped_outside_zone_us=microseconds(thresholds.stopped_outside_zone_s),
        moving_with_door_open_us=microseconds(thresholds.moving_with_door_open_s),
        lateness_us_max=microseconds(thresholds.lateness_s_max),
        speed_dead_band_mps=float(thresholds.speed_dead_band_mps),
        position_dead_band_m=float(thresholds.position_dead_band_m),
        relevelling_speed_mps=float(thresholds.relevelling_speed_mps),
        door_zone_half_height_mm=float(thresholds.door_zone_half_height_mm),
        zone_wrong_stops=float(thresholds.zone_wrong_stops),
        occupied_load_kg=float(thresholds.occupied_load_kg),
        empty_load_kg=float(thresholds.empty_load_kg),
        inspection_speed_mps=float(thresholds.inspection_speed_mps),
        suspected_odds=_odds_against(thresholds.suspected),
        probable_odds=_odds_against(thresholds.probable),
        withdrawn_odds=_odds_against(thresholds.withdrawn_below),
        prior=nepers(thresholds.prior_decibans),
        code_before_us=microseconds(thresholds.code_before_s),
        grows_in_silence_us=microseconds(thresholds.grows_in_silence_s),
        silence_intervals=float(thresholds.silence_intervals),
        unknown_interval_us=microseconds(thresholds.unknown_interval_s),
        silent_without_mains_us=microseconds(thresholds.silent_without_mains_s),
        certain_us=np.array([microseconds(t) for t in thresholds.certain_s], dtype=np.int64),
        mean_us=np.array(thresholds.mean_s, dtype=np.float64) * MICROSECONDS_PER_SECOND,
        weights=weights_of(thresholds.weighing),
        suppression_us=np.array(
            [0, *(microseconds(t) for t in thresholds.suppression_s)], dtype=np.int64
        ),
    )


def _odds_against(probability: float) -> float:
    return inf if probability <= 0.0 else (1.0 - probability) / probability
