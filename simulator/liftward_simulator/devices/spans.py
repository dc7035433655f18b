"""What goes wrong with whom from when to when, and which of it is going on now.

Arrays, one entry per span; shared by sensor defects, link outages and clock errors. Times are
seconds of the world's clock. Must not know what a kind does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Kind = TypeVar("Kind", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans(Generic[Kind]):
    """Arrays of shape (n_spans,).

    Attributes
    ----------
    kinds : the words that `kind` numbers, in their order
    kind : ndarray, int64
    subject : ndarray, int64
        Index of the lift or the device it happens to.
    from_s, to_s : ndarray, float64
        World time; `to_s` may be infinite.
    amount : ndarray, float64
        How much, in the unit the kind names; NaN for the kind's usual amount.

    Raises
    ------
    ValueError
        When lengths differ, a kind or a subject is negative, or a span ends before it begins.
    """

    kinds: type[Kind]
    kind: IntArray
    subject: IntArray
    from_s: FloatArray
    to_s: FloatArray
    amount: FloatArray

    def __post_init__(self) -> None:
        arrays = (self.kind, self.subject, self.from_s, self.to_s, self.amount)
        if len({array.shape for array in arrays}) != 1:
            raise ValueError("the arrays of spans differ in length")
        if np.any(self.kind < 0) or np.any(self.kind >= len(self.kinds)):
            raise ValueError(f"kind of a span outside 0 to {len(self.kinds) - 1}")
        if np.any(self.subject < 0):
            raise ValueError("subject of a span is negative; allowed: 0 or more")
        if not np.all(self.from_s < self.to_s):
            raise ValueError("a span ends before it begins")

    @classmethod
    def none(cls, kinds: type[Kind]) -> Self:
        """Return spans of which there are none."""
        return cls.of(kinds, [])

    @classmethod
    def of(cls, kinds: type[Kind], rows: list[tuple[Kind, int, float, float, float]]) -> Self:
        """Return spans of (kind, subject, from_s, to_s, amount) rows."""
        number = {kind: index for index, kind in enumerate(kinds)}
        return cls(
            kinds=kinds,
            kind=np.array([number[row[0]] for row in rows], np.int64),
            subject=np.array([row[1] for row in rows], np.int64),
            from_s=np.array([row[2] for row in rows], np.float64),
            to_s=np.array([row[3] for row in rows], np.float64),
            amount=np.array([row[4] for row in rows], np.float64),
        )

    def and_also(self, others: Self) -> Self:
        """Return these spans and others of the same kinds."""
        assert others.kinds is self.kinds, "spans of one sort only"
        return type(self)(
            kinds=self.kinds,
            kind=np.concatenate([self.kind, others.kind]),
            subject=np.concatenate([self.subject, others.subject]),
            from_s=np.concatenate([self.from_s, others.from_s]),
            to_s=np.concatenate([self.to_s, others.to_s]),
            amount=np.concatenate([self.amount, others.amount]),
        )

    def __len__(self) -> int:
        return self.kind.size


def draw_spans(
    rng: np.random.Generator,
    kinds: type[Kind],
    shares: Mapping[Kind, float],
    subjects: IntArray,
    *,
    from_s: float = 0.0,
    to_s: float = np.inf,
) -> Spans[Kind]:
    """Return one span for each of a share of the subjects, drawn for each kind apart.

    Raises
    ------
    ValueError
        When a share is outside 0 to 1.
    """
    spans = Spans.none(kinds)
    for number, kind in enumerate(kinds):
        share = shares.get(kind, 0.0)
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share of {kind} is {share}; allowed: 0 to 1")
        chosen = subjects[rng.random(subjects.size) < share]
        spans = spans.and_also(
            Spans(
                kinds=kinds,
                kind=np.full(chosen.size, number),
                subject=chosen,
                from_s=np.full(chosen.size, from_s),
                to_s=np.full(chosen.size, to_s),
                amount=np.full(chosen.size, np.nan),
            )
        )
    return spans


class Timeline(Generic[Kind]):
    """Goes through spans with the clock. The cost of a moment in which nothing changes is two
    comparisons.
    """

    def __init__(self, spans: Spans[Kind]) -> None:
        self.spans = spans
        self._begin_order = np.argsort(spans.from_s, kind="stable")
        self._end_order = np.argsort(spans.to_s, kind="stable")
        self._begun_count = self._ended_count = 0
        self._words = list(spans.kinds)
        self._of_kind: dict[Kind, IntArray] = {}
        self._select(np.zeros(0, np.int64))

    def advance(self, clock_s: float) -> tuple[IntArray, IntArray]:
        """Go on to a time; return the spans that have begun and those that have ended since."""
        begun = self._passed(self._begin_order, self.spans.from_s, self._begun_count, clock_s)
        ended = self._passed(self._end_order, self.spans.to_s, self._ended_count, clock_s)
        if begun.size or ended.size:
            self._begun_count += begun.size
            self._ended_count += ended.size
            up = self._begin_order[: self._begun_count]
            self._select(np.sort(up[self.spans.to_s[up] > clock_s]))
        return begun, ended

    def active(self, kind: Kind) -> IntArray:
        """Return the indices of the spans of a kind that are going on."""
        return self._of_kind[kind]

    def subjects(self, kind: Kind) -> IntArray:
        """Return the subjects of the spans of a kind that are going on."""
        return self.spans.subject[self._of_kind[kind]]

    def only(self, spans: IntArray, kind: Kind) -> IntArray:
        """Return those of these spans that are of a kind."""
        chosen: IntArray = spans[self.spans.kind[spans] == self._words.index(kind)]
        return chosen

    def word(self, span: int) -> Kind:
        return self._words[int(self.spans.kind[span])]

    def _select(self, active: IntArray) -> None:
        kinds = self.spans.kind[active]
        self._of_kind = {word: active[kinds == i] for i, word in enumerate(self._words)}

    @staticmethod
    def _passed(
        order: IntArray, times_s: FloatArray, passed_count: int, clock_s: float
    ) -> IntArray:
        if passed_count == order.size or times_s[order[passed_count]] > clock_s:
            return order[:0]
        through = int(np.searchsorted(times_s[order], clock_s, side="right"))
        return order[passed_count:through]


class TrueKind(StrEnum):
    """What the truth file calls what was wrong with devices and links."""

    SENSOR_DEFECT = "sensor_defect"
    LINK_OUTAGE = "link_outage"
    CLOCK_ERROR = "clock_error"
    REBOOT = "reboot"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEvent:
    """Begin or end of something that was really wrong with a device or its link.

    `from_s` and `to_s` are seconds of the world's clock; `to_s` is None at the begin.
    """

    record: Literal["begin", "end"]
    kind: TrueKind
    device_id: str
    detail: str
    from_s: float
    to_s: float | None = None


def true_events(
    timeline: Timeline[Kind],
    begun: IntArray,
    ended: IntArray,
    kind: TrueKind,
    names: Sequence[str],
) -> list[TrueEvent]:
    """Return what the truth file is told of spans that have begun and ended.

    `names` are the ids of the subjects.
    """
    spans = timeline.spans
    return [
        TrueEvent(
            record="begin",
            kind=kind,
            device_id=names[spans.subject[span]],
            detail=timeline.word(span).value,
            from_s=float(spans.from_s[span]),
        )
        for span in begun.tolist()
    ] + [
        TrueEvent(
            record="end",
            kind=kind,
            device_id=names[spans.subject[span]],
            detail=timeline.word(span).value,
            from_s=float(spans.from_s[span]),
            to_s=float(spans.to_s[span]),
        )
        for span in ended.tolist()
    ]
