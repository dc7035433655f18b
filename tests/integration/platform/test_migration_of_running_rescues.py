"""An upgrade in the middle of a night: rescues that run are looked after by what is new, too."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_platform.engine.cycle import run_cycle
from liftward_platform.engine.modules import rescue_modules
from liftward_platform.migrations import runner
from liftward_platform.rescue.policy import load
from support.platform_scene import add_incident, add_lift, add_town, close_incident, connect
from support.virtual_time import START

pytestmark = pytest.mark.integration

# The last one before passengers were watched over and lateness was predicted.
BEFORE = 15
STATES = ("open", "ordered", "accepted", "under_way", "arrived", "freed")


@contextmanager
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An older program, which knows the migrations up to `BEFORE`."""
    every = runner.migrations
    with monkeypatch.context() as patched:
        patched.setattr(
            runner, "migrations", lambda *, timescale: every(timescale=timescale)[:BEFORE]
        )
        yield


async def rescues(connection: AsyncConnection[DictRow]) -> dict[int, str]:
    """Open an incident in every state, with the policy of that time; one more is closed."""
    await add_town(connection)
    states: dict[int, str] = {}
    policy = {name: value for name, value in load().document().items() if name != "prediction"}
    for state in (*STATES, "closed"):
        incident_id = await add_incident(connection, await add_lift(connection, f"TEST-{state}"))
        await connection.execute(
            "UPDATE incident SET policy = %s WHERE incident_id = %s", [Jsonb(policy), incident_id]
        )
        if state == "closed":
            await close_incident(connection, incident_id, outcome="false")
        else:
            await connection.execute(
                "UPDATE incident SET state = %s WHERE incident_id = %s", [state, incident_id]
            )
        states[incident_id] = state
    return states


async def test_rescues_that_run_during_an_upgrade_are_watched_from_then_on(
    empty_database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Predicted until somebody is there, spoken to until they are out; the engine goes on."""
    with as_it_was(monkeypatch):
        runner.migrate(empty_database_dsn)
    async with await connect(empty_database_dsn) as connection:
        states = await rescues(connection)
        applied = runner.migrate(empty_database_dsn)
        assert applied[:2] == ["0016_incident_life.sql", "0017_who_goes.sql"]

        rows = await connection.execute(
            "SELECT incident_id, kind, due_at <= now() AS due FROM deadline"
            " ORDER BY incident_id, kind"
        )
        watched = [(states[row["incident_id"]], row["kind"]) for row in await rows.fetchall()]
        assert watched == [
            *((state, kind) for state in STATES[:4] for kind in ("passenger_update", "predict")),
            ("arrived", "passenger_update"),
        ]

        await connection.execute("UPDATE deadline SET due_at = %s", [START])
        handled = await run_cycle(connection, START, modules=rescue_modules(load()))
        assert -1 not in handled.values(), handled
        rows = await connection.execute(
            "SELECT result FROM deadline WHERE fired_at IS NOT NULL AND kind = 'passenger_update'"
        )
        assert [row["result"] for row in await rows.fetchall()] == ["passenger_not_spoken_to"] * 5
