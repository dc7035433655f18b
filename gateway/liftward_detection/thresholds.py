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
from typing import Any, NamedTuple, Self, cast

import numpy as np
from numpy.typing import NDArray

from liftward_detection import equipment_limits as equipment
from liftward_detection import limit_values as reading
from liftward_detection.kinds import DetectionKind, Suppression
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
DETECTOR_VERSION = "belief-4"

MICROSECONDS_PER_SECOND = 1_000_000


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
    "door_not_opened_s": ("door_fails_to_open", "shut_s", 1.0, _DAY_S),
    "door_cycles_count": ("door_cycling", "cycles_count", 2.0, 100.0),
    "run_time_longest_s": ("run_time_limit", "longest_s", 1.0, _DAY_S),
    "run_time_shortest_s": ("run_time_limit", "shortest_s", 1.0, _DAY_S),
    "run_time_margin_s": ("run_time_limit", "margin_s", 0.0, _DAY_S),
    "floor_height_m": ("run_time_limit", "floor_height_m", 1.0, 10.0),
    "restart_waiting_s": ("prevents_restart", "waiting_s", 1.0, _DAY_S),
    "fastest_mps": ("position", "fastest_mps", 1.0, 50.0),
    "jump_over_rated_share": ("position", "over_rated_share", 1.0, 5.0),
    "jump_margin_m": ("position", "jump_margin_m", 0.1, 50.0),
    "jump_confirmed_s": ("position", "confirmed_s", 0.0, _DAY_S),
    "position_doubted_s": ("position", "doubted_s", 1.0, _DAY_S),
    "overspeed_share": ("overspeed", "over_rated_share", 1.0, 5.0),
    "overspeed_s": ("overspeed", "over_s", 0.0, _DAY_S),
    "overrun_m": ("overrun", "beyond_m", 0.05, 5.0),
    "overrun_stood_s": ("overrun", "stood_s", 0.0, _DAY_S),
    "stopping_accuracy_mm": ("levelling", "stopping_mm", 1.0, 350.0),
    "levelling_accuracy_mm": ("levelling", "levelling_mm", 1.0, 350.0),
    "bad_stops_count": ("levelling", "stops_count", 1.0, 100.0),
    "motor_degc_max": ("temperature", "motor_degc_max", 50.0, 250.0),
    "motor_hot_s": ("temperature", "motor_s", 0.0, _DAY_S),
    "motor_back_k": ("temperature", "motor_back_k", 0.0, 100.0),
    "machine_room_degc_max": ("temperature", "machine_room_degc_max", 10.0, 90.0),
    "machine_room_degc_min": ("temperature", "machine_room_degc_min", 0.0, 40.0),
    "machine_room_s": ("temperature", "machine_room_s", 0.0, _DAY_S),
    "machine_room_back_k": ("temperature", "machine_room_back_k", 0.0, 20.0),
    "holding_current_a": ("brake", "holding_current_a", 0.0, 100.0),
    "brake_released_s": ("brake", "released_s", 0.0, _DAY_S),
    "brake_applied_s": ("brake", "applied_s", 0.0, _DAY_S),
    "button_stuck_s": ("stuck_button", "stuck_s", 1.0, _DAY_S),
    "stuck_openings_count": ("stuck_button", "openings_count", 1.0, 100.0),
    "rescue_device_s": ("rescue_device", "reached_s", 1.0, _DAY_S),
    "controller_silent_s": ("controller", "silent_s", 1.0, _DAY_S),
    "lateness_s_max": ("silence", "lateness_s_max", 0.0, _DAY_S),
    **equipment.EQUIPMENT_RANGES,
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
    ("run_time_shortest_s", "run_time_longest_s"),
    ("overspeed_share", "jump_over_rated_share"),
    ("jump_confirmed_s", "position_doubted_s"),
    ("stopping_accuracy_mm", "levelling_accuracy_mm"),
    ("machine_room_degc_min", "machine_room_degc_max"),
)

