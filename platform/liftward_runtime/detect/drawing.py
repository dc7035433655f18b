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
_NONE_AT = 0.02  # where "no false alarm at all" stands on a logarithmic axis
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
    figure = Figure(figsize=(8.0, 4.6), layout="constrained")
    panel: Axes = figure.subplots()
    for name, figures in result["by_sensor_set"].items():
        _point(panel, figures, name, _OURS)
        _point(panel, figures["baseline"], name, _TIMERS)
    panel.plot([], [], "o", c=_OURS, label="Liftward")
    panel.plot([], [], "o", c=_TIMERS, label="fixed timers of the field")
    panel.axvline(0.1, color=_TARGET, lw=0.8, ls=":")
    panel.set_xscale("log")
    panel.set_xlabel(
        f"false `probable` per 1,000 lift-days (none: at {_NONE_AT}); bar: 95 % interval"
    )
    panel.set_ylabel("recall at `probable`, %")
    panel.legend(loc="lower left")
    return figure


def _point(panel: Axes, figures: Mapping[str, Any], name: str, colour: str) -> None:
    recall = figures["recall_probable"]
    false = figures["false_probable_per_1000_lift_days"]
    if recall is None or false is None:
        return
    at = max(false, _NONE_AT)
    low, high = figures["false_probable_interval"]
    panel.plot([max(low, _NONE_AT), high], [100 * recall] * 2, c=colour, lw=0.7, alpha=0.5)
    panel.plot([at], [100 * recall], "o", ms=4, c=colour)
    panel.annotate(
        name,
        (at, 100 * recall),
        xytext=(4, 3),
        textcoords="offset points",
        fontsize=7,
        color=colour,
    )
