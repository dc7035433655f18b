"""Reports, positions, queues and closings at the same moment: everybody waits, nobody for ever.

Each test stops one transaction half-way, lets another run until it waits for the first, and then
lets the first go on to what the other might hold.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from liftward_platform.access.model import Actor, Role
from liftward_platform.api import idempotency
from liftward_platform.crews import service as crews
from liftward_platform.crews.model import Action, Report
from liftward_platform.crews.plausibility import Fix
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.service import Happening
from liftward_platform.notifications import fan_out
from liftward_platform.parties import service as parties
from liftward_platform.rescue import service as rescue
from liftward_platform.rescue.travel import Place
from support.platform_scene import connect
from support.polling import eventually_async
from support.rescue_centre import Centre, centre
from support.rescue_story import Connection, rescue_story
from support.telling import document_of
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

NEAR = Actor("test-near", Role.CREW, crew_id="near")
AT_THE_LIFT = {"latitude_deg": 31.2, "longitude_deg": 121.4, "accuracy_m": 15}
ON_THE_WAY = {**AT_THE_LIFT, "latitude_deg": 31.22}  # pressed too early: held
LIFTS = ("TOWER-01", "TOWER-02")
PATIENCE_S = 10.0
_WAITING = """
SELECT count(*) AS count FROM pg_stat_activity
 WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""


@asynccontextmanager
async def half_way(dsn: str, *held: int) -> AsyncIterator[Connection]:
    """Another transaction, which has these incidents locked."""
    async with await connect(dsn) as connection, connection.transaction():
        for incident_id in held:
            await incidents.lock(connection, incident_id)
        yield connection


async def somebody_waits(town: Centre) -> None:
    """Return once a transaction waits for a lock of another."""

    async def waits() -> bool:
        cursor = await town.story.connection.execute(_WAITING.encode())
        row = await cursor.fetchone()
        return row is not None and row["count"] > 0

    await eventually_async(waits, what="somebody waits for a lock")


async def presses(town: Centre, order_id: int, *steps: str) -> None:
    """The crew presses these buttons of an order; the last too early, two kilometres away."""
    for step in steps:
        body = ON_THE_WAY if step == "arrive" else {}
        answer = await town.crew("near", "POST", f"/api/orders/{order_id}/{step}", body)
        assert answer.status_code == 200, answer.text


def position_of(town: Centre, at: datetime) -> asyncio.Task[httpx.Response]:
    """The crew's phone tells that it is at the lift."""
    seen = {**AT_THE_LIFT, "observed_at": at.isoformat()}
    return asyncio.create_task(town.crew("near", "POST", "/api/crews/near/position", seen))


