"""The page about the detector's memory, made from the fields themselves.

`python -m liftward_detection.state_page > docs/detector-state.md` writes the committed copy; a test
fails when that differs. Must not know the rules.
"""

import sys

from liftward_detection.fleet import (
    ASKED_AHEAD_BYTES,
    BYTES_PER_LIFT,
    CACHE_LINE_BYTES,
    FIELDS,
    RECORD,
    STATE_VERSION,
)

_HEAD = f"""\
# The detector's state

One record of {RECORD.itemsize} bytes for each lift, version {STATE_VERSION}.
This page is generated (`make docs`).

A saved state is: `LWFS`, then little-endian the version (uint32), the count of lifts (uint64) and a
CRC-32 (uint32) of what follows; then the records: {BYTES_PER_LIFT} bytes for each lift. A state of
another version, or one that is damaged, is refused, and the gateway replays the samples of the last
minutes instead.

A record is {RECORD.itemsize // CACHE_LINE_BYTES} cache lines of {CACHE_LINE_BYTES} bytes, and the
array is aligned to them. A sample without news touches the first two or three, any other the next
ones, too; the first {ASKED_AHEAD_BYTES // CACHE_LINE_BYTES} are fetched before its turn. A sample
without news leaves `open_at_us` and `mode_at_us` as they are: while `said` is not blank they follow
from `observed_us`, and are written before anything reads them.

Times are microseconds since 1970, UTC, by the device's clock unless the table says otherwise.

| offset | field | type | blank | meaning |
|---|---|---|---|---|
"""
_WORDS: dict[float, str] = {
    -(2**63): "-2^63: never, not told",
    2**63 - 1: "2^63 - 1: never",
    -(2**15): "-2^15: not told",
}


def page() -> str:
    """Return the page."""
    assert RECORD.fields is not None
    rows = []
    for field in FIELDS:
        type_, offset = RECORD.fields[field.name][:2]
        shape = f" x {type_.shape[0]}" if type_.shape else ""
        blank = _WORDS.get(field.blank, str(field.blank))
        cells = (offset, f"`{field.name}`", type_.base.name + shape, blank, field.meaning)
        rows.append(f"| {' | '.join(map(str, cells))} |\n")
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    sys.stdout.write(page())
