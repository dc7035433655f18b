"""What one lift of a trace told, kept while the detector runs over the whole trace.

Must not know pictures or words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from liftward_detection.events import EventColumns
from liftward_detection.evidence_plot.axis import Value
from liftward_detection.thresholds import default_thresholds
from liftward_gateway.admit import Received
from liftward_kit.subcommand import CallError
from liftward_runtime.detect.contestants import SHIPPED, contestant
from liftward_runtime.detect.trace_file import messages_of
from liftward_runtime.detect.trace_intake import TraceIntake
from liftward_runtime.detect.trace_run import TraceRun
from liftward_wire.columns import SampleColumns
from liftward_wire.signals import COUNT_ABSENT, SIGNALS

_US = 1_000_000

Row = Mapping[str, Any]


@dataclass(slots=True)
class Heard(TraceIntake):
    """Mutable: an intake that keeps the samples of one lift."""

    lift_id: str = ""
    kept: list[SampleColumns] = field(default_factory=list)

    def take(self, messages: Sequence[Received]) -> tuple[SampleColumns, EventColumns]:
        """Take messages as any intake does."""
        # The class's own name: `super()` loses its way in a dataclass with slots.
        samples, events = TraceIntake.take(self, messages)
        if self.lift_id in self.lift_ids:
            ours = samples.lift_index == self.lift_ids.index(self.lift_id)
            if ours.any():
                self.kept.append(samples.select(ours))
        return samples, events

    def window(self, from_s: float, to_s: float) -> tuple[list[float], dict[str, list[Value]]]:
        """Return the samples of a window as people read them, in order of device time."""
        if not self.kept:
            return [], {}
        observed_us = np.concatenate([columns.observed_at_us for columns in self.kept])
        inside = np.flatnonzero((observed_us >= from_s * _US) & (observed_us <= to_s * _US))
        order = inside[np.argsort(observed_us[inside], kind="stable")]
        signals: dict[str, list[Value]] = {}
        for signal in SIGNALS:
            column = np.concatenate([columns.signals[signal.name] for columns in self.kept])[order]
            if signal.states is not None:
                signals[signal.name] = [str(signal.states.from_code(int(code))) for code in column]
            elif column.dtype.kind == "f":
                signals[signal.name] = [None if np.isnan(one) else float(one) for one in column]
            else:
                signals[signal.name] = [None if one == COUNT_ABSENT else int(one) for one in column]
        return [float(at_us) / _US for at_us in observed_us[order]], signals


def detected(trace: Path, lift_id: str) -> tuple[Heard, list[Row]]:
    """Return what the lift told and what the detector concluded about it."""
    heard = Heard(lift_id=lift_id)
    detection = TraceRun(contestant(SHIPPED, 0, default_thresholds()), heard)
    rows: list[Row] = []
    try:
        with trace.open("rb") as lines:
            for transitions in detection.detect(messages_of(lines)):
                rows += [
                    row
                    for row in transitions.rows()
                    if heard.lift_ids[row["lift_index"]] == lift_id
                ]
    except OSError as error:
        raise CallError(f"cannot read {trace}: {error.strerror}") from None
    return heard, rows
