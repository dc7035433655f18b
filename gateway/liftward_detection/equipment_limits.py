"""The limits of condition and sensor health: where they stand in `thresholds.toml`, and compiled.

Must not know how a limit is used.
"""

from dataclasses import dataclass
from typing import NamedTuple

_DAY_S = 86_400.0
_SECONDS_PER_MINUTE = 60.0
_MICROSECONDS_PER_SECOND = 1_000_000

# Name: (section, key, lowest, highest).
EQUIPMENT_RANGES: dict[str, tuple[str, str, float, float]] = {
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentThresholds:
    """The part of `thresholds.Thresholds` that is about the equipment."""

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


class EquipmentLimits(NamedTuple):
    """The same as the compiled rules take them: whole minutes, whole microseconds."""

    block_observations: int
    block_minutes: int
    learning_blocks: int
    learning_minutes: int
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
    look_us: int
    idle_us: int
    gap_us_max: int
    flaps: int
    contradictions: int
    stuck_cycles: int
    load_offset_kg: float
    load_window_cycles: int
    levelling_zeros: int
    bursts: int


def equipment_limits(thresholds: EquipmentThresholds) -> EquipmentLimits:
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
        look_us=round(thresholds.health_look_s * _MICROSECONDS_PER_SECOND),
        idle_us=round(thresholds.health_idle_s * _MICROSECONDS_PER_SECOND),
        gap_us_max=round(thresholds.health_gap_s_max * _MICROSECONDS_PER_SECOND),
        flaps=round(thresholds.health_flaps),
        contradictions=round(thresholds.health_contradictions),
        stuck_cycles=round(thresholds.health_stuck_cycles),
        load_offset_kg=float(thresholds.health_load_offset_kg),
        load_window_cycles=round(thresholds.health_load_window_cycles),
        levelling_zeros=round(thresholds.health_levelling_zeros),
        bursts=round(thresholds.health_bursts),
    )
