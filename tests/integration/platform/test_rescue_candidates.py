"""Whom the database offers for a rescue when there are more crews than a ranking looks at."""

import pytest

from liftward_platform.fleet import service as fleet
from liftward_platform.rescue import store
from support.rescue_story import rescue_story, town
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

NEARER_COUNT = store.CANDIDATES_PER_STANDING_MAX + 5


@pytest.mark.parametrize("hindrance", ["off duty", "busy", "unable"])
async def test_near_crews_that_cannot_come_do_not_hide_a_free_one(
    hindrance: str, database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Every near crew is taken, or cannot do what the lift needs: the one farther away is found."""
    document = town("TOWER-01", "TOWER-02")
    near = document["crews"][0]
    document["crews"] += [
        {**near, "crew_id": f"nearer-{number:02}", "base_latitude_deg": 31.2005}
        for number in range(NEARER_COUNT)
    ]
    async with rescue_story(
        database_dsn,
        virtual_clock,
        lift_ids=("TOWER-01", "TOWER-02"),
        audited=hindrance != "busy",  # those orders are written past the ledger
    ) as story:
        await fleet.load_town(story.connection, document, now=story.now)
        if hindrance == "off duty":
            await story.connection.execute(
                "UPDATE crew SET on_duty = crew_id = 'far' OR party_id <> 'maintainer-01'"
            )
        elif hindrance == "unable":
            await story.connection.execute("UPDATE lift SET skills_needed = '{panoramic_lift}'")
            await story.connection.execute(
                "UPDATE crew SET skills = '{panoramic_lift}' WHERE crew_id = 'far'"
            )
        else:
            other = await story.someone_is_trapped("TOWER-02")
            await story.connection.execute(
                "INSERT INTO rescue_order (incident_id, crew_id, response_level, state, sent_at,"
                " travel_time_s, reason) SELECT %s, crew_id, 1, 'sent', %s, 1, 'test' FROM crew"
                " WHERE crew_id LIKE 'nearer%%' OR crew_id = 'near' ON CONFLICT DO NOTHING",
                (other, story.now),
            )

        incident = await story.someone_is_trapped("TOWER-01")

        assert await story.orders(incident) == [("far", "sent")]
