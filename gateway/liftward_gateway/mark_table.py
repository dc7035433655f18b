"""Sequence marks of a fleet as arrays: what is committed, and what a batch under way would make it.

Knows streams, boots and numbers. Must not know messages, SQL or the clock.

`MarkTable` holds only what is committed: one row for the newest boot of each stream, and apart from
it, where there are any, open gaps and older boots. `BatchMarks` is a batch's own copy of the
streams it touches; it replaces the committed rows when its transaction is committed, and is thrown
away when the database refuses the batch. Gaps and older boots are never changed in place, so that
both may hold the same ones.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import numpy as np

from liftward_gateway.mark_loop import (
    ALL_DUPLICATE,
    ALL_NEW,
    BOOT,
    BOOT_ID,
    CONTIGUOUS,
    DUPLICATES_COUNT,
    FIRST,
    FORGOTTEN,
    HIGHEST,
    LAST,
    LATE_COUNT,
    MARK_COLUMNS,
    MIXED,
    NOTHING,
    OBSERVED,
    OBSERVED_US,
    OVERLAP_US,
    OVERLAPS_COUNT,
    PLACE,
    RECEIVED,
    RECEIVED_US,
    Flags,
    Marks,
    Numbers,
    Verdicts,
    judge_loop,
    unseen_mark,
)
from liftward_gateway.sequence import BOOTS_MAX, Mark, Span, Verdict

Value = TypeVar("Value")
StreamKey = tuple[str, str]  # device id, and one of the two streams

# Twice the devices of the largest city of one worker; past it all are forgotten and read again.
STREAMS_MAX = 600_000
_FIRST_ROWS = 1_024

Gaps: TypeAlias = "array[int]"  # first, last, first, last ...
NO_GAPS: Gaps = array("q")


def gaps_of(pairs: Iterable[tuple[int, int]]) -> Gaps:
    """Return (first, last) pairs in sixteen bytes each."""
    return array("q", [number for pair in pairs for number in pair])


def pairs_of(gaps: Gaps) -> list[tuple[int, int]]:
    """Return gaps as (first, last) pairs."""
    return list(zip(gaps[::2], gaps[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class OlderBoots:
    """The boots of one stream before its newest, in any order, and the gaps of those with any."""

    marks: Marks
    gaps: Mapping[int, Gaps] = field(default_factory=dict)  # by boot id

    def place_of(self, boot_id: int) -> int | None:
        found = np.flatnonzero(self.marks[:, BOOT_ID] == boot_id)
        return int(found[0]) if found.size else None

    def with_boot(self, mark: Marks, gaps: Gaps) -> "OlderBoots":
        """Return these boots with this one put in, or put in anew."""
        others = self.without(int(mark[BOOT_ID]))
        more = {**others.gaps, int(mark[BOOT_ID]): gaps} if gaps else others.gaps
        return OlderBoots(np.vstack([others.marks, mark]), more)

    def without(self, boot_id: int) -> "OlderBoots":
        kept = self.marks[:, BOOT_ID] != boot_id
        gaps = {boot: one for boot, one in self.gaps.items() if boot != boot_id}
        return OlderBoots(self.marks[kept], gaps)


NO_OLDER = OlderBoots(np.empty((0, MARK_COLUMNS), np.int64))
# One row of the table of marks, as it is stored: stream, numbers, open gaps.
StoredMark = tuple[StreamKey, Marks, Gaps]


class MarkTable:
    """Committed marks by stream."""

    def __init__(self, streams_max: int = STREAMS_MAX) -> None:
        self._streams_max = streams_max
        self.clear()

    def __len__(self) -> int:
        return len(self._slots)

    def clear(self) -> None:
        """Forget all: another worker may have written since."""
        self._slots: dict[StreamKey, int] = {}
        self._marks: Marks = np.empty((_FIRST_ROWS, MARK_COLUMNS), np.int64)
        self._gaps: dict[int, Gaps] = {}
        self._older: dict[int, OlderBoots] = {}

    def missing(self, streams: Iterable[StreamKey]) -> set[StreamKey]:
        """Return the streams that have to be read; past the limit, forget all before that."""
        missing = {stream for stream in streams if stream not in self._slots}
        if missing and len(self._slots) + len(missing) > self._streams_max:
            self.clear()
            return set(streams)
        return missing

    def load(self, streams: Iterable[StreamKey], stored: Iterable[StoredMark]) -> None:
        """Take what the database says of these streams, of none of which anything is known."""
        by_stream: dict[StreamKey, list[StoredMark]] = {stream: [] for stream in streams}
        for one in stored:
            by_stream[one[0]].append(one)
        self._make_room(len(self._slots) + len(by_stream))
        for stream, rows in by_stream.items():
            slot = self._slots[stream] = len(self._slots)
            rows.sort(key=lambda row: int(row[1][BOOT_ID]))
            self._marks[slot] = rows[-1][1] if rows else unseen_mark()
            if rows and rows[-1][2]:
                self._gaps[slot] = rows[-1][2]
            if len(rows) > 1:
                gaps = {int(mark[BOOT_ID]): gaps for _, mark, gaps in rows[:-1] if gaps}
                self._older[slot] = OlderBoots(np.array([row[1] for row in rows[:-1]]), gaps)

    def batch(self, streams: Iterable[StreamKey]) -> "BatchMarks":
        """Return a batch's own copy of streams that are all here."""
        places = {stream: place for place, stream in enumerate(streams)}
        slots = [self._slots[stream] for stream in places]
        return BatchMarks(
            places,
            self._marks[slots] if slots else self._marks[:0],
            {place: self._gaps[slot] for place, slot in enumerate(slots) if slot in self._gaps},
            {place: self._older[slot] for place, slot in enumerate(slots) if slot in self._older},
        )

    def commit(self, batch: "BatchMarks") -> None:
        """Take what a batch made of its streams: its transaction is committed."""
        slots = [self._slots[stream] for stream in batch.places]
        if slots:
            self._marks[slots] = batch.marks
        for place, slot in enumerate(slots):
            _put(self._gaps, slot, batch.gaps.get(place))
            _put(self._older, slot, batch.older.get(place))

    def _make_room(self, count: int) -> None:
        if count > len(self._marks):
            grown = np.empty((max(count, 2 * len(self._marks)), MARK_COLUMNS), np.int64)
            grown[: len(self._marks)] = self._marks
            self._marks = grown


