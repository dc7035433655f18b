"""Which kinds are pending or open for a lift: a byte for each, and one word that sums them up.

Nearly every kind is neither, nearly always. `active` has a bit for each that is, in a cache line
that a sample with news reads anyway; the bytes stand further behind, and are read only where the
bit says so. Must not know what a kind means.
"""

from collections.abc import Iterable
from typing import cast

import numpy as np

from liftward_detection.compiling import constant, helper
from liftward_detection.fleet import Record
from liftward_detection.kinds import DEVICE_HEALTH_KINDS, DetectionKind

_FIRST_OF_EQUIPMENT = constant(DEVICE_HEALTH_KINDS[0].code)


def bits_of(kinds: Iterable[DetectionKind]) -> int:
    """Return the bits of these kinds in `active`, as a constant for compiled code."""
    return cast("int", np.int64(sum(1 << kind.code for kind in kinds)))


@helper
def set_status(record: Record, kind: int, status: int) -> None:
    """Write a kind's status: the one place that does."""
    record["status"][kind] = status
    if kind < _FIRST_OF_EQUIPMENT:
        bit = 1 << int(kind)
        record["active"] = (record["active"] | bit) ^ (0 if status else bit)


@helper
def is_active(record: Record, kind: int) -> bool:
    """Tell whether a kind is pending or open."""
    return record["active"] >> int(kind) & 1 != 0  # type: ignore[no-any-return]  # records are untyped


@helper
def status_of(record: Record, kind: int) -> int:
    """Return a kind's status: 0 without a look at it for one that is not active."""
    return int(record["status"][kind]) if is_active(record, kind) else 0
