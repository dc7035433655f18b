"""Slices of the detector's memory: packed, unpacked, put together again."""

from contextlib import suppress
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_detection.detector import tick
from liftward_detection.fleet import BYTES_PER_LIFT, FleetState, StateError
from liftward_detection.transitions import Transitions
from liftward_gateway.saved_state import decode, encode
from unit.detection.streams import comparable, rows_of
from unit.detection.test_twin import (
    LIFTS,
    PROPERTY,
    STREAM,
    THRESHOLDS,
    blank_state,
    expand,
    feed,
)

LONG_AGO_US = -(2**62)


def noisy_state(lifts_count: int, changes_count: int, seed: int) -> FleetState:
    """Return a state with random bytes at random places; the layout gives every byte a meaning."""
    rng, state = Random(seed), FleetState.empty(lifts_count)
    bytes_of = state.records.view(np.uint8).reshape(lifts_count, BYTES_PER_LIFT)
    for _ in range(changes_count if lifts_count else 0):
        bytes_of[rng.randrange(lifts_count), rng.randrange(BYTES_PER_LIFT)] = rng.randrange(256)
    return state


@given(st.integers(0, 40), st.integers(0, 200), st.integers(0, 2**32))
def test_a_slice_comes_back_to_the_last_byte(lifts: int, changes: int, seed: int) -> None:
    """None, one or many lifts; all alike or none."""
    state = noisy_state(lifts, changes, seed)

    assert decode(encode(state), lifts).to_bytes() == state.to_bytes()


def test_lifts_that_are_alike_take_little_room() -> None:
    """What is the same in all lifts is kept once: a fleet that was never heard costs nothing."""
    assert len(encode(FleetState.empty(4_096))) < 2 * BYTES_PER_LIFT


def cut_stream(data: bytes) -> bytes:
    """Return a slice whose packed words end too soon."""
    parts = msgspec.msgpack.decode(data)
    parts[4] = parts[4][:-8]
    return msgspec.msgpack.encode(parts)


def too_long(data: bytes) -> bytes:
    """Return a slice that says that fewer words vary than it has."""
    parts = msgspec.msgpack.decode(data)
    parts[3] = bytes(len(parts[3]))
    return msgspec.msgpack.encode(parts)


@pytest.mark.parametrize(
    "damaged",
    [
        lambda _: b"",
        lambda _: b"\xc1",
        lambda _: b"\x80",
        lambda data: data[:-1],
        cut_stream,
        too_long,
        lambda data: data.replace(b"LWFS", b"LWFT"),
    ],
)
def test_a_damaged_slice_is_refused(damaged: Any) -> None:
    """The caller then uses an older one, or replays samples instead."""
    data = encode(noisy_state(20, 500, seed=1))

    with pytest.raises(StateError):
        decode(damaged(data), 20)


@given(st.integers(0, 2**32), st.integers(0, 255))
def test_a_flipped_byte_is_no_other_memory(seed: int, value: int) -> None:
    """Whatever stands in the bytes, it is refused with a reason or it is the same memory."""
    state = noisy_state(5, 200, seed=2)
    data = bytearray(encode(state))
    data[seed % len(data)] = value
    with suppress(StateError):
        assert decode(bytes(data), 5).to_bytes() == state.to_bytes()


def test_a_slice_of_other_lifts_is_refused() -> None:
    """Records of another count would put one lift's trouble on another."""
    with pytest.raises(StateError, match="records of 2 lifts and keys of 3"):
        decode(encode(FleetState.empty(2)), 3)


def renewed(state: FleetState) -> bytes:
    """Return its bytes, with what rests on limits worked out anew, as a restart does."""
    fresh = FleetState.from_bytes(state.to_bytes())
    assert not rows_of([tick(fresh, LONG_AGO_US, THRESHOLDS)])
    return fresh.to_bytes()


PLACES = st.lists(st.integers(0, 150), min_size=LIFTS, max_size=LIFTS)


@PROPERTY
@given(STREAM, PLACES, st.integers(0, 150))
def test_slices_of_different_places_make_the_memory_of_who_was_never_killed(
    stream: Any, places: list[int], killed_at: int
) -> None:
    """Each lift saved at a place of its own, killed anywhere: same memory, same transitions."""
    rows = expand(stream)
    killed_at = min(killed_at, len(rows))
    places = [min(place, killed_at) for place in places]
    alive, slices = blank_state(), {}
    found: list[Transitions] = []
    for at in range(killed_at + 1):
        for lift in range(LIFTS):
            if places[lift] == at:
                slices[lift] = encode(alive.part(lift, lift + 1))
        found += feed(alive, rows[at : at + 1]) if at < killed_at else []

    restored = FleetState.joined([decode(slices[lift], 1) for lift in range(LIFTS)])
    unseen = [row for at, row in enumerate(rows[:killed_at]) if at >= places[row["lift"]]]
    found += feed(restored, unseen)
    assert renewed(restored) == renewed(alive)
    found += feed(restored, rows[killed_at:])
    undisturbed = blank_state()
    expected = feed(undisturbed, rows)

    assert renewed(restored) == renewed(undisturbed)
    assert set(comparable(rows_of(found))) == set(comparable(rows_of(expected)))
