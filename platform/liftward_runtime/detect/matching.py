"""Which true entrapment was found, when, at which level; and which episodes are false.

The rules, as docs/detection-benchmark.md states them. All times are platform time, microseconds:
the truth's own, and for the detector the moment at which it decided (`received_us` of a transition,
transport included). Pure: knows neither detectors nor cities.

- An episode is at a level from the first transition that tells this level, or one above, until it
  ends. It finds a true entrapment on its lift when that stretch touches [begin, end + TOLERANCE_S].
  The time to find it is counted from the true begin; 0 when the episode was at the level before.
- An episode that reaches `probable` is false when its stretch at that level touches no true
  entrapment of the lift (with the tolerance). One that is decided later, from what a device had
  kept, is not false when the time it speaks of, on the device's clock, touches one.
- Counted are entrapments that lasted SHORT_S or longer, that began CUT_OFF_S or more before the end
  of the run, and of whose lift something that was said after the begin arrived within
  HEARD_WITHIN_S. The others are shown apart, found or not: `short`, `cut_off`, `heard_late`
  (something arrived later, but before the end), `not_heard` (nothing arrived until the end: the
  platform can only say that the device is dark), `frozen` (all that arrived was measured before
  the begin: the platform can only say that the device repeats itself).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from liftward_detection.kinds import DetectionKind, Level, Transition

TOLERANCE_S = 30.0  # news under way when the doors opened, and a batch that was late
SHORT_S = 60.0  # over before anybody could be told: a door that opens at the second try
CUT_OFF_S = 120.0  # a run that ends sooner gives no detector its time
HEARD_WITHIN_S = 15.0  # three batches of an edge
LEVELS = tuple(Level)
_US = 1_000_000


class Standing(StrEnum):
    """Whether an entrapment counts, or why it is shown apart."""

    COUNTED = "counted"
    SHORT = "short"
    CUT_OFF = "cut_off"
    HEARD_LATE = "heard_late"
    NOT_HEARD = "not_heard"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEntrapment:
    """One true entrapment. `first_heard_us`: when something said after its begin arrived.

    `frozen`: the device repeated, from before the begin to HEARD_WITHIN_S after it, what it had
    measured before, and told no event.
    """

    lift: int
    begin_us: int
    end_us: int | None
    persons: int = 1
    cause: str = ""
    mechanism: str = ""
    behaviour: str = ""
    first_heard_us: int | None
    frozen: bool = False


@dataclass(slots=True, kw_only=True)
class Episode:
    """One episode of kind `entrapment`, as the detector told it."""

    lift: int
    onset_us: int  # device time
    reached_us: list[int | None] = field(default_factory=lambda: [None] * len(LEVELS))
    ended_us: int | None = None
    ended_device_us: int | None = None
    reason: int = 0  # code of the transition that told `probable` first, else of the first

    def at_level_us(self, level: Level) -> int | None:
        """Return when it was at this level or above for the first time."""
        reached = [at_us for at_us in self.reached_us[level.code :] if at_us is not None]
        return min(reached, default=None)


@dataclass(slots=True)
class EpisodeLog:
    """Gathers transitions, in the order of deciding, into episodes."""

    episodes: list[Episode] = field(default_factory=list)
    _open: dict[int, Episode] = field(default_factory=dict)

    def take(self, table: NDArray[np.void]) -> None:
        """Take transitions (dtype `liftward_detection.transitions.ROW`); other kinds are left."""
        if not len(table):
            return
        for row in table[table["kind"] == DetectionKind.ENTRAPMENT.code]:
            self._take(row)

    def _take(self, row: np.void) -> None:
        lift, level = int(row["lift_index"]), int(row["level"])
        episode = self._open.get(lift)
        if episode is None:
            episode = self._open[lift] = Episode(
                lift=lift, onset_us=int(row["onset_us"]), reason=int(row["reason"])
            )
            self.episodes.append(episode)
        at_us = int(row["received_us"])
        if episode.reached_us[level] is None:
            if level == Level.PROBABLE.code and row["transition"] != Transition.ENDED.code:
                episode.reason = int(row["reason"])
            episode.reached_us[level] = at_us
        if row["transition"] == Transition.ENDED.code:
            episode.ended_us = at_us
            episode.ended_device_us = int(row["detected_us"])
            del self._open[lift]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A true entrapment and how long the detector took; None: it never came to this level."""

    entrapment: TrueEntrapment
    standing: Standing
    seconds: tuple[float | None, ...]  # by level, in the order of Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What became of a run."""

    cases: list[Case]
    false_probable: list[Episode]


def match(truth: Iterable[TrueEntrapment], episodes: Iterable[Episode], *, end_us: int) -> Matched:
    """Compare what happened with what was told, in a run that ended at `end_us`."""
    truth_of: dict[int, list[TrueEntrapment]] = {}
    for one in truth:
        truth_of.setdefault(one.lift, []).append(one)
    episodes_of: dict[int, list[Episode]] = {}
    for episode in episodes:
        episodes_of.setdefault(episode.lift, []).append(episode)
    cases = [
        Case(
            entrapment=one,
            standing=standing_of(one, end_us),
            seconds=tuple(
                _seconds_to(level, one, episodes_of.get(one.lift, ())) for level in LEVELS
            ),
        )
        for entrapments in truth_of.values()
        for one in entrapments
    ]
    false = [
        episode
        for lift, told in episodes_of.items()
        for episode in told
        if _is_false(episode, truth_of.get(lift, ()))
    ]
    return Matched(
        cases=sorted(cases, key=lambda case: (case.entrapment.begin_us, case.entrapment.lift)),
        false_probable=sorted(false, key=lambda one: (one.onset_us, one.lift)),
    )


def standing_of(one: TrueEntrapment, run_end_us: int) -> Standing:
    """Return whether an entrapment counts; it does not depend on whether it was found."""
    if one.end_us is not None and one.end_us - one.begin_us < SHORT_S * _US:
        return Standing.SHORT
    if run_end_us - one.begin_us < CUT_OFF_S * _US:
        return Standing.CUT_OFF
    if one.frozen:
        return Standing.FROZEN
    if one.first_heard_us is None:
        return Standing.NOT_HEARD
    if one.first_heard_us - one.begin_us > HEARD_WITHIN_S * _US:
        return Standing.HEARD_LATE
    return Standing.COUNTED


def _seconds_to(level: Level, one: TrueEntrapment, episodes: Sequence[Episode]) -> float | None:
    until_us = _until_us(one)
    found = [
        max(reached_us - one.begin_us, 0)
        for episode in episodes
        if (reached_us := episode.at_level_us(level)) is not None
        and reached_us <= until_us
        and (episode.ended_us is None or episode.ended_us >= one.begin_us)
    ]
    return min(found) / _US if found else None


def _until_us(one: TrueEntrapment) -> float:
    return np.inf if one.end_us is None else one.end_us + TOLERANCE_S * _US


def _is_false(episode: Episode, truth: Sequence[TrueEntrapment]) -> bool:
    reached_us = episode.at_level_us(Level.PROBABLE)
    if reached_us is None:
        return False
    ended_us = np.inf if episode.ended_us is None else episode.ended_us
    told_until_us = np.inf if episode.ended_device_us is None else episode.ended_device_us
    return not any(
        ended_us >= one.begin_us
        and (
            reached_us <= _until_us(one)
            or (episode.onset_us <= _until_us(one) and told_until_us >= one.begin_us)
        )
        for one in truth
    )
