"""The conservation oracle of a kill evening: accounts for every person, order, message, deadline.

Pure: takes what the lifts know of their people, what the database holds, and what a receiver of
webhooks got; these three do not know of each other. Returns how everything ended, and a sentence
for each thing that is not as it should be. Knows no SQL, no clock and no process; and nothing of
how the platform decides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

# Device clocks and ours, and a car that still rolls when its people are already stuck.
CLOCKS = timedelta(seconds=10)
# A due deadline fires at once; a killed engine or database is away for some seconds.
DEADLINE_LATE_MAX = timedelta(seconds=30)
PUSHED, SUSPECTED = "webhook", "suspected"
ORDER_SENT, NO_ANSWER = "order_sent", "order_no_answer"
# Over before anybody could be sent: a decision with a reason, and people who got out.
OVER_BY_ITSELF = frozenset({"ended_before_handling", "ended_while_suspected", "outside_grace"})


class End(StrEnum):
    """How an entrapment ended. Nobody may end in none of these, or in two."""

    FREED = "freed"
    SELF_FREED = "self_freed"
    FALSE = "false"
    STILL_OPEN = "still_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What happened in one lift, told by the lift; `persons_count` 0: its sensors lie."""

    lift_id: str
    from_at: datetime
    to_at: datetime | None  # None: they are still inside
    persons_count: int
    end: End


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRow:
    lift_id: str
    level: str
    onset_at: datetime
    recorded_at: datetime
    handling: str | None
    incident_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    incident_id: int
    lift_id: str
    opened_at: datetime
    over_at: datetime | None  # when it was recorded that nobody is inside any more
    closed_at: datetime | None
    outcome: str | None
    persons_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    order_id: int
    incident_id: int
    crew_id: str
    sent_at: datetime  # by the engine's clock when its look began
    recorded_at: datetime  # when it was written
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    deadline_id: int
    incident_id: int
    order_id: int | None
    kind: str
    due_at: datetime
    fired_at: datetime | None
    cancelled_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One row of the outbox; `number` is the id by which its receiver tells repeats apart."""

    message_id: int
    number: int
    order_id: int | None
    channel: str
    recipient: str
    subject: str
    sent: bool
    given_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message as the receiver got it; the same one may come several times."""

    message_id: int
    order_id: int | None
    subject: str
    crew_id: str  # of an order; else empty


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """How often one kind of thing stands in the story of one order."""

    order_id: int
    event: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """The whole evening, when all that is to come has come."""

    troubles: Sequence[Trouble] = ()
    detections: Sequence[DetectionRow] = ()
    incidents: Sequence[IncidentRow] = ()
    orders: Sequence[OrderRow] = ()
    deadlines: Sequence[DeadlineRow] = ()
    messages: Sequence[MessageRow] = ()
    deliveries: Sequence[Delivery] = ()
    log: Sequence[LogRow] = ()


@dataclass(slots=True)
class Account:
    """What became of everybody; `faults` has a sentence for everything that is not right."""

    ends: Counter[End] = field(default_factory=Counter)
    over_before_anybody_was_sent: int = 0
    detection_to_order_s: list[float] = field(default_factory=list)
    deadlines: Counter[str] = field(default_factory=Counter)  # fired, cancelled, to come
    deadline_latest_s: float = 0.0
    deliveries_repeated: int = 0
    faults: list[str] = field(default_factory=list)


def account(evening: Evening, *, now: datetime) -> Account:
    """Account for everything; O(n log n) in the rows."""
    found = Account()
    claimed = _people(evening, found, now)
    found.faults += _phantoms(evening.incidents, claimed)
    found.faults += _orders(evening, now)
    found.faults += _messages(evening)
    found.faults += _received(evening, found)
    found.faults += _deadlines(evening, found, now)
    _times(evening, found)
    return found


def _people(evening: Evening, found: Account, now: datetime) -> Counter[int]:
    """Account for each trouble; return how often each incident was claimed by one."""
    detections: dict[str, list[DetectionRow]] = defaultdict(list)
    for detection in evening.detections:
        detections[detection.lift_id].append(detection)
    incidents = {incident.incident_id: incident for incident in evening.incidents}
    claimed: Counter[int] = Counter()
    for trouble in evening.troubles:
        about = [one for one in detections[trouble.lift_id] if _is_about(one, trouble, now)]
        numbers = {one.incident_id for one in about if one.incident_id is not None}
        claimed.update(numbers)
        what = f"{trouble.lift_id} since {trouble.from_at:%H:%M:%S}"
        if len(numbers) > 1:
            found.faults.append(f"{what}: incidents {sorted(numbers)} for one entrapment")
        elif not numbers:
            _without_incident(trouble, about, what, found)
        else:
            _with_incident(trouble, incidents.get(numbers.pop()), what, found)
    return claimed


