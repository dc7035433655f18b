"""Store and forward: what could not be sent yet, in order, bounded.

When it is full the oldest telemetry goes, never an event: an alarm outlives a day of samples. Must
not know brokers.
"""

from collections import deque

from liftward_simulator.devices.devices import Publication
from liftward_wire.topics import TopicKind

# Messages kept while the broker is away: 200 lifts make about 80 a second, so 20 minutes at about
# 1 kB each in memory. A real gateway keeps hours on flash; the town shares one process.
SPOOL_MESSAGES_MAX = 100_000


class Spool:
    """A queue in two lanes, taken in the order of putting."""

    def __init__(self, messages_max: int = SPOOL_MESSAGES_MAX) -> None:
        if messages_max < 1:
            raise ValueError(f"spool of {messages_max} messages; allowed: 1 or more")
        self._messages_max = messages_max
        self._telemetry: deque[tuple[int, Publication]] = deque()
        self._others: deque[tuple[int, Publication]] = deque()
        self._put_count = 0
        self.dropped_count = 0

    def __len__(self) -> int:
        return len(self._telemetry) + len(self._others)

    def put(self, publication: Publication) -> None:
        """Add a message; when full, the oldest telemetry is dropped, or else the oldest message."""
        telemetry = publication.kind in {TopicKind.TELEMETRY, TopicKind.BATCH}
        (self._telemetry if telemetry else self._others).append((self._put_count, publication))
        self._put_count += 1
        if len(self) > self._messages_max:
            (self._telemetry or self._others).popleft()
            self.dropped_count += 1

    def take(self, count_max: int) -> list[Publication]:
        """Remove and return the oldest messages, in order."""
        taken: list[Publication] = []
        while len(taken) < count_max and (lane := self._older_lane()) is not None:
            taken.append(lane.popleft()[1])
        return taken

    def put_back(self, publications: list[Publication]) -> None:
        """Return messages that were taken and not acknowledged to the front, in their order."""
        number = self._front_number() - len(publications)
        for offset, publication in reversed(list(enumerate(publications))):
            telemetry = publication.kind in {TopicKind.TELEMETRY, TopicKind.BATCH}
            lane = self._telemetry if telemetry else self._others
            lane.appendleft((number + offset, publication))
        while len(self) > self._messages_max:
            (self._telemetry or self._others).popleft()
            self.dropped_count += 1

    def _older_lane(self) -> deque[tuple[int, Publication]] | None:
        lanes = [lane for lane in (self._telemetry, self._others) if lane]
        return min(lanes, key=lambda lane: lane[0][0], default=None)

    def _front_number(self) -> int:
        lane = self._older_lane()
        return self._put_count if lane is None else lane[0][0]
