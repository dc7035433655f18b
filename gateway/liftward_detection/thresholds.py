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
from typing import Any, NamedTuple, Self

from liftward_detection.equipment import EquipmentLimits

# Grows when the rules change; stored with each verdict beside the hash of the thresholds.
DETECTOR_VERSION = "timers-1"

MICROSECONDS_PER_SECOND = 1_000_000
_SECONDS_PER_MINUTE = 60.0


class ThresholdError(ValueError):
    """The document is wrong: the message names the key, its value and what is allowed."""


# Name: (section, key, lowest, highest). One day bounds every time: longer is a typing error.
_DAY_S = 86_400.0
_RANGES: dict[str, tuple[str, str, float, float]] = {
    "entrapment_off_level_s": ("entrapment", "off_level_s", 1.0, _DAY_S),
    "entrapment_at_level_s": ("entrapment", "at_level_s", 1.0, _DAY_S),
    "entrapment_alarm_button_s": ("entrapment", "alarm_button_s", 1.0, _DAY_S),
    "silent_after_s": ("entrapment", "silent_after_s", 1.0, _DAY_S),
    "speed_dead_band_mps": ("motion", "speed_dead_band_mps", 0.0, 0.3),
    "position_dead_band_m": ("motion", "position_dead_band_m", 0.001, 1.0),
    "relevelling_speed_mps": ("motion", "relevelling_speed_mps", 0.05, 1.0),
    "door_zone_half_height_mm": ("level", "door_zone_half_height_mm", 10.0, 350.0),
    "occupied_load_kg": ("occupancy", "occupied_load_kg", 1.0, 200.0),
    "empty_load_kg": ("occupancy", "empty_load_kg", 0.0, 100.0),
    "door_held_open_s": ("doors", "held_open_s", 1.0, _DAY_S),
    "door_hold_off_s": ("doors", "hold_off_s", 0.0, _DAY_S),
    "stopped_outside_zone_s": ("stopped_outside_zone", "stopped_s", 1.0, _DAY_S),
    "moving_with_door_open_s": ("moving_with_door_open", "moving_s", 0.0, _DAY_S),
    "lateness_s_max": ("silence", "lateness_s_max", 0.0, _DAY_S),
    "block_observations": ("condition", "block_observations", 1.0, 1000.0),
    "block_s": ("condition", "block_s", 60.0, _DAY_S),
    "learning_blocks": ("condition", "learning_blocks", 4.0, 1000.0),
    "learning_days": ("condition", "learning_days", 0.0, 60.0),
    "allowance": ("condition", "allowance", 0.1, 2.0),
    "decision_interval": ("condition", "decision_interval", 2.0, 50.0),
    "adapting_share": ("condition", "adapting_share", 0.0, 0.1),
    "door_time_change_share": ("condition", "door_time_change_share", 0.01, 1.0),
    "retries_change_per_100": ("condition", "retries_change_per_100", 0.5, 100.0),
    "levelling_change_mm": ("condition", "levelling_change_mm", 0.1, 20.0),
    "motor_current_change_share": ("condition", "motor_current_change_share", 0.01, 1.0),
    "vibration_change_share": ("condition", "vibration_change_share", 0.01, 5.0),
    "levelling_limit_mm": ("condition", "levelling_limit_mm", 5.0, 50.0),
    "vibration_limit_mps2": ("condition", "vibration_limit_mps2", 0.05, 2.0),
    "health_look_s": ("health", "look_s", 10.0, 3600.0),
    "health_idle_s": ("health", "idle_s", 60.0, _DAY_S),
    "health_gap_s_max": ("health", "gap_s_max", 1.0, 120.0),
    "health_flaps": ("health", "flaps", 2.0, 50.0),
    "health_contradictions": ("health", "contradictions", 2.0, 50.0),
    "health_stuck_cycles": ("health", "stuck_cycles", 8.0, 60.0),
    "health_load_offset_kg": ("health", "load_offset_kg", 5.0, 200.0),
    "health_load_window_cycles": ("health", "load_window_cycles", 4.0, 60.0),
    "health_levelling_zeros": ("health", "levelling_zeros", 5.0, 60.0),
    "health_bursts": ("health", "bursts", 2.0, 12.0),
}

