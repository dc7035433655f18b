"""Stories of how a rescue ends: spoken to, freed, confirmed, made safe, explained, closed."""

import pytest

from liftward_platform.errors import ConflictError, InvalidError
from liftward_platform.incidents.model import Confirmer, Outcome
from support.call_story import (
    cause_is_reported,
    dispatcher_says,
    lift_is_made_safe,
    release_is_confirmed,
    someone_calls,
)
from support.rescue_story import RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


async def _freed(story: RescueStory, **what: object) -> int:
    incident = await story.someone_is_trapped()
    for does in ("accepts", "arrives"):
        await story.crew("near", does)
    await story.crew("near", "frees", **what)
    return incident


async def test_the_passengers_are_spoken_to_and_told_how_far_it_is(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A minute without a word is said; after each word the next is due in five minutes."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.time_passes(seconds=61)
        assert ("reminded", "passenger_not_spoken_to") in await story.told(incident)

        await dispatcher_says(story, incident, "help_is_coming")
        await dispatcher_says(story, incident, "ask_persons", persons_count=2)
        await story.time_passes(minutes=4)
        before = await story.told(incident)
        await story.time_passes(minutes=2)
        after = await story.told(incident)

        assert ("reminded", "progress_not_told") not in before
        assert ("reminded", "progress_not_told") in after
        assert ("calming_step", "ask_persons") in after
        assert (await story.incident(incident))["persons_count"] == 2


async def test_a_release_is_confirmed_by_somebody_and_never_by_silence(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Hours pass: the centre is reminded, nothing closes by itself; then the use unit confirms."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await _freed(story)
        with pytest.raises(InvalidError) as caught:
            await story.dispatcher_closes(
                incident, Outcome.FREED, confirmed_by=None, incomplete_reason="other"
            )
        assert caught.value.extra["missing"] == ["confirmed_by"]
        await story.time_passes(minutes=180)
        assert (await story.incident(incident))["state"] == "freed"
        assert ("reminded", "release_not_confirmed") in await story.told(incident)

        await release_is_confirmed(story, incident, Confirmer.USE_UNIT)

        row = await story.incident(incident)
        assert (row["state"], row["confirmed_by"]) == ("confirmed", "use_unit")
        assert (row["confirmed_how"], row["confirmed_at"]) == ("telephone", story.now)
        assert await story.open_deadlines(incident) == ["make_safe"]
        assert "release_confirmed" in await story.ledger(incident)


async def test_what_is_missing_after_the_confirmation_is_reminded_of(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The lift is not safe and the cause not known: both are owed, and said again until told."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await _freed(story, cause_code=None, release_method=None)
        await release_is_confirmed(story, incident)
        assert await story.open_deadlines(incident) == ["make_safe", "cause_report"]

        await story.time_passes(minutes=121)
        assert (await story.told(incident)).count(("reminded", "not_made_safe")) == 2
        await lift_is_made_safe(story, incident)
        await cause_is_reported(story, incident, "door.guide")

        assert await story.open_deadlines(incident) == []
        row = await story.incident(incident)
        assert (row["cause_code"], row["cause_reported_by"]) == ("door.guide", "account-near")
        with pytest.raises(ConflictError, match="on record"):
            await lift_is_made_safe(story, incident)


async def test_the_cause_may_come_after_the_closing_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Closed without a cause, for a reason; the maintainer's report days later completes it."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await _freed(story, cause_code=None, release_method=None)
        await story.dispatcher_closes(
            incident, Outcome.FREED, incomplete_reason="maintainer_reports_later"
        )
        closed = await story.incident(incident)
        assert (closed["state"], closed["cause_code"]) == ("closed", None)
        assert closed["incomplete_reason"] == "maintainer_reports_later"

        await story.time_passes(minutes=1)
        await cause_is_reported(story, incident, "control.board")

        assert ("cause_reported", "after_closing") in await story.told(incident)
        assert (await story.ledger(incident))[-1] == "cause_reported"
        with pytest.raises(ConflictError, match="closed with a cause"):
            await cause_is_reported(story, incident, "human.overload")
        assert (await story.incident(incident))["cause_code"] == "control.board"


async def test_a_release_without_a_cause_takes_none_back(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The maintainer told it while the crew worked; the crew leaves cause and method out."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        for does in ("accepts", "arrives"):
            await story.crew("near", does)
        await cause_is_reported(story, incident, "door.guide", release_method="after_adjustment")
        told_at = story.now
        await story.time_passes(seconds=30)

        await story.crew("near", "frees", cause_code=None, release_method=None)

        row = await story.incident(incident)
        assert (row["cause_code"], row["release_method"]) == ("door.guide", "after_adjustment")
        assert (row["cause_reported_at"], row["cause_reported_by"]) == (told_at, "account-near")


@pytest.mark.parametrize(
    ("caller_says", "crew_counts", "injured"),
    [(None, 1, True), (None, 0, False), (None, None, None), (False, 2, True), (True, 0, True)],
)
async def test_whom_the_crew_counts_as_injured_is_on_record(
    *, caller_says: bool | None, crew_counts: int | None, injured: bool | None,
    database_dsn: str, virtual_clock: VirtualClock,
) -> None:  # fmt: skip
    """The crew sees it; a yes of anybody stands, and nothing said says nothing."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = (await someone_calls(story, injured=caller_says)).incident_id
        await story.engine_looks()
        for does in ("accepts", "arrives"):
            await story.crew("near", does)

        await story.crew("near", "frees", injured_count=crew_counts)

        assert (await story.incident(incident))["injured"] is injured


async def test_that_the_lift_is_safe_may_come_after_the_closing_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The crew said so without a network: its word arrives when the incident is closed already."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await _freed(story)
        await story.dispatcher_closes(
            incident, Outcome.FREED, lift_made_safe=False, incomplete_reason="other"
        )

        await lift_is_made_safe(story, incident)

        assert ("lift_made_safe", "after_closing") in await story.told(incident)
        assert (await story.incident(incident))["lift_made_safe_by"] == "account-near"
        with pytest.raises(ConflictError, match="on record"):
            await lift_is_made_safe(story, incident)


async def test_a_duplicate_withdraws_its_orders_and_its_people_count_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A caller named the wrong lift: its incident is joined to the right one."""
    lifts = ("TOWER-01", "TOWER-02")
    async with rescue_story(database_dsn, virtual_clock, lift_ids=lifts) as story:
        right = await story.someone_is_trapped("TOWER-01")
        wrong = (await someone_calls(story, "TOWER-02", persons_count=4)).incident_id
        await story.engine_looks()
        assert [state for _, state in await story.orders(wrong)] == ["sent"]

        await story.dispatcher_closes(wrong, Outcome.DUPLICATE, duplicate_of=right)

        row = await story.incident(wrong)
        assert (row["state"], row["outcome"], row["duplicate_of"]) == ("closed", "duplicate", right)
        assert [state for _, state in await story.orders(wrong)] == ["withdrawn"]
        assert await story.open_deadlines(wrong) == []
        assert (await story.incident(right))["persons_count"] == 4
        assert ("duplicate_joined", "duplicate") in await story.told(right)
        with pytest.raises(ConflictError, match=f"for incident {right} instead"):
            await lift_is_made_safe(story, wrong)
        assert (await story.ledger(right))[-1] == "duplicate_joined"


@pytest.mark.parametrize(
    ("named", "code"), [("itself", "duplicate_of_itself"), ("duplicate", "duplicate_of_duplicate")]
)
async def test_a_duplicate_of_nothing_real_is_refused(
    named: str, code: str, database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """No chain and no circle: people are accounted under one incident that stands."""
    lifts = ("TOWER-01", "TOWER-02", "TOWER-03")
    async with rescue_story(database_dsn, virtual_clock, lift_ids=lifts) as story:
        first, second, third = [(await someone_calls(story, lift)).incident_id for lift in lifts]
        await story.dispatcher_closes(second, Outcome.DUPLICATE, duplicate_of=first)

        with pytest.raises((InvalidError, ConflictError)) as caught:
            await story.dispatcher_closes(
                third, Outcome.DUPLICATE, duplicate_of=third if named == "itself" else second
            )

        assert caught.value.code == code
        assert (await story.incident(third))["state"] == "open"
