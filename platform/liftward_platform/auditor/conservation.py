"""The conservation law of trapped people, checked by a second way of counting.

Each real entrapment ends in exactly one of freed, self-freed, or still open; none vanishes and none
is doubled. Takes the truth and what was recorded, returns complaints. Knows no SQL, no clock; and
nothing of how the platform comes to its decisions, so that it cannot share their mistakes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from liftward_platform.auditor.model import (
    Seen,
    SeenDeadline,
    SeenDetection,
    SeenIncident,
    TrueEntrapment,
    Violation,
    ViolationKind,
)

# Event of an incident's story -> kind of ledger entry written with it, once each.
RECORDED_AS: Mapping[str, str] = {
    "order_accepted": "order_answered",
    "order_refused": "order_answered",
    "order_no_answer": "order_answered",
    "order_withdrawn": "order_withdrawn",
    "crew_departed": "departed",
    "crew_arrived": "arrived",
    "persons_freed": "freed",
    "escalated": "escalated",
    "release_seen": "release_seen",
    "detected_again": "detection_attached",
    "level_raised": "level_raised",
    "detection_withdrawn": "detection_withdrawn",
}

Item = TypeVar("Item", TrueEntrapment, SeenDetection, SeenIncident)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """How long each step may take before its absence is a violation."""

    # The slowest timer of the detector is 45 s; a gateway that was killed needs some more.
    detection: timedelta = timedelta(seconds=90)
    # Committed detection to decision: the engine looks every second, a restart takes a few.
    handling: timedelta = timedelta(seconds=20)
    # A suspicion may wait this long for more evidence before somebody is sent.
    suspicion: timedelta = timedelta(seconds=60)
    # A due deadline fires at once; a restart of engine or database takes a few seconds.
    deadline: timedelta = timedelta(seconds=20)
    # Device clocks and ours, and the car that still rolls while the people are already stuck.
    clocks: timedelta = timedelta(seconds=10)


def check(
    truths: Sequence[TrueEntrapment],
    seen: Seen,
    *,
    now: datetime,
    without_truth: frozenset[str] = frozenset(),
    since: datetime | None = None,
    allowances: Allowances | None = None,
) -> list[Violation]:
    """Return every broken promise; `without_truth` names lifts of which no truth is told.

    With `since`, what was recorded before it need not be in `seen`: older entrapments are not asked
    for, they only explain incidents.

    O(n log n) in entrapments, incidents and entries: each is looked up by its lift or incident.
    """
    allowed = allowances or Allowances()
    recent = [truth for truth in truths if since is None or truth.from_at >= since]
    return [
        *_true_entrapments(recent, seen, now, allowed),
        *_phantoms(truths, seen, without_truth, allowed),
        *_unhandled(seen.detections, now, allowed),
        *_orders(seen, now, allowed),
        *_deadlines(seen, now, allowed),
        *_ledger(seen),
        *_repeats(seen),
    ]


def _true_entrapments(
    truths: Sequence[TrueEntrapment], seen: Seen, now: datetime, allowed: Allowances
) -> Iterator[Violation]:
    detections = _by_lift(seen.detections)
    incidents = _by_lift(seen.incidents)
    for truth in truths:
        # A detection is owed once it has lasted long enough, whether or not it is over.
        owed = (truth.to_at or now) - truth.from_at > allowed.detection
        detected = [one for one in detections[truth.lift_id] if _is_about(one, truth, now, allowed)]
        if not detected:
            if owed:
                yield _about(truth, ViolationKind.NOT_DETECTED, "no detection of these people")
            continue
        yield from _answered(truth, detected, incidents[truth.lift_id], now, allowed)


def _is_about(
    detection: SeenDetection, truth: TrueEntrapment, now: datetime, allowed: Allowances
) -> bool:
    begin, end = truth.from_at - allowed.clocks, (truth.to_at or now) + allowed.clocks
    return begin <= detection.onset_at <= end


def _answered(
    truth: TrueEntrapment,
    detected: Sequence[SeenDetection],
    incidents: Sequence[SeenIncident],
    now: datetime,
    allowed: Allowances,
) -> Iterator[Violation]:
    """Check the incident of an entrapment that was detected."""
    wanted = {one.incident_id for one in detected if one.incident_id is not None}
    about = [incident for incident in incidents if incident.incident_id in wanted]
    owed_at = min(_owed_at(one, allowed) for one in detected)
    if not about:
        # Over before anyone could be sent is a decision with a reason, not a loss.
        over_in_time = truth.to_at is not None and truth.to_at <= owed_at
        if not over_in_time and now > owed_at:
            yield _about(truth, ViolationKind.NO_INCIDENT, "detected, but no incident was opened")
    if _overlap(about):
        numbers = sorted(incident.incident_id for incident in about)
        yield _about(truth, ViolationKind.SEVERAL_INCIDENTS, f"incidents {numbers} for one event")
    for incident in about:
        yield from _ended_well(truth, incident, allowed)


def _owed_at(detection: SeenDetection, allowed: Allowances) -> datetime:
    """Return by when a detection must have led to its incident."""
    suspicion = allowed.suspicion if detection.level == "suspected" else timedelta(0)
    return detection.recorded_at + suspicion + allowed.handling


def _overlap(incidents: Sequence[SeenIncident]) -> bool:
    """Tell whether two were open at once; one after the other is a mistake that was put right."""
    ordered = sorted(incidents, key=lambda incident: incident.opened_at)
    return any(
        first.closed_at is None or second.opened_at < first.closed_at
        for first, second in pairwise(ordered)
    )


def _ended_well(
    truth: TrueEntrapment, incident: SeenIncident, allowed: Allowances
) -> Iterator[Violation]:
    if incident.closed_at is None:
        return
    if truth.to_at is None or truth.to_at > incident.closed_at + allowed.clocks:
        yield _about(
            truth,
            ViolationKind.CLOSED_WITH_PEOPLE_INSIDE,
            f"closed as {incident.outcome} while people were inside",
            incident,
        )
    if incident.outcome in {"false", "duplicate"}:
        yield _about(truth, ViolationKind.DECLARED_FALSE, f"closed as {incident.outcome}", incident)
    if incident.outcome == "freed" and incident.persons_count not in {None, truth.persons_count}:
        yield _about(
            truth,
            ViolationKind.PEOPLE_DO_NOT_ADD_UP,
            f"{truth.persons_count} trapped, {incident.persons_count} recorded as freed",
            incident,
        )


def _phantoms(
    truths: Sequence[TrueEntrapment],
    seen: Seen,
    without_truth: frozenset[str],
    allowed: Allowances,
) -> Iterator[Violation]:
    """Somebody freed from a lift in which nobody was trapped."""
    true_by_lift = _by_lift(truths)
    for incident in seen.incidents:
        if incident.outcome not in {"freed", "self_freed"} or incident.lift_id in without_truth:
            continue
        assert incident.closed_at is not None
        if not any(
            truth.from_at <= incident.closed_at
            and (truth.to_at is None or truth.to_at >= incident.onset_at - allowed.clocks)
            for truth in true_by_lift[incident.lift_id]
        ):
            yield Violation(
                kind=ViolationKind.FREED_WITHOUT_TRUTH,
                lift_id=incident.lift_id,
                incident_id=incident.incident_id,
                detail=f"closed as {incident.outcome}, but nobody was trapped there then",
            )


def _unhandled(
    detections: Iterable[SeenDetection], now: datetime, allowed: Allowances
) -> Iterator[Violation]:
    for detection in detections:
        # A detection may be deferred for a reason; then that reason stands in `handling`.
        undecided = (
            detection.handling is None and now - detection.recorded_at > allowed.handling
        ) or (detection.handling == "deferred_suspected" and now > _owed_at(detection, allowed))
        if undecided:
            yield Violation(
                kind=ViolationKind.DETECTION_NOT_HANDLED,
                lift_id=detection.lift_id,
                incident_id=None,
                detail=f"detection {detection.detection_id} has no decision",
            )


def _orders(seen: Seen, now: datetime, allowed: Allowances) -> Iterator[Violation]:
    live = Counter((order.incident_id, order.crew_id) for order in seen.orders if order.is_live)
    for (incident_id, crew_id), count in live.items():
        if count > 1:
            yield _of_incident(
                ViolationKind.ORDER_DOUBLED, incident_id, f"{crew_id} has {count} live orders"
            )
    for incident in seen.incidents:
        if incident.closed_at is not None or incident.is_held or incident.orders_count:
            continue
        if now - incident.opened_at > allowed.handling:
            yield _of_incident(
                ViolationKind.NOBODY_ORDERED, incident.incident_id, "open, and nobody was ordered"
            )


def _deadlines(seen: Seen, now: datetime, allowed: Allowances) -> Iterator[Violation]:
    closed = {one.incident_id for one in seen.incidents if one.closed_at is not None}
    for deadline in seen.deadlines:
        if not _is_open(deadline):
            continue
        what = f"{deadline.kind} deadline {deadline.deadline_id}"
        if deadline.incident_id in closed:
            yield _of_incident(
                ViolationKind.DEADLINE_OUTLIVED,
                deadline.incident_id,
                f"{what} is open although the incident is closed",
            )
        elif now - deadline.due_at > allowed.deadline:
            yield _of_incident(
                ViolationKind.DEADLINE_MISSED,
                deadline.incident_id,
                f"{what} was due at {deadline.due_at.isoformat()} and has not fired",
            )


def _is_open(deadline: SeenDeadline) -> bool:
    return deadline.fired_at is None and deadline.cancelled_at is None


def _ledger(seen: Seen) -> Iterator[Violation]:
    """Compare how often things happened with how often the ledger says so."""
    recorded: dict[int, dict[str, int]] = defaultdict(dict)
    for entry in seen.entries:
        recorded[entry.incident_id][entry.kind] = entry.count
    stories: dict[int, Counter[str]] = defaultdict(Counter)
    for step in seen.steps:
        if step.event in RECORDED_AS:
            stories[step.incident_id][RECORDED_AS[step.event]] += step.count
    for incident in seen.incidents:
        story = stories[incident.incident_id]
        happened = {
            **{kind: story[kind] for kind in RECORDED_AS.values()},
            "incident_opened": 1,
            "incident_closed": int(incident.closed_at is not None),
            "order_sent": incident.orders_count,
        }
        yield from _compared(incident, happened, recorded[incident.incident_id])


def _compared(
    incident: SeenIncident, happened: Mapping[str, int], recorded: Mapping[str, int]
) -> Iterator[Violation]:
    for kind, count in happened.items():
        has = recorded.get(kind, 0)
        if has == count:
            continue
        missing = has < count
        yield Violation(
            kind=ViolationKind.NOT_IN_LEDGER if missing else ViolationKind.DOUBLED_IN_LEDGER,
            lift_id=incident.lift_id,
            incident_id=incident.incident_id,
            detail=f"{kind} happened {count} times, the ledger has it {has} times",
        )


def _repeats(seen: Seen) -> Iterator[Violation]:
    for repeat in seen.repeats:
        answer = "" if repeat.answer is None else f" {repeat.answer}"
        yield _of_incident(
            ViolationKind.STEP_DOUBLED,
            repeat.incident_id,
            f"order {repeat.order_id}: {repeat.kind}{answer} is recorded {repeat.count} times",
        )


def _by_lift(items: Iterable[Item]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        groups[item.lift_id].append(item)
    return groups


def _about(
    truth: TrueEntrapment, kind: ViolationKind, detail: str, incident: SeenIncident | None = None
) -> Violation:
    return Violation(
        kind=kind,
        lift_id=truth.lift_id,
        incident_id=incident.incident_id if incident else None,
        detail=f"trapped since {truth.from_at.isoformat()}: {detail}",
    )


def _of_incident(kind: ViolationKind, incident_id: int, detail: str) -> Violation:
    return Violation(kind=kind, lift_id=None, incident_id=incident_id, detail=detail)
