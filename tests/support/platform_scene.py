"""A small synthetic town in the database, and the API over it, for tests of the platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import Clock
from liftward_kit.settings import Secret
from liftward_platform.access import service as access
from liftward_platform.access.model import Role
from liftward_platform.access.secrets import hash_secret
from liftward_platform.api.app import create_app
from liftward_platform.api.settings import ApiSettings
from support.virtual_time import START

# Cheap stretching: tests sign in often, and what is tested is not the cost.
SECRET = "correct-horse-battery"
_SECRET_HASH = hash_secret(SECRET, cost=2)

_TOWN = """
INSERT INTO party (party_id, kind, name) VALUES
    ('maker-01', 'maker', 'Demo Maker 1'), ('use-unit-01', 'use_unit', 'Demo Owners 1'),
    ('maintainer-01', 'maintainer', 'Demo Maintainer 1'),
    ('maintainer-02', 'maintainer', 'Demo Maintainer 2');
INSERT INTO crew (crew_id, party_id, name, phone, base_latitude_deg, base_longitude_deg) VALUES
    ('crew-01', 'maintainer-01', 'Demo Crew 1', '000-0001', 31.2, 121.4),
    ('crew-02', 'maintainer-02', 'Demo Crew 2', '000-0002', 31.3, 121.5);
"""
_LIFT = """
WITH added AS (
    INSERT INTO lift (lift_id, rescue_code, building, address, district, site_type, latitude_deg,
                      longitude_deg, floors_count, rated_speed_mps, rated_load_kg, maker_id, model,
                      installed_on, use_unit_id, registered_at, withdrawn_at)
    VALUES (%(lift_id)s, %(lift_id)s, 'Sample Tower', 'Sample Road 1', 'Sample District',
            'residential', 31.2, 121.4, 20, 1.75, 1000, 'maker-01', 'Demo 1', '2020-01-01',
            'use-unit-01', %(registered_at)s, %(withdrawn_at)s)
    RETURNING lift_key)
INSERT INTO maintenance_contract (lift_key, maintainer_id, valid_from)
SELECT lift_key, 'maintainer-01', %(registered_at)s FROM added
RETURNING lift_key
"""


async def connect(dsn: str) -> AsyncConnection[DictRow]:
    """Return a connection that commits each statement by itself."""
    return await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)


async def add_town(connection: AsyncConnection[DictRow]) -> None:
    """Add the parties and two crews."""
    await connection.execute(_TOWN)


async def add_lift(
    connection: AsyncConnection[DictRow],
    lift_id: str = "TEST-01",
    *,
    registered_at: datetime = START - timedelta(days=30),
    withdrawn_at: datetime | None = None,
) -> int:
    """Add a lift under contract with maintainer-01 and return its key."""
    values = {"lift_id": lift_id, "registered_at": registered_at, "withdrawn_at": withdrawn_at}
    row = await (await connection.execute(_LIFT, values)).fetchone()
    assert row is not None
    lift_key: int = row["lift_key"]
    return lift_key


@dataclass(frozen=True, slots=True)
class ApiScene:
    """The API, a client for it, and the database behind it."""

    app: FastAPI
    client: httpx.AsyncClient
    connection: AsyncConnection[DictRow]
    clock: Clock

    async def token(self, role: Role, account_id: str = "", crew_id: str | None = None) -> str:
        """Return a token of a (new) account with this role."""
        account_id = account_id or f"test-{role}"
        if role is Role.CREW:
            crew_id = crew_id or "crew-01"
        known = {one.account_id: one for one in await access.list_accounts(self.connection)}
        account = known.get(account_id) or await access.create_account(
            self.connection,
            account_id=account_id,
            role=role,
            name=f"Demo {role}",
            crew_id=crew_id,
            party_id="use-unit-01" if role is Role.USE_UNIT else None,
            secret_hash=_SECRET_HASH,
            now=self.clock(),
        )
        return (await access.begin_session(self.connection, account, self.clock())).token

    async def headers(self, role: Role, account_id: str = "") -> dict[str, str]:
        """Return the header that signs a request."""
        return {"Authorization": f"Bearer {await self.token(role, account_id)}"}


def api_settings(dsn: str) -> ApiSettings:
    """Return settings for a test's API: few connections, any free port."""
    return ApiSettings(dsn=Secret(dsn), port=0, pool_connections_min=1, pool_connections_max=4)


@asynccontextmanager
async def api_scene(dsn: str, clock: Clock, app: FastAPI | None = None) -> AsyncIterator[ApiScene]:
    """Run the application in this process and yield a client of it."""
    app = app or create_app(api_settings(dsn), clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        await connect(dsn) as connection,
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield ApiScene(app, client, connection, clock)


_INCIDENT = """
INSERT INTO incident (lift_key, kind, state, source, level, onset_at, detected_at, opened_at,
                      policy)
VALUES (%(lift_key)s, 'entrapment', 'open', 'detection', 'probable', %(onset_at)s, %(opened_at)s,
        %(opened_at)s, '{}')
RETURNING incident_id
"""
_CLOSE = """
UPDATE incident SET state = 'closed', closed_at = %(closed_at)s, outcome = %(outcome)s,
       cause_code = %(cause_code)s
 WHERE incident_id = %(incident_id)s
"""


async def add_incident(
    connection: AsyncConnection[DictRow], lift_key: int, onset_at: datetime = START
) -> int:
    """Add an open incident and return its id."""
    values = {
        "lift_key": lift_key,
        "onset_at": onset_at,
        "opened_at": onset_at + timedelta(seconds=20),
    }
    row = await (await connection.execute(_INCIDENT, values)).fetchone()
    assert row is not None
    incident_id: int = row["incident_id"]
    return incident_id


async def close_incident(
    connection: AsyncConnection[DictRow],
    incident_id: int,
    *,
    outcome: str = "freed",
    cause_code: str | None = None,
    closed_at: datetime = START + timedelta(minutes=20),
) -> None:
    """Close an incident behind the services' back."""
    await connection.execute(
        _CLOSE,
        {
            "incident_id": incident_id,
            "outcome": outcome,
            "cause_code": cause_code,
            "closed_at": closed_at,
        },
    )
