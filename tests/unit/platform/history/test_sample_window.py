"""A window of samples as people read it."""

from datetime import timedelta
from typing import Any

from liftward_platform.history.model import SampleWindow
from liftward_wire.signals import SIGNALS
from liftward_wire.states import DoorState
from support.virtual_time import START

EMPTY: dict[str, Any] = {signal.name: None for signal in SIGNALS}


def test_states_are_words_and_absent_signals_have_no_column() -> None:
    """Codes never reach a person; what nobody sent is not shown as a column of nothing."""
    rows: list[dict[str, Any]] = [
        {**EMPTY, "observed_at": START, "car_door": DoorState.OPEN.code, "load_kg": 75.0},
        {**EMPTY, "observed_at": START + timedelta(seconds=1), "car_door": None, "load_kg": None},
    ]

    window = SampleWindow.from_rows(rows, limit=10)

    assert window.signals == {"car_door": ("open", None), "load_kg": (75.0, None)}
    assert len(window.observed_at) == 2
    assert window.complete


def test_a_cut_off_window_says_so() -> None:
    """One row more than the limit is the sign; it is not shown."""
    rows: list[dict[str, Any]] = [
        {**EMPTY, "observed_at": START, "floor": number} for number in range(3)
    ]

    window = SampleWindow.from_rows(rows, limit=2)

    assert window.signals["floor"] == (0, 1)
    assert not window.complete
