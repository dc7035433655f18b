"""Stories of an engine that was away, and of data that came late."""

from datetime import timedelta

import pytest

from liftward_platform.incidents.model import Outcome
from support.rescue_story import LIFT, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


async def test_an_engine_that_was_away_fires_what_is_overdue_once_and_at_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The engine is killed between two steps; when it is back it goes on where it was."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.engine_is_down_for(minutes=10)
        assert await story.orders(incident) == [("near", "sent")]

        await story.engine_looks()
        assert await story.orders(incident) == [("near", "no_answer"), ("station", "sent")]

        await story.engine_looks()
        await story.engine_looks()
        assert len(await story.orders(incident)) == 2
        told = [event for event, _ in await story.told(incident)]
        assert told.count("order_no_answer") == told.count("escalated") == 1


async def test_a_false_alarm_is_closed_by_the_dispatcher(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Closing calls the crew off and ends every deadline; nothing fires afterwards."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")

        await story.dispatcher_closes(incident, Outcome.FALSE, note="sample: nobody inside")

        row = await story.incident(incident)
        assert (row["state"], row["outcome"]) == ("closed", "false")
        assert await story.orders(incident) == [("near", "withdrawn")]
        await story.time_passes(minutes=60)
        assert await story.open_deadlines(incident) == []
        assert len(await story.orders(incident)) == 1


async def test_a_release_seen_by_the_detector_closes_nothing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """People seem to have got out by themselves: shown, but open until a person confirms it."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        onset_at = story.now - timedelta(seconds=45)
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        await story.time_passes(minutes=3)

        ended = await story.detected(LIFT, transition="ended", onset_at=onset_at)
        await story.engine_looks()
        row = await story.incident(incident)
        assert await story.handling(ended) == "release_seen"
        assert (row["state"], row["release_seen_at"]) == ("accepted", story.now)
        await story.time_passes(minutes=20)
        assert (await story.incident(incident))["state"] == "accepted"

        await story.dispatcher_closes(incident, Outcome.SELF_FREED, persons_count=1)
        assert (await story.incident(incident))["state"] == "closed"
        assert await story.orders(incident) == [("near", "withdrawn")]


async def test_a_late_detection_that_is_over_opens_nothing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """After an outage the backlog tells of people trapped and freed an hour ago."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        hour_ago = story.now - timedelta(hours=1)
        began = await story.detected(onset_at=hour_ago, detected_at=hour_ago)
        await story.engine_looks()
        assert await story.handling(began) is None

        ended = await story.detected(transition="ended", onset_at=hour_ago)
        await story.data_arrives()
        await story.time_passes(minutes=1)

        assert await story.handling(began) == "outside_grace"
        assert await story.handling(ended) == "end_without_incident"
        assert await story.incidents_count() == 0


async def test_somebody_still_trapped_after_an_outage_is_rescued(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The backlog tells of people trapped an hour ago, and the live data shows no end."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        hour_ago = story.now - timedelta(hours=1)
        began = await story.detected(onset_at=hour_ago, detected_at=hour_ago)
        await story.time_passes(seconds=30)
        assert await story.incidents_count() == 0

        await story.data_arrives()
        await story.time_passes(seconds=10)

        assert await story.handling(began) == "opened_still_trapped"
        assert await story.incidents_count() == 1


async def test_a_lift_that_falls_silent_with_somebody_inside_is_not_forgotten(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The detection came late, and then nothing more: after five minutes somebody goes there."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        late = story.now - timedelta(minutes=40)
        began = await story.detected(onset_at=late, detected_at=late)

        await story.time_passes(minutes=6)

        assert await story.handling(began) == "opened_lift_silent"
        assert await story.incidents_count() == 1


async def test_the_next_people_are_not_hidden_behind_an_unconfirmed_release(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Freed but not yet confirmed; the lift traps again: a second incident, a second rescue."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        first = await story.someone_is_trapped()
        for does in ("accepts", "departs", "arrives", "frees"):
            await story.crew("near", does)
        await story.time_passes(minutes=5)

        second = await story.someone_is_trapped()

        assert second != first
        assert await story.orders(second) == [("near", "sent")]
        await story.time_passes(minutes=5)
        assert ("reminded", "release_not_confirmed") in await story.told(first)


async def test_a_crew_that_arrives_and_says_nothing_is_asked_about(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Half an hour after the arrival nobody was reported free: the dispatchers are reminded."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        await story.crew("near", "arrives")

        await story.time_passes(minutes=31)

        assert ("reminded", "release_not_reported") in await story.told(incident)
        due = await story.open_deadlines(incident)
        assert due == ["passenger_update", "confirm_release"]
