"""Samples and events as plain dicts of words, and their way into columns.

A sample: {"at_us", "received_us", "boot_id", "sequence", and signals by name, absent when unknown};
an event: {"at_us", "received_us", "boot_id", "sequence", "kind", "gb_code"?, "service_mode"?}.
Both carry "lift".
"""

import json
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from liftward_detection.events import EventColumns, EventRow
from liftward_detection.transitions import Transitions
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, SignalType
from liftward_wire.states import ServiceMode

SECOND_US = 1_000_000
EPOCH_US = 1_700_000_000 * SECOND_US  # any time will do; this one is in November 2023

_DTYPES = {SignalType.FLOAT: np.float32, SignalType.COUNT: np.int64, SignalType.STATE: np.int8}

Row = dict[str, Any]


def sample(lift: int = 0, *, at_s: float, lag_s: float = 0.0, **signals: Any) -> Row:
    """Return a sample of this lift at so many seconds; its number follows from its time."""
    at_us = EPOCH_US + round(at_s * SECOND_US)
    return {
        "lift": lift,
        "at_us": at_us,
        "received_us": at_us + round(lag_s * SECOND_US),
        "boot_id": 1,
        "sequence": round(at_s * 1000),
    } | signals


def event(lift: int = 0, *, at_s: float, kind: str, **fields: Any) -> Row:
    return sample(lift, at_s=at_s, kind=kind, **fields)


def sample_columns(samples: Sequence[Row]) -> Any:
    """Return what the gateway would hand over for these samples."""

    def keys(name: str, dtype: type = np.int64) -> Any:
        return np.array([row[name] for row in samples], dtype=dtype)

    signals = {}
    for signal in SIGNALS:
        cells = [_cell(signal, row.get(signal.name)) for row in samples]
        signals[signal.name] = np.array(cells, dtype=_DTYPES[signal.type])
    return SimpleNamespace(
        lift_index=keys("lift", np.int32),
        observed_at_us=keys("at_us"),
        received_at_us=keys("received_us"),
        boot_id=keys("boot_id"),
        sequence=keys("sequence"),
        signals=signals,
    )


def _cell(signal: Any, value: Any) -> Any:
    if signal.type is SignalType.STATE:
        return signal.states(value or "unknown").code
    if value is None:
        return np.nan if signal.type is SignalType.FLOAT else COUNT_ABSENT
    return value


def event_columns(events: Iterable[Row]) -> EventColumns:
    return EventColumns.from_rows(
        EventRow(
            lift_index=row["lift"],
            observed_at_us=row["at_us"],
            received_at_us=row["received_us"],
            boot_id=row["boot_id"],
            sequence=row["sequence"],
            kind=row["kind"],
            gb_code=row.get("gb_code", -1),
            service_mode=ServiceMode(row.get("service_mode", "unknown")).code,
        )
        for row in events
    )


def comparable(rows: Iterable[Row]) -> list[str]:
    """Return rows as sorted text without the time of receipt, which depends on who noticed."""
    kept = [{name: row[name] for name in row if name != "received_at_us"} for row in rows]
    return sorted(json.dumps(row, sort_keys=True) for row in kept)


def rows_of(transitions: Sequence[Transitions]) -> list[Row]:
    return [row for part in transitions for row in part.rows()]
