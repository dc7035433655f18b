"""The obvious twin of the gateway's sequence marks and clock watch: one stream at a time.

Remembers every single number in a set, so that nothing about gaps can be computed wrongly; goes
through messages one by one. Slow, and right by inspection. No limit on gaps: tests stay below it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from liftward_gateway.sequence import BOOTS_MAX, Verdict

WINDOW_S, LIMIT_S = 300.0, 5.0


@dataclass(frozen=True)
class Said:
    """What one message says to its stream."""

    boot_id: int
    first: int
    count: int
    observed_s: float
    received_s: float

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + self.count)


@dataclass
class TwinBoot:
    """One boot: all numbers stored of it, and how its clock looks."""

    stored: set[int] = field(default_factory=set)
    counts: Counter[Verdict] = field(default_factory=Counter)
    observed_s: float = 0.0
    received_s: float = 0.0
    overlaps_count: int = 0
    skew: str = "unknown"
    window_s: float | None = None  # when the present window began
    delays_s: list[float] = field(default_factory=list)  # of the present window
    before_s: float | None = None  # smallest delay of the window before

    @property
    def highest(self) -> int:
        return max(self.stored, default=-1)

    @property
    def gaps(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for number in range(self.highest + 1):
            if number in self.stored:
                continue
            if found and found[-1][1] == number - 1:
                found[-1] = (found[-1][0], number)
            else:
                found.append((number, number))
        return found

    def take(self, numbers: Sequence[int]) -> list[Verdict]:
        verdicts = [self._take(number) for number in numbers]
        self.counts.update(verdicts)
        return verdicts

    def _take(self, number: int) -> Verdict:
        if number in self.stored:
            return Verdict.DUPLICATE
        late = number < self.highest
        self.stored.add(number)
        return Verdict.GAP_FILL if late else Verdict.NEW

    def hear(self, delay_s: float, received_s: float) -> None:
        """Look at the clock once more: a message whose rows are all new came so late."""
        if self.window_s is None:
            self.window_s = received_s
        elif received_s - self.window_s >= WINDOW_S:
            smallest_s = min(self.delays_s)
            self.skew = self._skew(smallest_s)
            self.before_s, self.window_s, self.delays_s = smallest_s, received_s, []
        self.delays_s.append(delay_s)
        if delay_s < -LIMIT_S:
            self.skew = "ahead"
        elif delay_s <= LIMIT_S and self.skew != "ahead":
            self.skew = "ok"

    def _skew(self, smallest_s: float) -> str:
        if smallest_s < -LIMIT_S:
            return "ahead"
        if smallest_s <= LIMIT_S:
            return "ok"
        if self.before_s is not None and abs(smallest_s - self.before_s) <= LIMIT_S:
            return "behind"
        return "unknown"


@dataclass
class TwinStream:
    """One stream of one device."""

    boots: dict[int, TwinBoot] = field(default_factory=dict)

    def take(self, said: Said) -> list[Verdict]:
        """Return the verdict on each row."""
        boot = self.boots.get(said.boot_id)
        if boot is None:
            if len(self.boots) >= BOOTS_MAX:
                oldest = min(self.boots)
                if said.boot_id < oldest:
                    return [Verdict.BOOT_FORGOTTEN] * said.count
                del self.boots[oldest]
            boot = self.boots[said.boot_id] = TwinBoot()
        verdicts = boot.take(said.numbers)
        newest = max(self.boots)
        boot.observed_s = max(boot.observed_s, said.observed_s)
        boot.received_s = max(boot.received_s, said.received_s)
        if said.boot_id == newest:
            if set(verdicts) == {Verdict.NEW}:
                boot.hear(said.received_s - said.observed_s, said.received_s)
        elif verdicts[-1] is Verdict.NEW and said.observed_s > self.boots[newest].observed_s:
            boot.overlaps_count += 1
        return verdicts
