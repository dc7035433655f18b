"""What a rescue needs next: whom to ask, or why nothing is due.

Pure: takes the orders of one incident and what happened; returns a step or a rest, each with its
reason. Must not know SQL, crews' places or the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from liftward_platform.incidents.model import RESCUE_STATES, IncidentEvent, IncidentState
from liftward_platform.rescue.model import DeadlineKind, Order, OrderState
from liftward_platform.rescue.policy import LEVELS


class StepReason(StrEnum):
    FIRST_ORDER = "first_order"
    REFUSED = "refused"  # another crew of the same level
    CREW_LOST = "crew_lost"  # had said yes, cannot come
    NO_ANSWER = "no_answer"  # the next level
    NOT_DELIVERED = "not_delivered"  # every channel to the crew failed: as without an answer
    NOT_ARRIVED = "not_arrived"  # the next level also; whoever is on the way stays on the way
    UNANSWERED_ROUND = "unanswered_round"  # every level was asked in vain: round again
    UNATTENDED = "unattended"  # nobody is asked and nothing is due: must not be, so ask
    DISPATCHER = "dispatcher"


class RestReason(StrEnum):
    ALREADY_ANSWERED = "already_answered"
    ALREADY_THERE = "already_there"
    ALREADY_OVER = "already_over"
    SOMEBODY_COMING = "somebody_coming"
    OTHER_ORDER_PENDING = "other_order_pending"  # its own limit leads on
    ROUND_WILL_COME = "round_will_come"


class RemindReason(StrEnum):
    RELEASE_NOT_REPORTED = "release_not_reported"  # a crew is there and says nothing
    RELEASE_NOT_CONFIRMED = "release_not_confirmed"  # freed, and nobody confirmed it


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Send somebody: from this level on, or anybody at all."""

    level: int
    reason: StepReason
    any_level: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """Nobody is to be sent now."""

    reason: RestReason


@dataclass(frozen=True, slots=True)
class Remind:
    """Tell the dispatchers, and look again."""

    reason: RemindReason


def after_failure(
    failed: Order, others: Sequence[Order], reason: StepReason, *, rounds: bool
) -> Step | Rest:
    """Return what follows when a crew refused, dropped out or stayed silent.

    `others` are the incident's other orders; `rounds` tells that a further round is already due.
    """
    if any(order.engaged for order in others):
        return Rest(RestReason.SOMEBODY_COMING)
    if any(order.state is OrderState.SENT for order in others):
        return Rest(RestReason.OTHER_ORDER_PENDING)
    if rounds:
        return Rest(RestReason.ROUND_WILL_COME)
    up = 1 if reason in {StepReason.NO_ANSWER, StepReason.NOT_DELIVERED} else 0
    return Step(level=failed.response_level + up, reason=reason)


def when_due(
    kind: DeadlineKind,
    state: IncidentState,
    response_level: int,
    *,
    order: Order | None,
    others: Sequence[Order],
    rounds: bool,
) -> Step | Rest | Remind:
    """Return what a deadline that is due asks for; `order` is the one it belongs to."""
    if kind is DeadlineKind.CONFIRM_RELEASE:
        return _when_release_due(state)
    if state not in RESCUE_STATES:
        return Rest(RestReason.ALREADY_OVER)
    if state is IncidentState.ARRIVED:
        return Rest(RestReason.ALREADY_THERE)
    if kind is DeadlineKind.ARRIVE:
        return next_level(response_level, StepReason.NOT_ARRIVED)
    if kind is DeadlineKind.ACCEPT:
        return _when_answer_due(order, others, rounds=rounds)
    return _when_round_due(others)


def _when_answer_due(order: Order | None, others: Sequence[Order], *, rounds: bool) -> Step | Rest:
    if order is None or order.state is not OrderState.SENT:
        return Rest(RestReason.ALREADY_ANSWERED)
    return after_failure(order, others, StepReason.NO_ANSWER, rounds=rounds)


def _when_round_due(others: Sequence[Order]) -> Step | Rest:
    if any(other.engaged for other in others):
        return Rest(RestReason.SOMEBODY_COMING)
    return Step(level=1, reason=StepReason.UNANSWERED_ROUND, any_level=True)


def _when_release_due(state: IncidentState) -> Rest | Remind:
    if state is IncidentState.ARRIVED:
        return Remind(RemindReason.RELEASE_NOT_REPORTED)
    if state is IncidentState.FREED:
        return Remind(RemindReason.RELEASE_NOT_CONFIRMED)
    return Rest(RestReason.ALREADY_OVER)


def next_level(response_level: int, reason: StepReason) -> Step:
    """Return the step to the level above; above the last one, anybody will do."""
    if response_level >= LEVELS[-1]:
        return Step(level=1, reason=reason, any_level=True)
    return Step(level=response_level + 1, reason=reason)


def unattended(response_level: int) -> Step:
    """Return the step for an incident for which nothing is due: a new one, or one left alone."""
    if response_level == 0:
        return Step(level=1, reason=StepReason.FIRST_ORDER)
    return Step(level=response_level, reason=StepReason.UNATTENDED)


def fallback(state: IncidentState, orders: Sequence[Order]) -> IncidentEvent | None:
    """Return how far the incident falls back when only these orders are left; None: not at all."""
    states = {order.state for order in orders}
    if state is IncidentState.ARRIVED or OrderState.UNDER_WAY in states:
        return None
    if OrderState.ACCEPTED in states:
        return IncidentEvent.BACK_TO_ACCEPTED if state is IncidentState.UNDER_WAY else None
    if OrderState.SENT in states:
        higher = (IncidentState.ACCEPTED, IncidentState.UNDER_WAY)
        return IncidentEvent.BACK_TO_ORDERED if state in higher else None
    return None if state is IncidentState.OPEN else IncidentEvent.BACK_TO_OPEN