def _put(values: dict[int, Value], slot: int, value: Value | None) -> None:
    if value:
        values[slot] = value
    else:
        values.pop(slot, None)


@dataclass(slots=True)
class Judgement:
    """What became of each message of a batch; `spans` has those whose rows differ."""

    verdicts: Verdicts
    spans: dict[int, list[Span]]
    counts: dict[Verdict, int]  # of rows


@dataclass(slots=True)
class BatchMarks:
    """The marks of the streams of one batch, by place: this batch's own copy."""

    places: dict[StreamKey, int] = field(default_factory=dict)
    marks: Marks = field(default_factory=lambda: np.empty((0, MARK_COLUMNS), np.int64))
    gaps: dict[int, Gaps] = field(default_factory=dict)
    older: dict[int, OlderBoots] = field(default_factory=dict)
    forgotten: list[tuple[StreamKey, int]] = field(default_factory=list)  # boots pushed out
    _touched: Flags = field(init=False)
    _touched_older: set[tuple[int, int]] = field(init=False)  # place and boot id

    def __post_init__(self) -> None:
        self._touched = np.zeros(len(self.marks), np.bool_)
        self._touched_older = set()

    def judge(self, numbers: Numbers) -> Judgement:
        """Judge messages in their order and remember what they bring as stored."""
        verdicts: Verdicts = np.zeros(len(numbers), np.int8)
        spans: dict[int, list[Span]] = {}
        at = judge_loop(self.marks, self._touched, numbers, verdicts, 0)
        while at < len(numbers):
            spans[at] = self._take(numbers[at])
            verdicts[at] = _verdict_on_all(spans[at])
            at = judge_loop(self.marks, self._touched, numbers, verdicts, at)
        return Judgement(verdicts, spans, _counts(numbers, verdicts, spans))

    def touched(self) -> list[StoredMark]:
        """Return the marks to write; those of boots that were pushed out meanwhile are not."""
        streams = list(self.places)
        newest = [
            (streams[place], self.marks[place], self.gaps.get(place, NO_GAPS))
            for place in np.flatnonzero(self._touched).tolist()
        ]
        older = []
        for place, boot_id in sorted(self._touched_older):
            boots = self.older.get(place, NO_OLDER)
            row = boots.place_of(boot_id)
            if row is not None:
                gaps = boots.gaps.get(boot_id, NO_GAPS)
                older.append((streams[place], boots.marks[row], gaps))
        return newest + older

    def _take(self, number: Numbers) -> list[Span]:
        """Judge one message exactly."""
        place, boot_id = int(number[PLACE]), int(number[BOOT])
        first, last = int(number[FIRST]), int(number[LAST])
        newest = int(self.marks[place, BOOT_ID])
        if boot_id > newest:
            self._begin_boot(place, boot_id)
        elif boot_id < newest:
            return self._take_older(place, boot_id, number)
        spans, gaps = _take(self.marks[place], self.gaps.get(place, NO_GAPS), first, last)
        _put(self.gaps, place, gaps)
        return spans

    def _take_older(self, place: int, boot_id: int, number: Numbers) -> list[Span]:
        first, last = int(number[FIRST]), int(number[LAST])
        boots = self.older.get(place, NO_OLDER)
        row = boots.place_of(boot_id)
        if row is None:
            if len(boots.marks) + 1 >= BOOTS_MAX and boot_id < boots.marks[:, BOOT_ID].min():
                return [Span(first, last, Verdict.BOOT_FORGOTTEN)]
            boots = self._with_room(place, boots)
        mark = unseen_mark(boot_id) if row is None else boots.marks[row].copy()
        spans, gaps = _take(mark, boots.gaps.get(boot_id, NO_GAPS), first, last)
        self._note_older(mark, place, spans, number)
        self.older[place] = boots.with_boot(mark, gaps)
        self._touched_older.add((place, boot_id))
        return spans

    def _note_older(self, mark: Marks, place: int, spans: list[Span], number: Numbers) -> None:
        """Note the times of a message of an older boot, and whether it can be that device's.

        What a device kept from before its restart is older than all it says after it. A boot that
        tells news of a time after a newer boot has spoken is another publisher under the same id.
        """
        mark[OBSERVED_US] = max(mark[OBSERVED_US], number[OBSERVED])
        mark[RECEIVED_US] = max(mark[RECEIVED_US], number[RECEIVED])
        is_news = spans[-1].verdict is Verdict.NEW
        if is_news and number[OBSERVED] > self.marks[place, OBSERVED_US]:
            mark[OVERLAPS_COUNT] += 1
            mark[OVERLAP_US] = max(mark[OVERLAP_US], number[RECEIVED])

    def _begin_boot(self, place: int, boot_id: int) -> None:
        """Let a new boot be the newest; the one before it becomes an older one."""
        former = self.marks[place].copy()
        if former[BOOT_ID] != NOTHING:
            boots = self._with_room(place, self.older.get(place, NO_OLDER))
            self.older[place] = boots.with_boot(former, self.gaps.pop(place, NO_GAPS))
            if self._touched[place]:
                self._touched_older.add((place, int(former[BOOT_ID])))
        self.marks[place] = unseen_mark(boot_id)

    def _with_room(self, place: int, boots: OlderBoots) -> OlderBoots:
        """Push out the oldest boot of a full set (the newest is not among `boots`)."""
        if len(boots.marks) + 1 < BOOTS_MAX:
            return boots
        oldest = int(boots.marks[:, BOOT_ID].min())
        self.forgotten.append((list(self.places)[place], oldest))
        return boots.without(oldest)


