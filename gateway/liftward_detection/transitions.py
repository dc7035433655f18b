"""What the detector hands out: episodes that began, rose in level and ended, and why.

An entrapment has one row for each level it reaches, all with the same onset: `began` (suspected),
`raised` (probable), `raised` (confirmed), each with the instant at which it was reached, which may
be one and the same; then one `ended` with the highest level. Its `evidence` has, besides what every
kind has:

- `probability`: the belief at that instant, 0 to 1, six decimals;
- `weights`: by piece of evidence (`kinds.Piece`), in force at that instant, what it added to the
  log-odds, in decibans (ten times the decimal logarithm), one decimal. `prior` comes first; the
  place is told as `off_level`, `at_level` or `level_unknown`; `time_at_rest` is what the waiting
  itself added. They add up, but for rounding, to the log-odds of `probability`. The two pieces
  `more_...` hold the sum of all further ones. What weighs nothing is left out.

A row of `suppression_expired` says in `suppression` what has lasted for too long. An entrapment
that was raised by silence alone has neither probability nor weights. Times since: `onset` is when
the car came to rest behind shut doors, not when the belief crossed a level.

A warning of wear has `baseline_value`, `current_value`, `trend_per_day` and `days_to_limit`, in the
metric's unit, as far as they are known; a finding about a sensor names its `signal`.

Must not know how they are stored or who acts on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from liftward_detection.catalogue import CATALOGUE
from liftward_detection.fleet import NO_FLOOR, NONE_US
from liftward_detection.kinds import (
    DetectionKind,
    Evidence,
    Level,
    Piece,
    Reason,
    Suppression,
    Transition,
)
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
        ("floor", "<i2"),
        # Of an entrapment: belief, and tenths of decibans: prior, each Piece, the time at rest.
        ("probability", "<f4"),
        ("weights", "<i2", (len(Piece) + 2,)),
        ("suppression", "i1"),  # Suppression code
        # Of condition warnings, in the metric's unit; of a skewed sensor, how far it is off.
        ("baseline_value", "<f4"),
        ("current_value", "<f4"),
        ("trend_per_day", "<f4"),
        ("days_to_limit", "<f4"),
        ("detail_code", "<i2"),  # of device health: the signal's place in SIGNALS; NO_DETAIL
        ("worst", "<f4"),  # what the kind measures (catalogue: `measures`), NaN when nothing
    ],
    align=True,
)

NO_DETAIL = -1
_DECIMALS = 4  # finer than any sensor
_DRIFT_NAMES = ("baseline_value", "current_value", "trend_per_day", "days_to_limit")
_WEIGHT_NAMES = ("prior", *(piece.value for piece in Piece), "time_at_rest")
_PLACE_NAMES = ("off_level", "at_level", "level_unknown")
_SUPPRESSIONS = tuple(Suppression)
_NO_ROWS = np.empty(0, dtype=ROW)
_KINDS = tuple(DetectionKind)
_TRANSITIONS = tuple(Transition)
_LEVELS = tuple(Level)
_REASONS = tuple(Reason)
_MEASURES = tuple(CATALOGUE[kind].measures for kind in DetectionKind)
_EVIDENCE_NAMES = tuple((int(bit), str(bit.name).lower()) for bit in Evidence)


@dataclass(frozen=True, slots=True)
class Transitions:
    """Transitions in columns, in the order in which they were decided.

    (lift, kind, onset, transition, level) names a transition: deciding the same samples again,
    after a restart, gives the same names, so that a writer can ignore what it already has.
    """

    table: NDArray[np.void]  # dtype ROW

    @classmethod
    def none(cls) -> Self:
        return cls(_NO_ROWS)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def lift_index(self) -> NDArray[np.int32]:
        return np.ascontiguousarray(self.table["lift_index"])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield readable rows: words for codes, numbers for times, evidence by name.

        `evidence` holds true for each piece that was there, numbers where they are known
        (seconds_stationary, floor, load_kg), and what the module's docstring tells.
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
    if not np.isnan(row["probability"]):
        evidence["probability"] = round(float(row["probability"]), 6)
        evidence["weights"] = _weights_of(row["weights"], evidence)
    if _KINDS[row["kind"]] is DetectionKind.SUPPRESSION_EXPIRED:
        evidence["suppression"] = _SUPPRESSIONS[row["suppression"]].value
    measures = _MEASURES[row["kind"]]
    if measures is not None and not np.isnan(row["worst"]):
        evidence[measures] = round(float(row["worst"]), 3)
    if row["detail_code"] != NO_DETAIL:
        evidence["signal"] = SIGNALS[row["detail_code"]].name
    for name in _DRIFT_NAMES:
        if not np.isnan(row[name]):
            evidence[name] = round(float(row[name]), _DECIMALS)
    return evidence


def _weights_of(tenths: NDArray[np.int16], evidence: dict[str, Any]) -> dict[str, float]:
    weights = {
        name: int(weight) / 10 for name, weight in zip(_WEIGHT_NAMES, tenths, strict=True) if weight
    }
    place = next(name for name in _PLACE_NAMES if name in evidence)
    return {place if name == "place" else name: weight for name, weight in weights.items()}
