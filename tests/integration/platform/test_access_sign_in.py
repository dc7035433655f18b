"""Signing in over HTTP: secrets, throttling, expiry, sign-out, disabled accounts."""

from datetime import timedelta

import httpx
import pytest

from liftward_platform.access import service
from liftward_platform.access.model import Role
from support.platform_scene import SECRET, ApiScene, add_town, api_scene
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


async def signed_in(scene: ApiScene, secret: str = SECRET) -> httpx.Response:
    body = {"account_id": "test-dispatcher", "secret": secret}
    return await scene.client.post("/api/session", json=body)


def bearer(response: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {response.json()['token']}"}


async def test_a_right_secret_gives_a_token_that_names_its_account(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Sign in, ask who one is, sign out; afterwards the token is worth nothing."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await scene.token(Role.DISPATCHER)

        session = await signed_in(scene)
        account = await scene.client.get("/api/session", headers=bearer(session))
        out = await scene.client.delete("/api/session", headers=bearer(session))
        after = await scene.client.get("/api/session", headers=bearer(session))

    assert session.status_code == 201
    assert session.json()["expires_at"] == "2026-03-02T20:00:00Z"
    assert (
        account.json()
        == session.json()["account"]
        == {
            "account_id": "test-dispatcher",
            "role": "dispatcher",
            "name": "Demo dispatcher",
            "crew_id": None,
            "party_id": None,
        }
    )
    assert out.status_code == 204
    assert (after.status_code, after.json()["code"]) == (401, "token_invalid")
    assert after.headers["WWW-Authenticate"] == "Bearer"


async def test_wrong_secret_and_unknown_account_look_alike(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The answer does not tell whether the account exists, and never repeats the secret."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        wrong = await signed_in(scene, "wrong-secret-123")
        await scene.token(Role.DISPATCHER)
        unknown = await signed_in(scene, "wrong-secret-123")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert "wrong-secret-123" not in wrong.text


async def test_guessing_is_slowed_down_and_the_window_passes(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """After ten wrong secrets even the right one waits; Retry-After says how long, and it holds."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await scene.token(Role.DISPATCHER)
        for _ in range(service.FAILURES_MAX):
            assert (await signed_in(scene, "wrong-secret-123")).status_code == 401
            virtual_clock.advance(1)

        throttled = await signed_in(scene)
        virtual_clock.advance(int(throttled.headers["Retry-After"]))
        later = await signed_in(scene)

    assert (throttled.status_code, throttled.json()["code"]) == (429, "too_many_sign_ins")
    assert throttled.headers["Retry-After"] == "291"
    assert later.status_code == 201


async def test_a_right_secret_wipes_the_slate(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A person who mistypes now and then is never locked out."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await scene.token(Role.DISPATCHER)
        statuses = []
        for _ in range(2):
            for _ in range(service.FAILURES_MAX - 1):
                await signed_in(scene, "wrong-secret-123")
            statuses.append((await signed_in(scene)).status_code)

    assert statuses == [201, 201]


async def test_a_token_ends_with_its_life(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """Twelve hours after signing in the token no longer opens anything."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        headers = await scene.headers(Role.OPERATOR)
        virtual_clock.advance(service.SESSION_LIFE.total_seconds() - 1)
        before = await scene.client.get("/api/session", headers=headers)
        virtual_clock.advance(1)
        after = await scene.client.get("/api/session", headers=headers)

    assert (before.status_code, after.status_code) == (200, 401)


async def test_disabling_an_account_ends_its_sessions(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A disabled account is out at once, and cannot come back with its secret."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        headers = await scene.headers(Role.DISPATCHER)
        await service.disable_account(scene.connection, "test-dispatcher", virtual_clock.now)

        session = await scene.client.get("/api/session", headers=headers)
        again = await signed_in(scene)

    assert session.status_code == 401
    assert again.json()["code"] == "sign_in_refused"


async def test_a_new_secret_ends_the_sessions_of_the_old(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Whoever replaces a leaked secret throws out whoever used it."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        headers = await scene.headers(Role.DISPATCHER)
        await service.set_secret(
            scene.connection, "test-dispatcher", "scrypt$2$8$5$AA==$AA==", virtual_clock.now
        )

        session = await scene.client.get("/api/session", headers=headers)

    assert session.status_code == 401


async def test_only_hashes_are_stored(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """Neither a secret nor a token can be read from the database."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        token = await scene.token(Role.DISPATCHER)
        rows = await scene.connection.execute(
            "SELECT a::text || encode(t.token_hash, 'escape') AS text "
            "FROM account a JOIN access_token t USING (account_id)"
        )
        texts = [row["text"] for row in await rows.fetchall()]

    assert texts
    assert not [text for text in texts if token in text or SECRET in text]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"account_id": "a b", "secret": "x"}, "account_id"),
        ({"account_id": "a"}, "secret"),
        ({"account_id": "a", "secret": "x" * 300}, "secret"),
        ({"account_id": "a", "secret": "x", "role": "operator"}, "role"),
    ],
)
async def test_a_malformed_sign_in_names_the_field(
    database_dsn: str, virtual_clock: VirtualClock, body: dict[str, str], field: str
) -> None:
    """422 names the field that is wrong and does not repeat what was sent."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        response = await scene.client.post("/api/session", json=body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert "xxx" not in response.text


async def test_housekeeping_forgets_what_no_longer_matters(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Old sessions and failures go; those that still count stay."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await scene.token(Role.DISPATCHER)
        await signed_in(scene, "wrong-secret-123")
        kept = await service.housekeep(scene.connection, virtual_clock.now, 100)
        later = virtual_clock.now + service.SESSION_LIFE + service.TOKEN_KEPT + timedelta(seconds=1)
        gone = await service.housekeep(scene.connection, later, 100)

    assert (kept, gone) == (0, 2)


async def test_a_crew_account_names_a_known_crew(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The session of a crew says which crew it speaks for."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)

        session = await scene.client.get("/api/session", headers=await scene.headers(Role.CREW))

    assert session.json()["crew_id"] == "crew-01"
