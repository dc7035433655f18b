"""What the detector remembers: one fixed-size record for each lift, in one array.

The rules touch one lift at a time, so a lift's fields lie side by side; only `tick_due_us`, which a
tick scans for the whole fleet, stands in an array of its own. The layout is versioned: a saved
state of another version is refused, and the caller replays samples instead. Must not know the
rules.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from liftward_detection.equipment import (
    CONDITION_FIELDS,
    HEALTH_FIELDS,
    LOOK_FIELDS,
    LOOK_TIME_FIELDS,
    blank_equipment,
)
from liftward_detection.kinds import KIND_COUNT, Suppression

STATE_VERSION = 2

NONE_US = -(2**63)  # "never", in every field that holds a device time
NEVER_DUE_US = 2**63 - 1  # "no timer is running", in platform time
NO_FLOOR = -(2**15)
NO_COUNT = -(2**63)  # as liftward_wire's COUNT_ABSENT

# Bits of `status`, one byte for each kind. PENDING: the condition holds, its limit has not passed.
PENDING = 1
OPEN = 2
DERIVED = 4  # our reading of the signals keeps the episode open
REPORTED = 8  # the controller's report keeps the episode open
BYTE = 0xFF  # `BYTE ^ bits` clears bits: plain and compiled code agree on it, unlike on `~bits`
LEVEL_SHIFT = 4  # two bits: the highest level the open episode reached

# Bits of `flags`.
TRAVELLED = 1  # the car has made a run since the doors were last open at a landing
DOOR_OPEN_PRESSED = 2  # in that same time
DOOR_RETRIED = 4  # the doors tried again to close and have not been shut since
OPENED_IN_EPISODE = 8  # the way out was open since the entrapment began, with someone seen inside

RECORD = np.dtype(
    [
        # The last sample applied. Times are device times in microseconds since 1970, UTC.
        ("observed_us", "<i8"),
        ("received_us", "<i8"),  # platform time
        ("boot_id", "<i8"),
        ("sequence", "<i8"),
        ("lateness_us", "<i8"),  # received - observed, slowly falling maximum: skew and delay
        *LOOK_TIME_FIELDS,
        # The last event applied: events travel a path of their own and have their own order.
        ("event_observed_us", "<i8"),
        ("event_boot_id", "<i8"),
        ("event_sequence", "<i8"),
        # Since when something has been so.
        ("stationary_since_us", "<i8"),
        ("alarm_since_us", "<i8"),  # first alarm press since the doors were last open at a landing
        ("open_at_us", "<i8"),  # the doors were last seen open at a landing
        ("mode_at_us", "<i8"),  # service mode last told
        ("button_at_us", "<i8"),  # alarm button last told by an event
        ("entrapment_due_us", "<i8"),
        ("since_us", "<i8", (KIND_COUNT,)),  # onset of the pending condition or open episode
        ("door_open_presses_count", "<i8"),
        # What the last sample said, as far as a later one or a verdict needs it.
        ("position_anchor_m", "<f4"),
        ("load_kg", "<f4"),
        ("floor", "<i2"),
        ("status", "u1", (KIND_COUNT,)),
        ("flags", "u1"),
        ("service_mode", "i1"),  # code, last known
        ("alarm_button", "i1"),  # code, last known
        ("suppression", "i1"),  # Suppression code
        ("aboard", "i1"),  # someone is in the car: yes 1, unknown 0, no -1; latched, see facts
        # Facts of the last sample, the same three values.
        ("stationary", "i1"),
        ("at_level", "i1"),
        ("shut", "i1"),
        ("travelling", "i1"),
        ("car_calls", "i1"),
        ("chain_open", "i1"),
        ("power_lost", "i1"),
        *LOOK_FIELDS,
        # Condition and sensor health: touched when something is measured, not with every sample.
        *HEALTH_FIELDS,
        *CONDITION_FIELDS,
    ],
    align=True,
)
BYTES_PER_LIFT = RECORD.itemsize + 8

_TIMES = (
    "observed_us",
    "received_us",
    "event_observed_us",
    "stationary_since_us",
    "alarm_since_us",
    "open_at_us",
    "mode_at_us",
    "button_at_us",
    "entrapment_due_us",
    "since_us",
)

# magic, state version, lift count, CRC-32 of what follows
_HEADER = Struct("<4sIQI")
_MAGIC = b"LWFS"


class StateError(ValueError):
    """A saved state cannot be used: start empty and replay the samples recorded since."""


@dataclass(slots=True)
class FleetState:
    """The detector's memory of `lift_count` lifts; index = fleet index. Changed in place.

    Attributes
    ----------
    records : ndarray of shape (lift_count,), dtype RECORD
    tick_due_us : ndarray of shape (lift_count,), int64, platform time in microseconds
        When a tick has to look at this lift at the earliest; NEVER_DUE_US when no timer runs.
    """

    records: NDArray[np.void]
    tick_due_us: NDArray[np.int64]

    @classmethod
    def empty(cls, lift_count: int) -> Self:
        if lift_count < 0:
            raise ValueError(f"lift_count is {lift_count}; allowed: 0 or more")
        return cls(_blank(lift_count), np.full(lift_count, NEVER_DUE_US, dtype=np.int64))

    @property
    def lift_count(self) -> int:
        return len(self.records)

    def grow(self, lift_count: int) -> None:
        """Make room for new lifts behind the present ones, whose state is kept."""
        added = lift_count - self.lift_count
        if added < 0:
            raise ValueError(f"lift_count is {lift_count}; allowed: {self.lift_count} or more")
        records = _blank(lift_count)
        records[: self.lift_count] = self.records
        more = np.full(added, NEVER_DUE_US, dtype=np.int64)
        self.records = records
        self.tick_due_us = np.concatenate([self.tick_due_us, more])

    def suppression(self, lift_index: int) -> Suppression:
        """Return why this lift is not watched for entrapment now, as of its last sample."""
        return Suppression.from_code(int(self.records["suppression"][lift_index]))

    def to_bytes(self) -> bytes:
        body = self.records.tobytes() + self.tick_due_us.astype("<i8").tobytes()
        return _HEADER.pack(_MAGIC, STATE_VERSION, self.lift_count, crc32(body)) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Restore a saved state; raise StateError when it is damaged or of another version."""
        lift_count = _checked_lift_count(data)
        records = np.empty(lift_count, RECORD)
        size = lift_count * RECORD.itemsize
        records.view(np.uint8)[:] = np.frombuffer(data, np.uint8, size, _HEADER.size)
        tick_due_us = np.frombuffer(
            data, "<i8", lift_count, _HEADER.size + lift_count * RECORD.itemsize
        )
        return cls(records, tick_due_us.astype(np.int64))


