"""Samples of hours from the bytes of a binary COPY, without a Python loop over rows.

Knows PostgreSQL's COPY format (manual, "COPY", Binary Format) and the columns of the query
`samples_of_hours`. Must not know connections.
"""

import numpy as np

from liftward_platform.history.course import HourSamples

# PostgreSQL counts microseconds from 2000-01-01, we from 1970-01-01.
POSTGRES_EPOCH_US = 946_684_800_000_000
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_FIELDS = (
    ("number", ">i4"),
    ("at", ">i8"),
    ("mode", ">i2"),
    ("car_door", ">i2"),
    ("floor", ">i8"),
    ("trips", ">i8"),
    ("door_cycles", ">i8"),
    ("run_time_h", ">f4"),
    ("position_m", ">f4"),
    ("speed_mps", ">f4"),
    ("load_kg", ">f4"),
)
# Every value is there, so every row has the same width: a count, then a length before each value.
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(part for name, kind in _FIELDS for part in ((f"{name}_bytes", ">i4"), (name, kind))),
    ]
)


def hour_samples(copied: bytes) -> HourSamples:
    """Return the samples of a whole binary COPY, as they came.

    Raises
    ------
    ValueError
        When the bytes are not such a COPY: an absent value slipped through the query.
    """
    body = copied[len(_HEADER) : -len(_TRAILER)]
    if copied[: len(_HEADER)] != _HEADER or len(body) % _ROW.itemsize:
        raise ValueError("not a binary COPY of rows of one width")
    rows = np.frombuffer(body, dtype=_ROW)
    if not (rows["fields"] == len(_FIELDS)).all():
        raise ValueError("a row of the COPY has another number of fields")

    def whole(name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return rows[name].astype(np.int64)

    def real(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return rows[name].astype(np.float64)

    return HourSamples(
        number=whole("number"),
        at_us=whole("at") + POSTGRES_EPOCH_US,
        mode=whole("mode"),
        car_door=whole("car_door"),
        floor=whole("floor"),
        trips=whole("trips"),
        door_cycles=whole("door_cycles"),
        run_time_h=real("run_time_h"),
        position_m=real("position_m"),
        speed_mps=real("speed_mps"),
        load_kg=real("load_kg"),
    )
