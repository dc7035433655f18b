"""Marks to and from the rows of the table sequence_mark.

Knows the columns of both. Must not know connections.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from liftward_gateway.mark_loop import (
    BOOT_ID,
    CONTIGUOUS,
    DELAY_BEFORE_US,
    DELAY_MIN_US,
    DUPLICATES_COUNT,
    HIGHEST,
    LATE_COUNT,
    NO_DELAY,
    OBSERVED_US,
    OVERLAP_US,
    OVERLAPS_COUNT,
    RECEIVED_US,
    SKEW,
    SKEW_BY_CODE,
    WINDOW_US,
    unseen_mark,
)
from liftward_gateway.mark_table import Gaps, StoredMark

# Columns that are whole numbers in the table too (times are counts of microseconds on the way).
_NUMBERS = {
    "boot_ids": BOOT_ID,
    "contiguous": CONTIGUOUS,
    "highest": HIGHEST,
    "duplicates": DUPLICATES_COUNT,
    "late": LATE_COUNT,
    "observed_us": OBSERVED_US,
    "received_us": RECEIVED_US,
    "window_us": WINDOW_US,
    "overlaps": OVERLAPS_COUNT,
    "overlap_us": OVERLAP_US,
}
_DELAYS = {"delay_min_us": DELAY_MIN_US, "delay_before_us": DELAY_BEFORE_US}
_LOADED = {
    "boot_id": BOOT_ID,
    "contiguous_through": CONTIGUOUS,
    "highest": HIGHEST,
    "duplicates_count": DUPLICATES_COUNT,
    "late_count": LATE_COUNT,
    "observed_us": OBSERVED_US,
    "received_us": RECEIVED_US,
    "window_us": WINDOW_US,
    "delay_min_us": DELAY_MIN_US,
    "delay_before_us": DELAY_BEFORE_US,
    "overlaps_count": OVERLAPS_COUNT,
    "overlap_us": OVERLAP_US,
}
_SKEW_CODES = {str(skew): code for code, skew in enumerate(SKEW_BY_CODE)}


def mark_parameters(marks: Sequence[StoredMark]) -> dict[str, list[str] | str]:
    """Return the arrays that the query `write_marks` takes."""
    table = np.array([mark for _, mark, _ in marks])
    parameters: dict[str, list[str] | str] = {
        "device_ids": [stream[0] for stream, _, _ in marks],
        "streams": [stream[1] for stream, _, _ in marks],
        "gaps": [_gaps_text(gaps) for _, _, gaps in marks],
        "skews": [str(SKEW_BY_CODE[code]) for code in table[:, SKEW].tolist()],
    }
    for name, column in _NUMBERS.items():
        parameters[name] = _array_text(table[:, column].tolist())
    for name, column in _DELAYS.items():
        delays_us = table[:, column].tolist()
        parameters[name] = _array_text(
            ["NULL" if delay_us == NO_DELAY else delay_us for delay_us in delays_us]
        )
    return parameters


def _array_text(values: Sequence[int | str]) -> str:
    """Return numbers as the text of an array: the driver would dump a list one by one."""
    return "{" + ",".join(map(str, values)) + "}"


def stored_mark(row: Mapping[str, Any]) -> StoredMark:
    """Return one row of the query `marks_of`."""
    mark = unseen_mark()
    for name, column in _LOADED.items():
        if row[name] is not None:
            mark[column] = row[name]
    mark[SKEW] = _SKEW_CODES[row["skew"]]
    return (row["device_id"], row["stream"]), mark, _gaps(row["open_gaps"])


def _gaps_text(gaps: Gaps) -> str:
    """Return gaps as the text of a multirange; the database keeps ranges with the end left out."""
    if not gaps:
        return "{}"
    pairs = zip(gaps[::2], gaps[1::2], strict=True)
    return "{" + ",".join(f"[{first},{last}]" for first, last in pairs) + "}"


def _gaps(text: str) -> Gaps:
    """Read the canonical text of a multirange: {[0,5),[8,9)}."""
    if text == "{}":
        return array("q")
    numbers = text.strip("{}").replace("[", "").replace(")", "").split(",")
    return array("q", [int(number) - at % 2 for at, number in enumerate(numbers)])
