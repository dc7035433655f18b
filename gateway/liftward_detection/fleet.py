"""What the detector remembers: one fixed-size record for each lift, in one array.

The rules touch one lift at a time, so a lift's fields lie side by side. A record is a whole number
of cache lines and the array is aligned to them: memory is what a sample of a random lift waits for,
so what every sample touches stands in the first two lines. docs/detector-state.md shows the layout.

The layout is versioned: a saved state of another version is refused, and the caller replays samples
instead. Must not know the rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from liftward_detection.equipment_fields import CONDITION_FIELDS, HEALTH_FIELDS, Field
from liftward_detection.kinds import (
    CONDITION_KINDS,
    DEVICE_HEALTH_KINDS,
    KIND_COUNT,
    MEASURING_COUNT,
    Suppression,
)

STATE_VERSION = 5

NONE_US = -(2**63)  # "never", in every field that holds a device time
NEVER_DUE_US = 2**63 - 1  # "no timer is running", in platform time
NO_FLOOR = -(2**15)
NO_COUNT = -(2**63)  # as liftward_wire's COUNT_ABSENT
NOTHING_SAID = -1  # the next sample is looked at whatever it says

# Bits of `status`, one byte for each kind. PENDING: the condition holds, its limit has not passed.
PENDING = 1
OPEN = 2
DERIVED = 4  # our reading of the signals keeps the episode open
REPORTED = 8  # the controller's report keeps the episode open
BYTE = 0xFF  # `BYTE ^ bits` clears bits: plain and compiled code agree on it, unlike on `~bits`
LEVEL_SHIFT = 4  # two bits: the highest level the open episode reached
LEVEL_BITS = 3 << LEVEL_SHIFT

# Bits of `flags`.
TRAVELLED = 1  # the car has made a run since the doors were last open at a landing
DOOR_OPEN_PRESSED = 2  # in that same time
DOOR_RETRIED = 4  # the doors tried again to close and have not been shut since
OPENED_IN_EPISODE = 8  # the way out was open since the entrapment began, with someone seen inside
RAN_AT_SPEED = 16  # like TRAVELLED, and faster than a car in inspection
MOVED = 32  # like TRAVELLED, at whatever speed
RAN_IN_EPISODE = 64  # faster than inspection speed since the entrapment began
PRESSED_UNSEEN = 128  # since the last sample somebody pressed, long after it

# Bits of `seen`: what this device has told since its boot. Absent says something only then.
SEEN_MODE = 1
SEEN_SPEED = 2
CAME_AUTOMATIC = 4  # in automatic service when the car came to rest: no technician brought it there
STANDS_SHUT = 8  # by the last sample, and is not known to be empty: see `rhythm`
LEVELS_IN_RUN = 16  # tells a levelling error while it travels, too: of no use beside the door zone
HEARD_CHANGE = 32  # it has said two different things: it is alive, see `trust`
CALLS_TOLD = 64  # a car call, once: so none is a word, too
EVENTS_AHEAD = 128  # events of a backlog were told whose samples have not come yet

# `zone_stops`: a count and two bits, see `zone`.
ZONE_STOPS_BITS = 7
ZONE_STOPS_MAX = 4  # so a switch that was mended is believed again after a few stops
ZONE_DOUBTED = 64  # at this stop: doors that had stood shut were opened outside the zone
ZONE_JUDGED = 128  # at this stop: the next one counts after a run

# Bits of `sightings`: what each source has said of people since the way out was last open.
SENSOR_YES = 1
SENSOR_NO = 2
LOAD_YES = 4
LOAD_NO = 8
CALLED = 16  # the car has had a car call

PRESSES_MAX = 4  # further ones say nothing new


CACHE_LINE_BYTES = 64
ASKED_AHEAD_BYTES = 16 * CACHE_LINE_BYTES  # fetched before a sample's turn: all of it
_KINDS = (KIND_COUNT,)
_OTHER_KINDS = (KIND_COUNT - len(CONDITION_KINDS) - len(DEVICE_HEALTH_KINDS),)
_MEASURING_KINDS = (MEASURING_COUNT,)

# What every sample reads or writes: exactly one cache line. Times are device times in microseconds
# since 1970, UTC, unless they say otherwise.
_EVERY_SAMPLE = (
    Field("observed_us", "<i8", NONE_US, "the last sample applied"),
    Field("received_us", "<i8", NONE_US, "the same, platform time"),
    Field("lateness_us", "<i8", 0, "received - observed, slowly falling maximum: skew and delay"),
    Field("due_us", "<i8", NEVER_DUE_US, "when the first pending condition is due"),
    Field("said", "<i8", NOTHING_SAID, "what the last sample said, packed (see `quiet`)"),
    Field("door_open_presses_count", "<i8", NO_COUNT, "last told"),
    Field("position_anchor_m", "<f4", np.nan, "where the car was when last seen displaced"),
    Field("load_kg", "<f4", np.nan, "last told"),
    Field("floor", "<i2", NO_FLOOR, "last told"),
    # What `equipment_watch.needs_look` compares with every sample.
    Field("equipment_seen", "u1", 0, "of car, doors and sensors, see `equipment`"),
    Field("trip_samples", "u1", 0, "at travel speed, as far as they are looked at"),
    Field("interval_us", "<i4", 0, "between samples while it stands shut, 0: unknown; `rhythm`"),
)
# What every sample writes, and what a rule's `needs_look` reads: the second cache line.
_EVERY_SAMPLE_TOO = (
    Field("sequence", "<i8", -1, "of the last sample applied"),
    Field("boot_id", "<i8", -1, "of the last sample applied"),
    Field("position_at_us", "<i8", NONE_US, "when `position_m` was told"),
    Field("tick_due_us", "<i8", NEVER_DUE_US, "when a tick has to look, platform time"),
    Field("health_due_us", "<i8", NONE_US, "when values are next compared with those before"),
    Field("position_m", "<f4", np.nan, "last told"),
    Field("rated_load_kg", "<f4", np.nan, "from the registration; NaN when not known"),
    Field("rated_speed_mps", "<f4", np.nan, "the same"),
    Field("flags", "u1", 0, "what has happened since the way out was last open, see above"),
    Field("seen", "u1", 0, "what this device has told since its boot, see above"),
    Field("shut", "i1", 0, "the way out is shut: yes 1, unknown 0, no -1; by the last sample"),
    Field("suppression", "i1", 0, "Suppression code"),
    # The rest of that.
    Field("occupancy_before", "i1", 0, "Occupancy code of the last sample"),
    Field("door_told", "u1", 0, "by the last sample, believed or not, see `door_watch`"),
    Field("present", "u1", 0, "the numbers that the last sample had, see `value_health`"),
    # Of sensor health, for want of room elsewhere: see `sensor_health`, `value_health`.
    Field("flaps", "u1", 0, "score: up with what cannot be, down with what fits"),
    Field("same_run", "u1", 0, "comparisons in a row without any change"),
    Field(
        "same_share",
        "u1",
        255,
        "of comparisons, in 1/255; 255: never seen to change",
    ),
    Field("false_yes", "u1", 0, "score of the people sensor: up with what cannot be"),
    Field("false_no", "u1", 0, "the same"),
)
# What a sample with news touches: the next three cache lines.
_NEWS = (
    Field("active", "<i8", 0, "bits by kind of no equipment: those whose `status` is not 0"),
    Field("stationary_since_us", "<i8", NONE_US, "since when the car has stood still"),
    Field("alarm_since_us", "<i8", NONE_US, "first alarm press since the way out was last open"),
    Field("open_at_us", "<i8", NONE_US, "the doors were last seen open at a landing"),
    Field("mode_at_us", "<i8", NONE_US, "service mode last told"),
    Field("button_at_us", "<i8", NONE_US, "alarm button last told by an event"),
    Field("alarm_last_us", "<i8", NONE_US, "last alarm press"),
    Field("entrapment_due_us", "<i8", NEVER_DUE_US, "when the belief crosses the next level"),
    Field("rest_since_us", "<i8", NONE_US, "stands shut, and is watched, since then"),
    Field("press_since_us", "<i8", NONE_US, "first press of door-open since then"),
    Field("mains_lost_us", "<i8", NONE_US, "or rest_since_us, what comes later"),
    Field("door_since_us", "<i8", NONE_US, "`car_door` says the same since then"),
    Field("test_at_us", "<i8", NONE_US, "last test call"),
    Field("pieces", "<i8", 0, "the evidence as last weighed, see `evidence`; 0: not yet"),
    Field("service_mode", "i1", 0, "ServiceMode code, last known"),
    Field("alarm_button", "i1", 0, "Button code, last known"),
    Field("sample_button", "i1", 0, "Button code, last told by a sample"),
    Field("aboard", "i1", 0, "someone is in the car: yes 1, unknown 0, no -1; latched"),
    Field("stationary", "i1", 0, "fact of the last sample: yes 1, unknown 0, no -1"),
    Field("at_level", "i1", 0, "the same"),
    Field("travelling", "i1", 0, "the same"),
    Field("car_calls", "i1", 0, "the same"),
    Field("chain_open", "i1", 0, "the same"),
    Field("power_lost", "i1", 0, "the same"),
    Field("direction_set", "i1", 0, "the same"),
    Field("car_door", "i1", 0, "DoorState code of the last sample, as far as believed"),
    Field("sightings", "u1", 0, "what each source has said of people, see above"),
    Field("presses", "u1", 0, "of door-open since rest_since_us, up to PRESSES_MAX"),
    Field("zone_stops", "u1", 0, "stops with doors open outside the door zone, see above"),
    Field("retries", "u1", 0, "of the doors since then, up to PRESSES_MAX"),
    # What the fault rules remember between samples; see the modules `faults_*`.
    Field("position_doubted_us", "<i8", NONE_US, "the position jumped as no car can"),
    Field("reopened_us", "<i8", NONE_US, "the doors first failed to close, or open, at this stop"),
    Field("calls_since_us", "<i8", NONE_US, "a car call waits in an empty car"),
    Field("opened_at_m", "<f4", np.nan, "where the doors last stood open at a landing"),
    Field("top_m", "<f4", np.nan, "highest landing served so far"),
    Field("floors_count", "<i2", 0, "from the registration; 0 when not known"),
    Field("floor_low", "<i2", NO_FLOOR, "lowest landing served so far"),
    Field("floor_high", "<i2", NO_FLOOR, "highest landing served so far"),
    Field("fault_flags", "u1", 0, "see `fault_memory`"),
    Field("door_known_before", "i1", 0, "DoorState code, last known"),
    Field("reopenings_count", "u1", 0, "at this stop"),
    Field("retries_count", "u1", 0, "at this stop"),
    Field("bad_stops_count", "u1", 0, "stops off level in a row"),
    Field("good_stops_count", "u1", 0, "stops at level in a row"),
    Field("calls_openings_count", "u1", 0, "openings while a car call waits in an empty car"),
    # Of sensor health and condition, touched with the doors; in an order without gaps.
    Field("zone_wrong", "u1", 0, "score"),
    Field("door_wrong", "u1", 0, "score"),
    Field("load_cycles", "u1", 0, "of the present window"),
    Field("door_retries", "u1", 0, "seen in this door cycle"),
    Field("door_retry_events", "u1", 0, "told by events since the last door cycle"),
    Field("wrong_findings", "<u2", 0, "bits by `equipment.FINDINGS`"),
    Field("told_findings", "<u2", 0, "the same: which signal the open episode names"),
    Field("open_floor", "<i2", NO_FLOOR, "where the doors were last open"),
    Field("shut_load_kg", "<f4", np.nan, "last told behind shut doors"),
    Field("lowest_load_kg", "<f4", np.nan, "over the door cycles of the present window"),
)
# What only some news, episodes and events touch.
_RARE = (
    Field("event_observed_us", "<i8", NONE_US, "the last event applied: events have an own order"),
    Field("event_boot_id", "<i8", -1, "of the last event applied"),
    Field("event_sequence", "<i8", -1, "of the last event applied"),
    Field("left_landing_us", "<i8", NONE_US, "the car left a landing with its doors open"),
    Field("badly_stopped_us", "<i8", NONE_US, "the first of the stops off level in a row"),
    Field("jumped_from_m", "<f4", np.nan, "where the car was before the position jumped"),
    Field("worst", "<f4", np.nan, "of each kind that measures: at its worst", _MEASURING_KINDS),
    Field("since_us", "<i8", NONE_US, "of each kind of no equipment: onset", _OTHER_KINDS),
    Field("status", "u1", 0, "of each kind: PENDING, OPEN, DERIVED, REPORTED, level", _KINDS),
)
# The widest of the rest first: no gaps.
_GROUPS = (
    _EVERY_SAMPLE,
    _EVERY_SAMPLE_TOO,
    _NEWS,
    tuple(
        sorted(_RARE + HEALTH_FIELDS + CONDITION_FIELDS, key=lambda f: -np.dtype(f.type).itemsize)
    ),
)
FIELDS = tuple(field for group in _GROUPS for field in group)


def _record_type() -> np.dtype[np.void]:
    """Lay the groups out, each from the start of a cache line."""
    offsets, end = [], 0
    for group in _GROUPS:
        end = _rounded_up(end, CACHE_LINE_BYTES)
        for field in group:
            type_ = np.dtype((field.type, field.shape))
            offsets.append(_rounded_up(end, type_.base.alignment))
            end = offsets[-1] + type_.itemsize
    return np.dtype(
        {
            "names": [field.name for field in FIELDS],
            "formats": [np.dtype((field.type, field.shape)) for field in FIELDS],
            "offsets": offsets,
            "itemsize": _rounded_up(end, CACHE_LINE_BYTES),
        },
        align=True,
    )


def _rounded_up(size: int, unit: int) -> int:
    return -(-size // unit) * unit


RECORD = _record_type()
BYTES_PER_LIFT = RECORD.itemsize

# magic, state version, lift count, CRC-32 of what follows
_HEADER = Struct("<4sIQI")
_MAGIC = b"LWFS"


_LIMITS_NOT_KNOWN = object()  # those of whoever saved the state


class StateError(ValueError):
    """A saved state cannot be used: start empty and replay the samples recorded since."""


@dataclass(slots=True)
class FleetState:
    """The detector's memory of `lift_count` lifts; index = fleet index. Changed in place.

    Attributes
    ----------
    records : ndarray of shape (lift_count,), dtype RECORD
    worked_out_with : object, not saved
        The limits that `due_us`, `said` and `tick_due_us` rest on; None when nothing does yet.
    """

    records: NDArray[np.void]
    worked_out_with: object = None

    @classmethod
    def empty(cls, lift_count: int) -> Self:
        if lift_count < 0:
            raise ValueError(f"lift_count is {lift_count}; allowed: 0 or more")
        return cls(_blank(lift_count))

    @property
    def lift_count(self) -> int:
        return len(self.records)

    @property
    def tick_due_us(self) -> NDArray[np.int64]:
        """When a tick has to look at each lift, platform time; NEVER_DUE_US: no timer runs."""
        return self.records["tick_due_us"]

    def grow(self, lift_count: int) -> None:
        """Make room for new lifts behind the present ones, whose state is kept."""
        added = lift_count - self.lift_count
        if added < 0:
            raise ValueError(f"lift_count is {lift_count}; allowed: {self.lift_count} or more")
        present, records = self.lift_count, _aligned(lift_count)
        _bytes_of(records)[:present] = _bytes_of(self.records)
        _bytes_of(records)[present:] = _bytes_of(_blank(added))
        self.records = records

    def copy(self) -> Self:
        """Return a copy that goes its own way."""
        records = _aligned(self.lift_count)
        _bytes_of(records)[:] = _bytes_of(self.records)
        return type(self)(records, self.worked_out_with)

    def part(self, first: int, end: int) -> Self:
        """Return a copy of the lifts from `first` up to, not including, `end`."""
        if not 0 <= first <= end <= self.lift_count:
            raise ValueError(f"part is {first} to {end}; allowed: within 0 to {self.lift_count}")
        records = _aligned(end - first)
        _bytes_of(records)[:] = _bytes_of(self.records[first:end])
        return type(self)(records, self.worked_out_with)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the lifts of all parts, one part behind the other."""
        records, at = _aligned(sum(part.lift_count for part in parts)), 0
        for part in parts:
            _bytes_of(records)[at : at + part.lift_count] = _bytes_of(part.records)
            at += part.lift_count
        return cls(records, _LIMITS_NOT_KNOWN)

    def chosen(self, lift_index: NDArray[np.int64]) -> Self:
        """Return a copy of these lifts only, in this order."""
        records = _aligned(len(lift_index))
        _bytes_of(records)[:] = _bytes_of(self.records)[lift_index]
        return type(self)(records, self.worked_out_with)

    def set_nameplates(
        self,
        lift_index: NDArray[np.int32],
        *,
        rated_speed_mps: NDArray[np.float32],
        rated_load_kg: NDArray[np.float32],
        floors_count: NDArray[np.int16],
    ) -> None:
        """Note what the registration says of these lifts; arrays of shape (n,).

        NaN, and 0 floors, are not known: the rules that need them are then silent.
        """
        self.records["rated_speed_mps"][lift_index] = rated_speed_mps
        self.records["rated_load_kg"][lift_index] = rated_load_kg
        self.records["floors_count"][lift_index] = floors_count
        self.worked_out_with = object()  # due times rest on nameplates, too

    def suppression(self, lift_index: int) -> Suppression:
        """Return why this lift is not watched for entrapment now, as of its last sample."""
        return Suppression.from_code(int(self.records["suppression"][lift_index]))

    def to_bytes(self) -> bytes:
        body = self.records.tobytes()
        return _HEADER.pack(_MAGIC, STATE_VERSION, self.lift_count, crc32(body)) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Restore a saved state; raise StateError when it is damaged or of another version."""
        lift_count = _checked_lift_count(data)
        records = _aligned(lift_count)
        saved = np.frombuffer(data, np.uint8, lift_count * RECORD.itemsize, _HEADER.size)
        _bytes_of(records)[:] = saved.reshape(lift_count, RECORD.itemsize)
        return cls(records, _LIMITS_NOT_KNOWN)


def _aligned(lift_count: int) -> NDArray[np.void]:
    """Return room for records, uninitialised, from the start of a cache line."""
    size = lift_count * RECORD.itemsize
    room = np.empty(size + CACHE_LINE_BYTES, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE_BYTES
    return room[start : start + size].view(RECORD)


def _bytes_of(records: NDArray[np.void]) -> NDArray[np.uint8]:
    """Return the same memory as rows of bytes: copied as a whole, not field by field."""
    return records.view(np.uint8).reshape(len(records), RECORD.itemsize)


def _blank(lift_count: int) -> NDArray[np.void]:
    record = np.zeros(1, dtype=RECORD)
    for field in FIELDS:
        record[field.name] = field.blank
    records = _aligned(lift_count)
    _bytes_of(records)[:] = _bytes_of(record)
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
