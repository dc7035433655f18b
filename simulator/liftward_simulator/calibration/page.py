"""The table in docs/calibration.md: where it stands in the page, and how it is renewed. Pure."""

import re
from collections.abc import Sequence

from liftward_simulator.calibration.comparison import Row, markdown_table

_BLOCK = re.compile(r"(<!-- generated: calibration -->\n).*?(<!-- end -->)", re.DOTALL)


class PageError(ValueError):
    """The page has no place for the table."""


def refreshed(page: str, rows: Sequence[Row]) -> str:
    """Return the page with the table as simulated now.

    Raises
    ------
    PageError
        When the page does not mark one place for it.
    """
    renewed, count = _BLOCK.subn(lambda found: found[1] + markdown_table(rows) + found[2], page)
    if count != 1:
        raise PageError(
            f"{count} places marked for the table; allowed: one, from "
            "<!-- generated: calibration --> to <!-- end -->"
        )
    return renewed


def rows_of(page: str) -> list[str]:
    """Return the names in the first column of the page's table."""
    block = _BLOCK.search(page)
    lines = block[0].splitlines()[3:-1] if block else []
    return [line.split("|")[1].strip() for line in lines]
