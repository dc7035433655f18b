"""What a device publishes once more after a lost connection, as the contract asks.

A broker that is killed can lose what it has acknowledged since it last saved. So a device keeps
what it published in the last minute, and some time after it is back publishes it again; the
platform drops the repeats by their sequence. Must not know brokers; times are seconds on any clock
that never goes back.
"""

from collections import deque
from dataclasses import dataclass

from liftward_simulator.devices.publications import Publication
from liftward_wire.topics import TopicKind

# Twice what a Mosquitto of ours may lose between two saves of its store.
WINDOW_S = 60.0
# When after coming back: the platform is to be back first, and not everybody at once.
AFTER_S = (10.0, 30.0)
# A town on one connection sends some 80 messages a second; a city's load is not to live in memory.
MESSAGES_MAX = 20_000

# A birth is made anew at every connect, and a repeated reply says nothing new.
_REPEATED = frozenset((TopicKind.TELEMETRY, TopicKind.BATCH, TopicKind.EVENT))


@dataclass(frozen=True, slots=True)
class _Sent:
    at_s: float
    publication: Publication


class SentLog:
    """The last minute's publications; from a loss until they are sent again, all since then too."""

    def __init__(self, messages_max: int = MESSAGES_MAX) -> None:
        self._sent: deque[_Sent] = deque(maxlen=messages_max)
        self.is_lost = False

    def note(self, publications: list[Publication], now_s: float) -> None:
        """Remember what the broker has just acknowledged."""
        self._sent.extend(_Sent(now_s, one) for one in publications if one.kind in _REPEATED)
        self._forget(now_s)

    def lose(self, now_s: float) -> None:
        """The connection is lost: from here on nothing is forgotten."""
        self._forget(now_s)
        self.is_lost = True

    def take(self) -> list[Publication]:
        """Return what is to be sent once more, in order; once acknowledged, it is noted again."""
        self.is_lost = False
        again = [one.publication for one in self._sent]
        self._sent.clear()
        return again

    def _forget(self, now_s: float) -> None:
        while not self.is_lost and self._sent and self._sent[0].at_s < now_s - WINDOW_S:
            self._sent.popleft()
