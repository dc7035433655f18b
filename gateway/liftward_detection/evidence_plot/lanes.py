"""The lanes of the plot: numbers as steps, states as bars, presses as marks, levels as stairs.

Steps, never slopes: nobody reported what lies between two samples. Absent is hatched, not zero.
Each function takes values and returns markup for the space below `top_px`. Must not know the page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from liftward_detection.evidence_plot import svg
from liftward_detection.evidence_plot.axis import Axis, Run, Value, runs, unknown
from liftward_detection.evidence_plot.words import ALARMING, LEVELS, PRESSED, STATES
from liftward_detection.explain_words import Language

BODY_PX = 30.0
# A letter's width at the size of the labels: wide enough for Latin, Chinese ones count twice.
_LETTER_PX = 6.2
_PRESS_LABEL_PX = 80.0
_LEVELS_COUNT = len(LEVELS)


@dataclass(frozen=True, slots=True)
class Scene:
    """What every lane is drawn against."""

    axis: Axis
    times_s: Sequence[float]
    known_until_s: float  # up to here a report would be known
    language: Language


@dataclass(frozen=True, slots=True)
class Step:
    """One transition of the entrapment's episode."""

    at_s: float
    transition: str
    level: str
    probability: float | None = None


def is_told(values: Sequence[Value]) -> bool:
    """Tell whether any sample of the window says something here."""
    return any(_state(value) is not None or _number(value) is not None for value in values)


def text_px(words: str) -> float:
    """Return about how wide a label is."""
    return sum(_LETTER_PX if ord(letter) < 0x2E80 else 2 * _LETTER_PX for letter in words)  # noqa: PLR2004 - where CJK begins


def number_range(values: Sequence[Value]) -> str:
    """Return the smallest and largest number told, as text."""
    numbers = [number for value in values if (number := _number(value)) is not None]
    low, high = min(numbers), max(numbers)
    return f"{low:g}" if low == high else f"{round(low, 2):g} … {round(high, 2):g}"


def number_lane(scene: Scene, values: Sequence[Value], top_px: float) -> str:
    """Draw a quantity; zero is inside the range, so that motion reads against rest."""
    found = runs(scene.times_s, values, scene.known_until_s, _number)
    low = min([0.0, *(run.value for run in found)])
    high = max([0.0, *(run.value for run in found)])
    span = (high - low) or 1.0

    def y(value: float) -> float:
        return top_px + BODY_PX - 3 - (value - low) / span * (BODY_PX - 6)

    zero = svg.line(scene.axis.left_px, y(0.0), scene.axis.right_px, y(0.0), "zero")
    holes = _holes(scene, found, top_px)
    return holes + zero + svg.path(_steps(scene, found, y), "curve")


def state_lane(scene: Scene, values: Sequence[Value], top_px: float) -> str:
    """Draw a state as bars with its word where there is room."""
    found = runs(scene.times_s, values, scene.known_until_s, _state)
    drawn = [_holes(scene, found, top_px)]
    for run in found:
        left, right = scene.axis.x(run.from_s), scene.axis.x(run.to_s)
        alarming = run.value in ALARMING
        drawn.append(
            svg.rectangle(
                left, top_px + 4, right - left, BODY_PX - 8, "bar alarming" if alarming else "bar"
            )
        )
        phrase = STATES.get(run.value)
        words = phrase.text(scene.language) if phrase else f"‹{run.value}›"
        if text_px(words) + 6 <= right - left:
            drawn.append(svg.text(left + 4, top_px + BODY_PX / 2 + 4, words, class_="state"))
    return "".join(drawn)


