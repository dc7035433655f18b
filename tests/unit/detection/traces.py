"""Scripted traces: a JSON file says what changes when; a sample follows every `period_s`.

Keys: why, end_s, period_s, changes [[at_s, {signal: value}]], events [[at_s, {...}]], dark
[[from_s, to_s]] (no samples; the device starts anew after it), flap [{signal, values, every_s,
from_s}], nameplate [rated_speed_mps, floors_count], expected [[kind, transition, level, onset_s,
detected_s, reason, [evidence]]].
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import Thresholds
from liftward_detection.transitions import Transitions
from support.detector_twin import Twin
from unit.detection.streams import EPOCH_US, SECOND_US, Row

FOLDER = Path(__file__).parents[2] / "golden" / "detection"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
LAG_US = 50_000


def load(name: str) -> dict[str, Any]:
    trace: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return trace


def state_of(trace: dict[str, Any]) -> FleetState:
    """Return the state of one lift that knows its nameplate, where the trace has one."""
    state = FleetState.empty(1)
    if "nameplate" in trace:
        speed_mps, floors_count = trace["nameplate"]
        state.set_nameplates(
            np.zeros(1, np.int32),
            rated_speed_mps=np.array([speed_mps], np.float32),
            rated_load_kg=np.array([1000.0], np.float32),
            floors_count=np.array([floors_count], np.int16),
        )
    return state


def twin_of(trace: dict[str, Any], thresholds: Thresholds) -> Twin:
    speed_mps, floors_count = trace.get("nameplate", (None, None))
    return Twin(0, thresholds, rated_speed_mps=speed_mps, floors_count=floors_count)


def rows_of_trace(trace: dict[str, Any]) -> list[Row]:
    """Return the trace's samples and events in order of time, a sample before an event."""
    state: Row = {}
    changes = list(trace["changes"])
    rows = []
    for at_s in range(0, trace["end_s"] + 1, trace["period_s"]):
        while changes and changes[0][0] <= at_s:
            state |= changes.pop(0)[1]
        for flap in trace.get("flap", []):
            if at_s >= flap["from_s"]:
                values = flap["values"]
                state[flap["signal"]] = values[at_s // flap["every_s"] % len(values)]
        if not any(start <= at_s < end for start, end in trace.get("dark", [])):
            rows.append(_keys(at_s, trace) | {k: v for k, v in state.items() if v is not None})
        rows += [
            _keys(at_s, trace) | what for when, what in trace.get("events", []) if when == at_s
        ]
    return rows


def _keys(at_s: int, trace: dict[str, Any]) -> Row:
    boots = [end for _, end in trace.get("dark", []) if end <= at_s]
    at_us = EPOCH_US + at_s * SECOND_US
    return {
        "lift": 0,
        "at_us": at_us,
        "received_us": at_us + LAG_US,
        "boot_id": 1 + len(boots),
        "sequence": at_s - max(boots, default=0),
    }


def summary(transitions: Sequence[Transitions]) -> list[list[Any]]:
    """Return transitions as they stand in a trace's `expected`, in order of time."""

    def seconds(at_us: int) -> float:
        return (at_us - EPOCH_US) / SECOND_US

    lines = [
        [
            row["kind"],
            row["transition"],
            row["level"],
            seconds(row["onset_at_us"]),
            seconds(row["detected_at_us"]),
            row["reason"],
            [name for name, value in row["evidence"].items() if value is True],
        ]
        for part in transitions
        for row in part.rows()
    ]
    return sorted(lines, key=lambda line: (line[4], line[0], line[1]))
