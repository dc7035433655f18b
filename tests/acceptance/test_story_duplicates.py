"""Stories of two incidents of the same people: whoever is called off, somebody still comes."""

import pytest

from liftward_platform.errors import ConflictError
from liftward_platform.incidents.model import Outcome
from support.call_story import PHONE, someone_calls, someone_scans
from support.rescue_story import RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

LIFTS = ("TOWER-01", "TOWER-02")


async def _numbers(story: RescueStory, incident_id: int) -> list[str]:
    """Who can be called back under an incident."""
    rows = await story._rows(
        "SELECT caller_phone FROM incident_report WHERE incident_id = %(incident_id)s"
        " AND caller_phone IS NOT NULL ORDER BY report_id",
        incident_id=incident_id,
    )
    return [row["caller_phone"] for row in rows]


async def test_a_rescue_that_duplicates_a_held_report_leaves_somebody_coming(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The caller's crew is called off; the report that stands is believed, and a crew is sent."""
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        stands = (await someone_scans(story, "TOWER-01", persons_count=1)).incident_id
        caller = (await someone_calls(story, "TOWER-02", persons_count=2)).incident_id
        await story.engine_looks()
        assert (await story.orders(stands), await story.orders(caller)) == ([], [("near", "sent")])

        await story.dispatcher_closes(caller, Outcome.DUPLICATE, duplicate_of=stands)
        await story.engine_looks()

        assert await story.orders(caller) == [("near", "withdrawn")]
        assert await story.orders(stands) == [("near", "sent")]
        row = await story.incident(stands)
        assert (row["held_at"], row["level"], row["persons_count"]) == (None, "confirmed", 2)
        assert ("hold_released", "duplicate") in await story.told(stands)
        kinds = ["incident_opened", "level_raised", "duplicate_joined", "order_sent"]
        assert await story.ledger(stands) == kinds


async def test_two_held_reports_of_the_same_people_are_still_one_that_nobody_believes(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Two anonymous words are no person's word: one is closed, the other stays held."""
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        stands = (await someone_scans(story, "TOWER-01")).incident_id
        other = (await someone_scans(story, "TOWER-02")).incident_id

        await story.dispatcher_closes(other, Outcome.DUPLICATE, duplicate_of=stands)
        await story.engine_looks()

        assert (await story.incident(stands))["level"] == "suspected"
        assert await story.orders(stands) == []
        assert ("duplicate_joined", "duplicate") in await story.told(stands)


async def test_a_callers_number_goes_with_the_people_and_ends_with_their_rescue(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It is gone from the duplicate and can be called under the other, until that is closed."""
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        stands = await story.someone_is_trapped("TOWER-01")
        caller = (await someone_calls(story, "TOWER-02", persons_count=2)).incident_id

        await story.dispatcher_closes(caller, Outcome.DUPLICATE, duplicate_of=stands)
        assert (await _numbers(story, caller), await _numbers(story, stands)) == ([], [PHONE])
        (told,) = await story._rows(
            "SELECT opened, persons_count FROM incident_report WHERE incident_id = %(stands)s",
            stands=stands,
        )
        assert (told["opened"], told["persons_count"]) == (False, 2)

        await story.dispatcher_closes(stands, Outcome.SELF_FREED)
        assert await _numbers(story, stands) == []


async def test_a_number_does_not_come_back_under_a_rescue_that_is_over(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The incident that stands is closed already: nobody has to be called, the number goes."""
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        over = await story.someone_is_trapped("TOWER-01")
        await story.dispatcher_closes(over, Outcome.SELF_FREED)
        caller = (await someone_calls(story, "TOWER-02")).incident_id

        await story.dispatcher_closes(caller, Outcome.DUPLICATE, duplicate_of=over)

        assert (await _numbers(story, caller), await _numbers(story, over)) == ([], [])


async def test_a_rescue_is_no_duplicate_of_a_false_alarm(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Nobody looks for people under a false alarm: the crew keeps its order."""
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        false = (await someone_calls(story, "TOWER-01")).incident_id
        await story.dispatcher_closes(false, Outcome.FALSE)
        rescue = await story.someone_is_trapped("TOWER-02")

        with pytest.raises(ConflictError, match="was closed as false") as caught:
            await story.dispatcher_closes(rescue, Outcome.DUPLICATE, duplicate_of=false)

        assert caught.value.code == "duplicate_of_false"
        assert (await story.incident(rescue))["state"] == "ordered"
        assert await story.orders(rescue) == [("near", "sent")]