# (smaller, larger): relations that the rules rest on.
_ORDERED = (
    ("entrapment_alarm_button_s", "entrapment_off_level_s"),
    ("entrapment_off_level_s", "entrapment_at_level_s"),
    ("speed_dead_band_mps", "relevelling_speed_mps"),
    ("empty_load_kg", "occupied_load_kg"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Every limit of the detector; units are in the names, meanings in `thresholds.toml`."""

    version: int
    entrapment_off_level_s: float
    entrapment_at_level_s: float
    entrapment_alarm_button_s: float
    silent_after_s: float
    speed_dead_band_mps: float
    position_dead_band_m: float
    relevelling_speed_mps: float
    door_zone_half_height_mm: float
    occupied_load_kg: float
    empty_load_kg: float
    door_held_open_s: float
    door_hold_off_s: float
    stopped_outside_zone_s: float
    moving_with_door_open_s: float
    lateness_s_max: float
    block_observations: float
    block_s: float
    learning_blocks: float
    learning_days: float
    allowance: float
    decision_interval: float
    adapting_share: float
    door_time_change_share: float
    retries_change_per_100: float
    levelling_change_mm: float
    motor_current_change_share: float
    vibration_change_share: float
    levelling_limit_mm: float
    vibration_limit_mps2: float
    health_look_s: float
    health_idle_s: float
    health_gap_s_max: float
    health_flaps: float
    health_contradictions: float
    health_stuck_cycles: float
    health_load_offset_kg: float
    health_load_window_cycles: float
    health_levelling_zeros: float
    health_bursts: float

    def __post_init__(self) -> None:
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise ThresholdError(f"version is {self.version!r}; allowed: a whole number from 1")
        for name in _RANGES:
            _check_range(name, getattr(self, name))
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
        for section, entries in document.items():
            if section != "version" and section not in known:
                raise ThresholdError(f"[{section}] is not known; allowed: {sorted(known)}")
            if isinstance(entries, Mapping) and (extra := set(entries) - known.get(section, set())):
                raise ThresholdError(
                    f"{section}.{min(extra)} is not known; allowed: {sorted(known[section])}"
                )
        values = {name: _look_up(document, *place[:2]) for name, place in _RANGES.items()}
        return cls(version=document.get("version", 0), **values)


def _place(name: str) -> str:
    return ".".join(_RANGES[name][:2])


def _check_range(name: str, value: object) -> None:
    _, _, low, high = _RANGES[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and low <= float(str(value)) <= high):
        raise ThresholdError(
            f"{_place(name)} is {value!r}; allowed: a number between {low} and {high}"
        )


def _look_up(document: Mapping[str, Any], section: str, key: str) -> Any:  # noqa: ANN401 - checked later, with its name
    entries = document.get(section)
    if not isinstance(entries, Mapping) or key not in entries:
        _, _, low, high = next(place for place in _RANGES.values() if place[:2] == (section, key))
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

    off_level_us: int
    at_level_us: int
    alarm_button_us: int
    silent_after_us: int
    door_not_closed_us: int
    stopped_outside_zone_us: int
    moving_with_door_open_us: int
    lateness_us_max: int
    speed_dead_band_mps: float
    position_dead_band_m: float
    relevelling_speed_mps: float
    door_zone_half_height_mm: float
    occupied_load_kg: float
    empty_load_kg: float
    equipment: EquipmentLimits


@lru_cache(maxsize=8)  # one document is in use; tests try a few
def limits_of(thresholds: Thresholds) -> Limits:
    def microseconds(duration_s: float) -> int:
        return round(duration_s * MICROSECONDS_PER_SECOND)

    return Limits(
        off_level_us=microseconds(thresholds.entrapment_off_level_s),
        at_level_us=microseconds(thresholds.entrapment_at_level_s),
        alarm_button_us=microseconds(thresholds.entrapment_alarm_button_s),
        silent_after_us=microseconds(thresholds.silent_after_s),
        door_not_closed_us=microseconds(thresholds.door_held_open_s + thresholds.door_hold_off_s),
        stopped_outside_zone_us=microseconds(thresholds.stopped_outside_zone_s),
        moving_with_door_open_us=microseconds(thresholds.moving_with_door_open_s),
        lateness_us_max=microseconds(thresholds.lateness_s_max),
        speed_dead_band_mps=float(thresholds.speed_dead_band_mps),
        position_dead_band_m=float(thresholds.position_dead_band_m),
        relevelling_speed_mps=float(thresholds.relevelling_speed_mps),
        door_zone_half_height_mm=float(thresholds.door_zone_half_height_mm),
        occupied_load_kg=float(thresholds.occupied_load_kg),
        empty_load_kg=float(thresholds.empty_load_kg),
        equipment=_equipment_limits(thresholds),
    )


def _equipment_limits(thresholds: Thresholds) -> EquipmentLimits:
    return EquipmentLimits(
        block_observations=round(thresholds.block_observations),
        block_minutes=round(thresholds.block_s / _SECONDS_PER_MINUTE),
        learning_blocks=round(thresholds.learning_blocks),
        learning_minutes=round(thresholds.learning_days * _DAY_S / _SECONDS_PER_MINUTE),
        allowance=float(thresholds.allowance),
        decision_interval=float(thresholds.decision_interval),
        adapting_share=float(thresholds.adapting_share),
        door_time_change_share=float(thresholds.door_time_change_share),
        retries_change_per_100=float(thresholds.retries_change_per_100),
        levelling_change_mm=float(thresholds.levelling_change_mm),
        motor_current_change_share=float(thresholds.motor_current_change_share),
        vibration_change_share=float(thresholds.vibration_change_share),
        levelling_limit_mm=float(thresholds.levelling_limit_mm),
        vibration_limit_mps2=float(thresholds.vibration_limit_mps2),
        look_us=round(thresholds.health_look_s * MICROSECONDS_PER_SECOND),
        idle_us=round(thresholds.health_idle_s * MICROSECONDS_PER_SECOND),
        gap_us_max=round(thresholds.health_gap_s_max * MICROSECONDS_PER_SECOND),
        flaps=round(thresholds.health_flaps),
        contradictions=round(thresholds.health_contradictions),
        stuck_cycles=round(thresholds.health_stuck_cycles),
        load_offset_kg=float(thresholds.health_load_offset_kg),
        load_window_cycles=round(thresholds.health_load_window_cycles),
        levelling_zeros=round(thresholds.health_levelling_zeros),
        bursts=round(thresholds.health_bursts),
    )
