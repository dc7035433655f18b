"""Stories of rescues that go as they should, and of crews that do not come."""

from datetime import timedelta

import pytest

from liftward_platform.incidents import board
from liftward_platform.incidents.model import Outcome
from support.rescue_story import DETECTED_AFTER, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


async def test_rescued_by_the_first_crew(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """The nearest crew under contract is asked, comes and frees; the dispatcher closes."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        assert await story.orders(incident) == [("near", "sent")]

        await story.time_passes(minutes=1)
        await story.crew("near", "accepts")
        await story.time_passes(minutes=2)
        await story.crew("near", "departs")
        await story.time_passes(minutes=9)
        await story.crew("near", "arrives")
        await story.time_passes(minutes=5)
        await story.crew("near", "frees", persons_count=2)
        assert (await story.incident(incident))["state"] == "freed"

        await story.time_passes(minutes=1)
        await story.dispatcher_closes(incident, Outcome.FREED)

        row = await story.incident(incident)
        assert (row["state"], row["outcome"], row["persons_count"]) == ("closed", "freed", 2)
        assert row["response_level"] == 1
        assert await story.orders(incident) == [("near", "done")]
        assert await story.open_deadlines(incident) == []
        assert await story.ledger(incident) == [
            "incident_opened",
            "order_sent",
            "order_answered",
            "departed",
            "arrived",
            "freed",
            "release_confirmed",
            "incident_closed",
        ]


async def test_refused_then_another_crew_of_the_same_level(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A refusal costs no time: the next crew under contract is asked in the same moment."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()

        await story.time_passes(seconds=20)
        await story.crew("near", "refuses", refusal_reason="on_other_rescue")

        assert await story.orders(incident) == [("near", "refused"), ("far", "sent")]
        row = await story.incident(incident)
        assert (row["state"], row["response_level"]) == ("ordered", 1)
        assert ("order_refused", "on_other_rescue") in await story.told(incident)

        await story.crew("far", "refuses")
        assert (await story.orders(incident))[-1] == ("station", "sent")
        assert ("escalated", "no_eligible_crew") in await story.told(incident)


async def test_nobody_answers_and_the_rescue_never_falls_silent(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Three minutes of silence lead to level 2, one more to 3; then everybody, round and round."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.time_passes(minutes=3)
        assert await story.orders(incident) == [("near", "no_answer"), ("station", "sent")]
        await story.time_passes(minutes=1)
        assert (await story.orders(incident))[-1] == ("public", "sent")
        assert (await story.incident(incident))["response_level"] == 3

        await story.time_passes(minutes=1)
        assert ("unanswered", "no_crew_left_to_ask") in await story.told(incident)
        assert (await story.orders(incident))[-1] == ("far", "sent")

        await story.time_passes(minutes=10)
        asked_count = len(await story.orders(incident))
        assert asked_count > 8
        assert "order" in await story.open_deadlines(incident)
        await story.time_passes(minutes=10)
        assert len(await story.orders(incident)) > asked_count

        crew_id, state = (await story.orders(incident))[-1]
        assert state == "sent"
        await story.crew(crew_id, "accepts")
        assert (await story.incident(incident))["state"] == "accepted"
        assert "order" not in await story.open_deadlines(incident)
        states = [state for _, state in await story.orders(incident)]
        assert "sent" not in states


async def test_not_arrived_in_thirty_minutes_sends_the_next_level_also(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The crew on the way stays on the way; level 2 comes on top, and whoever is first frees."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        await story.crew("near", "departs")

        await story.time_passes(minutes=10)
        assert await story.orders(incident) == [("near", "under_way")]
        await story.time_passes(minutes=20)
        assert (await story.orders(incident))[0] == ("near", "under_way")
        assert ("escalated", "likely_late") in await story.told(incident)
        assert (await story.orders(incident))[-1][1] == "sent"
        reasons = [row["reason"] for row in await story.deadlines(incident, "arrive")]
        assert reasons == ["not_arrived"]
        assert (await story.incident(incident))["state"] == "under_way"

        await story.crew("station", "accepts")
        await story.crew("station", "arrives")
        await story.crew("station", "frees")
        orders = dict(await story.orders(incident))
        assert (orders["near"], orders["station"]) == ("withdrawn", "done")
        assert "order_withdrawn" in await story.ledger(incident)


async def test_a_limit_that_has_passed_stays_passed_on_the_board(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Asking the next crew again ten minutes later gives nobody ten minutes more to arrive."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        before = await board.one(story.connection, incident, None)
        await story.time_passes(minutes=33)

        shown = await board.one(story.connection, incident, None)

        (limit,) = [deadline for deadline in shown.deadlines if deadline.kind == "arrive"]
        assert limit.due_at in [deadline.due_at for deadline in before.deadlines]
        assert story.now - limit.due_at > timedelta(minutes=2)


async def test_a_crew_that_drops_out_is_replaced_at_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A vehicle breaks down on the way: the rescue falls back, and somebody else is asked."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        await story.crew("near", "departs")
        await story.time_passes(minutes=4)

        await story.crew("near", "refuses", refusal_reason="vehicle_problem")

        assert await story.orders(incident) == [("near", "refused"), ("far", "sent")]
        assert (await story.incident(incident))["state"] == "ordered"
        assert ("back_to_open", "crew_lost") in await story.told(incident)


async def test_a_yes_after_the_limit_is_still_a_yes(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The first crew answers late: it comes, and the level asked meanwhile stays asked."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.time_passes(minutes=3.5)

        await story.crew("near", "accepts")

        assert await story.orders(incident) == [("near", "accepted"), ("station", "sent")]
        assert ("order_accepted", "accepted_late") in await story.told(incident)
        await story.time_passes(minutes=3)
        assert await story.orders(incident) == [("near", "accepted"), ("station", "no_answer")]
        assert (await story.incident(incident))["state"] == "accepted"


async def test_people_still_inside_after_a_false_alarm_was_declared_are_found_again(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Closed as false over their heads: five minutes later the detector's word counts again."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        first = await story.someone_is_trapped()
        await story.dispatcher_closes(first, Outcome.FALSE)

        await story.time_passes(minutes=4)
        assert await story.incidents_count() == 1
        await story.data_arrives()
        await story.time_passes(minutes=2)

        second = first + 1
        assert await story.incidents_count() == 2
        assert ("opened", "opened_still_detected") in await story.told(second)
        assert (await story.orders(second))[0][1] == "sent"


async def test_pressing_the_alarm_after_a_false_alarm_was_declared_is_heard_at_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Somebody in that car presses again: nobody waits five minutes for it."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        first = await story.someone_is_trapped()
        await story.dispatcher_closes(first, Outcome.FALSE)
        await story.time_passes(seconds=20)

        await story.detected(kind="gb_90")
        await story.engine_looks()

        assert await story.incidents_count() == 2
        assert ("opened", "opened_alarm_again") in await story.told(first + 1)
        await story.time_passes(minutes=6)
        assert await story.incidents_count() == 2, "looked at again, it joins the open incident"


async def test_a_false_alarm_that_has_ended_stays_closed(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The doors have opened since: the dispatcher was right, and nobody is called again."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        detection = await story.detected()
        await story.engine_looks()
        onset_at = story.now - DETECTED_AFTER
        await story.dispatcher_closes(1, Outcome.FALSE)
        await story.time_passes(minutes=1)
        await story.detected(transition="ended", onset_at=onset_at)

        await story.time_passes(minutes=10)

        assert await story.incidents_count() == 1
        assert await story.handling(detection) == "ended_after_closing"


async def test_a_confirmed_rescue_is_not_opened_again_by_a_lift_that_cannot_see_its_doors(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A crew has opened that car: only a new alarm brings the rescue back."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        for does in ("accepts", "departs", "arrives", "frees"):
            await story.crew("near", does)
        await story.dispatcher_closes(incident, Outcome.FREED)
        await story.time_passes(minutes=4)
        await story.data_arrives()  # fresh when an unfreed lift would be looked at again

        await story.time_passes(minutes=2)

        assert await story.incidents_count() == 1


async def test_a_rescue_after_a_false_alarm_was_declared_ends_the_looking_again(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Closed as false, called by the alarm, freed by a crew: nobody is called a third time."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        first = await story.someone_is_trapped()
        await story.dispatcher_closes(first, Outcome.FALSE)
        await story.time_passes(seconds=20)
        await story.detected(kind="gb_90")
        await story.engine_looks()
        for does in ("accepts", "departs", "arrives", "frees"):
            await story.crew("near", does)
        await story.dispatcher_closes(first + 1, Outcome.FREED)
        await story.time_passes(minutes=4)
        await story.data_arrives()

        await story.time_passes(minutes=2)

        assert await story.incidents_count() == 2
