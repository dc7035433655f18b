"""The detector's memory as it is stored: which lifts, how far it has seen, and the fleet arrays.

Must not know where it is stored.
"""

from typing import Any

import msgspec
import numpy as np

from liftward_detection.fleet import FleetState, StateError

FORMAT = "gateway-1"


class SavedState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of each path up to a time of arrival, and nothing later.

    `lift_keys` is int32 by fleet index; `fleet` is FleetState's own format.
    """

    lift_keys: bytes
    telemetry_through_us: int
    event_through_us: int
    fleet: bytes

    def keys(self) -> list[int]:
        return [int(key) for key in np.frombuffer(self.lift_keys, dtype="<i4")]


def encode(saved: SavedState) -> bytes:
    """Return the bytes to store."""
    return msgspec.msgpack.encode(saved)


def decode(data: Any) -> tuple[SavedState, FleetState]:  # noqa: ANN401 - bytes or memoryview
    """Read what `encode` made.

    Raises
    ------
    StateError
        When it is something else, damaged, or of another version.
    """
    try:
        saved = msgspec.msgpack.decode(bytes(data), type=SavedState)
    except msgspec.MsgspecError as error:
        raise StateError(f"not a saved gateway state: {error}") from error
    fleet = FleetState.from_bytes(saved.fleet)
    if fleet.lift_count != len(saved.lift_keys) // 4:
        raise StateError("the saved state's lifts and fleet arrays do not belong together")
    return saved, fleet
