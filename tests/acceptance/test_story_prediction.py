"""Stories of help that will be late: acted upon before the limit has passed, once, and louder."""

from itertools import pairwise

import pytest

from liftward_platform.incidents import board
from support.rescue_story import RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


async def loudness(story: RescueStory, incident_id: int) -> list[tuple[str, int]]:
    """What the consoles were told, and how loudly, in order."""
    cursor = await story.connection.execute(
        "SELECT subject, (body ->> 'alarm_level')::integer AS level FROM outbox"
        " WHERE channel = 'console' AND incident_id = %s AND body ? 'alarm_level'"
        " ORDER BY message_id",
        (incident_id,),
    )
    return [(row["subject"], row["level"]) for row in await cursor.fetchall()]


async def stands_at(story: RescueStory, crew_id: str, north_deg: float) -> None:
    """A crew's device reports where it is."""
    await story.connection.execute(
        "UPDATE crew SET latitude_deg = base_latitude_deg + %s, longitude_deg = base_longitude_deg,"
        " position_at = %s WHERE crew_id = %s",
        (north_deg, story.now, crew_id),
    )


async def test_a_crew_that_said_yes_and_does_not_leave_is_joined_by_the_next_level(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Five minutes after its yes it has not left: the station is asked, long before the limit."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")

        await story.time_passes(minutes=4)
        assert await story.orders(incident) == [("near", "accepted")]
        await story.time_passes(minutes=1.5)

        assert await story.orders(incident) == [("near", "accepted"), ("station", "sent")]
        assert ("predicted_late", "has_not_left") in await story.told(incident)
        assert (await loudness(story, incident))[0] == ("likely_late", 1)


async def test_a_crew_on_the_road_that_comes_nearer_needs_nobody_else(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It left, and its position says two more minutes: P(late) stays small, and is on the board."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        await story.crew("near", "departs")
        for north_deg in (0.0, -0.002, -0.004, -0.006, -0.007, -0.008):
            await stands_at(story, "near", north_deg)
            await story.time_passes(minutes=2)

        shown = await board.one(story.connection, incident, None)

        assert shown.late_probability is not None
        assert shown.late_probability < 0.3
        assert shown.late_predicted_at == story.now
        assert await story.orders(incident) == [("near", "under_way")]


async def test_a_crew_that_left_and_does_not_come_nearer_is_joined(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Six minutes of driving, and the way is as long as before."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        await story.crew("near", "departs")
        for _ in range(3):
            await story.time_passes(minutes=2)
            await stands_at(story, "near", 0.0)
        await story.time_passes(minutes=1)

        assert ("predicted_late", "not_nearer") in await story.told(incident)
        assert (await story.orders(incident))[-1][0] == "station"


async def test_what_persists_gets_louder_and_never_sends_more_than_the_levels_there_are(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Three crews said yes and nobody moves: each look is louder, up to the loudest, to the end."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        for crew_id in ("station", "public"):
            await story.time_passes(minutes=6)
            await story.crew(crew_id, "accepts")
        await story.time_passes(minutes=16)

        levels = [level for _, level in await loudness(story, incident)]
        assert levels == sorted(levels)
        assert levels[:3] == [1, 2, 3]
        assert {crew for crew, _ in await story.orders(incident)} == {"near", "station", "public"}
        acted = [
            row["fired_at"]
            for row in await story.deadlines(incident, "predict")
            if row["reason"] in {"has_not_left", "likely_late"}
        ]
        gaps = [(after - before).total_seconds() for before, after in pairwise(acted)]
        assert min(gaps) >= 300

        await story.time_passes(minutes=5)
        assert (await story.incident(incident))["alarm_level"] == 3
        assert ("arrival_late", 3) in await loudness(story, incident)


async def test_an_order_that_no_device_has_shown_is_told_again(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Half the time to answer is over and the crew's page has not asked: once more, and louder."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.time_passes(seconds=95)

        assert ("order_told_again", "order_not_seen") in await story.told(incident)
        cursor = await story.connection.execute(
            "SELECT subject FROM outbox WHERE channel = 'crew' AND recipient = 'near'"
            " ORDER BY message_id"
        )
        told = [row["subject"] for row in await cursor.fetchall()]
        assert told == ["order_sent", "order_told_again"]
        assert await loudness(story, incident) == [("order_not_seen", 1)]


async def test_an_order_that_was_seen_is_not_told_again(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The crew's page has shown it: the answer's own limit leads on."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.connection.execute("UPDATE rescue_order SET seen_at = %s", (story.now,))
        await story.time_passes(seconds=95)

        assert [row["reason"] for row in await story.deadlines(incident, "order_seen")] == [
            "order_seen"
        ]
        assert await loudness(story, incident) == []


async def test_when_the_detector_saw_the_end_nobody_more_is_sent_by_prediction(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Out by themselves, so it seems: reckoned on, but nobody drives for a likely late arrival."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        await story.connection.execute("UPDATE incident SET release_seen_at = %s", (story.now,))
        await story.time_passes(minutes=12)

        assert await story.orders(incident) == [("near", "accepted")]
        reasons = [row["reason"] for row in await story.deadlines(incident, "predict")]
        assert reasons[-1] == "release_seen"
