"""What is to go wrong with which lift and when, as arrays drawn beforehand. Pure data.

Must not know how the rates were drawn or what a fault does to a car.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """Faults to come; arrays of shape (n_occurrences,), one entry each, sorted by time.

    Raises ValueError when the arrays differ in length or the times fall.
    """

    at_s: NDArray[np.float64]  # seconds of the world's clock
    lift: NDArray[np.int64]  # index in the lift table
    cause: NDArray[np.int16]  # index in tuple(Cause)
    traps: NDArray[np.bool_]  # whether it catches a car with people in it

    def __post_init__(self) -> None:
        lengths = {self.at_s.size, self.lift.size, self.cause.size, self.traps.size}
        if len(lengths) != 1:
            raise ValueError("arrays of occurrences differ in length; allowed: one entry each")

    @property
    def count(self) -> int:
        return int(self.at_s.size)

    @classmethod
    def none(cls) -> "Occurrences":
        """Return the occurrences of a time in which nothing goes wrong."""
        return cls(
            at_s=np.empty(0),
            lift=np.empty(0, np.int64),
            cause=np.empty(0, np.int16),
            traps=np.empty(0, np.bool_),
        )
