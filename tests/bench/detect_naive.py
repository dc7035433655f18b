"""The naive twin's rate on the first samples of a stream."""

import time
from itertools import islice
from math import isnan
from typing import Any

from liftward_detection.thresholds import default_thresholds
from liftward_wire.columns import SampleColumns
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, SignalType
from support.detector_twin import Twin

SAMPLES = 20_000  # it is slow; a rate needs no more


def naive_samples_per_s(batches: list[SampleColumns]) -> int:
    """Return samples per second of CPU time; making the rows and the twins does not count."""
    every = (_row(batch, index) for batch in batches for index in range(len(batch)))
    rows = list(islice(every, SAMPLES))
    twins = {row["lift"]: Twin(row["lift"], default_thresholds()) for row in rows}
    started_s = time.process_time()
    for row in rows:
        twins[row["lift"]].take_sample(row)
    return round(len(rows) / (time.process_time() - started_s))


def _row(columns: SampleColumns, index: int) -> dict[str, Any]:
    """Return one sample in the words the twin reads; absent signals are left out."""
    row: dict[str, Any] = {
        "lift": int(columns.lift_index[index]),
        "at_us": int(columns.observed_at_us[index]),
        "received_us": int(columns.received_at_us[index]),
        "boot_id": int(columns.boot_id[index]),
        "sequence": int(columns.sequence[index]),
    }
    for signal in SIGNALS:
        value = columns.signals[signal.name][index].item()
        if signal.type is SignalType.STATE and value:
            assert signal.states is not None
            row[signal.name] = signal.states.from_code(value).value
        elif signal.type is not SignalType.STATE and not isnan(value) and value != COUNT_ABSENT:
            row[signal.name] = value
    return row
