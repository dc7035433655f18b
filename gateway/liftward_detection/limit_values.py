"""How the document of limits is read, and how limits are handed to compiled rules.

Must not know which limits there are.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np


class ThresholdError(ValueError):
    """The document is wrong: the message names the key, its value and what is allowed."""


def check_range(name: str, value: object, low: float, high: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and low <= float(str(value)) <= high):
        raise ThresholdError(f"{name} is {value!r}; allowed: a number between {low} and {high}")


def look_up(document: Mapping[str, Any], section: str, key: str, low: float, high: float) -> Any:  # noqa: ANN401 - checked later, with its name
    entries = document.get(section)
    if not isinstance(entries, Mapping) or key not in entries:
        raise ThresholdError(
            f"{section}.{key} is missing; allowed: a number between {low} and {high}"
        )
    return entries[key]


def as_record(values: Any) -> Any:  # noqa: ANN401 - a named tuple, and a record of the same names
    """Return the same as a record, whose fields are read by the same names."""
    table = np.zeros(1, _type_of(values)).view(np.recarray)
    for name, value in values._asdict().items():
        table[name][0] = tuple(value) if hasattr(value, "_asdict") else value
    return table[0]


def _type_of(value: Any) -> np.dtype[Any]:  # noqa: ANN401 - a number, several, or named ones
    if hasattr(value, "_asdict"):
        return np.dtype([(name, _type_of(inner)) for name, inner in value._asdict().items()])
    kind = "<i8" if np.issubdtype(np.asarray(value).dtype, np.integer) else "<f8"
    return np.dtype((kind, np.shape(value)))


def odds_against(probability: float) -> float:
    return inf if probability <= 0.0 else (1.0 - probability) / probability