# How long a fault's condition must hold: the sum of these limits. Kinds that are not here open at
# once, or by a rule of their own.
_HOLDS: dict[DetectionKind, tuple[str, ...]] = {
    DetectionKind.GB_02: ("door_held_open_s", "door_hold_off_s"),
    DetectionKind.GB_03: ("door_not_opened_s",),
    DetectionKind.GB_04: ("stopped_outside_zone_s",),
    DetectionKind.GB_06: ("run_time_longest_s",),
    DetectionKind.GB_07: ("jump_confirmed_s",),
    DetectionKind.GB_08: ("restart_waiting_s",),
    DetectionKind.MOVING_WITH_DOOR_OPEN: ("moving_with_door_open_s",),
    DetectionKind.OVERSPEED: ("overspeed_s",),
    DetectionKind.OVERRUN_TOP: ("overrun_stood_s",),
    DetectionKind.OVERRUN_BOTTOM: ("overrun_stood_s",),
    DetectionKind.MOTOR_OVERHEATING: ("motor_hot_s",),
    DetectionKind.MACHINE_ROOM_TEMPERATURE: ("machine_room_s",),
    DetectionKind.BRAKE_RELEASED_AT_REST: ("brake_released_s",),
    DetectionKind.BRAKE_APPLIED_MOVING: ("brake_applied_s",),
    DetectionKind.RESCUE_DEVICE_FAILED: ("rescue_device_s",),
    DetectionKind.CONTROLLER_FAULT: ("controller_silent_s",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds(equipment.EquipmentThresholds):
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
    door_not_opened_s: float
    door_cycles_count: float
    run_time_longest_s: float
    run_time_shortest_s: float
    run_time_margin_s: float
    floor_height_m: float
    restart_waiting_s: float
    fastest_mps: float
    jump_over_rated_share: float
    jump_margin_m: float
    jump_confirmed_s: float
    position_doubted_s: float
    overspeed_share: float
    overspeed_s: float
    overrun_m: float
    overrun_stood_s: float
    stopping_accuracy_mm: float
    levelling_accuracy_mm: float
    bad_stops_count: float
    motor_degc_max: float
    motor_hot_s: float
    motor_back_k: float
    machine_room_degc_max: float
    machine_room_degc_min: float
    machine_room_s: float
    machine_room_back_k: float
    holding_current_a: float
    brake_released_s: float
    brake_applied_s: float
    button_stuck_s: float
    stuck_openings_count: float
    rescue_device_s: float
    controller_silent_s: float
    lateness_s_max: float
    certain_s: tuple[float, ...]  # by SOJOURNS
    mean_s: tuple[float, ...]  # by SOJOURNS
    suppression_s: tuple[float, ...]  # by Suppression, without NONE
    weighing: Table

    def __post_init__(self) -> None:
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise reading.ThresholdError(
                f"version is {self.version!r}; allowed: a whole number from 1"
            )
        for name, (section, key, low, high) in _RANGES.items():
            reading.check_range(f"{section}.{key}", getattr(self, name), low, high)
        for name, (section, keys, low, high) in _GROUPS.items():
            for key, value in zip(keys, getattr(self, name), strict=True):
                reading.check_range(f"{section}.{key}", value, low, high)
        for smaller, larger in _ORDERED:
            if getattr(self, smaller) > getattr(self, larger):
                raise reading.ThresholdError(
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
                raise reading.ThresholdError(
                    f"[{section}] is not known; allowed: {sorted([*known, *PLACES])}"
                )
            if isinstance(entries, Mapping) and (extra := set(entries) - known.get(section, set())):
                raise reading.ThresholdError(
                    f"{section}.{min(extra)} is not known; allowed: {sorted(known[section])}"
                )
        values = {name: reading.look_up(document, *place) for name, place in _RANGES.items()}
        for name, (section, keys, low, high) in _GROUPS.items():
            values[name] = tuple(reading.look_up(document, section, key, low, high) for key in keys)
        try:
            weighing = read_table(document)
        except WeighingError as error:
            raise reading.ThresholdError(str(error)) from None
        return cls(version=document.get("version", 0), weighing=weighing, **values)


def _place(name: str) -> str:
    return ".".join(_RANGES[name][:2])


@lru_cache(maxsize=1)
def default_thresholds() -> Thresholds:
    """Load the document of this package."""
    text = files("liftward_detection").joinpath("thresholds.toml").read_text("utf-8")
    return Thresholds.from_document(tomllib.loads(text))


class Limits(NamedTuple):
    """Thresholds as the compiled rules take them: times in whole microseconds.

    The rules get them as one record of these fields: a tuple of so many numbers would be handed
    over number by number at each call, which costs more than the rules themselves.
    """

    silent_after_us: int
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
    hold_us: tuple[int, ...]  # by kind
    run_time_us_min: int
    run_time_margin_us: int
    floor_height_m: float
    position_doubted_us: int
    fastest_mps: float
    jump_over_rated_share: float
    jump_margin_m: float
    overspeed_share: float
    overrun_m: float
    stopping_accuracy_mm: float
    levelling_accuracy_mm: float
    bad_stops_count: int
    motor_degc_max: float
    motor_back_k: float
    machine_room_degc_max: float
    machine_room_degc_min: float
    machine_room_back_k: float
    holding_current_a: float
    door_cycles_count: int
    button_stuck_us: int
    stuck_openings_count: int
    equipment: equipment.EquipmentLimits


@lru_cache(maxsize=8)  # one document is in use; tests try a few
def limits_of(thresholds: Thresholds) -> Limits:
    def microseconds(duration_s: float) -> int:
        return round(duration_s * MICROSECONDS_PER_SECOND)

    limits = Limits(
        silent_after_us=microseconds(thresholds.silent_after_s),
        lateness_us_max=microseconds(thresholds.lateness_s_max),
        speed_dead_band_mps=float(thresholds.speed_dead_band_mps),
        position_dead_band_m=float(thresholds.position_dead_band_m),
        relevelling_speed_mps=float(thresholds.relevelling_speed_mps),
        door_zone_half_height_mm=float(thresholds.door_zone_half_height_mm),
        zone_wrong_stops=float(thresholds.zone_wrong_stops),
        occupied_load_kg=float(thresholds.occupied_load_kg),
        empty_load_kg=float(thresholds.empty_load_kg),
        inspection_speed_mps=float(thresholds.inspection_speed_mps),
        suspected_odds=reading.odds_against(thresholds.suspected),
        probable_odds=reading.odds_against(thresholds.probable),
        withdrawn_odds=reading.odds_against(thresholds.withdrawn_below),
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
        hold_us=tuple(
            microseconds(sum(getattr(thresholds, name) for name in _HOLDS.get(kind, ())))
            for kind in DetectionKind
        ),
        run_time_us_min=microseconds(thresholds.run_time_shortest_s),
        run_time_margin_us=microseconds(thresholds.run_time_margin_s),
        floor_height_m=float(thresholds.floor_height_m),
        position_doubted_us=microseconds(thresholds.position_doubted_s),
        fastest_mps=float(thresholds.fastest_mps),
        jump_over_rated_share=float(thresholds.jump_over_rated_share),
        jump_margin_m=float(thresholds.jump_margin_m),
        overspeed_share=float(thresholds.overspeed_share),
        overrun_m=float(thresholds.overrun_m),
        stopping_accuracy_mm=float(thresholds.stopping_accuracy_mm),
        levelling_accuracy_mm=float(thresholds.levelling_accuracy_mm),
        bad_stops_count=round(thresholds.bad_stops_count),
        motor_degc_max=float(thresholds.motor_degc_max),
        motor_back_k=float(thresholds.motor_back_k),
        machine_room_degc_max=float(thresholds.machine_room_degc_max),
        machine_room_degc_min=float(thresholds.machine_room_degc_min),
        machine_room_back_k=float(thresholds.machine_room_back_k),
        holding_current_a=float(thresholds.holding_current_a),
        door_cycles_count=round(thresholds.door_cycles_count),
        button_stuck_us=microseconds(thresholds.button_stuck_s),
        stuck_openings_count=round(thresholds.stuck_openings_count),
        equipment=equipment.equipment_limits(thresholds),
    )
    return cast("Limits", reading.as_record(limits))
