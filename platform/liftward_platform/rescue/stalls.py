"""When to act before a limit has passed: a likely late arrival, or a crew that has stalled. Pure.

Never storms: a crossing of the threshold sends one crew; the next counts only once P(late) has been
low again or the policy's interval is over, and a crew that stalls is answered once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from liftward_platform.rescue.model import Order, OrderState
from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.prediction import Remaining

# Under way, and still as far as this share of the whole way after half its time: not coming nearer.
_NOT_NEARER_SHARE = 0.9
_NOT_NEARER_AFTER_S = 300.0
# Next to a limit the arrive deadline itself acts; a prediction would say the same twice.
_TOO_LATE_TO_PREDICT = timedelta(seconds=60)


class Why(StrEnum):
    """Why one more crew is sent before the limit has passed, or is not."""

    LIKELY_LATE = "likely_late"
    HAS_NOT_LEFT = "has_not_left"  # said yes and has not left
    NOT_NEARER = "not_nearer"  # left and does not come nearer
    IN_TIME = "in_time"
    ACTED_LATELY = "acted_lately"  # likely late, but the last crew was sent just now
    ALREADY_ACTED = "already_acted"  # this crossing has had its crew
    RELEASE_SEEN = "release_seen"  # the detector saw an end: nobody more is sent before the limit
    LIMIT_NEAR = "limit_near"  # the limit itself acts in a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is kept of earlier looks at the incident."""

    acted_at: datetime | None
    armed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look decided."""

    act: bool
    why: Why
    armed: bool  # whether the next crossing counts


def look(
    late: float, stalled: Why | None, memory: Memory, policy: Policy,
    *, limit: datetime, now: datetime, end_seen: bool = False,
) -> Look:  # fmt: skip
    """Decide whether to send one more crew now."""
    rule = policy.prediction
    again = timedelta(seconds=rule.act_again_s)
    lately = memory.acted_at is not None and now - memory.acted_at < again
    armed = memory.armed or late < rule.clear_below
    if late < rule.act_above and stalled is None:
        return Look(act=False, why=Why.IN_TIME, armed=armed)
    if end_seen:
        return Look(act=False, why=Why.RELEASE_SEEN, armed=armed)
    if limit - now < _TOO_LATE_TO_PREDICT:
        return Look(act=False, why=Why.LIMIT_NEAR, armed=armed)
    if lately:
        return Look(act=False, why=Why.ACTED_LATELY, armed=armed)
    if not armed:
        # It has stayed high for the whole interval: what was sent has not helped.
        persists = memory.acted_at is not None and late >= rule.act_above
        if not persists:
            return Look(act=False, why=Why.ALREADY_ACTED, armed=armed)
    return Look(act=True, why=stalled or Why.LIKELY_LATE, armed=False)


def stalled(
    order: Order, policy: Policy, *, remaining: Remaining | None, now: datetime
) -> Why | None:
    """Return how a crew that said yes has stalled; None when it has not."""
    if order.state is OrderState.ACCEPTED and order.answered_at is not None:
        limit_s = policy.leg(order.response_level).depart_s
        late = now - order.answered_at >= timedelta(seconds=limit_s)
        return Why.HAS_NOT_LEFT if late else None
    if order.state is not OrderState.UNDER_WAY or order.under_way_at is None or remaining is None:
        return None
    driven_s = (remaining.at - order.under_way_at).total_seconds()
    long_enough = driven_s >= max(_NOT_NEARER_AFTER_S, order.travel_time_s / 2)
    no_nearer = remaining.seconds >= order.travel_time_s * _NOT_NEARER_SHARE
    return Why.NOT_NEARER if long_enough and no_nearer else None


def first_stalled(
    orders: Sequence[Order],
    remaining: Sequence[Remaining | None],
    policy: Policy,
    *,
    now: datetime,
) -> tuple[Order, Why] | None:
    """Return the first crew that has stalled; none counts while another one comes as it should."""
    engaged = [
        (order, stalled(order, policy, remaining=left, now=now))
        for order, left in zip(orders, remaining, strict=True)
        if order.engaged
    ]
    if not engaged or any(why is None for _, why in engaged):
        return None
    order, why = engaged[0]
    assert why is not None
    return order, why
