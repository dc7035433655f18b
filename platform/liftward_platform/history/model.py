"""A window of a lift's samples, as people read it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liftward_wire.signals import SIGNALS

Value = float | int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWindow:
    """Samples in order of time: one entry per sample in every column.

    States are their words, counts whole numbers, quantities floats in SI units; None means absent.
    A signal that no sample of the window carries has no column.
    """

    observed_at: tuple[datetime, ...]
    signals: Mapping[str, tuple[Value, ...]]
    complete: bool  # False: there are more samples than the limit let through

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Any]], *, limit: int) -> "SampleWindow":
        """Build from rows of `sample`, of which one more than the limit may be there."""
        shown = rows[:limit]
        signals: dict[str, tuple[Value, ...]] = {}
        for signal in SIGNALS:
            column = [row[signal.name] for row in shown]
            if all(value is None for value in column):
                continue
            if signal.states is not None:
                states = signal.states
                column = [None if code is None else str(states.from_code(code)) for code in column]
            signals[signal.name] = tuple(column)
        return cls(
            observed_at=tuple(row["observed_at"] for row in shown),
            signals=signals,
            complete=len(rows) <= limit,
        )
