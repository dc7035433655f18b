"""Two engines at once: everything happens once, whoever comes first."""

import asyncio
from collections import Counter

import pytest
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from liftward_platform.engine.cycle import run_cycle
from liftward_platform.engine.modules import rescue_modules
from liftward_platform.rescue import due, store
from liftward_platform.rescue.policy import load
from support.rescue_story import RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

ENGINES_COUNT = 4
LIFTS = tuple(f"TOWER-{number:02}" for number in range(1, 13))


async def engines_look_at_once(story: RescueStory, dsn: str, rounds_count: int = 3) -> None:
    """Several engines, each with its own connection, run cycles beside each other."""
    modules = rescue_modules(load())

    async def engine() -> None:
        connection = await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)
        async with connection:
            for _ in range(rounds_count):
                handled = await run_cycle(connection, story.now, modules=modules)
                assert -1 not in handled.values()

    await asyncio.gather(*(engine() for _ in range(ENGINES_COUNT)))


async def test_two_engines_never_double(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """A dozen detections, then a dozen deadlines, under four engines: one incident, one order each.

    With twelve incidents and four crews, a crew that two engines wanted at once has one order.
    """
    # Not audited: the auditor rightly names the rescues for which there is no crew.
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS, audited=False) as story:
        for lift_id in LIFTS:
            await story.detected(lift_id)
            await story.detected(lift_id, onset_at=story.now)

        await engines_look_at_once(story, database_dsn)

        assert await story.incidents_count() == len(LIFTS)
        orders = await _orders(story)
        assert Counter(crew for _, crew in orders) == Counter(["near", "far", "station", "public"])
        assert len({incident for incident, _ in orders}) == len(orders)

        story.clock.advance(minutes=3)
        await engines_look_at_once(story, database_dsn)

        cursor = await story.connection.execute(
            "SELECT count(*) FILTER (WHERE fired_at IS NOT NULL) AS fired,"
            " (SELECT count(*) FROM incident_log WHERE event = 'order_no_answer') AS silent,"
            " (SELECT max(c) FROM (SELECT count(*) AS c FROM rescue_order"
            "    WHERE state = 'sent' GROUP BY crew_id) AS live) AS live_per_crew"
            " FROM deadline WHERE kind = 'accept'"
        )
        row = await cursor.fetchone()
        assert row == {"fired": 4, "silent": 4, "live_per_crew": 1}


async def test_looks_before_a_limit_happen_once_under_four_engines(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A dozen rescues nobody moves for: each prediction and each unseen order is acted on once."""
    # Not audited: the auditor rightly names the rescues for which there is no crew.
    async with rescue_story(database_dsn, virtual_clock, lift_ids=LIFTS, audited=False) as story:
        for lift_id in LIFTS:
            await story.detected(lift_id)
        await engines_look_at_once(story, database_dsn)
        orders = await _orders(story)

        story.clock.advance(95)
        await engines_look_at_once(story, database_dsn)

        told = await _counts(story, "SELECT incident_id AS key FROM incident_log"
                             " WHERE event = 'order_told_again'")  # fmt: skip
        assert set(told.values()) == {1}
        assert len(told) == len(orders)

        for _, crew_id in orders:
            await story.crew(crew_id, "accepts")
        story.clock.advance(minutes=6)
        await engines_look_at_once(story, database_dsn)

        acted = await _counts(story, "SELECT incident_id AS key FROM incident_log"
                              " WHERE event = 'predicted_late'")  # fmt: skip
        assert set(acted.values()) == {1}
        assert len(acted) == len(orders)
        fired = await _counts(story, "SELECT incident_id AS key FROM deadline"
                              " WHERE kind = 'predict' AND fired_at IS NULL"
                              " AND cancelled_at IS NULL")  # fmt: skip
        assert fired == dict.fromkeys(fired, 1)
        assert len(fired) == len(LIFTS)


async def _counts(story: RescueStory, query: str) -> Counter[int]:
    cursor = await story.connection.execute(query.encode())
    return Counter(row["key"] for row in await cursor.fetchall())


async def _orders(story: RescueStory) -> list[tuple[int, str]]:
    cursor = await story.connection.execute("SELECT incident_id, crew_id FROM rescue_order")
    return [(row["incident_id"], row["crew_id"]) for row in await cursor.fetchall()]


async def test_an_incident_claimed_on_an_old_view_is_not_ordered_twice(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The other engine ordered between this one's look and its lock: it looks again and rests."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()

        async with story.connection.transaction():
            await due.attend(story.connection, incident, story.now)

        assert await story.orders(incident) == [("near", "sent")]


async def test_a_crew_that_is_being_ordered_elsewhere_is_passed_over(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Before the other engine commits the crew is reserved, afterwards it is busy."""
    lifts = ("TOWER-01", "TOWER-02")
    async with rescue_story(database_dsn, virtual_clock, lift_ids=lifts) as story:
        other = await AsyncConnection.connect(database_dsn, row_factory=dict_row)
        async with other:
            assert await store.reserve_crew(other, "near", 999)
            first = await story.someone_is_trapped("TOWER-01")
            await other.rollback()
        second = await story.someone_is_trapped("TOWER-02")
        async with story.connection.transaction():
            again = await store.reserve_crew(story.connection, "far", second)

        assert await story.orders(first) == [("far", "sent")]
        assert await story.orders(second) == [("near", "sent")]
        assert not again
        cursor = await story.connection.execute(
            "SELECT reason FROM rescue_candidate WHERE incident_id = %s AND crew_id = 'near'",
            (first,),
        )
        assert await cursor.fetchall() == [{"reason": "reserved"}]
