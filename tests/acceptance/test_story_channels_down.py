"""Stories of channels that are down: who is told what, when, and what the rescue does meanwhile."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from liftward_platform.engine.modules import rescue_modules
from liftward_platform.rescue.policy import load
from support.rescue_story import RescueStory, rescue_story
from support.telling import Line, document_of, notifications_to
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

CREWS = {
    "id": "crews",
    "who": "crew",
    "subjects": ["order_sent", "order_expired", "order_withdrawn"],
    "channels": ["mqtt_devices", "sms"],
    "next_channel_after_s": 45,
}
DESK = {
    "id": "desk",
    "who": "dispatchers",
    "subjects": ["all"],
    "channels": ["duty_room"],
    "bundle_s": 60,
}


@dataclass(slots=True)
class Centre:
    """A rescue centre: two ways to its crews, one to the duty room."""

    story: RescueStory
    devices: Line = field(default_factory=Line)
    sms: Line = field(default_factory=Line)
    duty_room: Line = field(default_factory=Line)

    def __post_init__(self) -> None:
        senders = {"mqtt_devices": self.devices, "sms": self.sms, "duty_room": self.duty_room}
        telling = notifications_to(document_of(CREWS, DESK), senders)
        self.story.modules = (*rescue_modules(load()), telling)

    @property
    def lines(self) -> tuple[Line, ...]:
        return (self.devices, self.sms, self.duty_room)

    def everything_goes_down(self) -> None:
        for line in self.lines:
            line.goes_down()

    def everything_comes_back(self) -> None:
        for line in self.lines:
            line.comes_back()

    async def time_passes(self, *, minutes: float = 0, seconds: float = 0) -> None:
        """The engine looks every second."""
        for _ in range(round(minutes * 60 + seconds)):
            self.story.clock.advance(1)
            await self.story.engine_looks()

    async def fates(self) -> Counter[str]:
        """What became of every copy that was meant to leave the house."""
        rows = await self.story._rows(
            "SELECT CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN gave_up_at IS NOT NULL"
            " THEN end_reason ELSE 'waiting' END AS fate FROM outbox"
            " WHERE destination IS NOT NULL"
        )
        return Counter(row["fate"] for row in rows)

    async def told_of_orders_that_had_ended(self) -> int:
        """How many crews were told to drive for nothing."""
        (row,) = await self.story._rows(
            "SELECT count(*) AS count FROM outbox JOIN rescue_order USING (order_id)"
            " WHERE subject = 'order_sent' AND destination = 'crews' AND outbox.sent_at > ended_at"
        )
        return int(row["count"])

    async def failing(self) -> set[str]:
        rows = await self.story._rows(
            "SELECT channel_name FROM notify_channel WHERE failing_since IS NOT NULL"
        )
        return {row["channel_name"] for row in rows}


@asynccontextmanager
async def centre(dsn: str, clock: VirtualClock) -> AsyncIterator[Centre]:
    async with rescue_story(dsn, clock) as story:
        yield Centre(story)


async def test_every_channel_is_down_for_ten_minutes(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Nobody can be told, so the rescue asks one crew after the other at once instead of waiting.

    When the channels are back, the duty room gets everything, each once, in few messages; the crews
    get the order that still holds, and none of those that ended before they could be told.
    """
    async with centre(database_dsn, virtual_clock) as scene:
        story = scene.story
        scene.everything_goes_down()
        incident = await story.someone_is_trapped()

        await scene.time_passes(seconds=15)
        first_crew, second_crew = (await story.orders(incident))[:2]
        assert first_crew == ("near", "no_answer")
        assert second_crew[0] == "station"
        told = await story.told(incident)
        assert ("order_no_answer", "not_delivered") in told
        assert ("escalated", "not_delivered") in told

        await scene.time_passes(minutes=10)
        assert [line.took for line in scene.lines] == [[], [], []]
        assert await scene.failing() == {"mqtt_devices", "sms", "duty_room"}
        assert len({crew for crew, _ in await story.orders(incident)}) >= 3
        assert (await story.incident(incident))["state"] != "closed"
        assert (await scene.fates())["sent"] == 0

        scene.everything_comes_back()
        await scene.time_passes(minutes=6)

        fates = await scene.fates()
        assert set(fates) <= {"sent", "order_over", "never_told", "other_channel"}
        for line in scene.lines:
            assert max(Counter(line.numbers).values(), default=1) == 1
        assert {"incident_opened", "order_sent", "order_not_delivered", "unanswered"} <= set(
            scene.duty_room.subjects()
        )
        rows = await story._rows("SELECT count(*) AS count FROM outbox WHERE destination IS NULL")
        assert len(scene.duty_room.numbers) == rows[0]["count"]
        assert len(scene.duty_room.took) < len(scene.duty_room.numbers) / 2
        assert await scene.failing() == set()
        assert fates["order_over"] > 0
        assert fates["never_told"] > 0
        assert await scene.told_of_orders_that_had_ended() == 0
        live = [crew for crew, state in await story.orders(incident) if state == "sent"]
        told_crews = {one.recipient for line in scene.lines[:2] for one in line.took}
        assert set(live) <= told_crews


