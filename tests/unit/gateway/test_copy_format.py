import struct
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liftward_gateway.copy_format import (
    COPY_HEADER,
    COPY_TRAILER,
    FULL_ROW,
    SAMPLE_COLUMNS,
    columns_of_rows,
    copy_bytes,
)
from liftward_gateway.store_link import QUERIES
from liftward_wire.columns import columns_of, microseconds
from liftward_wire.messages import Sample
from liftward_wire.signals import SIGNALS, SignalType
from liftward_wire.states import Direction, DoorState

POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
KEYS = np.array([7, 40_000], dtype=np.int32)

SAMPLES = st.lists(
    st.builds(
        Sample,
        observed_at=st.datetimes(
            datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
            datetime(2100, 1, 1),  # noqa: DTZ001
            timezones=st.just(UTC),
        ),
        boot_id=st.integers(0, 2**53 - 1),
        sequence=st.integers(0, 2**53 - 1),
        floor=st.none() | st.integers(-50, 300),
        speed_mps=st.none() | st.floats(-25, 25, width=32),
        direction=st.sampled_from(Direction),
        car_door=st.sampled_from(DoorState),
        trips_count=st.none() | st.integers(0, 2**53 - 1),
    ),
    max_size=8,
)


def naive_field(value: Any, kind: str) -> bytes:
    if value is None:
        return struct.pack(">i", -1)
    packed = struct.pack(f">{kind}", value)
    return struct.pack(">i", len(packed)) + packed


def naive_copy(samples: list[Sample], received_us: int) -> bytes:
    """The twin: one field after the other, from the manual."""
    since_epoch_us = microseconds(POSTGRES_EPOCH)
    body = b""
    for place, sample in enumerate(samples):
        body += struct.pack(">h", len(SAMPLE_COLUMNS))
        body += naive_field(int(KEYS[place % 2]), "i")
        body += naive_field(microseconds(sample.observed_at) - since_epoch_us, "q")
        body += naive_field(received_us - since_epoch_us, "q")
        body += naive_field(sample.boot_id, "q") + naive_field(sample.sequence, "q")
        for signal in SIGNALS:
            value = getattr(sample, signal.name)
            if signal.type is SignalType.STATE:
                body += naive_field(value.code or None, "h")
            else:
                body += naive_field(value, "f" if signal.type is SignalType.FLOAT else "q")
    return COPY_HEADER + body + COPY_TRAILER


@given(SAMPLES)
def test_the_bytes_are_those_of_the_manual(samples: list[Sample]) -> None:
    """Field by field the same as one would pack them, with -1 for what is absent."""
    received_us = 1_700_000_000_000_001
    columns = columns_of(
        [(sample, (place % 2,), received_us) for place, sample in enumerate(samples)]
    )

    assert copy_bytes(columns, KEYS) == naive_copy(samples, received_us)


def test_rows_without_nulls_come_back_as_columns() -> None:
    """What a start reads: absent values stand as the arrays have them."""
    up = Direction.UP
    sent = Sample(
        observed_at=POSTGRES_EPOCH, boot_id=3, sequence=9, floor=4, speed_mps=-0.5, direction=up
    )
    columns = columns_of([(sent, (0,), 1_700_000_000_000_001)])
    row = np.zeros(1, FULL_ROW)
    row["lift_key"], row["boot_id"], row["sequence"] = 7, 3, 9
    row["received_at"] = 1_700_000_000_000_001 - microseconds(POSTGRES_EPOCH)
    for signal in SIGNALS:
        row[signal.name] = columns.signals[signal.name]

    read = columns_of_rows(row.tobytes(), lambda keys: np.zeros(len(keys), np.int32))

    for name in ("lift_index", "observed_at_us", "received_at_us", "boot_id", "sequence"):
        assert getattr(read, name).tolist() == getattr(columns, name).tolist()
    for name, values in columns.signals.items():
        assert read.signals[name].dtype == values.dtype
        assert np.array_equal(read.signals[name], values, equal_nan=values.dtype.kind == "f")


def test_the_query_of_a_start_names_the_columns_in_our_order() -> None:
    """A binary row has no names: the order is the contract between the SQL and the arrays."""
    text = QUERIES["samples_since"].replace(",", " ").replace("(", " ").replace("coalesce", " ")
    words = [word for word in text.split("FROM")[0].split() if word in SAMPLE_COLUMNS]

    assert tuple(words) == SAMPLE_COLUMNS
