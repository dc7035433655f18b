"""Stories of what a lift's device says: alarm signs, its answers, and the test calls it owes."""

from datetime import timedelta

import pytest
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from liftward_platform.commands import service as commands
from liftward_platform.commands.model import Wish
from liftward_platform.engine.modules import CallWatchdog, DeviceWords
from liftward_platform.incidents.model import Outcome
from liftward_platform.test_calls import service as test_calls
from liftward_platform.test_calls.model import DUE_AFTER, GRACE
from liftward_wire.messages import CommandKind
from support.rescue_story import LIFT, RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

_EVENT = """
INSERT INTO lift_event (lift_key, observed_at, received_at, recorded_at, boot_id, sequence, kind)
SELECT lift_key, %(at)s, %(at)s, %(at)s, 1, 0, %(kind)s FROM lift WHERE lift_id = %(lift_id)s
"""


async def device_tells(
    story: RescueStory, kind: str, *, lift_id: str = LIFT, before: timedelta = timedelta(0)
) -> None:
    """The gateway stored what the lift's device told."""
    values = {"at": story.now - before, "kind": kind, "lift_id": lift_id}
    await story.connection.execute(_EVENT, values)


async def engine_hears(story: RescueStory) -> int:
    """The engine looks at what devices told."""
    return await DeviceWords().run(story.connection, story.now, 100)


async def watchdog_looks(story: RescueStory) -> dict[str, int]:
    """The watchdog looks; the notices there are, by lift, with their level."""
    await CallWatchdog().run(story.connection, story.now, 100)
    found = await test_calls.overdue(story.connection, use_unit_id=None, limit=100)
    return {one.lift_id: one.notice_level for one in found}


async def test_alarm_signs_stand_in_the_story_once_and_close_nothing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Pressed, held back, ended on site: each is told; the rescue goes on all the same."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        await device_tells(story, "alarm_pressed", before=timedelta(seconds=30))
        await device_tells(story, "alarm_pressed", before=timedelta(hours=2))
        incident = await story.someone_is_trapped()
        await device_tells(story, "alarm_filtered")
        await device_tells(story, "door_retry")
        await device_tells(story, "alarm_ended")

        counts = [await engine_hears(story), await engine_hears(story)]

        assert counts == [3, 0]
        told = [event for event, reason in await story.told(incident) if reason == "device"]
        assert told == ["alarm_pressed", "alarm_filtered", "alarm_ended"]
        assert (await story.incident(incident))["state"] == "ordered"


async def test_alarm_signs_after_the_closing_belong_to_no_story(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A closed story is not written on; the next incident has its own."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.dispatcher_closes(incident, Outcome.FALSE)
        await device_tells(story, "alarm_pressed")

        assert await engine_hears(story) == 0


async def test_what_became_of_the_calming_message_is_told_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Asked for an incident, answered by the device: the story shows the answer."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.connection.execute(
            "INSERT INTO account (account_id, role, name, secret_hash, created_at)"
            " VALUES ('account-dispatcher', 'dispatcher', 'Demo', 'x', now())"
        )
        wish = Wish(kind=CommandKind.PLAY_CALMING_MESSAGE, incident_id=incident)
        async with story.connection.transaction():
            asked = await commands.ask(
                story.connection, LIFT, wish, asked_by="account-dispatcher", now=story.now
            )
        assert await engine_hears(story) == 0
        await story.connection.execute(
            "UPDATE device_command SET state = 'done', state_reason = 'replied', ended_at = %s,"
            " reply_result = 'done', reply_received_at = %s, reply_observed_at = %s"
            " WHERE command_id = %s",
            [story.now, story.now, story.now, asked.command_id],
        )

        counts = [await engine_hears(story), await engine_hears(story)]

        assert counts == [1, 0]
        assert (await story.told(incident))[-1] == ("command_answered", "done")


async def test_a_missing_test_call_is_noticed_gets_louder_and_ends_with_the_next(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """After 72 hours and a little: one notice, then two and three missed; a call ends it."""
    lifts = ("TOWER-01", "TOWER-02", "TOWER-03")
    async with rescue_story(database_dsn, virtual_clock, lift_ids=lifts) as story:
        await device_tells(story, "test_call", lift_id="TOWER-01")
        await device_tells(story, "test_call", lift_id="TOWER-02")
        assert await watchdog_looks(story) == {}

        levels = []
        virtual_clock.advance((DUE_AFTER + GRACE).total_seconds())
        levels.append(await watchdog_looks(story))
        virtual_clock.advance(61)
        levels.append(await watchdog_looks(story))
        await device_tells(story, "test_call", lift_id="TOWER-02")
        opened_at = story.now
        for _ in range(2):
            virtual_clock.advance(DUE_AFTER.total_seconds())
            levels.append(await watchdog_looks(story))

        assert levels == [
            {},
            {"TOWER-01": 1, "TOWER-02": 1},
            {"TOWER-01": 2},
            {"TOWER-01": 3, "TOWER-02": 1},
        ]
        (loudest, _) = await test_calls.overdue(story.connection, use_unit_id=None, limit=100)
        assert loudest.notice_opened_at == opened_at
        await device_tells(story, "test_call", lift_id="TOWER-01")
        virtual_clock.advance(61)
        assert "TOWER-01" not in await watchdog_looks(story)
        assert await test_calls.counts(story.connection, None) == (2, 1)
        assert await story.incidents_count() == 0


async def test_a_reply_to_a_command_counts_as_a_test_call_and_an_old_event_does_not_rewind(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Whichever way it was heard, the latest counts; what comes late changes nothing."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        await device_tells(story, "test_call")
        await watchdog_looks(story)
        virtual_clock.advance(DUE_AFTER.total_seconds())
        await story.connection.execute(
            "INSERT INTO account (account_id, role, name, secret_hash, created_at)"
            " VALUES ('demo', 'operator', 'Demo', 'x', now())"
        )
        async with story.connection.transaction():
            asked = await commands.ask(
                story.connection, LIFT, Wish(kind=CommandKind.TEST_CALL),
                asked_by="demo", now=story.now,
            )  # fmt: skip
        await story.connection.execute(
            "UPDATE device_command SET state = 'done', state_reason = 'replied', ended_at = %s,"
            " reply_result = 'done', reply_received_at = %s, reply_observed_at = %s"
            " WHERE command_id = %s",
            [story.now, story.now, story.now, asked.command_id],
        )
        called_at = story.now
        await device_tells(story, "test_call", before=timedelta(minutes=5))
        await watchdog_looks(story)

        virtual_clock.advance(GRACE.total_seconds() + 120)

        assert await watchdog_looks(story) == {}
        cursor = await story.connection.execute(
            "SELECT last_test_call_at, source FROM test_call_watch"
        )
        assert await cursor.fetchone() == {"last_test_call_at": called_at, "source": "reply"}


async def test_one_engine_at_a_time_looks_at_the_fleet(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Two replicas: one looks, the other goes on with its work."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        other = await AsyncConnection.connect(database_dsn, row_factory=dict_row)
        async with story.connection.transaction(), other:
            first = await test_calls.watch(story.connection, story.now)
            second = await test_calls.watch(other, story.now)

        assert first is not None
        assert second is None
