"""What is due when: a heap, so that waiting costs nothing until the time has come.

Knows times only. Must not know what the entries mean.
"""

import heapq
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Agenda(Generic[T]):
    """Entries by due time; those of one instant in the order in which they were put in."""

    _heap: list[tuple[float, int, T]] = field(default_factory=list)
    _entries_count: int = 0

    def put(self, due_s: float, entry: T) -> None:
        heapq.heappush(self._heap, (due_s, self._entries_count, entry))
        self._entries_count += 1

    def take_due(self, now_s: float) -> list[T]:
        """Remove and return everything due by now, earliest first."""
        due = []
        while self._heap and self._heap[0][0] <= now_s:
            due.append(heapq.heappop(self._heap)[2])
        return due

    def __len__(self) -> int:
        return len(self._heap)
