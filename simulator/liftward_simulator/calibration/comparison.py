"""Published figures beside simulated ones: each row, whether it holds, and the tables of them.

Knows how to compare and to print. Must not know how the figures are simulated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from liftward_simulator.calibration.published import PUBLISHED, Published, Quantity


class Basis(StrEnum):
    """How much a row proves."""

    GIVEN = "given"  # a parameter of the model: shows only that drawing is right
    TUNED = "tuned"  # the model was adjusted to it
    FOLLOWS = "follows"  # comes out of the model; nothing was adjusted to it


GIVEN = frozenset(
    {
        Quantity.ENTRAPMENTS_PER_LIFT_YEAR,
        Quantity.MONTHLY_RATE_PERCENT,
        Quantity.CAUSE_HUMAN,
        Quantity.CAUSE_EXTERNAL,
        Quantity.CAUSE_DOOR,
        Quantity.CAUSE_CONTROL,
        Quantity.CAUSE_ELECTRICAL,
        Quantity.CAUSE_TRACTION,
        Quantity.CAUSE_RUBBISH,
        Quantity.CAUSE_ROUGH_HANDLING,
        Quantity.CAUSE_OVERLOAD,
        Quantity.CAUSE_DOOR_HELD,
        Quantity.BREAKDOWNS_TRAPPING_PERCENT,
        Quantity.TYPHOON_DAY,
        Quantity.SELF_RELEASE,
        Quantity.RELEASE_MEAN,
        Quantity.LEVEL_1,
    }
)
TUNED = frozenset(
    {
        Quantity.HOURS_18_20,
        Quantity.HOURS_08_10,
        Quantity.QUIETEST_HOUR,
        Quantity.SITE_RESIDENTIAL,
        Quantity.SITE_PUBLIC,
        Quantity.SITE_HOSPITAL,
        Quantity.SITE_HOTEL,
        Quantity.SITE_OFFICE,
        Quantity.AGE_5_10_OVER_FLEET,
        Quantity.AGE_11_15_OVER_FLEET,
        Quantity.AGE_11_15_OVER_OLDER,
        Quantity.WORST_LIFT_YEAR,
        Quantity.WORST_LIFT_YEAR_SMALL,
        Quantity.WORST_LIFT_MONTH,
        Quantity.ALONE,
        Quantity.RESPONSE_3_MIN,
        Quantity.ARRIVAL_MEAN,
        Quantity.ARRIVAL_LATE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One published figure and what the simulated city has instead."""

    published: Published
    simulated: float

    @property
    def inside(self) -> bool:
        return self.published.holds(self.simulated)

    @property
    def basis(self) -> Basis:
        if self.published.quantity in GIVEN:
            return Basis.GIVEN
        return Basis.TUNED if self.published.quantity in TUNED else Basis.FOLLOWS

    def as_object(self) -> dict[str, Any]:
        """Return the row of `--json`; `published` is a number, or a band of two."""
        published, band = self.published, [self.published.low, self.published.high]
        return {
            "name": published.quantity.value,
            "published": band[0] if band[0] == band[1] else band,
            "simulated": self.simulated,
            "tolerance": published.tolerance,
            "inside": self.inside,
            "source": published.source,
            "reason": published.reason,
            "basis": self.basis.value,
        }


def compare(figures: Mapping[Quantity, float]) -> tuple[Row, ...]:
    """Return one row for each published figure.

    Raises
    ------
    KeyError
        When a published figure was not simulated.
    """
    return tuple(Row(published=row, simulated=figures[row.quantity]) for row in PUBLISHED)


def _shown(value: float) -> str:
    return f"{value:.3g}"


def _cells(row: Row) -> tuple[str, ...]:
    published = row.published
    band = _shown(published.low)
    if published.high != published.low:
        band += f" to {_shown(published.high)}"
    return (
        published.quantity.value,
        band,
        _shown(row.simulated),
        f"± {_shown(published.tolerance)}",
        "yes" if row.inside else "NO",
        row.basis.value,
        published.source,
    )


_HEADINGS = ("figure", "published", "simulated", "tolerance", "inside", "basis", "source")


def text_table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of an aligned table for a terminal."""
    lines = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEADINGS))]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def markdown_table(rows: Sequence[Row]) -> str:
    """Return the same as Markdown, with the reason of each tolerance."""
    headings = (*_HEADINGS, "why this tolerance")
    lines = [headings, ("---",) * len(headings)]
    lines += [(*_cells(row), row.published.reason) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