def _is_about(detection: DetectionRow, trouble: Trouble, now: datetime) -> bool:
    end = trouble.to_at or now
    return trouble.from_at - CLOCKS <= detection.onset_at <= end + CLOCKS


def _without_incident(
    trouble: Trouble, about: Sequence[DetectionRow], what: str, found: Account
) -> None:
    """Nobody was called: right only when they were out before anybody could be."""
    over = bool(about) and all(one.handling in OVER_BY_ITSELF for one in about)
    if over and trouble.end is End.SELF_FREED:
        found.ends[End.SELF_FREED] += 1
        found.over_before_anybody_was_sent += 1
        return
    decisions = sorted({str(one.handling) for one in about}) or ["no detection"]
    found.faults.append(f"{what}: {trouble.persons_count} people vanished ({', '.join(decisions)})")


def _with_incident(
    trouble: Trouble, incident: IncidentRow | None, what: str, found: Account
) -> None:
    if incident is None:
        found.faults.append(f"{what}: its incident is gone")
        return
    what = f"{what}, incident {incident.incident_id}"
    name = End.STILL_OPEN if incident.closed_at is None else incident.outcome
    if name not in set(End):
        found.faults.append(f"{what}: closed as {name}, which is no end")
        return
    end = End(name)
    found.ends[end] += 1
    if end is not trouble.end:
        found.faults.append(f"{what}: ended as {end}, and really was {trouble.end}")
    elif end is End.FREED and incident.persons_count != trouble.persons_count:
        found.faults.append(
            f"{what}: {trouble.persons_count} trapped, {incident.persons_count} freed"
        )
    elif incident.closed_at is not None and _inside(trouble, incident.closed_at):
        found.faults.append(f"{what}: closed with people inside")


def _inside(trouble: Trouble, at: datetime) -> bool:
    """Tell whether somebody was still inside then; a lying sensor may go on to lie."""
    over = trouble.to_at is not None and trouble.to_at - CLOCKS <= at
    return trouble.persons_count > 0 and not over


def _phantoms(incidents: Iterable[IncidentRow], claimed: Counter[int]) -> Iterator[str]:
    """Yield incidents that belong to no entrapment, or to two."""
    for incident in incidents:
        count = claimed[incident.incident_id]
        if count != 1:
            yield f"incident {incident.incident_id} is about {count} entrapments"


def _orders(evening: Evening, now: datetime) -> Iterator[str]:
    """Yield what is wrong with whom was asked: nobody twice at once, nobody once all are out."""
    over_at = {one.incident_id: one.over_at for one in evening.incidents}
    silent = {row.order_id for row in evening.log if row.event == NO_ANSWER}
    rounds: dict[tuple[int, str], list[OrderRow]] = defaultdict(list)
    for order in sorted(evening.orders, key=lambda order: order.order_id):
        rounds[order.incident_id, order.crew_id].append(order)
        over = over_at.get(order.incident_id)
        if over is not None and order.sent_at > over:
            yield f"order {order.order_id} went out after everybody was out"
        if over is not None and order.ended_at is None:
            yield f"order {order.order_id} lives although everybody is out"
    for (incident_id, crew_id), asked in rounds.items():
        for first, second in pairwise(asked):
            # A yes after the limit lets an order live again: its first life had ended.
            if first.order_id in silent:
                continue
            if first.ended_at is None or second.sent_at < first.ended_at:
                yield (
                    f"incident {incident_id}: {crew_id} was ordered again (order"
                    f" {second.order_id}) while order {first.order_id} still lived"
                )
    ordered = {order.incident_id for order in evening.orders}
    for incident in evening.incidents:
        if incident.incident_id not in ordered and now - incident.opened_at > DEADLINE_LATE_MAX:
            yield f"incident {incident.incident_id}: nobody was ordered"


def _messages(evening: Evening) -> Iterator[str]:
    """Yield orders that did not put exactly one message to their crew, and one push, there."""
    per_order: dict[int, list[MessageRow]] = defaultdict(list)
    for message in evening.messages:
        if message.subject == ORDER_SENT and message.order_id is not None:
            per_order[message.order_id].append(message)
        if not (message.sent or message.given_up):
            yield f"message {message.message_id} ({message.subject}) still waits"
    for order in evening.orders:
        told = per_order.pop(order.order_id, [])
        to_crew = [one.recipient for one in told if one.channel == "crew"]
        if to_crew != [order.crew_id]:
            yield f"order {order.order_id} to {order.crew_id} was told to {to_crew}"
        pushes = sum(one.channel == PUSHED for one in told)
        if pushes != 1:
            yield f"order {order.order_id} was pushed {pushes} times"
    for order_id in per_order:
        yield f"messages tell of order {order_id}, which there is not"