async def test_a_dead_first_channel_costs_no_time(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The crew's device is unreachable: the order comes by text message in the same second."""
    async with centre(database_dsn, virtual_clock) as scene:
        scene.devices.goes_down()

        incident = await scene.story.someone_is_trapped()
        await scene.time_passes(seconds=1)

        assert scene.sms.subjects() == ["order_sent"]
        await scene.time_passes(minutes=2)
        assert await scene.story.orders(incident) == [("near", "sent")]
        assert scene.sms.subjects() == ["order_sent"]
        assert (await scene.fates())["other_channel"] == 1


async def test_an_order_nobody_answers_comes_by_the_next_channel_too(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Taken by the broker, no answer for 45 seconds: a text message follows, of the same number."""
    async with centre(database_dsn, virtual_clock) as scene:
        await scene.story.someone_is_trapped()
        await scene.time_passes(seconds=44)
        assert (scene.devices.subjects(), scene.sms.subjects()) == (["order_sent"], [])

        await scene.time_passes(seconds=2)

        assert scene.sms.subjects() == ["order_sent"]
        assert scene.sms.numbers == scene.devices.numbers


async def test_an_order_that_is_answered_comes_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The crew accepts on its page within the time: no text message disturbs it on the road."""
    async with centre(database_dsn, virtual_clock) as scene:
        await scene.story.someone_is_trapped()
        await scene.time_passes(seconds=30)
        await scene.story.crew("near", "accepts")

        await scene.time_passes(minutes=3)

        assert (scene.devices.subjects(), scene.sms.subjects()) == (["order_sent"], [])


async def test_a_blip_of_three_seconds_escalates_nothing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Everything fails once and works again: the same crew is told, five seconds late."""
    async with centre(database_dsn, virtual_clock) as scene:
        scene.everything_goes_down()
        incident = await scene.story.someone_is_trapped()
        await scene.time_passes(seconds=3)
        scene.everything_comes_back()

        await scene.time_passes(seconds=4)

        assert await scene.story.orders(incident) == [("near", "sent")]
        assert scene.devices.subjects() + scene.sms.subjects() == ["order_sent"]


async def test_a_gateway_that_asks_to_be_left_alone_is_left_alone(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """429 with Retry-After: 120 s. Nobody knocks before; the order goes by the other channel."""
    async with centre(database_dsn, virtual_clock) as scene:
        scene.devices.asks_to_wait(timedelta(seconds=120))
        scene.duty_room.asks_to_wait(timedelta(seconds=120))
        await scene.story.someone_is_trapped()
        await scene.time_passes(seconds=100)
        assert scene.duty_room.asked_count == 1
        assert scene.sms.subjects() == ["order_sent"]

        scene.everything_comes_back()
        await scene.time_passes(seconds=25)

        assert "incident_opened" in scene.duty_room.subjects()
