"""A trace file: every message that arrives, as JSON Lines of `{"topic", "received_at", "payload"}`.

In order of arrival. Must not know the world, or how messages travel.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO

import msgspec

from liftward_simulator.devices.links import Arrival
from liftward_simulator.devices.publications import Publication


class _Line(msgspec.Struct):
    topic: str
    received_at: datetime
    payload: msgspec.Raw


class TraceWriter:
    """Writes to an open file; the caller owns it."""

    is_full = False
    is_live = False

    def __init__(self, file: IO[bytes], started_at: datetime) -> None:
        """`started_at` is the moment of the world's second 0."""
        self._file, self._started_at = file, started_at
        self._encoder = msgspec.json.Encoder()
        self.messages_count = 0

    def put(self, arrivals: Sequence[Arrival]) -> None:
        """Write what has arrived, in this order."""
        self._write([self._line(arrival.publication, arrival.arrived_s) for arrival in arrivals])

    def _line(self, publication: Publication, arrived_s: float) -> _Line:
        return _Line(
            topic=publication.topic,
            received_at=self._started_at + timedelta(seconds=arrived_s),
            payload=msgspec.Raw(publication.payload),
        )

    def _write(self, lines: list[_Line]) -> None:
        if lines:
            self._file.write(self._encoder.encode_lines(lines))
            self.messages_count += len(lines)
