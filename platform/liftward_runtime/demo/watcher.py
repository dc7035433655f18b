"""Watches a running demo through the same HTTP API that everyone uses, and tells its story.

An API that is away for a moment (someone is killing processes) is asked again; nothing is lost,
because every answer is the whole story so far.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from liftward_kit.settings import Secret

_POLL_S = 0.5
_REQUEST_TIMEOUT_S = 5.0
_INCIDENTS_LIMIT = 200

Tell = Callable[[str], None]


@dataclass(slots=True)
class Watcher:
    """Follows incidents and the truth file; `tell` gets one line for each new thing."""

    client: httpx.AsyncClient
    account_id: str
    secret: Secret
    truth_file: Path
    tell: Tell
    _told_logs: set[int] = field(default_factory=set)
    _told_truths: int = 0

    async def incidents(self) -> list[dict[str, Any]]:
        """Return all incidents, newest first; waits while the API is away."""
        answer = await self._get(f"/api/incidents?state=all&limit={_INCIDENTS_LIMIT}")
        return list(answer["incidents"])

    async def story(self, incident_id: int) -> dict[str, Any]:
        """Return everything about one incident."""
        return await self._get(f"/api/incidents/{incident_id}")

    def truths(self) -> list[dict[str, Any]]:
        """Return the records of the truth file so far; a line still being written is left out."""
        if not self.truth_file.exists():
            return []
        lines = self.truth_file.read_bytes().split(b"\n")[:-1]
        return [msgspec.json.decode(line) for line in lines if line.strip()]

    async def follow(self) -> None:
        """Tell what happens until cancelled."""
        while True:
            self._tell_truths()
            for incident in reversed(await self.incidents()):
                await self._tell_incident(incident)
            await asyncio.sleep(_POLL_S)

    def _tell_truths(self) -> None:
        records = self.truths()
        for record in records[self._told_truths :]:
            if record.get("kind") != "entrapment" or not record.get("from"):
                continue
            if record.get("to") is None:
                self._line(record["from"], record["lift_id"], _trapped_words(record))
        self._told_truths = len(records)

    async def _tell_incident(self, incident: dict[str, Any]) -> None:
        # A closed incident whose end was told has nothing new to say: spare the request.
        if incident["state"] == "closed" and -int(incident["incident_id"]) in self._told_logs:
            return
        story = await self.story(incident["incident_id"])
        for row in story["log"]:
            if row["log_id"] not in self._told_logs:
                self._told_logs.add(row["log_id"])
                self._line(row["recorded_at"], incident["lift"]["lift_id"], _log_words(row))
        if story["incident"]["state"] == "closed":
            self._told_logs.add(-int(incident["incident_id"]))

    def _line(self, at: str, lift_id: str, words: str) -> None:
        local = datetime.fromisoformat(at).astimezone()
        self.tell(f"{local:%H:%M:%S}  {lift_id:<10} {words}")

    async def _get(self, path: str) -> dict[str, Any]:
        while True:
            try:
                answer = await self.client.get(path, timeout=_REQUEST_TIMEOUT_S)
                if answer.status_code == httpx.codes.UNAUTHORIZED:
                    await self._sign_in()
                    continue
                if answer.is_success:
                    return dict(answer.json())
            except httpx.TransportError:
                await asyncio.sleep(_POLL_S)
                continue
            await asyncio.sleep(_POLL_S)

    async def _sign_in(self) -> None:
        answer = await self.client.post(
            "/api/session", json={"account_id": self.account_id, "secret": self.secret.reveal}
        )
        if answer.is_success:
            self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        else:
            await asyncio.sleep(_POLL_S)


def _trapped_words(record: dict[str, Any]) -> str:
    people = "1 person is" if record["persons"] == 1 else f"{record['persons']} people are"
    return f"(the truth) {people} trapped: {str(record['cause']).replace('_', ' ')}"


def _log_words(row: dict[str, Any]) -> str:
    words = str(row["event"]).replace("_", " ")
    why = str(row["reason"]).replace("_", " ")
    return f"{words} ({why}, {row['actor']})"
