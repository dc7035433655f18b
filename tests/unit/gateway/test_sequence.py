from hypothesis import given
from hypothesis import strategies as st

from liftward_gateway.sequence import GAPS_MAX, Mark, Span, Verdict

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=60)


class NaiveMark:
    """The twin: remembers every number by itself."""

    def __init__(self) -> None:
        self.stored: set[int] = set()

    def take(self, number: int) -> Verdict:
        if number in self.stored:
            return Verdict.DUPLICATE
        late = bool(self.stored) and number < max(self.stored)
        self.stored.add(number)
        return Verdict.GAP_FILL if late else Verdict.NEW


def each(spans: list[Span]) -> list[tuple[int, Verdict]]:
    return [(number, span.verdict) for span in spans for number in range(span.first, span.last + 1)]


@given(RANGES)
def test_every_number_gets_the_verdict_of_a_set_of_numbers(
    ranges: list[tuple[int, int]],
) -> None:
    """Spans judge exactly as one would who remembers each number, in order and without holes."""
    mark, naive = Mark(), NaiveMark()
    for first, extra in ranges:
        judged = each(mark.take(first, first + extra))

        # Against what was stored before the message: a batch that begins a gap and ends it.
        assert judged == [
            (number, naive.take(number)) for number in range(first, first + extra + 1)
        ]


@given(RANGES)
def test_a_mark_says_exactly_what_is_stored(ranges: list[tuple[int, int]]) -> None:
    """Everything up to `highest` outside the gaps is stored, nothing else."""
    mark, stored = Mark(), set[int]()
    for first, extra in ranges:
        mark.take(first, first + extra)
        stored.update(range(first, first + extra + 1))

    open_numbers = {number for low, high in mark.gaps for number in range(low, high + 1)}
    assert stored == set(range(mark.highest + 1)) - open_numbers
    assert all(number in stored for number in range(mark.contiguous_through + 1))
    assert mark.contiguous_through + 1 not in stored
    assert all(a[1] + 1 < b[0] for a, b in zip(mark.gaps, mark.gaps[1:], strict=False))


@given(RANGES, st.integers(0, 30))
def test_a_repeat_of_everything_changes_nothing_but_the_count(
    ranges: list[tuple[int, int]], begin: int
) -> None:
    """What the broker hands over again after a crash is recognised as a whole."""
    mark = Mark()
    for first, extra in ranges:
        mark.take(first, first + extra)
    before = mark.copy()

    again = [span for first, extra in ranges[begin:] for span in mark.take(first, first + extra)]

    assert {span.verdict for span in again} <= {Verdict.DUPLICATE}
    assert (mark.highest, mark.gaps) == (before.highest, before.gaps)
    assert mark.duplicates_count == before.duplicates_count + sum(span.count for span in again)


def test_a_device_that_was_running_before_it_is_known_has_a_gap_below() -> None:
    """The first number seen need not be 0: what came before may still arrive."""
    mark = Mark()

    assert mark.take(500, 500) == [Span(500, 500, Verdict.NEW)]
    assert (mark.contiguous_through, mark.gaps) == (-1, [(0, 499)])


def test_gaps_are_bounded_and_a_late_row_is_never_taken_for_a_repeat() -> None:
    """Past the limit old gaps are joined: an old repeat may pass, a late row is not lost."""
    mark = Mark()
    for number in range(1, 4 * GAPS_MAX, 2):
        mark.take(number, number)

    assert len(mark.gaps) == GAPS_MAX
    lost = [
        number
        for number in range(0, 4 * GAPS_MAX - 1, 2)
        if mark.copy().take(number, number)[0].verdict is Verdict.DUPLICATE
    ]
    assert lost == []
    youngest = mark.highest
    assert mark.take(youngest, youngest)[0].verdict is Verdict.DUPLICATE


def test_splitting_a_gap_keeps_the_bound() -> None:
    """A row in the middle of a gap makes two of it."""
    mark = Mark()
    for number in range(10, 10 * (GAPS_MAX + 1), 10):
        mark.take(number, number)
    youngest = mark.gaps[-1]

    mark.take(youngest[0] + 3, youngest[0] + 3)

    assert len(mark.gaps) == GAPS_MAX
