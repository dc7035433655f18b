"""Clauses about starts, numbers and clocks.

Pure. One function for each clause, from all that was heard to one result.
"""

from collections.abc import Iterable, Sequence

from liftward_gateway.admit import AHEAD_S_MAX, BEHIND_S_MAX
from liftward_gateway.device_check.findings import (
    Clause,
    Finding,
    Result,
    failed,
    not_seen,
    passed,
)
from liftward_gateway.device_check.messages_judged import refusals_of_clock
from liftward_gateway.device_check.observation import Heard, Row

# The shortest timer of the detector is ten seconds, by the device's clock: half of it.
SKEW_S_MAX = 5.0
_ROWS_TO_COUNT = 2  # one number alone shows no counting


def judge_boot(heard: Heard) -> Result:
    """The birth names the start of the device that the numbers belong to; starts grow."""
    boots = [status.boot_id for _, status in heard.births]
    for (one, status), before in zip(heard.births[1:], boots, strict=False):
        if status.boot_id < before and one.is_live:
            return failed(
                Clause.BOOT, Finding.BOOT_FELL, one.observation, before=before, now=status.boot_id
            )
    own = [row for row in (*heard.telemetry, *heard.events) if row.device_id == heard.lift_id]
    if not boots or not own:
        return not_seen(Clause.BOOT, Finding.NO_BIRTH if not boots else Finding.NO_NUMBERS)
    latest = max(own, key=lambda row: row.boot_id)
    if latest.boot_id != max(boots):
        return failed(
            Clause.BOOT, Finding.BOOT_DIFFERS, latest.read.observation,
            birth=max(boots), numbers=latest.boot_id,
        )  # fmt: skip
    return passed(Clause.BOOT, Finding.BOOT_RIGHT, boot_id=latest.boot_id)


def judge_telemetry_sequence(heard: Heard) -> Result:
    return _judge_sequence(heard, Clause.TELEMETRY_SEQUENCE, heard.telemetry)


def judge_event_sequence(heard: Heard) -> Result:
    if not heard.events:
        return not_seen(Clause.EVENT_SEQUENCE, Finding.NO_EVENTS)
    return _judge_sequence(heard, Clause.EVENT_SEQUENCE, heard.events)


def _judge_sequence(heard: Heard, clause: Clause, rows: Sequence[Row]) -> Result:
    """Numbers grow by one for each row, from 0 at each start."""
    streams: dict[tuple[str, int], dict[int, Row]] = {}
    for row in rows:
        streams.setdefault((row.device_id, row.boot_id), {})[row.sequence] = row
    begun = _begun_boots(heard)
    for (device_id, boot_id), by_number in streams.items():
        first, last = min(by_number), max(by_number)
        if device_id == heard.lift_id and boot_id in begun and first != 0:
            example = by_number[first].read.observation
            return failed(clause, Finding.NOT_FROM_ZERO, example, first=first, boot_id=boot_id)
        if last - first + 1 != len(by_number):
            after = _last_before_gap(by_number)
            following = min(number for number in by_number if number > after)
            return failed(
                clause, Finding.NUMBERS_MISSING, by_number[following].read.observation,
                after=after, then=following, missing=last - first + 1 - len(by_number),
            )  # fmt: skip
    count = sum(len(by_number) for by_number in streams.values())
    if count < _ROWS_TO_COUNT:
        return not_seen(clause, Finding.NO_NUMBERS)
    return passed(clause, Finding.COUNTED, count=count)


def _begun_boots(heard: Heard) -> set[int]:
    """Return the starts that happened while we watched: their birth was not there before."""
    first_is_live: dict[int, bool] = {}
    for one, status in heard.births:
        first_is_live.setdefault(status.boot_id, one.is_live)
    return {boot_id for boot_id, is_live in first_is_live.items() if is_live}


def _last_before_gap(numbers: Iterable[int]) -> int:
    known = set(numbers)
    return next(number for number in sorted(known) if number + 1 not in known)


def judge_repeats(heard: Heard) -> Result:
    """A number that comes again says the same again."""
    rows = (*heard.telemetry, *heard.events)
    first_of: dict[tuple[str, str, int, int], Row] = {}
    repeats_count = 0
    for row in rows:
        key = (row.device_id, str(row.stream), row.boot_id, row.sequence)
        first = first_of.setdefault(key, row)
        if first is row:
            continue
        repeats_count += 1
        if first.content != row.content:
            return failed(
                Clause.REPEATS, Finding.REPEATS_DIFFER, row.read.observation,
                sequence=row.sequence, boot_id=row.boot_id,
            )  # fmt: skip
    if not rows:
        return not_seen(Clause.REPEATS, Finding.NO_NUMBERS)
    if repeats_count == 0:
        return not_seen(Clause.REPEATS, Finding.NO_REPEATS)
    return passed(Clause.REPEATS, Finding.REPEATS_IDENTICAL, count=repeats_count)


def judge_clock(heard: Heard) -> Result:
    """The device's clock against ours, by the message that was quickest to come."""
    broken = refusals_of_clock(heard)
    if broken is not None:
        one, rejected = broken
        return failed(Clause.CLOCK, Finding.REFUSED, one.observation, detail=rejected.detail)
    lags = [(_lag_s(row), row) for row in (*heard.telemetry, *heard.events)]
    if not lags:
        return not_seen(Clause.CLOCK, Finding.NO_NUMBERS)
    for lag_s, row in lags:
        if not -AHEAD_S_MAX <= lag_s <= BEHIND_S_MAX:
            return failed(
                Clause.CLOCK, Finding.CLOCK_OFF, row.read.observation, skew_s=f"{-lag_s:+.2f}"
            )
    # Rows of a batch wait for its last one, and a backlog is late: the freshest row tells.
    lag_s, row = min(lags, key=lambda pair: abs(pair[0]))
    skew = f"{-lag_s:+.2f}"
    if abs(lag_s) > SKEW_S_MAX:
        return failed(Clause.CLOCK, Finding.CLOCK_OFF, row.read.observation, skew_s=skew)
    return passed(Clause.CLOCK, Finding.SKEW, skew_s=skew)


def _lag_s(row: Row) -> float:
    return (row.read.observation.received_us - row.observed_us) / 1e6
