"""The pictures of docs/detection-benchmark.md, from a result. Knows matplotlib; plays nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from liftward_runtime.detect.contestants import SHIPPED, TIMERS

FILES = ("time-to-probable.svg", "recall-and-false-alarms.svg")
_OURS, _TIMERS, _TARGET = "#1f4e79", "#d95f02", "#888888"
_FALSE_RATE = "false_probable_per_1000_lift_days"
_NONE_AT = 0.004  # where "no false alarm at all" stands on a logarithmic axis
# The same result gives the same bytes.
_SETTINGS: dict[Any, Any] = {"svg.hashsalt": "liftward", "svg.fonttype": "none", "font.size": 9}


def draw(result: Mapping[str, Any], folder: Path) -> None:
    """Write both pictures."""
    times, trade = FILES
    with mpl.rc_context(_SETTINGS):
        _save(_times(result), folder / times)
        _save(_recall_and_false_alarms(result), folder / trade)


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None, "Creator": None})


def _times(result: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(8.0, 4.0), layout="constrained")
    panel: Axes = figure.subplots()
    found = result["found_share"]
    for method, colour, label in (
        (SHIPPED, _OURS, "Liftward"),
        (TIMERS, _TIMERS, "fixed timers of the field"),
    ):
        shares = [100 * share for share in found[method]]
        panel.step(found["within_s"][: len(shares)], shares, where="post", c=colour, label=label)
    for at_s, text in ((15, "half within 15 s"), (60, "99 % within 60 s")):
        panel.axvline(at_s, color=_TARGET, lw=0.8, ls=":")
        panel.annotate(text, (at_s, 3), rotation=90, color=_TARGET, fontsize=7, ha="right")
    panel.set_xlim(0, 120)
    panel.set_ylim(0, 101)
    panel.set_xlabel("seconds since the passenger could no longer leave")
    panel.set_ylabel("found at `probable`, % of entrapments")
    panel.legend(loc="lower right")
    return figure


def _recall_and_false_alarms(result: Mapping[str, Any]) -> Figure:
    """Draw one line for each sensor set: recall at the left, false alarms at the right."""
    groups = result["by_sensor_set"]
    figure = Figure(figsize=(9.0, 1.2 + 0.42 * len(groups)), layout="constrained")
    recall, false = figure.subplots(1, 2, sharey=True)
    for row, figures in enumerate(groups.values()):
        for one, colour, above in ((figures, _OURS, -0.13), (figures["baseline"], _TIMERS, 0.13)):
            _point(recall, one, "recall_probable", row + above, colour, factor=100.0)
            _point(false, one, "false_probable", row + above, colour, least=_NONE_AT)
    recall.set_yticks(range(len(groups)), list(groups))
    recall.invert_yaxis()
    recall.set_xlabel("recall at `probable`, %")
    recall.axvline(99.9, color=_TARGET, lw=0.8, ls=":")
    recall.plot([], [], "o", ms=4, c=_OURS, label="Liftward")
    recall.plot([], [], "o", ms=4, c=_TIMERS, label="fixed timers of the field")
    figure.legend(loc="outside upper center", ncols=2)  # above: inside it would hide points
    false.set_xscale("log")
    false.axvline(0.1, color=_TARGET, lw=0.8, ls=":")
    false.set_xlabel(f"false `probable` per 1,000 lift-days (none: at {_NONE_AT})")
    return figure


def _point(
    panel: Axes,
    figures: Mapping[str, Any],
    name: str,
    row: float,
    colour: str,
    *,
    factor: float = 1.0,
    least: float = 0.0,
) -> None:
    """Draw a figure with its 95 % interval; one that is not known is left out."""
    value = figures["recall_probable" if name == "recall_probable" else _FALSE_RATE]
    low, high = figures[f"{name}_interval"]
    if value is None or low is None or high is None:
        return
    ends = [max(low * factor, least), high * factor]
    panel.plot(ends, [row, row], c=colour, lw=1.0, alpha=0.6)
    panel.plot([max(value * factor, least)], [row], "o", ms=4, c=colour)
