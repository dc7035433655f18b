"""Draws a recording: car, doors, load, what was told, and the city beside it, on one time axis.

Knows matplotlib and recordings. Must not know scenarios or worlds.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from liftward_simulator.pictures.recording import IntegerArray, Mark, Recording, Span
from liftward_wire.states import CodedState, DoorState, PowerSource, ServiceMode

WIDTH_IN, HEIGHT_IN, DOTS_PER_INCH = 11.0, 10.5, 90
_PANEL_HEIGHTS = (3.2, 0.4, 1.2, 0.4, 0.4, 1.7, 1.1, 1.1)
MARKS_MAX = 60  # more would be a black bar
_MARK_ROWS, _LETTER_SHARE = 5, 0.0062  # of the window that a letter is wide
# Distinguishable without colour vision; quiet for the usual state, strong for the unusual one.
_COLOURS: dict[CodedState, str] = {
    DoorState.CLOSED: "#d9dee3",
    DoorState.OPENING: "#a6cee3",
    DoorState.OPEN: "#5aa2cf",
    DoorState.CLOSING: "#a6cee3",
    DoorState.FAULT: "#d7301f",
    ServiceMode.NORMAL: "#d9dee3",
    ServiceMode.INSPECTION: "#fdae61",
    ServiceMode.OUT_OF_SERVICE: "#6b6b6b",
    ServiceMode.INDEPENDENT: "#c2a5cf",
    PowerSource.MAINS: "#d9dee3",
    PowerSource.EMERGENCY: "#fdae61",
    PowerSource.BATTERY: "#d7301f",
    PowerSource.LOST: "#6b6b6b",
}
_OTHER_COLOUR = "#b2abd2"
_TRUE_COLOUR, _TOLD_COLOUR, _TRAPPED_COLOUR = "#1f4e79", "#d95f02", "#d7301f"


def draw(recording: Recording, file: Path) -> None:
    """Write the picture of a recording; the file's suffix chooses the format (png, svg)."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DOTS_PER_INCH, layout="constrained")
    panels: Sequence[Axes] = figure.subplots(
        len(_PANEL_HEIGHTS), 1, sharex=True, height_ratios=_PANEL_HEIGHTS
    )
    figure.suptitle(recording.title)
    position, doors, load, mode, power, told, delay, city = panels
    _draw_position(position, recording)
    true = recording.true
    _draw_states(doors, true.at_s, true.door_codes, DoorState, "doors")
    _draw_load(load, recording)
    _draw_states(mode, true.at_s, true.mode_codes, ServiceMode, "mode")
    _draw_states(power, true.at_s, true.power_codes, PowerSource, "power")
    _draw_told(told, recording.marks, recording.spans, float(true.at_s[-1]))
    _draw_delay(delay, recording)
    _draw_city(city, recording)
    for panel in panels:
        for span in recording.entrapments:
            panel.axvspan(
                span.from_s, min(span.to_s, true.at_s[-1]), color=_TRAPPED_COLOUR, alpha=0.10
            )
    panels[-1].set_xlabel("seconds since the window began")
    panels[-1].set_xlim(true.at_s[0], true.at_s[-1])
    figure.savefig(file)


def _draw_position(panel: Axes, recording: Recording) -> None:
    low, high = recording.true.position_m.min(), recording.true.position_m.max()
    pitch = float(np.diff(recording.landings_m).min())
    for number, landing_m in enumerate(recording.landings_m):
        if low - pitch <= landing_m <= high + pitch:
            panel.axhline(landing_m, color="#cccccc", linewidth=0.6, zorder=0)
            panel.annotate(
                f"{number}",
                (1.005, landing_m),
                xycoords=("axes fraction", "data"),
                fontsize=7,
                va="center",
            )
    panel.plot(
        recording.told.observed_s,
        recording.told.position_m,
        ".",
        ms=3,
        color=_TOLD_COLOUR,
        label="told",
    )
    panel.plot(
        recording.true.at_s, recording.true.position_m, color=_TRUE_COLOUR, lw=1.2, label="true"
    )
    panel.set_ylim(low - pitch, high + pitch)
    panel.set_ylabel("position, m\n(landings at right)")
    panel.legend(loc="lower right", fontsize=7, ncols=2)
    for span in recording.entrapments:
        panel.annotate(
            span.text,
            (span.from_s, high + pitch * 0.9),
            fontsize=8,
            color=_TRAPPED_COLOUR,
            va="top",
        )


