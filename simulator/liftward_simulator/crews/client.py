"""A telephone on the platform's HTTP API: signs in, asks, reports, and survives the API's death.

Every command carries an Idempotency-Key and is repeated with the same bytes until the API has
answered, so a crew's word is neither lost nor done twice. Must not know what a crew decides.
"""

import asyncio
import json
import random
import stat
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import httpx
import msgspec
import structlog

from liftward_kit.settings import Secret

REQUEST_TIMEOUT_S = 10.0
BACKOFF_S = (0.2, 5.0)  # first and longest wait before asking again
# Signing in is made slow on purpose by the API; two at a time leave it free for others.
SIGN_IN_AT_ONCE = 2
# The simulated desk's own account, so that its deeds can be told from a person's in every record.
DESK_ACCOUNT_ID = "desk-simulated"

log = structlog.get_logger()
Sleep = Callable[[float], Awaitable[None]]


class AccountEntry(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    secret: str
    role: Literal["dispatcher", "crew", "evaluator", "regulator", "operator"]
    crew_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Someone who can sign in."""

    account_id: str
    secret: Secret
    role: str
    crew_id: str | None


class AccountsError(ValueError):
    """The accounts file cannot be used; the message says why, and shows no secret."""


def read_accounts(path: Path) -> list[Account]:
    """Read the accounts file: JSON, `[{account_id, secret, role, crew_id}]`, mode 0600."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise AccountsError(f"{path} holds secrets and has mode {mode:04o}; allowed: 0600")
        entries = msgspec.json.decode(path.read_bytes(), type=list[AccountEntry])
    except (OSError, msgspec.MsgspecError) as error:
        raise AccountsError(f"cannot read the accounts file {path}: {error}") from None
    return [
        Account(
            account_id=entry.account_id,
            secret=Secret(entry.secret),
            role=entry.role,
            crew_id=entry.crew_id,
        )
        for entry in entries
    ]


def desk_account(accounts: Sequence[Account]) -> Account | None:
    """Return the account of the simulated desk: its own, or else the first dispatcher's."""
    dispatchers = [account for account in accounts if account.role == "dispatcher"]
    own = (account for account in dispatchers if account.account_id == DESK_ACCOUNT_ID)
    return next(own, dispatchers[0] if dispatchers else None)


class Verdict(StrEnum):
    DONE = "done"
    CONFLICT = "conflict"  # not possible any more: someone else was faster
    REFUSED = "refused"  # the platform says the command is wrong


@dataclass(frozen=True, slots=True)
class Reply:
    verdict: Verdict
    body: Any


class PhoneClient:
    """One account's phone. `http` is shared; its base address is the API's."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        account: Account,
        sign_in_gate: asyncio.Semaphore,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._http, self.account, self._gate, self._sleep = http, account, sign_in_gate, sleep
        self._token: str | None = None
        self.reachable = True

    async def get(self, path: str) -> Reply:
        """Ask, as often as it takes."""
        return await self._request("GET", path, None, {})

    async def post(self, path: str, body: dict[str, Any]) -> Reply:
        """Command, as often as it takes; the platform does it once."""
        content = json.dumps(body).encode()
        headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        return await self._request("POST", path, content, headers)

    async def _request(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> Reply:
        wait_s = BACKOFF_S[0]
        while True:
            response = await self._once(method, path, content, headers)
            if response is not None and response.status_code == httpx.codes.UNAUTHORIZED:
                self._token = None
            elif response is not None and not _worth_repeating(response.status_code):
                return _reply(method, path, response)
            await self._sleep(wait_s * (0.5 + random.random()))
            wait_s = min(wait_s * 2, BACKOFF_S[1])

    async def _once(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> httpx.Response | None:
        """Send once, signing in first where needed; None when nobody answered."""
        try:
            if self._token is None and not await self._sign_in():
                return None
            bearer = {"Authorization": f"Bearer {self._token}"}
            response = await self._http.request(
                method, path, content=content, headers=headers | bearer
            )
        except httpx.TransportError as error:
            if self.reachable:
                log.warning("api_lost", account_id=self.account.account_id, error=repr(error))
            self.reachable = False
            return None
        if not self.reachable:
            log.info("api_back", account_id=self.account.account_id)
        self.reachable = True
        return response

    async def _sign_in(self) -> bool:
        """Get a token; False when the API refuses (the account may not be there yet)."""
        credentials = {
            "account_id": self.account.account_id,
            "secret": self.account.secret.reveal,
        }
        async with self._gate:
            response = await self._http.post("/api/session", json=credentials)
        if response.is_success:
            self._token = response.json()["token"]
            return True
        log.warning(
            "sign_in_failed", account_id=self.account.account_id, status=response.status_code
        )
        return False


def _worth_repeating(status: int) -> bool:
    """Tell whether the same request can succeed later: the server is in trouble, or busy."""
    return status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS


def _reply(method: str, path: str, response: httpx.Response) -> Reply:
    body = response.json() if response.content else None
    if response.is_success:
        return Reply(Verdict.DONE, body)
    if response.status_code == httpx.codes.CONFLICT:
        return Reply(Verdict.CONFLICT, body)
    log.warning("api_refused", method=method, path=path, status=response.status_code, body=body)
    return Reply(Verdict.REFUSED, body)
