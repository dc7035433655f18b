"""What the detector hands out: episodes that began and ended, with reason and evidence.

Must not know how they are stored or who acts on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from liftward_detection.fleet import NO_FLOOR, NONE_US
from liftward_detection.kinds import DetectionKind, Evidence, Level, Reason, Transition
from liftward_detection.thresholds import MICROSECONDS_PER_SECOND
from liftward_wire.signals import SIGNALS

# One row for each transition; times are device times in microseconds, received_us is platform time.
ROW = np.dtype(
    [
        ("lift_index", "<i4"),
        ("kind", "i1"),
        ("transition", "i1"),
        ("level", "i1"),
        ("reason", "i1"),
        ("evidence", "<i8"),
        ("onset_us", "<i8"),
        ("detected_us", "<i8"),
        ("received_us", "<i8"),
        ("stationary_since_us", "<i8"),
        ("load_kg", "<f4"),
        # Of condition warnings, in the metric's unit; of a skewed sensor, how far it is off.
        ("baseline_value", "<f4"),
        ("current_value", "<f4"),
        ("trend_per_day", "<f4"),
        ("days_to_limit", "<f4"),
        ("floor", "<i2"),
        ("detail_code", "<i2"),  # of device health: the signal's place in SIGNALS; NO_DETAIL
    ],
    align=True,
)

NO_DETAIL = -1
_DECIMALS = 4  # finer than any sensor

_KINDS = tuple(DetectionKind)
_TRANSITIONS = tuple(Transition)
_LEVELS = tuple(Level)
_REASONS = tuple(Reason)
_EVIDENCE_NAMES = tuple((int(bit), str(bit.name).lower()) for bit in Evidence)


@dataclass(frozen=True, slots=True)
class Transitions:
    """Transitions in columns, in the order in which they were decided.

    (lift, kind, onset, transition) names a transition: deciding the same samples again, after a
    restart, gives the same names, so that a writer can ignore what it already has.
    """

    table: NDArray[np.void]  # dtype ROW

    @classmethod
    def none(cls) -> Self:
        return cls(np.empty(0, dtype=ROW))

    def __len__(self) -> int:
        return len(self.table)

    @property
    def lift_index(self) -> NDArray[np.int32]:
        return np.ascontiguousarray(self.table["lift_index"])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield readable rows: words for codes, numbers for times, evidence by name.

        `evidence` holds true for each piece that was there, and numbers where they are known:
        seconds_stationary, floor, load_kg; of condition warnings baseline_value, current_value,
        trend_per_day, days_to_limit in the metric's unit; of device health the signal's name.
        """
        for row in self.table:
            yield {
                "lift_index": int(row["lift_index"]),
                "kind": _KINDS[row["kind"]].value,
                "transition": _TRANSITIONS[row["transition"]].value,
                "level": _LEVELS[row["level"]].value,
                "onset_at_us": int(row["onset_us"]),
                "detected_at_us": int(row["detected_us"]),
                "received_at_us": int(row["received_us"]),
                "reason": _REASONS[row["reason"]].value,
                "evidence": _evidence_of(row),
            }


def _evidence_of(row: np.void) -> dict[str, Any]:
    bits = int(row["evidence"])
    evidence: dict[str, Any] = {name: True for bit, name in _EVIDENCE_NAMES if bits & bit}
    if row["stationary_since_us"] != NONE_US:
        elapsed_us = int(row["detected_us"]) - int(row["stationary_since_us"])
        evidence["seconds_stationary"] = max(0, elapsed_us) / MICROSECONDS_PER_SECOND
    if row["floor"] != NO_FLOOR:
        evidence["floor"] = int(row["floor"])
    if not np.isnan(row["load_kg"]):
        evidence["load_kg"] = round(float(row["load_kg"]), 1)
    if row["detail_code"] != NO_DETAIL:
        evidence["signal"] = SIGNALS[row["detail_code"]].name
    for name in ("baseline_value", "current_value", "trend_per_day", "days_to_limit"):
        if not np.isnan(row[name]):
            evidence[name] = round(float(row[name]), _DECIMALS)
    return evidence
