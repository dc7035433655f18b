"""What a crew is not told any more: orders that ended or were answered, and what follows."""

from datetime import timedelta

import pytest

from liftward_platform.engine.modules import rescue_modules
from liftward_platform.incidents.model import Outcome
from liftward_platform.rescue import store
from liftward_platform.rescue.policy import load
from support.rescue_story import RescueStory, rescue_story
from support.telling import Line, document_of, notifications_to
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

CREWS = {"id": "crews", "who": "crew", "subjects": ["all"], "channels": ["sms"]}
THROTTLED_S = 300
STEP_S = 5

_TOLD_AGAIN_FATE = """
SELECT sent_at, gave_up_at, end_reason FROM outbox
 WHERE subject = 'order_told_again' AND destination IS NOT NULL AND order_id = 1
"""
_FATES = """
SELECT subject, end_reason FROM outbox WHERE destination IS NOT NULL ORDER BY message_id
"""
_ORDER_CAME_TO_NOTHING = """
UPDATE outbox SET sent_at = NULL, gave_up_at = %s, end_reason = 'attempts_exhausted'
 WHERE subject = 'order_sent' AND destination IS NOT NULL AND order_id = 1
"""


def tell_by(story: RescueStory, sms: Line) -> None:
    """Let the story's engine tell crews through this line."""
    telling = notifications_to(document_of(CREWS), {"sms": sms})
    story.modules = (*rescue_modules(load()), telling)


async def seconds_pass(story: RescueStory, seconds: int) -> None:
    for _ in range(seconds // STEP_S):
        story.clock.advance(STEP_S)
        await story.engine_looks()


def told_of_first_order(sms: Line) -> list[str]:
    return [str(message.subject) for message in sms.took if message.order_id == 1]


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("refuses", ["order_sent"]),
        ("accepts", ["order_sent"]),
        ("", ["order_sent", "order_expired"]),
    ],
)
async def test_an_order_is_not_told_again_once_it_is_answered_or_over(
    database_dsn: str, virtual_clock: VirtualClock, does: str, told: list[str]
) -> None:
    """The gateway asks for five minutes of peace; the order is answered or expires meanwhile."""
    sms = Line()
    async with rescue_story(database_dsn, virtual_clock) as story:
        tell_by(story, sms)
        await story.someone_is_trapped()
        await seconds_pass(story, 85)
        sms.asks_to_wait(timedelta(seconds=THROTTLED_S))
        await seconds_pass(story, 10)
        (waiting,) = await story._rows(_TOLD_AGAIN_FATE)
        assert (waiting["sent_at"], waiting["gave_up_at"]) == (None, None)

        if does:
            await story.crew("near", does)
        sms.comes_back()
        await seconds_pass(story, THROTTLED_S + 60)

        (ended,) = await story._rows(_TOLD_AGAIN_FATE)
        assert (ended["sent_at"], ended["end_reason"]) == (None, "order_over")
        assert told_of_first_order(sms) == told


@pytest.mark.parametrize(
    ("heard_by", "withdrawal_comes"),
    [("nothing", False), ("told_again", True), ("page", True), ("answer", True)],
)
async def test_who_knows_of_an_order_hears_that_it_is_withdrawn(
    database_dsn: str, virtual_clock: VirtualClock, heard_by: str, *, withdrawal_comes: bool
) -> None:
    """Its first message came to nothing; whoever knows of it all the same must not drive on."""
    sms = Line()
    async with rescue_story(database_dsn, virtual_clock) as story:
        tell_by(story, sms)
        incident = await story.someone_is_trapped()
        await seconds_pass(story, 95 if heard_by == "told_again" else 5)
        await story.connection.execute(_ORDER_CAME_TO_NOTHING.encode(), (story.now,))
        if heard_by == "page":
            await store.mark_seen(story.connection, "near", story.now)
        elif heard_by == "answer":
            await story.crew("near", "accepts")

        await story.dispatcher_closes(incident, Outcome.FALSE)
        await seconds_pass(story, 10)

        assert ("order_told_again" in sms.subjects()) is (heard_by == "told_again")
        assert ("order_withdrawn" in sms.subjects()) is withdrawal_comes


async def test_an_order_and_its_withdrawal_end_in_the_same_look(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It failed once and is withdrawn; the gateway is back before anybody looks: nobody drives."""
    sms = Line()
    sms.goes_down()
    async with rescue_story(database_dsn, virtual_clock) as story:
        tell_by(story, sms)
        incident = await story.someone_is_trapped()
        await story.engine_looks()
        assert sms.asked_count == 1

        await story.dispatcher_closes(incident, Outcome.FALSE)
        sms.comes_back()
        await story.engine_looks()

        fates = await story._rows(_FATES)
        assert [(row["subject"], row["end_reason"]) for row in fates] == [
            ("order_sent", "order_over"), ("order_withdrawn", "never_told"),
        ]  # fmt: skip
        assert sms.took == []
