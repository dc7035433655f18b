"""The clock that tests move."""

import pytest

from support.virtual_time import START, VirtualClock


def test_time_passes_only_when_told() -> None:
    """The clock stands still between advances and never goes back."""
    clock = VirtualClock()
    assert clock() == clock() == START

    clock.advance(minutes=3)

    assert (clock() - START).total_seconds() == 180
    with pytest.raises(AssertionError):
        clock.advance(-1)