async def test_a_position_and_a_report_of_the_same_crew_do_not_block_each_other(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The report has the incident and comes to the crew's row; the position waits with nothing."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        await presses(town, 1, "accept", "depart")
        virtual_clock.advance(minutes=10)
        await presses(town, 1, "arrive")
        virtual_clock.advance(minutes=2)
        now = virtual_clock()
        fix = Fix(Place(31.2, 121.4), now - timedelta(seconds=1), 15.0)
        arrived = Report(action=Action.ARRIVE, order_id=1, fix=fix)

        async with half_way(database_dsn, incident) as connection:
            position = position_of(town, now)
            await somebody_waits(town)
            outcome = await crews.act(connection, arrived, actor=NEAR, now=now)

        assert (await position).status_code == 200
        assert outcome.held is False
        assert (await town.story.incident(incident))["state"] == "arrived"
        assert (await town.story.ledger(incident)).count("arrived") == 1


async def two_orders_of_one_crew(town: Centre) -> tuple[int, int]:
    """Return orders of crew `near`, oldest first: the older one is of the younger incident."""
    story = town.story
    first = await story.someone_is_trapped(LIFTS[0])
    await story.crew("near", "refuses")
    second = await story.someone_is_trapped(LIFTS[1])
    older = await story.last_order(second)
    async with story.connection.transaction():
        told = Happening(now=story.now, actor="account-dispatcher")
        await rescue.order_crew(story.connection, first, "near", told)
    younger = await story.last_order(first)
    assert (older["crew_id"], younger["crew_id"]) == ("near", "near")
    assert (first, older["order_id"]) < (second, younger["order_id"])
    return older["order_id"], younger["order_id"]


@pytest.mark.parametrize("says", ["a queue", "a position"])
async def test_several_incidents_are_locked_in_one_order_by_everybody(
    database_dsn: str, virtual_clock: VirtualClock, says: str
) -> None:
    """A closing has the first and wants the second; the crew tells of the second and the first."""
    async with centre(database_dsn, virtual_clock, lift_ids=LIFTS) as town:
        order_ids = await two_orders_of_one_crew(town)
        if says == "a position":
            for order_id in order_ids:
                await presses(town, order_id, "accept", "depart")
            virtual_clock.advance(minutes=10)
            for order_id in order_ids:
                await presses(town, order_id, "arrive")
        virtual_clock.advance(minutes=2)

        async with half_way(database_dsn, 1) as connection:
            if says == "a position":
                telling = position_of(town, virtual_clock())
            else:
                queue: list[dict[str, Any]] = [
                    {"key": f"queued-{order_id}", "order_id": order_id, "action": "accept"}
                    for order_id in order_ids
                ]
                body = {"actions": queue}
                telling = asyncio.create_task(town.crew("near", "POST", "/api/crew/actions", body))
            await somebody_waits(town)
            await incidents.lock(connection, 2)

        answer = await telling
        assert answer.status_code == 200, answer.text
        states = {(await town.story.incident(one))["state"] for one in (1, 2)}
        assert states == {"arrived" if says == "a position" else "accepted"}


async def test_a_command_and_a_queue_under_the_same_key_do_not_block_each_other(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Both hold the key before the incident: the second finds the answer of the first."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        action = {"key": "same-key-1", "order_id": 1, "action": "accept"}
        body = {"actions": [action]}

        async with half_way(database_dsn) as connection:
            await idempotency.hold_keys(connection, "test-near", ["same-key-1"])
            telling = asyncio.create_task(town.crew("near", "POST", "/api/crew/actions", body))
            await somebody_waits(town)
            await incidents.lock(connection, incident)

        assert [one["status"] for one in (await telling).json()["results"]] == ["done"]


async def test_an_order_does_not_wait_for_a_position(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """While a phone's place is being stored, the engine orders that crew."""
    fix = Fix(Place(31.2, 121.4), virtual_clock(), 15.0)
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        await connect(database_dsn) as other,
    ):
        await story.connection.execute("SET lock_timeout = '5s'")
        async with other.transaction():
            await parties.report_position(other, NEAR, "near", fix, now=story.now)
            incident = await story.someone_is_trapped()

        assert await story.orders(incident) == [("near", "sent")]


async def test_a_page_of_orders_does_not_wait_for_one_that_is_changing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The crew's queue has one order and wants the other; its page has locked no incident."""
    async with centre(database_dsn, virtual_clock, lift_ids=LIFTS) as town:
        older, younger = await two_orders_of_one_crew(town)
        told = Happening(now=virtual_clock(), actor="test-near")

        async with half_way(database_dsn, 1, 2) as connection:
            await rescue.accept(connection, younger, told)
            async with asyncio.timeout(PATIENCE_S):
                shown = await town.crew("near", "GET", "/api/crew/orders")

        assert shown.status_code == 200, shown.text
        rows = await town.story._rows("SELECT order_id, seen_at FROM rescue_order")
        seen_at = {row["order_id"]: row["seen_at"] for row in rows}
        assert (seen_at[older], seen_at[younger]) == (virtual_clock(), None)


async def test_who_is_told_does_not_wait_for_a_rescue_that_is_changing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Copies of messages refer to incidents, in no order: they go while both are locked."""
    desk = {"id": "desk", "who": "dispatchers", "subjects": ["all"], "channels": ["sms"]}
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS) as story:
        opened = [await story.someone_is_trapped(lift_id) for lift_id in reversed(LIFTS)]
        await story.connection.execute("UPDATE outbox SET sent_at = NULL")
        await story.connection.execute("SET lock_timeout = '5s'")

        async with half_way(database_dsn, *opened):
            told_count = await fan_out.deliver_to_read(
                story.connection, document_of(desk), now=story.now, limit=100
            )

        copied = await story._rows(
            "SELECT DISTINCT incident_id FROM outbox WHERE destination = 'desk' ORDER BY 1"
        )
        assert told_count > 0
        assert [row["incident_id"] for row in copied] == opened
