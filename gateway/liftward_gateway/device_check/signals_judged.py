"""Clauses about what a device tells of its lift: which signals, how often, and what they allow.

Pure. One function for each clause, from all that was heard to one result.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import NamedTuple

from liftward_gateway.device_check.findings import (
    Clause,
    Finding,
    Result,
    Verdict,
    failed,
    not_seen,
    passed,
)
from liftward_gateway.device_check.observation import Heard, Row
from liftward_wire.messages import Event, EventKind
from liftward_wire.states import Button
from liftward_wire.topics import TopicKind

# A period is kept when no gap is longer than this: timers of small devices and links jitter.
PERIOD_FACTOR = 1.5
PERIOD_SLACK_S = 2.0
# Slower than this is re-levelling, or a sensor's noise.
_MOVING_MPS = 0.1
# An alarm button that shows in telemetry was told as an event within this.
_ALARM_TOLD_WITHIN_US = 10_000_000

# The contract: what entrapment detection needs, one of each group.
_STANDS_STILL = ("speed_mps", "position_m")
_AT_LANDING = ("door_zone", "levelling_error_mm")
_DOOR = ("car_door",)
_PEOPLE = ("occupancy", "load_kg")
_ALARM = ("alarm_button",)
_GROUPS = (_STANDS_STILL, _AT_LANDING, _DOOR, _PEOPLE + _ALARM)


def judge_signals(heard: Heard) -> Result:
    """A device sends what its birth names, and nothing else."""
    birth = heard.birth
    if birth is None or birth.signals is None:
        return not_seen(Clause.SIGNALS, Finding.NO_BIRTH if birth is None else Finding.NOT_DECLARED)
    rows = heard.lift_rows
    if not rows:
        return not_seen(Clause.SIGNALS, Finding.NO_TELEMETRY)
    declared = set(birth.signals)
    for row in rows:
        more = sorted(row.signals.keys() - declared)
        if more:
            return failed(
                Clause.SIGNALS, Finding.UNDECLARED, row.read.observation, names=", ".join(more)
            )
    unseen = sorted(declared - _sent(rows))
    return passed(
        Clause.SIGNALS, Finding.SIGNALS_AS_DECLARED,
        seen=len(declared) - len(unseen), declared=len(declared), unseen=", ".join(unseen) or "-",
    )  # fmt: skip


def judge_sampling(heard: Heard) -> Result:
    """While the car moves, samples come as often as the birth says."""
    clause, birth = Clause.SAMPLING, heard.birth
    if birth is None or birth.sampling_period_s is None:
        return not_seen(clause, Finding.NO_PERIOD)
    pairs = [
        (before, after)
        for before, after in pairwise(_by_number(heard.lift_rows))
        if _follows(before, after) and _moves(before) and _moves(after)
    ]
    if not pairs:
        return not_seen(clause, Finding.NO_MOVEMENT)
    before, row = max(pairs, key=lambda pair: pair[1].observed_us - pair[0].observed_us)
    longest_s = (row.observed_us - before.observed_us) / 1e6
    limit_s = birth.sampling_period_s * PERIOD_FACTOR + PERIOD_SLACK_S
    values = {"longest_s": f"{longest_s:.1f}", "period_s": f"{birth.sampling_period_s:g}"}
    if longest_s > limit_s:
        return failed(clause, Finding.PERIOD_BROKEN, row.read.observation, **values)
    return passed(clause, Finding.PERIOD_KEPT, **values)


def judge_heartbeat(heard: Heard) -> Result:
    """At rest too, something comes as often as the birth says."""
    clause, birth = Clause.HEARTBEAT, heard.birth
    period_s = None if birth is None else birth.heartbeat_period_s or birth.sampling_period_s
    if period_s is None:
        return not_seen(clause, Finding.NO_PERIOD)
    limit_s = period_s * PERIOD_FACTOR + PERIOD_SLACK_S
    ended_us = heard.ended_us if heard.offline_since_us is None else heard.offline_since_us
    if (ended_us - heard.started_us) / 1e6 <= limit_s:
        return not_seen(clause, Finding.WATCH_TOO_SHORT, limit_s=f"{limit_s:.0f}")
    # By arrival: a platform that hears nothing does not know that a batch is being filled.
    arrivals = [row.read.observation for row in heard.lift_rows]
    if not arrivals:
        return failed(clause, Finding.SILENT, period_s=f"{period_s:g}")
    times_us = [heard.started_us, *(one.received_us for one in arrivals), ended_us]
    gaps = [(after - before) / 1e6 for before, after in pairwise(times_us)]
    longest_s = max(gaps)
    values = {"longest_s": f"{longest_s:.1f}", "period_s": f"{period_s:g}"}
    if longest_s > limit_s:
        after_gap = arrivals[min(gaps.index(longest_s), len(arrivals) - 1)]
        return failed(clause, Finding.PERIOD_BROKEN, after_gap, **values)
    return passed(clause, Finding.PERIOD_KEPT, **values)


class Sufficiency(NamedTuple):
    """What a set of signals allows, and which groups have none."""

    verdict: Verdict
    missing: tuple[str, ...]


def sufficiency(signals: AbstractSet[str], *, alarm_events: bool) -> Sufficiency:
    """Return the surest verdict about a trapped person that these signals can lead to.

    Confirmed needs the passenger's own word on top of everything; anything unknown makes it a
    suspicion; without rest or people there is none.
    """
    have = set(signals) | ({"alarm_button"} if alarm_events else set())
    missing = tuple(" / ".join(group) for group in _GROUPS if not have & set(group))
    stands, people = have & set(_STANDS_STILL), have & set(_PEOPLE)
    alarm = "alarm_button" in have
    if not stands or not (people or alarm):
        return Sufficiency(Verdict.NONE, missing)
    if missing or not people:
        return Sufficiency(Verdict.SUSPECTED, missing)
    return Sufficiency(Verdict.CONFIRMED if alarm else Verdict.PROBABLE, missing)


def judge_entrapment(heard: Heard) -> Result:
    clause, birth = Clause.ENTRAPMENT, heard.birth
    declared = set() if birth is None else set(birth.signals or ())
    signals = declared | _sent(heard.lift_rows)
    if not signals:
        return not_seen(clause, Finding.NO_TELEMETRY)
    found = sufficiency(signals, alarm_events=bool(_alarm_presses(heard)))
    if found.missing:
        return failed(
            clause, Finding.SIGNALS_MISSING,
            missing="; ".join(found.missing), verdict=found.verdict,
        )  # fmt: skip
    return passed(clause, Finding.VERDICT_POSSIBLE, verdict=found.verdict)


def judge_event_path(heard: Heard) -> Result:
    """An alarm is told as an event: the way through the platform that no telemetry delays."""
    told = [row.observed_us for row in _alarm_presses(heard)]
    until_us = heard.ended_us - _ALARM_TOLD_WITHIN_US
    for before, row in pairwise(_by_time(heard.lift_rows)):
        pressed = (
            before.signals.get("alarm_button") is Button.RELEASED
            and row.signals.get("alarm_button") is Button.PRESSED
        )
        late = row.read.observation.received_us > until_us
        if pressed and not late and not _is_told(row, told):
            return failed(Clause.EVENT_PATH, Finding.ALARM_NOT_TOLD, row.read.observation)
    if not heard.events:
        return not_seen(Clause.EVENT_PATH, Finding.NO_EVENTS)
    return passed(Clause.EVENT_PATH, Finding.EVENTS_COME, count=len(heard.events))


def _is_told(row: Row, told: Sequence[int]) -> bool:
    return any(abs(at_us - row.observed_us) <= _ALARM_TOLD_WITHIN_US for at_us in told)


def _alarm_presses(heard: Heard) -> list[Row]:
    return [
        row
        for row in heard.events
        if isinstance(row.read.message, Event) and row.read.message.kind is EventKind.ALARM_PRESSED
    ]


def _sent(rows: Sequence[Row]) -> set[str]:
    return {name for row in rows for name in row.signals}


def _by_time(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.observed_us, row.sequence))


def _by_number(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.device_id, row.boot_id, row.sequence))


def _follows(before: Row, after: Row) -> bool:
    """Tell whether nothing of this lift can lie between; an edge counts over all its lifts."""
    same_start = (before.device_id, before.boot_id) == (after.device_id, after.boot_id)
    is_edge = after.read.kind is TopicKind.BATCH
    return same_start and (is_edge or after.sequence - before.sequence <= 1)


def _moves(row: Row) -> bool:
    speed_mps = row.signals.get("speed_mps")
    return speed_mps is not None and abs(speed_mps) > _MOVING_MPS
