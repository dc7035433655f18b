"""Sequence marks of the streams that are active, so that most batches read none.

Knows which were used lately. Must not know SQL. Holds only what is committed.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from liftward_gateway.prepare import StreamKey
from liftward_gateway.sequence import StreamMarks

# One worker's streams in a large city, near 150 bytes each; those left out are read again.
CACHED_STREAMS_MAX = 400_000


class MarkCache:
    """Committed marks by stream; the least recently used leave first."""

    def __init__(self, streams_max: int = CACHED_STREAMS_MAX) -> None:
        self._streams_max = streams_max
        self._marks: OrderedDict[StreamKey, StreamMarks] = OrderedDict()

    def missing(self, streams: Iterable[StreamKey]) -> set[StreamKey]:
        """Return the streams that have to be read."""
        return {stream for stream in streams if stream not in self._marks}

    def of(self, streams: Iterable[StreamKey]) -> dict[StreamKey, StreamMarks]:
        """Return the marks of streams that are all here."""
        found: dict[StreamKey, StreamMarks] = {}
        for stream in streams:
            found[stream] = self._marks[stream]
            self._marks.move_to_end(stream)
        return found

    def put(self, marks: Mapping[StreamKey, StreamMarks]) -> None:
        """Remember what was read or committed."""
        for stream, value in marks.items():
            self._marks[stream] = value
            self._marks.move_to_end(stream)

    def shrink(self) -> None:
        """Let the least recently used go; not while a batch relies on them."""
        while len(self._marks) > self._streams_max:
            self._marks.popitem(last=False)

    def clear(self) -> None:
        """Forget all: another worker may have written since."""
        self._marks.clear()
