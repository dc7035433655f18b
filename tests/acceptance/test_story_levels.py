"""Stories of suspicions: raised, lasting, resolved, withdrawn; against the real database."""

from datetime import timedelta
from typing import Any

import pytest

from liftward_platform.incidents import board
from liftward_platform.incidents.model import Outcome
from support.rescue_story import LIFT, RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


async def suspected(story: RescueStory) -> int:
    """The detector suspects since this moment that somebody is shut in; the engine looks."""
    found = await story.detected(level="suspected", onset_at=story.now - timedelta(seconds=8))
    await story.engine_looks()
    return found


async def test_a_suspicion_sends_nobody_until_it_is_raised(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Shown on the board at once; raised after 14 s, the order goes out in the same look."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        onset_at = story.now - timedelta(seconds=8)
        suspicion = await suspected(story)
        assert await story.incidents_count() == 0
        assert await story.handling(suspicion) == "deferred_suspected"
        (notice,) = await board.notices(story.connection, story.now)
        assert (notice.lift.lift_id, notice.level) == (LIFT, "suspected")
        await story.time_passes(seconds=14)
        assert await story.incidents_count() == 0

        raised = await story.detected(transition="raised", onset_at=onset_at)
        await story.engine_looks()

        assert await story.orders(1) == [("near", "sent")]
        assert (await story.incident(1))["level"] == "probable"
        assert await story.told(1) == [("opened", "opened_raised"), ("order_sent", "first_order")]
        assert await story.handling(raised) == await story.handling(suspicion) == "opened_raised"
        assert await board.notices(story.connection, story.now) == []
        await story.time_passes(minutes=2)
        assert await story.incidents_count() == 1


async def test_a_suspicion_that_lasts_a_minute_is_an_incident(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A device with few sensors never gets further than suspected: nobody waits for proof."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        suspicion = await suspected(story)

        await story.time_passes(seconds=59)
        assert await story.incidents_count() == 0
        await story.time_passes(seconds=1)

        assert await story.handling(suspicion) == "opened_still_suspected"
        assert await story.orders(1) == [("near", "sent")]
        assert (await story.incident(1))["level"] == "suspected"


async def test_an_engine_that_was_away_does_not_wait_again(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The minute counts from the suspicion, whoever looks when."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        await story.detected(level="suspected")
        await story.engine_is_down_for(minutes=1)

        await story.engine_looks()

        assert await story.orders(1) == [("near", "sent")]


async def test_a_lift_that_falls_silent_while_suspected_is_not_waited_for(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """No more evidence can come: within seconds of the silence somebody is sent."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        suspicion = await suspected(story)
        await story.time_passes(seconds=12)
        await story.connection.execute(
            "INSERT INTO device_liveness"
            " (device_id, belief, reason, since, decided_at, last_heard_at)"
            " SELECT device_id, 'dark', 'will', %(now)s, %(now)s, %(now)s FROM device",
            {"now": story.now},
        )

        await story.time_passes(seconds=5)

        assert await story.handling(suspicion) == "opened_suspected_silent"
        assert await story.orders(1) == [("near", "sent")]


async def test_a_suspicion_that_resolves_itself_leaves_its_reason(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The doors opened after all: no incident, and both rows say what became of them."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        onset_at = story.now - timedelta(seconds=8)
        suspicion = await suspected(story)
        await story.time_passes(seconds=7)
        ended = await story.detected(
            transition="ended", level="suspected", reason="way_out_open", onset_at=onset_at
        )
        await story.engine_looks()

        await story.time_passes(seconds=2)

        assert await story.handling(suspicion) == "ended_while_suspected"
        assert await story.handling(ended) == "end_without_incident"
        assert await board.notices(story.connection, story.now) == []
        await story.time_passes(minutes=2)
        assert await story.incidents_count() == 0


async def test_a_level_that_rises_shows_on_the_open_incident(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Nobody new is sent; the incident, its story and the ledger say that it is surer now."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        onset_at = story.now - timedelta(seconds=8)
        await story.detected(onset_at=onset_at)
        await story.engine_looks()
        await story.time_passes(seconds=20)

        await story.detected(
            transition="raised", level="confirmed", reason="second_source", onset_at=onset_at
        )
        await story.engine_looks()

        assert (await story.incident(1))["level"] == "confirmed"
        assert ("level_raised", "evidence_grew") in await story.told(1)
        assert "level_raised" in await story.ledger(1)
        assert await story.orders(1) == [("near", "sent")]
        (shown,) = await board.board(story.connection, board.Scope.OPEN, limit=5, actor=None)
        assert shown.level == "confirmed"


async def test_a_withdrawn_belief_is_shown_and_closes_nothing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A dispatcher decides; the crew stays on its way; a new sign takes the note back."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        onset_at = story.now - timedelta(seconds=8)
        await story.detected(onset_at=onset_at)
        await story.engine_looks()
        await story.time_passes(seconds=30)
        withdrawn_at = story.now
        await story.detected(transition="ended", reason="withdrawn", onset_at=onset_at)
        await story.engine_looks()

        row = await story.incident(1)
        assert (row["state"], row["withdrawn_at"]) == ("ordered", withdrawn_at)
        assert row["release_seen_at"] is None
        assert ("detection_withdrawn", "withdrawn") in await story.told(1)
        assert "detection_withdrawn" in await story.ledger(1)
        assert await story.orders(1) == [("near", "sent")]

        await story.time_passes(minutes=1)
        await story.detected()
        await story.engine_looks()
        assert (await story.incident(1))["withdrawn_at"] is None


async def test_evidence_that_grows_after_a_closing_opens_again_at_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Closed as a false alarm while it was only suspected, and then it is confirmed."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        onset_at = story.now - timedelta(seconds=8)
        await suspected(story)
        await story.time_passes(seconds=60)
        await story.dispatcher_closes(1, Outcome.FALSE)
        await story.time_passes(seconds=10)

        await story.detected(transition="raised", level="confirmed", onset_at=onset_at)
        await story.engine_looks()

        assert await story.incidents_count() == 2
        assert ("opened", "opened_raised") in await story.told(2)
        assert (await story.incident(2))["level"] == "confirmed"


async def test_a_lift_left_unwatched_is_a_notice_and_no_incident(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Two days in inspection: shown in words until it is over, and nobody drives."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        two_days_ago = story.now - timedelta(days=2)
        of_it: dict[str, Any] = {"kind": "suppression_expired", "onset_at": two_days_ago}
        found = await story.detected(
            **of_it,
            level="confirmed",
            reason="time_box_over",
            evidence={"suppression": "inspection"},
        )
        await story.engine_looks()

        (notice,) = await board.notices(story.connection, story.now)
        assert notice.sentence.en == "Not watched for too long: in inspection for 2 d."
        assert notice.sentence.zh == "停止监视时间过长：检修已 2 天。"
        assert await story.handling(found) == "not_an_incident_kind"
        assert await story.incidents_count() == 0

        await story.detected(
            **of_it, level="confirmed", transition="ended", reason="condition_cleared"
        )
        assert await board.notices(story.connection, story.now) == []
        await story.engine_looks()
        assert await story.handling(found) == "warning_over"
