"""The saved state: compact, versioned, never lost when the fleet grows."""

from pathlib import Path

import numpy as np
import pytest

from liftward_detection.detector import observe
from liftward_detection.fleet import (
    ASKED_AHEAD_BYTES,
    BYTES_PER_LIFT,
    CACHE_LINE_BYTES,
    RECORD,
    FleetState,
    StateError,
)
from liftward_detection.state_page import page
from liftward_detection.thresholds import default_thresholds
from unit.detection.streams import sample, sample_columns


def used_state() -> FleetState:
    state = FleetState.empty(3)
    rows = [sample(lift, at_s=lift, speed_mps=0.0, floor=lift) for lift in range(3)]
    observe(state, sample_columns(rows), default_thresholds())
    return state


def test_a_lift_takes_less_than_a_kilobyte() -> None:
    """Whatever rules are added: a third of a gigabyte for 300,000 lifts."""
    assert BYTES_PER_LIFT <= 1024


def test_saved_state_comes_back_as_it_was() -> None:
    """Bytes out, bytes in, the same bytes out."""
    data = used_state().to_bytes()

    assert FleetState.from_bytes(data).to_bytes() == data
    assert FleetState.from_bytes(FleetState.empty(0).to_bytes()).lift_count == 0


def test_growing_keeps_every_lift() -> None:
    """New lifts come behind the old ones, blank."""
    state = used_state()
    before = state.records.tobytes()

    state.grow(10)

    assert state.lift_count == 10
    assert state.records[:3].tobytes() == before
    assert state.records[3:].tobytes() == FleetState.empty(7).records.tobytes()
    with pytest.raises(ValueError, match="allowed: 10 or more"):
        state.grow(9)


def test_parts_joined_are_the_whole() -> None:
    """Cut anywhere, chosen or joined: each lift keeps its record, and copies go their own way."""
    state = used_state()
    parts = [state.part(0, 1), state.part(1, 1), state.part(1, 3)]

    joined = FleetState.joined(parts)
    reversed_lifts = joined.chosen(np.array([2, 0]))
    state.records["floor"] = 77

    assert joined.to_bytes() == FleetState.joined([joined.part(0, 3)]).to_bytes()
    assert joined.to_bytes() == used_state().to_bytes()
    assert reversed_lifts.records[0].tobytes() == joined.records[2].tobytes()
    assert reversed_lifts.records[1].tobytes() == joined.records[0].tobytes()
    assert FleetState.joined([]).lift_count == 0
    for first, end in ((-1, 1), (2, 1), (0, 4)):
        with pytest.raises(ValueError, match="allowed: within 0 to 3"):
            state.part(first, end)


def test_what_is_no_state_is_refused_with_a_reason() -> None:
    """Another version, a cut, a flipped bit, something else: each is told apart."""
    data = used_state().to_bytes()

    with pytest.raises(StateError, match="version 9; this detector reads 5"):
        FleetState.from_bytes(data[:4] + b"\x09" + data[5:])
    with pytest.raises(StateError, match="damaged"):
        FleetState.from_bytes(data[:-1])
    with pytest.raises(StateError, match="damaged"):
        FleetState.from_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    with pytest.raises(StateError, match="not a saved detector state"):
        FleetState.from_bytes(b"x" * 100)
    with pytest.raises(StateError, match="at least"):
        FleetState.from_bytes(b"")


def test_records_are_whole_cache_lines_wherever_they_come_from() -> None:
    """New, grown, copied or restored: every record begins with a cache line, and has its gaps."""
    grown = used_state()
    grown.grow(11)

    for state in (used_state(), grown, grown.copy(), FleetState.from_bytes(grown.to_bytes())):
        assert state.records.ctypes.data % CACHE_LINE_BYTES == 0
        assert state.records.strides[0] % CACHE_LINE_BYTES == 0
        assert state.to_bytes() == FleetState.from_bytes(state.to_bytes()).to_bytes()


def test_what_every_sample_touches_stands_in_the_first_two_lines() -> None:
    """Fields that a sample without news reads or writes; a third line would cost speed."""
    offsets = {name: place[1] for name, place in (RECORD.fields or {}).items()}
    first_line = {name for name, offset in offsets.items() if offset < CACHE_LINE_BYTES}

    assert first_line == {
        "observed_us", "received_us", "lateness_us", "due_us", "said",
        "door_open_presses_count", "position_anchor_m", "load_kg", "floor", "interval_us",
        "equipment_seen", "trip_samples",
    }  # fmt: skip
    assert max(offsets["sequence"], offsets["boot_id"]) < 2 * CACHE_LINE_BYTES
    assert offsets["active"] < ASKED_AHEAD_BYTES


def test_the_page_shows_the_layout_as_it_is() -> None:
    """docs/detector-state.md is made from the fields: `make docs`."""
    committed = Path(__file__).parents[3] / "docs" / "detector-state.md"

    assert committed.read_text("utf-8") == page()


def test_a_copy_goes_its_own_way() -> None:
    """What the detector does meanwhile does not change a copy that is being saved."""
    state = used_state()
    before = state.to_bytes()
    copied = state.copy()

    observe(state, sample_columns([sample(1, at_s=9.0, speed_mps=1.0)]), default_thresholds())

    assert copied.to_bytes() == before != state.to_bytes()
