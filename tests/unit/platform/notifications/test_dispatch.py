"""Attempts beside each other: a dead receiver delays nobody."""

from dataclasses import replace

import pytest

from liftward_platform.notifications.dispatch import AT_ONCE_PER_RECEIVER, Dispatch
from liftward_platform.notifications.model import Channel, Message
from support.polling import eventually_async
from support.telling import Line
from support.virtual_time import START

MESSAGE = Message(
    message_id=1, incident_id=1, order_id=None, channel=Channel.WEBHOOK, recipient="desk",
    subject="unanswered", body={}, created_at=START, attempts_count=1, destination="desk",
    channel_name="dead",
)  # fmt: skip


async def came_back(at: Dispatch) -> bool:
    return bool(at.finished())


async def test_one_that_hangs_does_not_hold_up_the_others() -> None:
    """The living channel's result is back while the dead one hangs, and is timed out later."""
    dead, alive = Line(hangs=True), Line()
    async with Dispatch({"dead": dead, "alive": alive}, patience_s=0.02, attempt_s_max=0.2) as at:
        at.start(MESSAGE, START)
        at.start(replace(MESSAGE, message_id=2, channel_name="alive"), START)

        (done,) = await at.settle()
        assert (done[0].message_id, done[1].sent) == (2, True)
        at.recorded(done[0])

        await eventually_async(lambda: came_back(at), what="the dead one is timed out")
        ((_, late),) = at.finished()
        assert late.reason == "no answer within 0.2 s"


async def test_a_receiver_with_enough_in_flight_gets_no_more() -> None:
    """It is named, so that the next claim leaves it out."""
    async with Dispatch({"dead": Line(hangs=True)}, patience_s=0.0) as at:
        for number in range(AT_ONCE_PER_RECEIVER):
            assert at.busy() == []
            at.start(replace(MESSAGE, message_id=number), START)
        assert at.busy() == ["desk/dead/desk"]


async def test_a_channel_that_breaks_is_a_failed_send() -> None:
    """An error of a channel's code ends that attempt only, and its text is not shown to people."""

    class Broken:
        async def send(self, message: Message, **options: object) -> None:
            raise RuntimeError(f"token-0123456789 {message} {options}")

    async with Dispatch({"dead": Broken()}, patience_s=1.0) as at:  # type: ignore[dict-item]
        at.start(MESSAGE, START)
        ((_, outcome),) = await at.settle()
    assert outcome.reason == "the channel broke: RuntimeError"


async def test_what_is_in_flight_at_the_end_is_stopped() -> None:
    """No task outlives the engine; the message's lease brings it back."""
    line = Line(hangs=True)
    async with Dispatch({"dead": line}, patience_s=0.0) as at:
        at.start(MESSAGE, START)
        await at.settle()
    assert line.took == []
    assert at.finished() == []
    with pytest.raises(KeyError):
        at._tasks[1]
