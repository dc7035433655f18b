"""The signals that the rules read, as a tuple of arrays in fixed order and type.

Built once for each call from `liftward_wire.columns.SampleColumns`; a signal that a batch does not
carry becomes a column of "absent". Must not know what a signal means to a rule.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import inlined
from liftward_wire.signals import COUNT_ABSENT, SIGNAL_BY_NAME, SignalType

Int8Array = NDArray[np.int8]
Int64Array = NDArray[np.int64]
Float32Array = NDArray[np.float32]


class SampleSource(Protocol):
    """What the detector needs of `liftward_wire.columns.SampleColumns`."""

    @property
    def lift_index(self) -> NDArray[np.int32]: ...
    @property
    def observed_at_us(self) -> Int64Array: ...
    @property
    def received_at_us(self) -> Int64Array: ...
    @property
    def boot_id(self) -> Int64Array: ...
    @property
    def sequence(self) -> Int64Array: ...
    @property
    def signals(self) -> Mapping[str, NDArray[np.generic]]: ...


class SampleArrays(NamedTuple):
    """One row for each sample. States are codes (0 unknown); NaN and COUNT_ABSENT are absent."""

    lift_index: NDArray[np.int32]
    observed_at_us: Int64Array
    received_at_us: Int64Array
    boot_id: Int64Array
    sequence: Int64Array
    service_mode: Int8Array
    position_m: Float32Array
    floor: Int64Array
    speed_mps: Float32Array
    direction: Int8Array
    car_door: Int8Array
    landing_door: Int8Array
    door_zone: Int8Array
    levelling_error_mm: Float32Array
    load_kg: Float32Array
    occupancy: Int8Array
    alarm_button: Int8Array
    power_source: Int8Array
    safety_chain: Int8Array
    brake: Int8Array
    car_calls_count: Int64Array
    door_open_presses_count: Int64Array
    motor_current_a: Float32Array
    motor_temperature_degc: Float32Array
    machine_room_temperature_degc: Float32Array
    vibration_mps2: Float32Array


class Sample(NamedTuple):
    """One row as plain numbers: compiled code passes these far faster than the arrays."""

    lift_index: int
    observed_at_us: int
    received_at_us: int
    boot_id: int
    sequence: int
    service_mode: int
    position_m: float
    floor: int
    speed_mps: float
    direction: int
    car_door: int
    landing_door: int
    door_zone: int
    levelling_error_mm: float
    load_kg: float
    occupancy: int
    alarm_button: int
    power_source: int
    safety_chain: int
    brake: int
    car_calls_count: int
    door_open_presses_count: int
    motor_current_a: float
    motor_temperature_degc: float
    machine_room_temperature_degc: float
    vibration_mps2: float


_KEYS = tuple(
    (name, np.dtype(np.int32 if name == "lift_index" else np.int64))
    for name in SampleArrays._fields[:5]
)
_ABSENT: dict[SignalType, tuple[np.dtype[Any], float]] = {
    SignalType.FLOAT: (np.dtype(np.float32), np.nan),
    SignalType.COUNT: (np.dtype(np.int64), COUNT_ABSENT),
    SignalType.STATE: (np.dtype(np.int8), 0),
}
_SIGNALS = tuple((name, *_ABSENT[SIGNAL_BY_NAME[name].type]) for name in SampleArrays._fields[5:])


def sample_arrays(columns: SampleSource) -> SampleArrays:
    """Return the rules' signals, contiguous and typed; raise ValueError when lengths differ."""
    arrays = [np.ascontiguousarray(getattr(columns, name), dtype=dtype) for name, dtype in _KEYS]
    count, signals = len(arrays[0]), columns.signals
    for name, dtype, absent in _SIGNALS:
        column = signals.get(name)
        if column is None:
            arrays.append(np.full(count, absent, dtype=dtype))
        else:
            arrays.append(np.ascontiguousarray(column, dtype=dtype))
    for name, array in zip(SampleArrays._fields, arrays, strict=True):
        if array.shape != (count,):
            raise ValueError(f"column {name} has shape {array.shape}; allowed: ({count},)")
    return SampleArrays._make(arrays)


@inlined
def sample_at(samples: SampleArrays, i: int | np.uint64) -> Sample:
    return Sample(
        samples.lift_index[i],
        samples.observed_at_us[i],
        samples.received_at_us[i],
        samples.boot_id[i],
        samples.sequence[i],
        samples.service_mode[i],
        samples.position_m[i],
        samples.floor[i],
        samples.speed_mps[i],
        samples.direction[i],
        samples.car_door[i],
        samples.landing_door[i],
        samples.door_zone[i],
        samples.levelling_error_mm[i],
        samples.load_kg[i],
        samples.occupancy[i],
        samples.alarm_button[i],
        samples.power_source[i],
        samples.safety_chain[i],
        samples.brake[i],
        samples.car_calls_count[i],
        samples.door_open_presses_count[i],
        samples.motor_current_a[i],
        samples.motor_temperature_degc[i],
        samples.machine_room_temperature_degc[i],
        samples.vibration_mps2[i],
    )


def no_samples() -> SampleArrays:
    """Return arrays of no rows, of the types that compiled code expects."""
    keys: list[Any] = [np.empty(0, dtype=dtype) for _, dtype in _KEYS]
    signals: list[Any] = [np.empty(0, dtype=dtype) for _, dtype, _ in _SIGNALS]
    return SampleArrays(*keys, *signals)