def _blank(lift_count: int) -> NDArray[np.void]:
    records = np.zeros(lift_count, dtype=RECORD)
    for name in _TIMES:
        records[name] = NONE_US
    records["boot_id"] = records["sequence"] = -1
    records["event_boot_id"] = records["event_sequence"] = -1
    records["door_open_presses_count"] = NO_COUNT
    records["position_anchor_m"] = records["load_kg"] = np.nan
    records["floor"] = NO_FLOOR
    blank_equipment(records, none_us=NONE_US, no_floor=NO_FLOOR)
    return records


def _checked_lift_count(data: bytes) -> int:
    if len(data) < _HEADER.size:
        raise StateError(f"a saved state has at least {_HEADER.size} bytes, this has {len(data)}")
    magic, version, lift_count, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise StateError(f"not a saved detector state: it begins with {magic!r}, not {_MAGIC!r}")
    if version != STATE_VERSION:
        raise StateError(f"saved state has version {version}; this detector reads {STATE_VERSION}")
    expected_bytes = _HEADER.size + lift_count * BYTES_PER_LIFT
    if len(data) != expected_bytes or crc32(memoryview(data)[_HEADER.size :]) != checksum:
        raise StateError(f"saved state of {lift_count} lifts is damaged ({len(data)} bytes)")
    return int(lift_count)


Record = Any  # one element of FleetState.records: numpy.void here, a record inside compiled code
