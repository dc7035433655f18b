"""The picture of an evidence window: which lanes, in which order, and what stands around them.

`draw(window, verdicts, ...)` is the whole: a window of samples and the detector's rows in, one SVG
document out, legible from 320 pixels of width, in light and dark, with a title and a description
for those who do not see it. Must not know where samples come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from liftward_detection.evidence_plot import svg
from liftward_detection.evidence_plot.axis import Axis, Value, clock, silences, zone
from liftward_detection.evidence_plot.lanes import (
    BODY_PX,
    Scene,
    Step,
    hatched,
    is_told,
    level_lane,
    number_lane,
    number_range,
    presses_lane,
    state_lane,
)
from liftward_detection.evidence_plot.style import STYLE
from liftward_detection.evidence_plot.words import (
    CUT,
    HEADING,
    LANES,
    LAST_REPORT,
    LEGEND,
    LEVELS,
    NEVER_REPORTED,
    NO_REPORT,
    ONSET,
    THRESHOLDS,
    WINDOW,
)
from liftward_detection.explain import duration_words
from liftward_detection.explain_words import Language

WIDTH_PX_MIN, WIDTH_PX_USUAL, WIDTH_PX_MAX = 320, 720, 1600
_MARGIN_PX, _HEADING_PX, _NAME_PX, _GAP_PX, _AXIS_PX, _LINE_PX = 8.0, 26.0, 15.0, 5.0, 34.0, 16.0
_TICK_LABEL_PX = 64.0
_LETTERS_PER_PX = 1 / 6.6

# In the order in which one reads an entrapment. The floor stands in for a position nobody tells.
_SIGNALS = (
    "position_m", "floor", "speed_mps", "car_door", "landing_door", "door_zone", "occupancy",
    "load_kg", "alarm_button", "door_open_presses_count", "power_source", "safety_chain",
)  # fmt: skip
_COUNTED = "door_open_presses_count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A lift's samples around a verdict. Moments are seconds since 1970, UTC.

    Attributes
    ----------
    times_s : device time of each sample, not falling
    signals : one value per sample; words for states, numbers in SI units, None for absent
    known_until_s : up to here a report would be known: the end, or when the samples were asked for
    kept : False when the samples of this time have been forgotten
    complete : False when there are more samples than these
    """

    lift_id: str
    times_s: Sequence[float]
    signals: Mapping[str, Sequence[Value]]
    from_s: float
    to_s: float
    known_until_s: float
    kept: bool = True
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How it is to be drawn, and what is to be said with it."""

    language: Language
    utc_offset_min: int
    drawn_at_s: float
    description: str  # the verdict's sentence
    width_px: int = WIDTH_PX_USUAL
    onset_s: float | None = None
    # Level -> the probability from which on it holds.
    thresholds: Mapping[str, float] = field(default_factory=dict)


def draw(window: Window, steps: Sequence[Step], picture: Picture) -> str:
    """Return the SVG document."""
    width = float(min(max(picture.width_px, WIDTH_PX_MIN), WIDTH_PX_MAX))
    axis = Axis(window.from_s, window.to_s, _MARGIN_PX, width - _MARGIN_PX)
    until_s = min(window.known_until_s, window.to_s)
    scene = Scene(axis, window.times_s, until_s, picture.language)
    ordered = sorted(steps, key=lambda step: step.at_s)
    lanes, bottom = _lanes(scene, window, ordered, picture)
    caption = _caption(window, picture, width)
    height = bottom + _AXIS_PX + _LINE_PX * len(caption) + _MARGIN_PX
    heading = HEADING.text(picture.language).format(lift_id=window.lift_id)
    parts = [
        svg.element("title", escape(heading), id="t"),
        svg.element("desc", escape(" ".join([picture.description, *caption])), id="d"),
        svg.element("style", STYLE),
        _HATCH,
        svg.rectangle(0, 0, width, height, "ground"),
        svg.text(_MARGIN_PX, _HEADING_PX - 8, heading, class_="heading"),
        *lanes,
        _time_axis(axis, bottom, picture),
        _onset(axis, bottom, picture),
        *(
            svg.text(_MARGIN_PX, bottom + _AXIS_PX + _LINE_PX * (index + 0.7), words, class_="name")
            for index, words in enumerate(caption)
        ),
    ]
    return svg.element(
        "svg", parts, xmlns="http://www.w3.org/2000/svg", width=width, height=height,
        viewBox=f"0 0 {svg.number(width)} {svg.number(height)}", role="img",
        aria_labelledby="t d", lang=str(picture.language),
    )  # fmt: skip


def _shown(window: Window) -> list[str]:
    """Return the signals that the lift tells; what never told anything would be an empty lane."""
    told = [name for name in _SIGNALS if is_told(window.signals.get(name, ()))]
    return [name for name in told if not (name == "floor" and "position_m" in told)]


def _lanes(
    scene: Scene, window: Window, steps: Sequence[Step], picture: Picture
) -> tuple[list[str], float]:
    """Return the lanes and where they end."""
    drawn: list[str] = []
    top = _HEADING_PX
    for name in ("level", *_shown(window)):
        label = LANES[name].text(picture.language)
        drawn.append(svg.text(_MARGIN_PX, top + _NAME_PX - 4, label, class_="name"))
        body = top + _NAME_PX
        values = window.signals.get(name, ())
        if name == "level":
            drawn.append(level_lane(scene, steps, body))
        elif name == _COUNTED:
            drawn.append(presses_lane(scene, values, body))
        elif any(isinstance(value, str) for value in values):
            drawn.append(state_lane(scene, values, body))
        else:
            drawn.append(number_lane(scene, values, body))
            right = scene.axis.right_px
            reach = number_range(values)
            drawn.append(svg.text(right, top + _NAME_PX - 4, reach, class_="name", anchor="end"))
        top = body + BODY_PX + _GAP_PX
    if not _shown(window):
        quiet = silences((), window.from_s, window.to_s)
        drawn.append(hatched(scene.axis, quiet, top, BODY_PX))
        top += BODY_PX + _GAP_PX
    return drawn, top


def _time_axis(axis: Axis, top_px: float, picture: Picture) -> str:
    ticks = axis.ticks(_TICK_LABEL_PX, picture.utc_offset_min)
    seconds = len(ticks) < 2 or ticks[1] - ticks[0] < 60  # noqa: PLR2004 - a minute, two ticks
    drawn = [svg.line(axis.left_px, top_px, axis.right_px, top_px, "axis")]
    for at_s in ticks:
        x_px = axis.x(at_s)
        drawn.append(svg.line(x_px, _HEADING_PX, x_px, top_px + 4, "grid"))
        if axis.left_px + _TICK_LABEL_PX / 2 < x_px < axis.right_px - _TICK_LABEL_PX / 2:
            label = clock(at_s, picture.utc_offset_min, seconds=seconds)
            drawn.append(svg.text(x_px, top_px + 16, label, class_="name", anchor="middle"))
    return "".join(drawn)


def _onset(axis: Axis, top_px: float, picture: Picture) -> str:
    if picture.onset_s is None or not axis.from_s <= picture.onset_s <= axis.to_s:
        return ""
    x_px = axis.x(picture.onset_s)
    time = clock(picture.onset_s, picture.utc_offset_min)
    words = ONSET.text(picture.language).format(time=time)
    end = x_px > (axis.left_px + axis.right_px) / 2
    anchor = "end" if end else "start"
    label = svg.text(x_px + (-4 if end else 4), top_px + 29, words, class_="state", anchor=anchor)
    return svg.line(x_px, _HEADING_PX, x_px, top_px + 32, "onset") + label


def _caption(window: Window, picture: Picture, width_px: float) -> list[str]:
    """Return what stands under the lanes, in lines that fit."""
    language, offset = picture.language, picture.utc_offset_min
    told = [
        WINDOW.text(language).format(
            start=clock(window.from_s, offset), end=clock(window.to_s, offset), zone=zone(offset)
        )
    ]
    if not window.kept:
        told.append(NO_REPORT.text(language))
    elif not window.times_s:
        told.append(NEVER_REPORTED.text(language))
    else:
        last_s = window.times_s[-1]
        age = duration_words(picture.drawn_at_s - last_s, language)
        told.append(LAST_REPORT.text(language).format(time=clock(last_s, offset), age=age))
    if not window.complete:
        told.append(CUT.text(language))
    if window.times_s:
        told.append(LEGEND.text(language))
    if picture.thresholds:
        joined = ", ".join(
            f"{LEVELS[level].text(language)} {probability:.4g}"
            for level, probability in picture.thresholds.items()
            if level in LEVELS
        )
        told.append(THRESHOLDS.text(language).format(levels=joined))
    return _wrapped(told, int((width_px - 2 * _MARGIN_PX) * _LETTERS_PER_PX), language)


def _wrapped(sentences: Sequence[str], letters_max: int, language: Language) -> list[str]:
    """Join sentences into lines of at most so many letters; a Chinese one counts for two."""
    zh = language is Language.ZH
    lines: list[str] = []
    for sentence in sentences:
        joined = f"{lines[-1]}{'' if zh else ' '}{sentence}" if lines else sentence
        wide = 2 if zh else 1
        if lines and len(joined) * wide <= letters_max:
            lines[-1] = joined
        else:
            lines.append(sentence)
    return lines


_HATCH = (
    '<defs><pattern id="h" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" class="hatch"/>'
    "</pattern></defs>"
)
