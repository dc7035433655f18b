"""A command sent twice under one key is done once."""

import asyncio
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api import idempotency
from liftward_platform.api.app import ROUTERS, create_app
from liftward_platform.api.dependencies import Transaction
from liftward_platform.api.idempotency import Once
from liftward_platform.errors import ConflictError
from support.platform_scene import ApiScene, api_scene, api_settings
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


class Counted(BaseModel):
    """How many times the command was done, and the word that came with it."""

    count: int
    word: str


class Word(BaseModel):
    word: str


def counting_app(dsn: str, clock: VirtualClock) -> FastAPI:
    """Return an app with a command that adds a row each time it is done."""
    router = APIRouter()

    @router.post("/api/count/{name}")
    async def count(
        name: str,
        body: Word,
        _actor: Annotated[Actor, allow(Role.DISPATCHER, Role.OPERATOR)],
        connection: Transaction,
        once: Once,
    ) -> Counted:
        async def work() -> Counted:
            rows = await connection.execute(
                "INSERT INTO party SELECT %s || count(*), 'maker', 'Counted' FROM party "
                "RETURNING (SELECT count(*) + 1 AS count FROM party)",
                [name],
            )
            row = await rows.fetchone()
            assert row is not None
            if body.word == "refuse":
                raise ConflictError("refused", "not now")
            return Counted(count=row["count"], word=body.word)

        return await once(work)

    return create_app(api_settings(dsn), clock=clock, routers=[router, *ROUTERS])


async def send(
    scene: ApiScene,
    *,
    key: str | None = "key-00000001",
    word: str = "a",
    name: str = "one",
    role: Role = Role.DISPATCHER,
) -> httpx.Response:
    headers = await scene.headers(role)
    if key is not None:
        headers["Idempotency-Key"] = key
    return await scene.client.post(f"/api/count/{name}", json={"word": word}, headers=headers)


async def test_the_second_time_brings_the_first_answer(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Same key, account and request: the same answer, marked as repeated, and nothing done."""
    app = counting_app(database_dsn, virtual_clock)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        first, second = await send(scene), await send(scene)
        without_key = await send(scene, key=None)

    assert first.json() == second.json() == {"count": 1, "word": "a"}
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert without_key.json()["count"] == 2


@pytest.mark.parametrize("change", [{"word": "b"}, {"name": "two"}])
async def test_a_key_belongs_to_one_request(
    database_dsn: str, virtual_clock: VirtualClock, change: dict[str, str]
) -> None:
    """Another body or another command under a used key is refused, not guessed."""
    app = counting_app(database_dsn, virtual_clock)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        await send(scene)
        answer = await send(scene, word=change.get("word", "a"), name=change.get("name", "one"))

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


async def test_keys_of_different_accounts_do_not_meet(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Two accounts may think of the same key."""
    app = counting_app(database_dsn, virtual_clock)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        first = await send(scene)
        other = await send(scene, role=Role.OPERATOR)

    assert (first.json()["count"], other.json()["count"]) == (1, 2)


async def test_at_the_same_moment_it_is_done_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Of two requests that race, one does the work and the other gets its answer."""
    app = counting_app(database_dsn, virtual_clock)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        await scene.headers(Role.DISPATCHER)
        answers = await asyncio.gather(*(send(scene) for _ in range(4)))

    assert [answer.json()["count"] for answer in answers] == [1] * 4


async def test_a_refusal_is_not_kept(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """What was refused was not done, so the same key may try again."""
    app = counting_app(database_dsn, virtual_clock)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        statuses = [(await send(scene, word="refuse")).status_code for _ in range(2)]

    assert statuses == [409, 409]


async def test_a_key_has_a_sensible_length(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """Too short to be unique or too long to be meant: 422 names the header."""
    app = counting_app(database_dsn, virtual_clock)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        answers = [await send(scene, key=key) for key in ("short", "x" * 129)]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["errors"][0]["field"] == "Idempotency-Key"


async def test_housekeeping_drops_answers_nobody_repeats(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """After two days a key may be forgotten; before that it is not."""
    app = counting_app(database_dsn, virtual_clock)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        await send(scene)
        now = virtual_clock.now
        kept = await idempotency.housekeep(scene.connection, now + idempotency.ANSWER_KEPT, 10)
        later = virtual_clock.advance(idempotency.ANSWER_KEPT.total_seconds() + 1)
        gone = await idempotency.housekeep(scene.connection, later, 10)

    assert (kept, gone) == (0, 1)
