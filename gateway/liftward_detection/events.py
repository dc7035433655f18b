"""Events in columns, as the detector takes them.

The gateway builds them from the contract's `Event` messages; this module names what it needs and
does not import the messages, so that nothing here can reach for a clock. Must not know rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from liftward_detection.kinds import Coded

NO_GB_CODE = -1


class EventWord(Coded):
    """The words of `liftward_wire.messages.EventKind`; a test holds the two together."""

    FAULT_RAISED = "fault_raised"
    FAULT_CLEARED = "fault_cleared"
    ALARM_PRESSED = "alarm_pressed"
    ALARM_RELEASED = "alarm_released"
    TEST_CALL = "test_call"
    DOOR_RETRY = "door_retry"
    MODE_CHANGED = "mode_changed"
    ALARM_FILTERED = "alarm_filtered"  # recorded; to the detector neither a press
    ALARM_ENDED = "alarm_ended"  # nor an end: a person's word, for people


class EventRow(NamedTuple):
    """One event. `kind` takes a member of the contract's EventKind as it is, or its text.

    `gb_code` is the code of GB/T 24476-2017 (liftward_wire.codes.gbt24476_code), or NO_GB_CODE:
    such an event, and one with a code outside the list, changes nothing. `service_mode` is the
    code of the state, 0 when the event tells none.
    """

    lift_index: int
    observed_at_us: int
    received_at_us: int
    boot_id: int
    sequence: int
    kind: str
    gb_code: int = NO_GB_CODE
    service_mode: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventColumns:
    """Events of many lifts, in the order of arrival.

    Attributes
    ----------
    lift_index : ndarray of shape (n,), int32
    observed_at_us, received_at_us : ndarray of shape (n,), int64
        Device time and platform time, microseconds since 1970, UTC.
    boot_id, sequence : ndarray of shape (n,), int64
        Of the device; they tell a clock that was set back from an event that comes late.
    kind : ndarray of shape (n,), int8
        EventWord code.
    gb_code : ndarray of shape (n,), int8
        0 to 127, or NO_GB_CODE.
    service_mode : ndarray of shape (n,), int8
        State code, 0 when not told.
    """

    lift_index: NDArray[np.int32]
    observed_at_us: NDArray[np.int64]
    received_at_us: NDArray[np.int64]
    boot_id: NDArray[np.int64]
    sequence: NDArray[np.int64]
    kind: NDArray[np.int8]
    gb_code: NDArray[np.int8]
    service_mode: NDArray[np.int8]

    @classmethod
    def from_rows(cls, rows: Iterable[EventRow]) -> Self:
        """Build the columns; raise ValueError for a kind that the contract does not have."""
        table = np.array(
            [(*row[:5], EventWord(row.kind).code, row.gb_code, row.service_mode) for row in rows],
            dtype=np.int64,
        ).reshape(-1, len(EventRow._fields))
        keys, words = table.T[:5], table.T[5:].astype(np.int8)
        return cls(
            lift_index=keys[0].astype(np.int32),
            observed_at_us=keys[1].copy(),
            received_at_us=keys[2].copy(),
            boot_id=keys[3].copy(),
            sequence=keys[4].copy(),
            kind=words[0].copy(),
            gb_code=words[1].copy(),
            service_mode=words[2].copy(),
        )

    def __len__(self) -> int:
        return len(self.lift_index)


class EventArrays(NamedTuple):
    """The same columns as compiled code takes them."""

    lift_index: NDArray[np.int32]
    observed_at_us: NDArray[np.int64]
    received_at_us: NDArray[np.int64]
    boot_id: NDArray[np.int64]
    sequence: NDArray[np.int64]
    kind: NDArray[np.int8]
    gb_code: NDArray[np.int8]
    service_mode: NDArray[np.int8]


_TYPES = (np.int32, np.int64, np.int64, np.int64, np.int64, np.int8, np.int8, np.int8)


def event_arrays(columns: EventColumns) -> EventArrays:
    """Return the columns contiguous and typed; raise ValueError when lengths differ."""
    arrays: list[Any] = [
        np.ascontiguousarray(getattr(columns, name), dtype=dtype)
        for name, dtype in zip(EventArrays._fields, _TYPES, strict=True)
    ]
    for name, array in zip(EventArrays._fields, arrays, strict=True):
        if array.shape != (len(columns),):
            raise ValueError(f"column {name} has shape {array.shape}; allowed: ({len(columns)},)")
    return EventArrays(*arrays)