def presses_lane(scene: Scene, counts: Sequence[Value], top_px: float) -> str:
    """Mark each sample whose running counter of presses has grown, and by how much."""
    found = runs(scene.times_s, counts, scene.known_until_s, _number)
    drawn = [_holes(scene, found, top_px)]
    presses = [
        (scene.axis.x(after.from_s), count)
        for before, after in pairwise(found)
        # A counter that restarts tells no press.
        if (count := round(after.value - before.value)) > 0
    ]
    for x_px, _ in presses:
        drawn.append(svg.line(x_px, top_px + 3, x_px, top_px + BODY_PX - 3, "press"))
    for first_px, last_px, count in _close_together(presses):
        words = PRESSED.text(scene.language).format(count=count)
        end = last_px + 4 + text_px(words) > scene.axis.right_px
        drawn.append(
            svg.text(
                first_px - 4 if end else last_px + 4, top_px + BODY_PX / 2 + 4, words,
                class_="state", anchor="end" if end else "start",
            )
        )  # fmt: skip
    return "".join(drawn)


def _close_together(presses: Sequence[tuple[float, int]]) -> list[tuple[float, float, int]]:
    """Return groups of presses with no room for a label between: first, last, how many in all."""
    groups: list[tuple[float, float, int]] = []
    for x_px, count in presses:
        if groups and x_px - groups[-1][1] < _PRESS_LABEL_PX:
            first_px, _, before = groups[-1]
            groups[-1] = (first_px, x_px, before + count)
        else:
            groups.append((x_px, x_px, count))
    return groups


def level_lane(scene: Scene, steps: Sequence[Step], top_px: float) -> str:
    """Draw the verdict as stairs: one step for each level, from its instant until the next."""
    drawn = []
    for index, step in enumerate(steps):
        if step.transition == "ended" or step.level not in LEVELS:
            continue
        until_s = steps[index + 1].at_s if index + 1 < len(steps) else scene.axis.to_s
        left, right = scene.axis.x(step.at_s), scene.axis.x(until_s)
        height = BODY_PX * (list(LEVELS).index(step.level) + 1) / _LEVELS_COUNT
        bottom = top_px + BODY_PX
        drawn.append(
            svg.rectangle(left, bottom - height, right - left, height, f"level {step.level}")
        )
        words = LEVELS[step.level].text(scene.language)
        if step.probability is not None:
            words += f" {step.probability:.1%}"
        if text_px(words) + 6 <= right - left:
            drawn.append(svg.text(left + 4, bottom - 4, words, class_="state"))
    base = top_px + BODY_PX
    return "".join(drawn) + svg.line(scene.axis.left_px, base, scene.axis.right_px, base, "zero")


def hatched(axis: Axis, stretches: Sequence[tuple[float, float]], top_px: float, px: float) -> str:
    """Hatch stretches of time."""
    return "".join(
        svg.rectangle(axis.x(start), top_px, axis.x(end) - axis.x(start), px, "hatched")
        for start, end in stretches
    )


def _holes(scene: Scene, found: Sequence[Run[str]] | Sequence[Run[float]], top_px: float) -> str:
    holes = unknown(list(found), scene.axis.from_s, scene.axis.to_s)  # type: ignore[arg-type]  # either kind of run
    return hatched(scene.axis, holes, top_px + 2, BODY_PX - 4)


def _steps(scene: Scene, found: Sequence[Run[float]], y: Callable[[float], float]) -> str:
    """Return the path; of what lies within one column of pixels only new extremes are drawn."""
    commands: list[str] = []
    reached_s, column, low, high = None, -1, 0.0, 0.0
    for run in found:
        start, end = scene.axis.x(run.from_s), scene.axis.x(run.to_s)
        joins, same_column = reached_s == run.from_s, round(end) == column
        reached_s = run.to_s
        if joins and same_column and low <= run.value <= high:
            continue
        move = f"H{svg.number(start)}V" if joins else f"M{svg.number(start)} "
        commands.append(f"{move}{svg.number(y(run.value))}H{svg.number(end)}")
        low = min(low, run.value) if same_column else run.value
        high = max(high, run.value) if same_column else run.value
        column = round(end)
    return "".join(commands) or "M0 0"


def _number(value: Value) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(str(value)) if is_number and isfinite(float(str(value))) else None


def _state(value: Value) -> str | None:
    return value if isinstance(value, str) and value != "unknown" else None
