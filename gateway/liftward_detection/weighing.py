"""How pieces of evidence weigh on the explanations: the two tables of `thresholds.toml`, checked.

One table for a car between floors, one for a car at a landing (or not known to be elsewhere).
Must not know how a piece is seen, or what becomes of a belief.
"""

from collections.abc import Mapping
from functools import lru_cache
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftward_detection.kinds import Explanation, Piece

PLACES = ("off_level", "at_landing")  # index: 0 between floors, 1 at a landing
DECIBANS_MAX = 120.0  # a millionth of a millionth: what weighs more is a typing error
_NEPERS_PER_DECIBAN = log(10.0) / 10.0
_PIECES, _EXPLANATIONS = tuple(Piece), tuple(Explanation)

# By place, piece and explanation, each in the order of its class.
Table = tuple[tuple[tuple[float, ...], ...], ...]


class WeighingError(ValueError):
    """A table is wrong: the message names the entry, its value and what is allowed."""


def read_table(document: Mapping[str, Any]) -> Table:
    """Return the weights in decibans; raise WeighingError for anything unknown or absent."""
    return tuple(_read_place(place, document.get(place)) for place in PLACES)


def _read_place(place: str, entries: object) -> tuple[tuple[float, ...], ...]:
    if not isinstance(entries, Mapping) or Piece.PLACE.value not in entries:
        raise WeighingError(f"{place}.{Piece.PLACE.value} is missing; allowed: a table of decibans")
    if extra := set(entries) - {piece.value for piece in _PIECES}:
        raise WeighingError(
            f"{place}.{min(extra)} is not known; allowed: {[piece.value for piece in _PIECES]}"
        )
    return tuple(_read_row(f"{place}.{piece}", entries.get(piece.value, {})) for piece in _PIECES)


def _read_row(name: str, row: object) -> tuple[float, ...]:
    if not isinstance(row, Mapping):
        raise WeighingError(f"{name} is {row!r}; allowed: a table of decibans by explanation")
    names = [explanation.value for explanation in _EXPLANATIONS]
    if extra := set(row) - set(names):
        raise WeighingError(f"{name}.{min(extra)} is not known; allowed: {names}")
    for explanation, decibans in row.items():
        is_number = isinstance(decibans, int | float) and not isinstance(decibans, bool)
        if not (is_number and abs(decibans) <= DECIBANS_MAX):
            raise WeighingError(
                f"{name}.{explanation} is {decibans!r}; allowed: a number between "
                f"{-DECIBANS_MAX} and {DECIBANS_MAX}"
            )
    return tuple(float(row.get(explanation, 0.0)) for explanation in names)


@lru_cache(maxsize=8)
def weights_of(table: Table) -> NDArray[np.float64]:
    """Return the weights as compiled code takes them, in nepers.

    The array has the shape (n_places, n_pieces, n_explanations).
    """
    return np.array(table, dtype=np.float64) * _NEPERS_PER_DECIBAN


def nepers(decibans: float) -> float:
    return decibans * _NEPERS_PER_DECIBAN
