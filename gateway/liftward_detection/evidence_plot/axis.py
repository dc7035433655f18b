"""Time on the horizontal axis: where a moment lies, which ticks there are, what a clock shows.

Also which stretches nobody reported, and how long each value held. Must not know SVG or words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

Value = float | int | str | None
Kept = TypeVar("Kept", float, str)

# Nothing reported for longer than this is silence (as the console's own plot has it).
SILENT_AFTER_S = 15.0
# From tick to tick; the first that leaves room for the labels is taken.
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


@dataclass(frozen=True, slots=True)
class Axis:
    """From `from_s` at `left_px` to `to_s` at `right_px`."""

    from_s: float
    to_s: float
    left_px: float
    right_px: float

    def x(self, at_s: float) -> float:
        """Return where a moment lies; one outside lies at the nearer end."""
        share = (at_s - self.from_s) / max(self.to_s - self.from_s, 1e-9)
        return self.left_px + min(1.0, max(0.0, share)) * (self.right_px - self.left_px)

    def ticks(self, label_px: float, utc_offset_min: int) -> list[float]:
        """Return round moments of the local clock with room for a label between them."""
        span_s = self.to_s - self.from_s
        count_max = max(1.0, (self.right_px - self.left_px) / label_px)
        fitting = (step for step in TICK_STEPS_S if span_s / step <= count_max)
        step_s = next(fitting, TICK_STEPS_S[-1])
        shift_s = utc_offset_min * _MINUTE_S
        first = -int(-(self.from_s + shift_s) // step_s)
        last = int((self.to_s + shift_s) // step_s)
        return [index * step_s - shift_s for index in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Run(Generic[Kept]):
    """A value from its sample until the next one."""

    value: Kept
    from_s: float
    to_s: float


def clock(at_s: float, utc_offset_min: int, *, seconds: bool = True) -> str:
    """Return what a local clock shows, 14:03:27."""
    whole = int(at_s // 1 + utc_offset_min * _MINUTE_S) % _DAY_S
    hour, rest = divmod(whole, _HOUR_S)
    minute, second = divmod(rest, _MINUTE_S)
    return f"{hour:02}:{minute:02}:{second:02}" if seconds else f"{hour:02}:{minute:02}"


def zone(utc_offset_min: int) -> str:
    """Return the name of an offset: UTC+8, UTC+5:30."""
    if utc_offset_min == 0:
        return "UTC"
    hours, minutes = divmod(abs(utc_offset_min), _MINUTE_S)
    sign = "-" if utc_offset_min < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def silences(times_s: Sequence[float], from_s: float, to_s: float) -> list[tuple[float, float]]:
    """Return the stretches of a window in which nothing was reported at all."""
    bounds = [from_s, *(at_s for at_s in times_s if from_s <= at_s <= to_s), to_s]
    return [
        (before, after) for before, after in pairwise(bounds) if after - before > SILENT_AFTER_S
    ]


def runs(
    times_s: Sequence[float],
    values: Sequence[Value],
    to_s: float,
    known: Callable[[Value], Kept | None],
) -> list[Run[Kept]]:
    """Return the known values, each held until the next sample; equal neighbours join.

    A value is not held through a silence: then nobody knows.
    """
    found: list[Run[Kept]] = []
    ends = [*times_s[1:], to_s]
    for from_s, until_s, value in zip(times_s, ends, values, strict=False):
        kept = known(value)
        if kept is None or until_s < from_s:
            continue
        held_s = min(until_s, from_s + SILENT_AFTER_S)
        last = found[-1] if found else None
        if last is not None and last.value == kept and last.to_s == from_s:
            found[-1] = Run(kept, last.from_s, held_s)
        else:
            found.append(Run(kept, from_s, held_s))
    return found


def unknown(found: Sequence[Run[Kept]], from_s: float, to_s: float) -> list[tuple[float, float]]:
    """Return the stretches of a window that no run covers."""
    holes, reached_s = [], from_s
    for run in found:
        if run.from_s > reached_s:
            holes.append((reached_s, run.from_s))
        reached_s = max(reached_s, run.to_s)
    if to_s > reached_s:
        holes.append((reached_s, to_s))
    return holes
