"""The telephone on the HTTP API."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from liftward_kit.settings import Secret
from liftward_simulator.crews.client import (
    Account,
    AccountsError,
    PhoneClient,
    Verdict,
    desk_account,
    read_accounts,
)

ACCOUNT = Account(account_id="crew-1", secret=Secret("demo"), role="crew", crew_id="crew-1")
Answer = Callable[[httpx.Request], httpx.Response]


class FakeApi:
    """Answers sign-ins with fresh tokens and everything else as the test says."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.sign_ins_count = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/session":
            self.sign_ins_count += 1
            return httpx.Response(201, json={"token": f"token-{self.sign_ins_count}"})
        self.requests.append(request)
        return self.answers.pop(0)(request)


def status(code: int) -> Answer:
    return lambda _request: httpx.Response(code, json={"code": "some_code"})


def done(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"state": "accepted"})


def gone(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody listens", request=request)


async def no_sleep(_duration_s: float) -> None:
    await asyncio.sleep(0)


def phone_on(api: FakeApi) -> PhoneClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(api), base_url="http://platform.test")
    return PhoneClient(http, ACCOUNT, asyncio.Semaphore(1), sleep=no_sleep)


async def test_a_command_is_repeated_unchanged_until_it_is_answered() -> None:
    """Over a dead API, a failing and a busy one, key and bytes stay the same; it is done once."""
    api = FakeApi(gone, status(500), status(429), done)

    reply = await phone_on(api).post("/api/orders/1/accept", {"occurred_at": "now"})

    assert reply.verdict is Verdict.DONE
    assert len({request.headers["Idempotency-Key"] for request in api.requests}) == 1
    assert {request.content for request in api.requests} == {b'{"occurred_at": "now"}'}
    assert api.sign_ins_count == 1


async def test_each_command_has_a_key_of_its_own() -> None:
    """Two commands are two, even when they say the same."""
    api = FakeApi(done, done)
    phone = phone_on(api)

    await phone.post("/api/orders/1/accept", {})
    await phone.post("/api/orders/1/accept", {})

    assert len({request.headers["Idempotency-Key"] for request in api.requests}) == 2


async def test_an_expired_token_is_renewed() -> None:
    """A 401 makes the phone sign in again and repeat the request with the new token."""
    api = FakeApi(done, status(401), done)
    phone = phone_on(api)

    await phone.get("/api/orders")
    await phone.get("/api/orders")

    tokens = [request.headers["Authorization"] for request in api.requests]
    assert tokens == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize(
    ("code", "verdict"), [(409, Verdict.CONFLICT), (404, Verdict.REFUSED), (422, Verdict.REFUSED)]
)
async def test_what_cannot_succeed_is_not_repeated(code: int, verdict: Verdict) -> None:
    """A conflict or a refusal is an answer, and is given back once."""
    api = FakeApi(status(code))

    reply = await phone_on(api).post("/api/orders/1/accept", {})

    assert reply.verdict is verdict
    assert len(api.requests) == 1


def test_an_accounts_file_must_be_private(tmp_path: Path) -> None:
    """A file that others may read is refused; a private one is read, its secrets masked."""
    file = tmp_path / "accounts.json"
    entry = {"account_id": "crew-1", "secret": "demo-secret", "role": "crew", "crew_id": "crew-1"}
    file.write_text(json.dumps([{**entry, "name": "ignored"}]))
    file.chmod(0o644)

    with pytest.raises(AccountsError, match="0644"):
        read_accounts(file)

    file.chmod(0o600)
    accounts = read_accounts(file)
    assert accounts[0].secret.reveal == "demo-secret"
    assert "demo-secret" not in repr(accounts)

    file.write_text('[{"account_id": 1}]')
    with pytest.raises(AccountsError, match="cannot read"):
        read_accounts(file)


def office(account_id: str, role: str = "dispatcher") -> Account:
    return Account(account_id=account_id, secret=Secret("demo"), role=role, crew_id=None)


def test_the_desk_has_an_account_of_its_own() -> None:
    """A person's dispatcher account is not used where the simulated desk has one."""
    own = office("desk-simulated")

    assert desk_account([office("dispatcher"), own, ACCOUNT]) is own


def test_without_its_own_account_the_desk_takes_the_first_dispatchers() -> None:
    """Accounts files made by hand need not know the name; an account of another role is no desk."""
    first = office("night")

    others = [ACCOUNT, office("desk-simulated", "regulator"), first, office("day")]

    assert desk_account(others) is first
    assert desk_account([ACCOUNT]) is None