def _take(mark: Marks, gaps: Gaps, first: int, last: int) -> tuple[list[Span], Gaps]:
    """Judge the numbers first..last exactly, changing `mark`; return its gaps afterwards too."""
    exact = Mark(
        int(mark[HIGHEST]), pairs_of(gaps), int(mark[DUPLICATES_COUNT]), int(mark[LATE_COUNT])
    )
    spans = exact.take(first, last)
    mark[HIGHEST], mark[CONTIGUOUS] = exact.highest, exact.contiguous_through
    mark[DUPLICATES_COUNT], mark[LATE_COUNT] = exact.duplicates_count, exact.late_count
    return spans, gaps_of(exact.gaps)


def _verdict_on_all(spans: Sequence[Span]) -> int:
    match [span.verdict for span in spans]:
        case [Verdict.NEW]:
            return ALL_NEW
        case [Verdict.DUPLICATE]:
            return ALL_DUPLICATE
        case [Verdict.BOOT_FORGOTTEN]:
            return FORGOTTEN
        case _:
            return MIXED


def _counts(
    numbers: Numbers, verdicts: Verdicts, spans: Mapping[int, Sequence[Span]]
) -> dict[Verdict, int]:
    sizes = numbers[:, LAST] - numbers[:, FIRST] + 1
    counts = {
        Verdict.NEW: int(sizes[verdicts == ALL_NEW].sum()),
        Verdict.DUPLICATE: int(sizes[verdicts == ALL_DUPLICATE].sum()),
        Verdict.BOOT_FORGOTTEN: int(sizes[verdicts == FORGOTTEN].sum()),
    }
    for message, parts in spans.items():
        if verdicts[message] == MIXED:
            for span in parts:
                counts[span.verdict] = counts.get(span.verdict, 0) + span.count
    return {verdict: count for verdict, count in counts.items() if count}
