"""One case again: its city played anew, and what its lift said around it written as a trace.

The samples of an edge's lift stand as single messages: the trace is what the detector was given.
`liftward detect --trace` gives the same verdict on it, for as much as it holds. Must not know how
cases are found.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from liftward_gateway.admit import from_microseconds
from liftward_kit.subcommand import CallError
from liftward_runtime.detect.case_file import CaseLine
from liftward_runtime.detect.city import Batch, City
from liftward_simulator.devices.encoding import samples
from liftward_simulator.devices.observed import ObservedRows
from liftward_simulator.outputs.whole_files import whole_file
from liftward_wire.columns import SampleColumns, microseconds
from liftward_wire.topics import parse_topic

BEFORE_S, AFTER_S = 900.0, 600.0
_US = 1_000_000


def write_case_trace(case: CaseLine, folder: Path) -> list[Path]:
    """Write `LIFT-SEED.trace` and `LIFT-SEED.truth` into a folder; return the files.

    Raises
    ------
    CallError
        When a file cannot be written.
    """
    city = City(case.plan)
    lift = city.lift_ids.index(case.lift_id)
    from_us, to_us = _window_us(case.at)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallError(f"cannot write {folder}: {error.strerror}") from None
    name = f"{case.lift_id}-{case.plan.scenario}-{case.plan.seed}"
    trace, truth = folder / f"{name}.trace", folder / f"{name}.truth"
    encoder = msgspec.json.Encoder()
    with whole_file(trace) as out:
        for batch in city.batches():
            if batch.now_us < from_us:
                continue
            if batch.now_us > to_us:
                break
            for line in _lines_of(batch, lift, city.lift_ids):
                out.write(encoder.encode(line) + b"\n")
    with whole_file(truth) as out:
        for subject in city.devices_of(lift):
            for record in city.records.by_subject.get(subject, ()):
                out.write(encoder.encode(record) + b"\n")
    return [trace, truth]


def _window_us(at: str) -> tuple[int, int]:
    at_us = microseconds(datetime.fromisoformat(at))
    return at_us - round(BEFORE_S * _US), at_us + round(AFTER_S * _US)


def _lines_of(batch: Batch, lift: int, lift_ids: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what a lift said in a second: samples, then events, as the detector takes them."""
    said = batch.samples.select(np.flatnonzero(batch.samples.lift_index == lift))
    messages = samples(_rows_of(said), lift_ids)
    lines = [
        _line(message.topic, received_us, message.payload)
        for message, received_us in zip(messages, said.received_at_us.tolist(), strict=True)
    ]
    lines += [
        _line(event.topic, event.received_at_us, event.payload)
        for event in batch.messages
        if parse_topic(event.topic).device_id == lift_ids[lift]
    ]
    return sorted(lines, key=lambda line: line["received_at"])


def _line(topic: str, received_us: int, payload: bytes) -> dict[str, Any]:
    return {
        "topic": topic,
        "received_at": from_microseconds(received_us),
        "payload": msgspec.Raw(payload),
    }


def _rows_of(columns: SampleColumns) -> ObservedRows:
    lift = columns.lift_index.astype(np.int64)
    return ObservedRows(
        lift=lift,
        sender=lift,
        observed_at_us=columns.observed_at_us,
        boot_id=columns.boot_id,
        sequence=columns.sequence,
        signals={
            name: column.astype(np.float64) if column.dtype == np.float32 else column
            for name, column in columns.signals.items()
        },
    )
