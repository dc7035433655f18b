"""The least a detector must do: read what a sample says, and touch what is kept of its lift.

The same columns, the same cache lines of the same records, asked for ahead in the same way; nothing
is decided. What is left above it is the price of deciding.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import entry_point
from liftward_detection.fleet import FleetState
from liftward_detection.loops import LOOK_AHEAD
from liftward_detection.prefetching import prefetch
from liftward_detection.samples import SampleArrays, sample_arrays, sample_at
from liftward_wire.columns import SampleColumns

FloorLoop = Callable[[NDArray[np.void], SampleArrays], float]


def touch(state: FleetState, batches: list[SampleColumns]) -> None:
    """Read and touch everything that `observe` would."""
    for batch in batches:
        _floor_loop(state.records, sample_arrays(batch))


def _build_floor_loop() -> FloorLoop:
    @entry_point
    def floor_loop(records: NDArray[np.void], samples: SampleArrays) -> float:
        read, measured = 0, 0.0
        last = len(samples.lift_index) - 1
        for i in range(len(samples.lift_index)):
            prefetch(records, samples.lift_index[min(i + LOOK_AHEAD, last)])
            sample = sample_at(samples, i)
            record = records[sample.lift_index]
            read ^= sample.service_mode ^ sample.direction ^ sample.car_door ^ sample.landing_door
            read ^= sample.door_zone ^ sample.occupancy ^ sample.alarm_button ^ sample.brake
            read ^= sample.power_source ^ sample.safety_chain ^ sample.floor ^ record["said"]
            read ^= sample.car_calls_count ^ sample.door_open_presses_count
            measured += sample.position_m + sample.speed_mps + sample.load_kg
            measured += sample.levelling_error_mm
            record["observed_us"] = sample.observed_at_us
            record["received_us"] = sample.received_at_us
            record["sequence"] = sample.sequence
            record["boot_id"] = sample.boot_id
        return measured + read

    return floor_loop


_floor_loop = _build_floor_loop()
