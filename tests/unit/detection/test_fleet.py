"""The saved state: compact, versioned, never lost when the fleet grows."""

import pytest

from liftward_detection.detector import observe
from liftward_detection.fleet import BYTES_PER_LIFT, FleetState, StateError
from liftward_detection.thresholds import default_thresholds
from unit.detection.streams import sample, sample_columns


def used_state() -> FleetState:
    state = FleetState.empty(3)
    rows = [sample(lift, at_s=lift, speed_mps=0.0, floor=lift) for lift in range(3)]
    observe(state, sample_columns(rows), default_thresholds())
    return state


def test_a_lift_takes_less_than_a_kilobyte() -> None:
    """300,000 lifts stay below 300 MB."""
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


def test_what_is_no_state_is_refused_with_a_reason() -> None:
    """Another version, a cut, a flipped bit, something else: each is told apart."""
    data = used_state().to_bytes()

    with pytest.raises(StateError, match="version 9; this detector reads 2"):
        FleetState.from_bytes(data[:4] + b"\x09" + data[5:])
    with pytest.raises(StateError, match="damaged"):
        FleetState.from_bytes(data[:-1])
    with pytest.raises(StateError, match="damaged"):
        FleetState.from_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    with pytest.raises(StateError, match="not a saved detector state"):
        FleetState.from_bytes(b"x" * 100)
    with pytest.raises(StateError, match="at least"):
        FleetState.from_bytes(b"")