def _received(evening: Evening, found: Account) -> Iterator[str]:
    """Yield what the receiver, having dropped repeats by message id, has too much or too little."""
    first: dict[int, Delivery] = {}
    for delivery in evening.deliveries:
        known = first.setdefault(delivery.message_id, delivery)
        if known != delivery:
            yield f"message {delivery.message_id} came again as another: {known}, {delivery}"
    found.deliveries_repeated = len(evening.deliveries) - len(first)
    pushes = [one for one in evening.messages if one.channel == PUSHED]
    pushed = {one.number: one for one in pushes}
    if len(pushed) != len(pushes):
        yield f"of {len(pushes)} pushed messages only {len(pushed)} have a number of their own"
    for number in pushed.keys() | first.keys():
        if number not in pushed:
            yield f"the receiver got message {number}, which there is not"
        elif pushed[number].sent and number not in first:
            yield f"message {number} is marked sent, and never came"
    orders = {order.order_id: order for order in evening.orders}
    got = Counter(
        (one.order_id, one.crew_id) for one in first.values() if one.subject == ORDER_SENT
    )
    dropped = {row.order_id for row in pushed.values() if row.given_up}
    for order_id, order in orders.items():
        count = got.pop((order_id, order.crew_id), 0)
        if count != 1 and not (count == 0 and order_id in dropped):
            yield f"order {order_id} to {order.crew_id} reached the receiver {count} times"
    for unknown, crew_id in got:
        yield f"the receiver got order {unknown} to {crew_id}, which never was"


def _deadlines(evening: Evening, found: Account, now: datetime) -> Iterator[str]:
    closed = {one.incident_id for one in evening.incidents if one.closed_at is not None}
    answers = Counter(one.order_id for one in evening.deadlines if one.kind == "accept")
    for order in evening.orders:
        if answers.pop(order.order_id, 0) != 1:
            yield f"order {order.order_id} has not one limit to answer"
    for unknown in answers:
        yield f"a limit to answer is about order {unknown}, which there is not"
    silent = {row.order_id: row.count for row in evening.log if row.event == NO_ANSWER}
    for deadline in evening.deadlines:
        yield from _deadline(deadline, found, now, closed=deadline.incident_id in closed)
        said = silent.pop(deadline.order_id or 0, 0) if deadline.kind == "accept" else 0
        if said > 1 or (said and deadline.fired_at is None):
            yield f"order {deadline.order_id} was called silent {said} times"
    for called in silent:
        yield f"order {called} was called silent, and no limit says so"


def _deadline(
    deadline: DeadlineRow, found: Account, now: datetime, *, closed: bool
) -> Iterator[str]:
    """Yield what is wrong with one deadline: it fires once and on time, or is cancelled once."""
    what = f"{deadline.kind} deadline {deadline.deadline_id}"
    fired_at, cancelled_at = deadline.fired_at, deadline.cancelled_at
    if fired_at is not None and cancelled_at is not None:
        yield f"{what} fired and was cancelled"
    elif fired_at is not None:
        found.deadlines["fired"] += 1
        late = fired_at - deadline.due_at
        found.deadline_latest_s = max(found.deadline_latest_s, late.total_seconds())
        if late < timedelta(0):
            yield f"{what} fired {-late.total_seconds():.1f} s before it was due"
        if deadline.result in {None, "firing"}:
            yield f"{what} fired, and nothing came of it"
        if late > DEADLINE_LATE_MAX:
            yield f"{what} fired {late.total_seconds():.1f} s late"
    elif cancelled_at is not None:
        found.deadlines["cancelled"] += 1
    else:
        found.deadlines["to_come"] += 1
        if closed:
            yield f"{what} is open although its incident is closed"
        if now - deadline.due_at > DEADLINE_LATE_MAX:
            yield f"{what} is overdue and has not fired"


def _times(evening: Evening, found: Account) -> None:
    """Measure from the committed detection to the first order of each incident.

    A suspicion sends nobody for a while, by rule: what counts is the first that is more than one.
    """
    first_order: dict[int, datetime] = {}
    for order in evening.orders:
        at = first_order.setdefault(order.incident_id, order.recorded_at)
        first_order[order.incident_id] = min(at, order.recorded_at)
    detected: dict[int, datetime] = {}
    for one in evening.detections:
        if one.incident_id is not None and one.level != SUSPECTED:
            at = detected.setdefault(one.incident_id, one.recorded_at)
            detected[one.incident_id] = min(at, one.recorded_at)
    found.detection_to_order_s = sorted(
        (sent_at - detected[incident_id]).total_seconds()
        for incident_id, sent_at in first_order.items()
        if incident_id in detected
    )