def _draw_states(
    panel: Axes, at_s: np.ndarray, codes: IntegerArray, kind: type[CodedState], name: str
) -> None:
    """Draw one coloured bar per stretch of the same state, with its word where there is room."""
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes) - 1]
    window_s = float(at_s[-1] - at_s[0])
    for first, last in pairwise(edges):
        state = kind.from_code(int(codes[first]))
        lasting_s = float(at_s[last] - at_s[first])
        panel.barh(0, lasting_s, left=float(at_s[first]), color=_COLOURS.get(state, _OTHER_COLOUR))
        if lasting_s > window_s * 0.01 * len(state.value):
            panel.annotate(
                state.value,
                (float(at_s[first]) + lasting_s / 2, 0),
                fontsize=7,
                ha="center",
                va="center",
            )
    panel.set_yticks([])
    panel.set_ylabel(name, rotation=0, ha="right", va="center")


def _draw_load(panel: Axes, recording: Recording) -> None:
    told = recording.told
    panel.plot(told.observed_s, told.load_kg, ".", ms=3, color=_TOLD_COLOUR)
    panel.step(
        recording.true.at_s, recording.true.load_kg, where="post", color=_TRUE_COLOUR, lw=1.2
    )
    panel.set_ylabel("load, kg")
    top = max(float(recording.true.load_kg.max()), 75.0)
    panel.set_ylim(-0.35 * top, 1.15 * top)
    known = np.isfinite(told.occupied)
    height = np.full(int(known.sum()), -0.2 * top)
    colours = np.where(told.occupied[known] > 0, _TOLD_COLOUR, "#bbbbbb")
    panel.scatter(told.observed_s[known], height, c=colours, s=8, marker="s")
    panel.annotate("people sensor", (0.003, 0.02), xycoords="axes fraction", fontsize=7)


def _draw_told(panel: Axes, marks: Sequence[Mark], spans: Sequence[Span], window_s: float) -> None:
    """Draw true spans as bars below, told events as ticks with their words above."""
    for row, span in enumerate(spans):
        panel.barh(-row, span.to_s - span.from_s, left=span.from_s, height=0.6, color="#c7d7a8")
        panel.annotate(f"true: {span.text}", (span.from_s, -row), fontsize=7, va="center")
    shown = [mark for mark in marks if mark.at_s <= window_s][:MARKS_MAX]
    for mark, row in zip(shown, _free_rows(shown, window_s), strict=True):
        panel.plot([mark.at_s], [1 + row], "|", ms=8, color=_TOLD_COLOUR)
        panel.annotate(
            mark.text,
            (mark.at_s, 1 + row),
            fontsize=6.5,
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=True,
            clip_on=True,
        )
    panel.set_ylim(-max(len(spans), 1), 1 + _MARK_ROWS)
    panel.set_yticks([])
    panel.set_ylabel("events told", rotation=0, ha="right", va="center")


def _free_rows(marks: Sequence[Mark], window_s: float) -> list[int]:
    """Return a row for each mark where its words run into no earlier ones, if there is one."""
    free_from_s = [-math.inf] * _MARK_ROWS
    rows = []
    for mark in marks:
        row = min(range(_MARK_ROWS), key=lambda one: (max(free_from_s[one] - mark.at_s, 0.0), one))
        free_from_s[row] = mark.at_s + len(mark.text) * _LETTER_SHARE * window_s
        rows.append(row)
    return rows


def _draw_delay(panel: Axes, recording: Recording) -> None:
    told = recording.told
    panel.plot(told.received_s, told.received_s - told.observed_s, ".", ms=3, color=_TOLD_COLOUR)
    panel.set_ylabel("received minus\ndevice time, s")


def _draw_city(panel: Axes, recording: Recording) -> None:
    city = recording.city
    panel.plot(city.at_s, city.trapped_persons_count, color=_TRAPPED_COLOUR, lw=1.2)
    panel.set_ylim(0, max(1.0, 1.1 * float(city.trapped_persons_count.max())))
    panel.set_ylabel("city: people\ntrapped", color=_TRAPPED_COLOUR)
    messages = panel.twinx()
    messages.plot(city.at_s, city.messages_per_s, color="#888888", lw=0.7)
    messages.set_ylim(bottom=0)
    messages.set_ylabel("messages/s", color="#666666")
