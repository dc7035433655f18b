"""Stories of calls: a caller and the detector tell of the same people, whoever is first."""

import asyncio
from datetime import timedelta

import pytest
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from liftward_platform.engine.cycle import run_cycle
from liftward_platform.engine.modules import rescue_modules
from liftward_platform.incidents.model import Outcome, Source
from liftward_platform.rescue.policy import load
from support.call_story import (
    PHONE,
    dispatcher_believes,
    dispatcher_hands_over,
    dispatcher_says,
    report_at,
    someone_calls,
    someone_scans,
)
from support.rescue_story import LIFT, RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


async def test_a_call_opens_a_rescue_and_the_detector_joins_it(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Phone call first: a crew is sent at once; the detector later finds the same people."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        taken = await someone_calls(story, persons_count=2, injured=True)
        await story.engine_looks()

        assert taken.opened
        row = await story.incident(taken.incident_id)
        assert (row["source"], row["level"], row["persons_count"]) == ("call", "confirmed", 2)
        assert row["injured"] is True
        assert await story.orders(taken.incident_id) == [("near", "sent")]

        await story.time_passes(seconds=40)
        onset_at = story.now - timedelta(seconds=100)
        detection = await story.detected(onset_at=onset_at)
        await story.engine_looks()

        assert await story.incidents_count() == 1
        assert await story.handling(detection) == "merged_into_open"
        row = await story.incident(taken.incident_id)
        assert (row["level"], row["onset_at"]) == ("confirmed", onset_at)
        assert await story.orders(taken.incident_id) == [("near", "sent")]


async def test_a_call_joins_what_the_detector_found(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Detection first: the call raises the level and adds what only people know."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.time_passes(seconds=30)

        taken = await someone_calls(story, persons_count=3, medical_need=True)
        again = await someone_calls(story, caller_kind="bystander", persons_count=9)
        await story.engine_looks()

        assert (taken.incident_id, taken.opened) == (incident, False)
        assert again.incident_id == incident
        row = await story.incident(incident)
        assert (row["source"], row["level"]) == ("detection", "confirmed")
        assert (row["persons_count"], row["medical_need"]) == (3, True)
        assert await story.incidents_count() == 1
        assert await story.orders(incident) == [("near", "sent")]
        told = await story.told(incident)
        assert told.count(("report_joined", "reported_by_call")) == 2
        assert ("level_raised", "reported_by_call") in told
        assert "report_received" in await story.ledger(incident)


@pytest.mark.parametrize("round_number", range(4))
async def test_a_call_and_two_engines_at_once_make_one_incident(
    round_number: int, database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Whoever's transaction is first opens it; the others wait for it and join."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        await story.detected()
        order = [_call(database_dsn, story), _call(database_dsn, story)]
        order += [_engine(database_dsn, story), _engine(database_dsn, story)]

        await asyncio.gather(*order[round_number:], *order[:round_number])
        await story.engine_looks()

        assert await story.incidents_count() == 1
        cursor = await story.connection.execute(
            "SELECT level, persons_count, (SELECT count(*) FROM incident_report) AS reports,"
            " (SELECT count(*) FROM incident_detection) AS detections,"
            " (SELECT count(*) FROM rescue_order) AS orders FROM incident"
        )
        assert await cursor.fetchone() == {
            "level": "confirmed",
            "persons_count": 1,
            "reports": 2,
            "detections": 1,
            "orders": 1,
        }


async def _call(dsn: str, story: RescueStory) -> None:
    connection = await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)
    async with connection:
        await report_at(connection, story.now, Source.CALL, persons_count=1)


async def _engine(dsn: str, story: RescueStory) -> None:
    connection = await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)
    async with connection:
        handled = await run_cycle(connection, story.now, modules=rescue_modules(load()))
        assert -1 not in handled.values()


async def test_a_late_detection_of_people_who_called_and_are_out_opens_nothing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The lift's link was slow: what it tells of the minutes before the call is over already."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        before_call = story.now - timedelta(minutes=2)
        taken = await someone_calls(story)
        await story.engine_looks()
        for does in ("accepts", "arrives", "frees"):
            await story.crew("near", does)

        detection = await story.detected(onset_at=before_call)
        await story.engine_looks()

        assert await story.handling(detection) == "merged_into_freed"
        assert await story.incidents_count() == 1
        assert (await story.incident(taken.incident_id))["state"] == "freed"


async def test_an_anonymous_report_is_shown_at_once_and_sends_a_crew_when_it_is_believed(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The dispatcher is reminded, louder each minute, and nobody drives until somebody agrees."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        taken = await someone_scans(story, persons_count=1)
        await story.time_passes(minutes=3)

        row = await story.incident(taken.incident_id)
        assert (row["state"], row["level"], row["source"]) == ("open", "suspected", "public_page")
        assert await story.orders(taken.incident_id) == []
        reminded = ("reminded", "report_not_looked_into")
        assert (await story.told(taken.incident_id)).count(reminded) == 3

        await dispatcher_believes(story, taken.incident_id)
        await story.engine_looks()

        assert await story.orders(taken.incident_id) == [("near", "sent")]
        assert (await story.incident(taken.incident_id))["level"] == "confirmed"


async def test_an_anonymous_report_is_believed_when_the_detector_agrees(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Two weak signs of the same people are no prank."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        taken = await someone_scans(story)
        await story.engine_looks()
        await story.detected(level="suspected")
        await story.engine_looks()

        assert ("hold_released", "detector_agrees") in await story.told(taken.incident_id)
        assert await story.orders(taken.incident_id) == [("near", "sent")]


async def test_people_who_were_told_that_help_is_coming_get_help(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The dispatcher reaches the car and records the first word: nobody has to press more."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        taken = await someone_scans(story)
        await story.engine_looks()
        assert await story.orders(taken.incident_id) == []

        await dispatcher_says(story, taken.incident_id, "help_is_coming")
        await dispatcher_says(story, taken.incident_id, "ask_persons", persons_count=2)
        await story.engine_looks()

        assert await story.orders(taken.incident_id) == [("near", "sent")]
        row = await story.incident(taken.incident_id)
        assert (row["level"], row["held_at"], row["persons_count"]) == ("confirmed", None, 2)
        assert row["passenger_told_at"] == story.now
        told = await story.told(taken.incident_id)
        assert told.count(("hold_released", "dispatcher_believes")) == 1
        assert (await story.ledger(taken.incident_id)).count("level_raised") == 1


async def test_a_report_that_the_fire_service_was_told_of_is_ours_as_well(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """119 is on its way to an anonymous report: it is believed, and our crew drives, too."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        taken = await someone_scans(story)

        await dispatcher_hands_over(story, taken.incident_id)
        await story.engine_looks()

        assert await story.orders(taken.incident_id) == [("near", "sent")]
        events = [event for event, _ in await story.told(taken.incident_id)]
        assert events.index("hold_released") < events.index("handed_over")


async def test_an_anonymous_report_is_not_left_lying_for_ever(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Nobody looked into it until the legal limit: then a crew is sent all the same."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        taken = await someone_scans(story)
        await story.time_passes(minutes=29)
        assert await story.orders(taken.incident_id) == []

        await story.time_passes(minutes=2)

        assert [state for _, state in await story.orders(taken.incident_id)] == ["sent"]


async def test_an_anonymous_report_changes_no_running_rescue(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It is noted where a rescue runs already; its word does not confirm anything."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()

        taken = await someone_scans(story)

        assert taken.incident_id == incident
        assert (await story.incident(incident))["level"] == "probable"
        assert ("report_joined", "reported_by_public_page") in await story.told(incident)


async def test_a_number_is_forgotten_when_the_incident_is_closed(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It is in one column while somebody may have to be called back, and then nowhere."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        taken = await someone_calls(story)
        await story.engine_looks()
        assert await _phones(story) == [PHONE]

        await story.dispatcher_closes(taken.incident_id, Outcome.FALSE)

        assert await _phones(story) == [None]
        for table in ("incident_log", "ledger_entry", "outbox", "incident"):
            cursor = await story.connection.execute(
                f"SELECT count(*) AS count FROM {table} WHERE {table}::text LIKE %s".encode(),
                [f"%{PHONE}%"],
            )
            assert await cursor.fetchone() == {"count": 0}, table


async def _phones(story: RescueStory) -> list[str | None]:
    cursor = await story.connection.execute("SELECT caller_phone FROM incident_report")
    return [row["caller_phone"] for row in await cursor.fetchall()]


async def test_a_call_while_a_release_waits_for_its_confirmation_is_a_new_rescue(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Reported freed, and somebody calls from that car: an unconfirmed release hides nobody."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        first = await story.someone_is_trapped()
        for does in ("accepts", "arrives", "frees"):
            await story.crew("near", does)

        taken = await someone_calls(story, LIFT)
        await story.engine_looks()

        assert taken.opened
        assert taken.incident_id != first
        assert len(await story.orders(taken.incident_id)) == 1
