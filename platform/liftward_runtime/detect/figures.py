"""From cases to figures, each with its interval.

Recall has Wilson's interval, a rate Garwood's exact one for a Poisson count, a quantile the order
statistics that enclose it with 95 %. An entrapment that was never found counts as one that takes
for ever: a quantile may then be None. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import inf, isinf, sqrt
from typing import Any

from scipy.stats import binom

from liftward_detection.kinds import Level
from liftward_platform.quality.statistics import LEVEL as CONFIDENCE
from liftward_platform.quality.statistics import poisson_interval
from liftward_runtime.detect.matching import Case, Standing

Z_95 = 1.959963984540054  # of the normal distribution
QUANTILES = {"p50": 0.50, "p90": 0.90, "p99": 0.99}
CURVE_S = tuple(range(121))  # shares found within so many seconds, for the picture
_DIGITS = 4

Interval = tuple[float | None, float | None]


def wilson_interval(found_count: int, count: int) -> Interval:
    """Return Wilson's 95 % interval for a share (E. B. Wilson, JASA 22, 1927)."""
    if count == 0:
        return None, None
    share, z2 = found_count / count, Z_95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z_95 / (1 + z2 / count) * sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the smallest value that so large a share does not exceed; None when it is never."""
    if not ordered:
        return None
    rank = max(int(-(-share * len(ordered) // 1)), 1)  # upward: no value is invented
    return _finite(ordered[min(rank, len(ordered)) - 1])


def quantile_interval(ordered: Sequence[float], share: float) -> Interval:
    """Return the two order statistics between which the quantile lies with 95 %."""
    count = len(ordered)
    if not count:
        return None, None
    tail = (1 - CONFIDENCE) / 2
    low = int(binom.ppf(tail, count, share))
    high = int(binom.ppf(1 - tail, count, share)) + 1
    lowest = ordered[max(low - 1, 0)]
    highest = ordered[high - 1] if high <= count else inf
    return _finite(lowest), _finite(highest)


def figures_of(cases: Sequence[Case], false_count: int, lift_days: float) -> dict[str, Any]:
    """Return the figures of one detector on one group of cities; keys as design.md has them."""
    counted = [case for case in cases if case.standing is Standing.COUNTED]
    levels = {level.value: _level_figures(counted, level) for level in Level}
    probable = levels[Level.PROBABLE.value]
    low, high = poisson_interval(false_count)
    per = 1_000.0 / lift_days if lift_days else None
    return {
        "lift_days": round(lift_days, 1),
        "true_entrapments": len(counted),
        "recall_probable": probable["recall"],
        "recall_probable_interval": probable["recall_interval"],
        "missed_probable": probable["missed"],
        "false_probable": false_count,
        "false_probable_per_1000_lift_days": _rounded(None if per is None else false_count * per),
        "false_probable_interval": [
            _rounded(None if per is None else end * per) for end in (low, high)
        ],
        "time_to_probable_s": probable["time_s"],
        "levels": levels,
        "apart": _apart(cases),
    }


def _level_figures(counted: Sequence[Case], level: Level) -> dict[str, Any]:
    seconds = sorted(_or_never(case.seconds[level.code]) for case in counted)
    found_count = sum(not isinf(one) for one in seconds)
    low, high = wilson_interval(found_count, len(seconds))
    times: dict[str, Any] = {}
    for name, share in QUANTILES.items():
        times[name] = _rounded(quantile(seconds, share))
        times[f"{name}_interval"] = [_rounded(end) for end in quantile_interval(seconds, share)]
    return {
        "recall": _rounded(found_count / len(seconds)) if seconds else None,
        "recall_interval": [_rounded(low), _rounded(high)],
        "missed": len(seconds) - found_count,
        "time_s": times,
    }


def _apart(cases: Sequence[Case]) -> dict[str, dict[str, int]]:
    """Return, by reason, how many entrapments do not count, and how many of them were found."""
    apart = {}
    for standing in Standing:
        if standing is Standing.COUNTED:
            continue
        of_it = [case for case in cases if case.standing is standing]
        found = sum(case.seconds[Level.PROBABLE.code] is not None for case in of_it)
        apart[standing.value] = {"count": len(of_it), "found_probable": found}
    return apart


def curve_of(cases: Iterable[Case]) -> list[float]:
    """Return the share of counted entrapments that are probable within each of CURVE_S."""
    seconds = [
        _or_never(case.seconds[Level.PROBABLE.code])
        for case in cases
        if case.standing is Standing.COUNTED
    ]
    if not seconds:
        return []
    return [round(sum(one <= s for one in seconds) / len(seconds), _DIGITS) for s in CURVE_S]


def grouped(cases: Iterable[Case], attribute: str) -> Mapping[str, list[Case]]:
    """Return cases by a word of the truth, `mechanism` or `behaviour`, in order of the word."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(str(getattr(case.entrapment, attribute)), []).append(case)
    return dict(sorted(groups.items()))


def _or_never(seconds: float | None) -> float:
    return inf if seconds is None else seconds


def _finite(value: float) -> float | None:
    return None if isinf(value) else value


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
