"""Array readings of chosen lifts as the values of messages: Python numbers and words."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.devices.readings import Readings
from liftward_wire.signals import SIGNALS, SignalType
from liftward_wire.states import CodedState

_WORDS: dict[str, list[CodedState]] = {
    signal.name: list(signal.states) for signal in SIGNALS if signal.states is not None
}


def rows_of(readings: Readings, lifts: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return one row of signal values for each of the lifts; what is absent is left out."""
    columns = [_column(signal.name, signal.type, readings, lifts) for signal in SIGNALS]
    names = [signal.name for signal in SIGNALS]
    return [
        {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for values in zip(*columns, strict=True)
    ]


def _column(name: str, kind: SignalType, readings: Readings, lifts: NDArray[np.int64]) -> list[Any]:
    values = readings[name][lifts].tolist()
    if kind is SignalType.STATE:
        words = _WORDS[name]
        return [words[code] if code else None for code in values]
    if kind is SignalType.FLOAT:
        return [None if math.isnan(value) else value for value in values]
    return list(values)
