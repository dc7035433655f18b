"""What follows in a chain of channels: the next channel, giving the order up, or waiting.

Pure: takes the steps that were made and the moment. Must not know SQL or how a channel sends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from liftward_platform.notifications.model import ORDER_FAILURES_MAX


class MoveReason(StrEnum):
    FAILED = "failed"  # once is enough to try the next channel beside it
    THROTTLED = "throttled"  # the receiver asked to be left alone
    HANGS = "hangs"  # an order, and no word from the receiver yet
    NOT_ACKNOWLEDGED = "not_acknowledged"


class WaitReason(StrEnum):
    NOT_TRIED = "not_tried"
    SENT = "sent"
    TRYING_AGAIN = "trying_again"  # the last channel has a try left
    GIVEN_UP = "given_up"  # a message that no order hangs on


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One channel of a chain, as far as it got."""

    channel_number: int
    is_last: bool
    sent: bool
    failures_count: int
    given_up: bool
    throttled: bool
    hangs: bool
    acknowledge_by: datetime | None

    @property
    def failed(self) -> bool:
        return not self.sent and (self.failures_count > 0 or self.given_up or self.throttled)

    @property
    def failed_for_good(self) -> bool:
        """No order is kept waiting for a further try of this channel."""
        exhausted = self.failures_count >= ORDER_FAILURES_MAX or self.given_up or self.throttled
        return not self.sent and exhausted


@dataclass(frozen=True, slots=True)
class MoveOn:
    """Try the next channel also."""

    reason: MoveReason


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """Every channel failed: the order counts as not answered."""


@dataclass(frozen=True, slots=True)
class Wait:
    reason: WaitReason


def what_next(
    steps: Sequence[Step], *, order_waits: bool, now: datetime
) -> MoveOn | NotDelivered | Wait:
    """Return what the chain asks for; `order_waits`: it carries an order nobody answered yet.

    `steps` is in the order of channels and not empty. A channel that is still tried again while
    the next one is at work is stopped by the first that sends.
    """
    last = steps[-1]
    if last.sent:
        late = last.acknowledge_by is not None and now >= last.acknowledge_by
        move = order_waits and late and not last.is_last
        return MoveOn(MoveReason.NOT_ACKNOWLEDGED) if move else Wait(WaitReason.SENT)
    if not last.failed:
        move = order_waits and last.hangs and not last.is_last
        return MoveOn(MoveReason.HANGS) if move else Wait(WaitReason.NOT_TRIED)
    if not last.is_last:
        throttled = last.throttled and last.failures_count == 0
        return MoveOn(MoveReason.THROTTLED if throttled else MoveReason.FAILED)
    return _at_the_end(steps, order_waits=order_waits)


def _at_the_end(steps: Sequence[Step], *, order_waits: bool) -> NotDelivered | Wait:
    if any(step.sent for step in steps):
        return Wait(WaitReason.SENT)
    if order_waits and all(step.failed_for_good for step in steps):
        return NotDelivered()
    return Wait(WaitReason.TRYING_AGAIN if order_waits else WaitReason.GIVEN_UP)
