"""Which sequence numbers of a device are stored: drops repeats, keeps late rows that fill a gap.

Knows numbers. Must not know messages, clocks, MQTT or SQL.

For each device, stream and boot a `Mark` says: of the numbers up to `highest` all but the open gaps
are stored. This is the exact rule for one boot; `mark_loop` decides ordinary messages of the whole
fleet without it. Marks are written in the same transaction as the rows they speak of, so a repeat
after a crash is recognised.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from enum import StrEnum

# Open gaps kept for one boot. A device that loses every tenth message opens 256 gaps in 2,560
# messages; its repeats (the broker's window) are far younger than that.
GAPS_MAX = 256
# Boots kept for one device and stream: a device that restarts every hour fills it in 16 hours, and
# rows that arrive later than that are stored without a check for repeats.
BOOTS_MAX = 16


class Verdict(StrEnum):
    """What becomes of a row, by its sequence number."""

    NEW = "new"
    GAP_FILL = "gap_fill"  # late: store-and-forward after an outage
    DUPLICATE = "duplicate"
    BOOT_FORGOTTEN = "boot_forgotten"  # older than all boots remembered: kept as history, unchecked


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive sequence numbers, both ends included, that share a verdict."""

    first: int
    last: int
    verdict: Verdict

    @property
    def count(self) -> int:
        return self.last - self.first + 1


@dataclass(slots=True)
class Mark:
    """What is stored of one boot. Gaps are inclusive (first, last), ascending, never adjacent."""

    highest: int = -1
    gaps: list[tuple[int, int]] = field(default_factory=list)
    duplicates_count: int = 0
    late_count: int = 0

    @property
    def contiguous_through(self) -> int:
        return self.gaps[0][0] - 1 if self.gaps else self.highest

    def copy(self) -> "Mark":
        return Mark(self.highest, self.gaps.copy(), self.duplicates_count, self.late_count)

    def take(self, first: int, last: int) -> list[Span]:
        """Judge the numbers first..last in order and remember them as stored."""
        spans = self._take_late(first, min(last, self.highest)) if first <= self.highest else []
        if last > self.highest:
            spans.append(self._take_new(max(first, self.highest + 1), last))
        return spans

    def _take_new(self, first: int, last: int) -> Span:
        if first > self.highest + 1:
            self.gaps.append((self.highest + 1, first - 1))
            self._bound_gaps()
        self.highest = last
        return Span(first, last, Verdict.NEW)

    def _take_late(self, first: int, last: int) -> list[Span]:
        """Split numbers at or below `highest` into fillers of gaps and repeats; close the gaps."""
        spans: list[Span] = []
        begin = end = bisect_left(self.gaps, first, key=lambda gap: gap[1])
        left_open: list[tuple[int, int]] = []
        at = first
        while end < len(self.gaps) and self.gaps[end][0] <= last:
            low, high = self.gaps[end]
            fill_first, fill_last = max(low, first), min(high, last)
            if at < fill_first:
                spans.append(Span(at, fill_first - 1, Verdict.DUPLICATE))
            spans.append(Span(fill_first, fill_last, Verdict.GAP_FILL))
            left_open += [
                gap for gap in ((low, fill_first - 1), (fill_last + 1, high)) if gap[0] <= gap[1]
            ]
            at = fill_last + 1
            end += 1
        if at <= last:
            spans.append(Span(at, last, Verdict.DUPLICATE))
        self.gaps[begin:end] = left_open
        self._bound_gaps()
        self._count(spans)
        return spans

    def _count(self, spans: list[Span]) -> None:
        for span in spans:
            if span.verdict is Verdict.DUPLICATE:
                self.duplicates_count += span.count
            else:
                self.late_count += span.count

    def _bound_gaps(self) -> None:
        """Join the two oldest gaps while there are too many.

        What was stored between them then counts as open again: an old repeat may be stored twice,
        but a late row is never mistaken for a repeat and lost.
        """
        while len(self.gaps) > GAPS_MAX:
            self.gaps[:2] = [(self.gaps[0][0], self.gaps[1][1])]
