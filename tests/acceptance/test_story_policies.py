"""Stories of regions, hours and surges: who is asked, and that a running rescue never changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from liftward_platform.engine.modules import rescue_modules
from liftward_platform.incidents import board
from liftward_platform.rescue import store
from liftward_platform.rescue.policy import LevelParty, Policy, load
from liftward_platform.rescue.policy_book import (
    EVERYWHERE,
    PolicyBook,
    Region,
    RegionalPolicy,
    SurgeRule,
    load_book,
)
from support.call_story import dispatcher_believes, someone_scans
from support.rescue_story import rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

DISTRICT = "Sample District"
LIFTS = ("TOWER-01", "TOWER-02", "TOWER-03")


def book(policy: Policy, *surges: SurgeRule) -> PolicyBook:
    """One region with the stories' district, and the default for everywhere else."""
    everywhere = RegionalPolicy(region=Region(name=EVERYWHERE), policy=load(), source="default")
    region = Region(name="sample-region", districts=(DISTRICT,))
    regional = RegionalPolicy(region=region, policy=policy, source="sample.toml", surges=surges)
    return PolicyBook(everywhere, (regional,))


async def test_a_later_edit_changes_nothing_for_a_running_rescue(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The policy is stamped with its version; the next incident gets the next edition."""
    first = replace(load(), version="sample-1")
    second = replace(
        load(), version="sample-2", arrive_s=900.0,
        legs=tuple(replace(leg, accept_s=30.0) for leg in load().legs),
    )  # fmt: skip
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        story.modules = rescue_modules(book(first))
        old = await story.someone_is_trapped("TOWER-01")
        story.modules = rescue_modules(book(second))
        await story.time_passes(seconds=40)
        new = await story.someone_is_trapped("TOWER-02")
        await story.time_passes(seconds=40)

        shown = {
            incident: await board.one(story.connection, incident, None) for incident in (old, new)
        }
        versions = [one.policy.version for one in shown.values() if one.policy is not None]
        assert versions == ["sample-1", "sample-2"]
        assert await story.orders(old) == [("near", "sent")]
        assert (await story.orders(new))[0] == ("far", "no_answer")
        assert (await story.incident(old))["policy"] == first.document()
        assert ("policy_stamped", "region") in await story.told(old)


async def test_a_surge_asks_two_levels_at_once_and_says_so(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The third incident of a power cut: maintainer and station are asked in the same moment."""
    surge = SurgeRule(
        name="power cut", more_than=1, accept_s=60, first_levels=(1, 2), wants_every_team=None
    )
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        story.modules = rescue_modules(book(load(), surge))
        await story.someone_is_trapped("TOWER-01")
        await story.someone_is_trapped("TOWER-02")
        await story.crew("far", "refuses")  # and is free for the third
        third = await story.someone_is_trapped("TOWER-03")

        rows = await story.orders(third)
        shown = await board.one(story.connection, third, None)
        assert shown.policy is not None
        assert (shown.policy.region, shown.policy.surge) == ("sample-region", "power cut")
        assert shown.policy.open_count == 2
        assert ("policy_stamped", "surge") in await story.told(third)
        # The station is at the second lift: of level 2 and above, public rescue is the nearest.
        assert rows == [("far", "sent"), ("public", "sent")]


async def test_reports_that_nobody_believes_make_no_surge(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A prankster walks from lift to lift: a real rescue is not answered as in a power cut."""
    surge = SurgeRule(
        name="power cut", more_than=1, accept_s=60, first_levels=(1, 2), wants_every_team=None
    )
    rules = book(load(), surge)
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        story.modules = rescue_modules(rules)
        pranks = [
            (await someone_scans(story, lift_id, book=rules)).incident_id for lift_id in LIFTS[:2]
        ]
        third = await story.someone_is_trapped("TOWER-03")

        shown = await board.one(story.connection, third, None)
        assert shown.policy is not None
        assert (shown.policy.region, shown.policy.surge) == ("sample-region", None)
        assert shown.policy.open_count == 0
        assert await story.orders(third) == [("near", "sent")]
        regions = [(await story.incident(prank))["region"] for prank in pranks]
        assert regions == ["sample-region"] * 2, "they are in the region that is counted"

        await dispatcher_believes(story, pranks[0])
        assert await store.running_in_region(story.connection, "sample-region", third) == 1


async def test_every_team_is_wanted_and_a_refusal_is_replaced_whoever_else_comes(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Maintainer and station both have to say yes: the station is on its way, near refuses."""
    policy = replace(load(), first_levels=(1, 2), wants_every_team=True)
    async with rescue_story(database_dsn, virtual_clock) as story:
        story.modules = rescue_modules(book(policy))
        incident = await story.someone_is_trapped()
        assert await story.orders(incident) == [("near", "sent"), ("station", "sent")]

        await story.crew("station", "accepts")
        await story.crew("near", "refuses")

        assert await story.orders(incident) == [
            ("near", "refused"), ("station", "accepted"), ("far", "sent"),
        ]  # fmt: skip
        await story.time_passes(minutes=3)
        assert ("far", "no_answer") in await story.orders(incident)


async def test_without_that_wish_somebody_coming_is_enough(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The same two levels at once; one refuses while the other comes: nobody else is asked."""
    policy = replace(load(), first_levels=(1, 2))
    async with rescue_story(database_dsn, virtual_clock) as story:
        story.modules = rescue_modules(book(policy))
        incident = await story.someone_is_trapped()
        await story.crew("station", "accepts")
        await story.crew("near", "refuses")

        assert await story.orders(incident) == [("near", "refused"), ("station", "accepted")]


async def test_at_night_the_station_is_asked_first(
    database_dsn: str, virtual_clock: VirtualClock, tmp_path: Path
) -> None:
    """From the file to the order: outside working hours level 2 begins, and nothing was skipped."""
    regions = Path(load.__code__.co_filename).parent / "policies" / "regions"
    text = (regions / "sample-north.toml").read_text("utf-8")
    text = text.replace("Sample North District", DISTRICT)
    (tmp_path / "north.toml").write_text(text, "utf-8")
    async with rescue_story(database_dsn, virtual_clock) as story:
        story.modules = rescue_modules(load_book(None, tmp_path))
        story.clock.advance(minutes=8 * 60)  # midnight, local
        incident = await story.someone_is_trapped()

        assert await story.orders(incident) == [("station", "sent")]
        assert ("policy_stamped", "hours") in await story.told(incident)
        row = await story.incident(incident)
        assert (row["response_level"], row["policy_applied"]["hours"]) == (2, "night")
        assert load().level_of(LevelParty.RESCUE_STATION) == 2
