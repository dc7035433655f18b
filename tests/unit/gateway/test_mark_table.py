"""The fleet's marks against the obvious twin, and what a refused batch leaves behind."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftward_gateway.mark_loop import (
    ALL_DUPLICATE,
    BOOT_ID,
    CONTIGUOUS,
    DUPLICATES_COUNT,
    HIGHEST,
    LATE_COUNT,
    MIXED,
    OBSERVED_US,
    OVERLAPS_COUNT,
    RECEIVED_US,
    SKEW,
    SKEW_BY_CODE,
)
from liftward_gateway.mark_table import (
    BatchMarks,
    MarkTable,
    StoredMark,
    StreamKey,
    gaps_of,
    pairs_of,
)
from liftward_gateway.sequence import BOOTS_MAX, GAPS_MAX, Verdict
from support.sequence_twin import Said, TwinStream

STREAMS: list[StreamKey] = [("A", "telemetry"), ("B", "telemetry"), ("C", "event")]
A = STREAMS[0]
START_S = 1_000_000

# Mostly the next number of the newest boot, and now and then everything else.
STEP = st.tuples(
    st.integers(0, 2),  # stream
    st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1, -2, -20]),  # boot, from the newest
    st.sampled_from([1, 1, 1, 1, 2, 4, 0, -1, -6]),  # first number, from the highest
    st.integers(1, 5),  # rows
    st.sampled_from([0, 0, 1, 8, 3_600, -8]),  # delay, in seconds
    st.sampled_from([1, 1, 20, 400]),  # seconds since the message before
)
BATCHES = st.lists(st.lists(STEP, max_size=12), max_size=12)


class Both:
    """The table and the twin, given the same messages."""

    def __init__(self) -> None:
        self.table = MarkTable()
        self.stored: dict[tuple[StreamKey, int], StoredMark] = {}  # what a database would have
        self.twins = {stream: TwinStream() for stream in STREAMS}
        self.now_s = START_S

    def said(self, steps: Sequence[tuple[int, ...]]) -> list[tuple[StreamKey, Said]]:
        """Make messages of steps, relative to where the twins stand and would then stand."""
        found: list[tuple[StreamKey, Said]] = []
        at: dict[tuple[StreamKey, int], int] = {}
        newest = {stream: max(twin.boots, default=100) for stream, twin in self.twins.items()}
        for index, boot_step, number_step, count, delay_s, later_s in steps:
            stream = STREAMS[index]
            self.now_s += later_s
            boot_id = max(0, newest[stream] + boot_step)
            newest[stream] = max(newest[stream], boot_id)
            boot = self.twins[stream].boots.get(boot_id)
            highest = at.get((stream, boot_id), boot.highest if boot else -1)
            first = max(0, highest + number_step)
            at[stream, boot_id] = max(highest, first + count - 1)
            said = Said(boot_id, first, count, self.now_s - delay_s, self.now_s)
            found.append((stream, said))
        return found

    def loaded(self, streams: Sequence[StreamKey]) -> BatchMarks:
        missing = self.table.missing(streams)
        rows = [one for (stream, _), one in self.stored.items() if stream in missing]
        self.table.load(missing, rows)
        return self.table.batch(streams)

    def store(self, batch: BatchMarks) -> None:
        """Do what the database does in the transaction of a batch."""
        for stream, mark, gaps in batch.touched():
            self.stored[stream, int(mark[BOOT_ID])] = (stream, mark.copy(), gaps)
        for forgotten in batch.forgotten:
            self.stored.pop(forgotten, None)


def numbers_of(batch: BatchMarks, said: Sequence[tuple[StreamKey, Said]]) -> np.ndarray:
    rows = [
        (
            batch.places[stream],
            one.boot_id,
            one.first,
            one.first + one.count - 1,
            one.observed_s * 1_000_000,
            one.received_s * 1_000_000,
            (one.received_s - one.observed_s) * 1_000_000,
        )
        for stream, one in said
    ]
    return np.array(rows, np.int64).reshape(-1, 7)


def judged(batch: BatchMarks, said: Sequence[tuple[StreamKey, Said]]) -> list[list[Verdict]]:
    """Return the verdict on each row of each message, whichever way it came about."""
    judgement = batch.judge(numbers_of(batch, said))
    found: list[list[Verdict]] = []
    counts: Counter[Verdict] = Counter()
    for message, (_, one) in enumerate(said):
        code = judgement.verdicts[message]
        if code == MIXED or message in judgement.spans:
            rows = [span.verdict for span in judgement.spans[message] for _ in range(span.count)]
        else:
            rows = [Verdict.DUPLICATE if code == ALL_DUPLICATE else Verdict.NEW] * one.count
        counts.update(rows)
        found.append(rows)
    assert dict(counts) == judgement.counts
    return found


def expect_alike(both: Both) -> None:
    """What is stored says of every boot what the twin remembers."""
    remembered = {
        (stream, boot_id) for stream, twin in both.twins.items() for boot_id in twin.boots
    }
    assert set(both.stored) == remembered
    for (stream, boot_id), (_, mark, gaps) in both.stored.items():
        twin = both.twins[stream].boots[boot_id]
        assert pairs_of(gaps) == twin.gaps
        assert mark[HIGHEST] == twin.highest
        assert mark[CONTIGUOUS] == (twin.gaps[0][0] - 1 if twin.gaps else twin.highest)
        assert mark[DUPLICATES_COUNT] == twin.counts[Verdict.DUPLICATE]
        assert mark[LATE_COUNT] == twin.counts[Verdict.GAP_FILL]
        assert mark[OBSERVED_US] == twin.observed_s * 1_000_000
        assert mark[RECEIVED_US] == twin.received_s * 1_000_000
        assert mark[OVERLAPS_COUNT] == twin.overlaps_count
        assert SKEW_BY_CODE[mark[SKEW]] == twin.skew


@settings(max_examples=150, deadline=None)
@given(BATCHES, st.integers(0, 2**16))
def test_a_fleet_is_judged_as_its_streams_are_one_by_one(
    batches: list[list[tuple[int, ...]]], choices: int
) -> None:
    """Repeats, gaps, late rows, restarts, pushed-out boots, wrong clocks, in any mixture.

    Some batches are refused by the database: they are judged, thrown away and judged again in two
    halves; sometimes the table is forgotten and read again.
    """
    both = Both()
    for turn, steps in enumerate(batches):
        said = both.said(steps)
        streams = list(dict.fromkeys(stream for stream, _ in said))
        if choices >> (turn % 16) & 1:
            judged(both.loaded(streams), said)  # refused: nothing of it may stay
            parts = [said[: len(said) // 2], said[len(said) // 2 :]]
        else:
            parts = [said]
        if turn % 5 == 4:
            both.table.clear()
        for part in parts:
            batch = both.loaded(streams)
            expected = [both.twins[stream].take(one) for stream, one in part]
            assert judged(batch, part) == expected
            both.store(batch)
            both.table.commit(batch)
            expect_alike(both)


def test_what_was_prepared_and_not_committed_leaves_no_trace() -> None:
    """A batch works on its own copy: gaps, boots and numbers stay as the database has them."""
    both = Both()
    first = both.loaded([A])
    judged(first, [(A, Said(7, 5, 3, START_S, START_S))])
    both.table.commit(first)

    thrown_away = both.loaded([A])
    judged(thrown_away, [(A, Said(7, 0, 10, START_S, START_S)), (A, Said(8, 0, 1, 0, 0))])

    again = both.table.batch([A])
    assert (again.marks[0, BOOT_ID], again.marks[0, HIGHEST]) == (7, 7)
    assert pairs_of(again.gaps[0]) == [(0, 4)]
    assert again.older == {}


def test_gaps_stay_bounded_in_the_table() -> None:
    """Past the limit the oldest are joined, as the exact rule says."""
    both = Both()
    batch = both.loaded([A])
    said = [(A, Said(1, number, 1, START_S, START_S)) for number in range(1, 4 * GAPS_MAX, 2)]

    judged(batch, said)

    assert len(pairs_of(batch.gaps[0])) == GAPS_MAX


def test_a_restart_loop_stays_bounded_and_names_what_is_forgotten() -> None:
    """Boots past the limit are deleted in the same transaction."""
    both = Both()
    batch = both.loaded([A])

    judged(batch, [(A, Said(boot, 0, 1, START_S, START_S)) for boot in range(BOOTS_MAX + 3)])

    assert batch.forgotten == [(A, 0), (A, 1), (A, 2)]
    assert len(batch.older[0].marks) == BOOTS_MAX - 1


def test_past_the_limit_the_table_is_forgotten_and_read_again() -> None:
    """Memory is bounded; nothing but time is lost."""
    table = MarkTable(streams_max=2)
    table.load(table.missing(STREAMS[:2]), [])

    assert table.missing(STREAMS[:2]) == set()
    assert table.missing(STREAMS[1:]) == set(STREAMS[1:])
    assert len(table) == 0


@pytest.mark.parametrize("pairs", [[], [(0, 0)], [(0, 4), (7, 9)]])
def test_gaps_come_back_from_their_compact_form(pairs: list[tuple[int, int]]) -> None:
    """Sixteen bytes a gap."""
    assert pairs_of(gaps_of(pairs)) == pairs


class TestClock:
    """What is concluded about a device's clock from its delays."""

    def skews(self, delays_s: Sequence[float], *, every_s: int = 60) -> list[str]:
        """Return the flag after each message of a device with these delays."""
        both = Both()
        flags = []
        for number, delay_s in enumerate(delays_s):
            received_s = START_S + number * every_s
            batch = both.loaded([A])
            judged(batch, [(A, Said(1, number, 1, received_s - delay_s, received_s))])
            both.table.commit(batch)
            flags.append(str(SKEW_BY_CODE[batch.marks[0, SKEW]]))
        return flags

    def test_a_good_clock_is_known_at_once(self) -> None:
        """One message in time is enough; a slow one among them changes nothing."""
        assert self.skews([0.2, 30.0, 0.3]) == ["ok", "ok", "ok"]

    def test_a_clock_ahead_is_known_at_once_and_forgiven_when_set(self) -> None:
        """Nothing travels back in time; after a whole good window the flag goes."""
        flags = self.skews([-8.0] * 6 + [0.1] * 12)

        assert flags[0] == "ahead"
        assert flags[-1] == "ok"

    def test_a_slow_clock_takes_two_windows(self) -> None:
        """Until then it might be old news."""
        flags = self.skews([40.0 + 0.1 * (number % 7) for number in range(16)])

        assert flags[:10] == ["unknown"] * 10
        assert flags[10:] == ["behind"] * 6

    def test_catching_up_after_an_outage_is_no_slow_clock(self) -> None:
        """Two hours of backlog at twice the pace of life: the delay falls, and ends in time."""
        flags = self.skews([max(0.0, 7_200 - 60.0 * number) for number in range(130)])

        assert "behind" not in flags
        assert (flags[0], flags[-1]) == ("unknown", "ok")
