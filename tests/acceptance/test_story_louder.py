"""Stories of what persists: the one measure the board shows rises each time, and never falls."""

import pytest

from liftward_platform.access.model import Actor, Role
from liftward_platform.crews import service as crews
from liftward_platform.crews.model import Action, Report
from liftward_platform.engine.modules import rescue_modules
from liftward_platform.rescue.policy import load
from support.call_story import DISPATCHER, dispatcher_believes, someone_scans
from support.rescue_story import RescueStory, rescue_story
from support.telling import Line, document_of, notifications_to
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

BY_PHONE = Actor(DISPATCHER, Role.DISPATCHER)
CREWS = {"id": "crews", "who": "crew", "subjects": ["order_sent"], "channels": ["sms"]}


async def alarms(story: RescueStory, incident_id: int, subject: str) -> list[int | None]:
    """How loudly the consoles were told of one thing, in order; None: not louder than before."""
    rows = await story._rows(
        "SELECT (body ->> 'alarm_level')::integer AS level FROM outbox WHERE channel = 'console'"
        " AND incident_id = %(incident_id)s AND subject = %(subject)s ORDER BY message_id",
        incident_id=incident_id, subject=subject,
    )  # fmt: skip
    return [row["level"] for row in rows]


async def shown_level(story: RescueStory, incident_id: int) -> int:
    return int((await story.incident(incident_id))["alarm_level"])


async def test_a_report_nobody_looks_into_gets_louder_each_minute(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Somebody may sit there: level 1, 2, 3, and 3 from then on; believed, it does not fall."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = (await someone_scans(story)).incident_id
        await story.time_passes(seconds=59)
        assert await shown_level(story, incident) == 0

        await story.time_passes(minutes=4)

        assert await alarms(story, incident, "life_overdue") == [1, 2, 3, 3]
        await dispatcher_believes(story, incident)
        assert await shown_level(story, incident) == 3


async def test_what_a_running_rescue_owes_its_passengers_is_said_again_and_raises_nothing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A crew is coming and nobody has phoned: counted and told, and the board stays as it is."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        await story.crew("near", "departs")
        await story.time_passes(minutes=7)

        assert await alarms(story, incident, "life_overdue") == [None, None]
        assert await shown_level(story, incident) == 0


async def test_a_silent_technician_gets_louder(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Asked: shown. Silent after it: louder each two minutes, up to the loudest."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await story.crew("near", "accepts")
        order = await story.last_order(incident)
        arrived = Report(action=Action.ARRIVE, order_id=order["order_id"], content={"alone": True})
        async with story.connection.transaction():
            await crews.act(story.connection, arrived, actor=BY_PHONE, now=story.now)

        await story.time_passes(minutes=10)
        assert await alarms(story, incident, "sign_of_life_missing") == [None]
        assert await shown_level(story, incident) == 0
        await story.time_passes(minutes=8)

        assert await alarms(story, incident, "sign_of_life_missing") == [None, 1, 2, 3, 3]
        assert await shown_level(story, incident) == 3


async def test_a_rescue_with_nobody_left_to_ask_gets_louder(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Every crew says no at once: nothing is late yet, and the board shows it all the same."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        for crew_id in ("near", "far", "station", "public"):
            await story.crew(crew_id, "refuses")

        assert ("unanswered", "no_crew_left_to_ask") in await story.told(incident)
        assert await alarms(story, incident, "unanswered") == [1]
        assert await shown_level(story, incident) == 1


async def test_an_order_that_reaches_nobody_gets_louder_with_each_crew(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The only channel is down: near, then the station, then public rescue cannot be told."""
    sms = Line()
    sms.goes_down()
    async with rescue_story(database_dsn, virtual_clock) as story:
        telling = notifications_to(document_of(CREWS), {"sms": sms})
        story.modules = (*rescue_modules(load()), telling)
        incident = await story.someone_is_trapped()
        for _ in range(30):
            virtual_clock.advance(1)
            await story.engine_looks()

        levels = await alarms(story, incident, "order_not_delivered")
        assert levels[:2] == [1, 2]
        assert await shown_level(story, incident) == 3
