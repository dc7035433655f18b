"""Store and forward: what could not be sent yet, bounded, events before everything else.

An alarm never waits behind telemetry: the contract keeps events on topics of their own, so nothing
depends on the order between the two. All else leaves in the order of putting. When it is full the
oldest telemetry goes, an event only when nothing else is left. Must not know brokers.
"""

from collections import deque

from liftward_simulator.devices.publications import Publication
from liftward_wire.topics import TopicKind

# Messages kept while the broker is away: 200 lifts make about 80 a second, so 20 minutes at about
# 1 kB each in memory. A real gateway keeps hours on flash; the town shares one process.
SPOOL_MESSAGES_MAX = 100_000
_TELEMETRY = frozenset((TopicKind.TELEMETRY, TopicKind.BATCH))
_URGENT = frozenset((TopicKind.EVENT, TopicKind.REPLY))

_Lane = deque[tuple[int, Publication]]


class Spool:
    """A queue in lanes: urgent messages first, then telemetry and statuses as they were put."""

    def __init__(self, messages_max: int = SPOOL_MESSAGES_MAX) -> None:
        if messages_max < 1:
            raise ValueError(f"spool of {messages_max} messages; allowed: 1 or more")
        self._messages_max = messages_max
        self._urgent: _Lane = deque()
        self._telemetry: _Lane = deque()
        self._statuses: _Lane = deque()
        self._put_count = 0
        self.dropped_count = 0

    def __len__(self) -> int:
        return len(self._urgent) + len(self._telemetry) + len(self._statuses)

    def put(self, publication: Publication) -> None:
        """Add a message; when full, the oldest telemetry is dropped, or else what matters least."""
        self._lane_of(publication).append((self._put_count, publication))
        self._put_count += 1
        self._bound()

    def take(self, count_max: int) -> list[Publication]:
        """Remove and return the next messages: the oldest urgent ones, then the oldest others."""
        taken: list[Publication] = []
        while len(taken) < count_max and (lane := self._next_lane()) is not None:
            taken.append(lane.popleft()[1])
        return taken

    def put_back(self, publications: list[Publication]) -> None:
        """Return messages that were taken and not acknowledged to the front, in their order."""
        numbers = [lane[0][0] for lane in self._lanes() if lane]
        first = min(numbers, default=self._put_count) - len(publications)
        for offset, publication in reversed(list(enumerate(publications))):
            self._lane_of(publication).appendleft((first + offset, publication))
        self._bound()

    def _lanes(self) -> tuple[_Lane, _Lane, _Lane]:
        return self._urgent, self._telemetry, self._statuses

    def _lane_of(self, publication: Publication) -> _Lane:
        if publication.kind in _TELEMETRY:
            return self._telemetry
        return self._urgent if publication.kind in _URGENT else self._statuses

    def _next_lane(self) -> _Lane | None:
        if self._urgent:
            return self._urgent
        lanes = [lane for lane in (self._telemetry, self._statuses) if lane]
        return min(lanes, key=lambda lane: lane[0][0], default=None)

    def _bound(self) -> None:
        while len(self) > self._messages_max:
            (self._telemetry or self._statuses or self._urgent).popleft()
            self.dropped_count += 1
