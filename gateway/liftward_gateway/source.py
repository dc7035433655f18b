"""What the gateway needs of a message broker, and nothing more."""

from collections.abc import Sequence
from typing import Protocol

from liftward_gateway.admit import Received
from liftward_gateway.batch import BatchLimits


class MessageSource(Protocol):
    """Messages at least once, in order; each is the broker's until it is acknowledged."""

    async def next_batch(self, limits: BatchLimits, *, wait_s: float) -> list[Received]:
        """Return the next messages as `limits` say, or none when nothing came within `wait_s`."""

    def acknowledge(self, messages: Sequence[Received]) -> None:
        """Tell the broker that these are ours now. Those of an earlier connection are left out:
        the broker hands them over again, and they are recognised as repeats.
        """
