"""A small server in the API's shapes, so that the console's pages can be brought into any state.

It serves the built console with the real API's headers, answers from scenes, records every command,
and lets a test hold, fail, stall or cut. It is ours; the real API has tests of its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from liftward_detection.explain_words import Language
from liftward_platform.api import console_files
from liftward_platform.api.edge import SECURITY_HEADERS
from liftward_platform.rescue.life_schemas import CalmingScriptOut
from support import console_scenes as scenes
from support.console_scenes import Json
from support.polling import eventually_async

SECRET = "sample-secret"
TOKEN = "sample-token"


@dataclass(frozen=True, slots=True)
class Command:
    """A POST that arrived."""

    path: str
    body: Json
    key: str | None


@dataclass(slots=True)
class FakeApi:
    """The state behind the answers; tests change it while the page is open."""

    incidents: list[Json] = field(default_factory=list)
    closed: list[Json] = field(default_factory=list)
    health: Json = field(default_factory=scenes.health)
    notices: list[Json] = field(default_factory=list)
    warnings: list[Json] = field(default_factory=list)
    overdue: list[Json] = field(default_factory=list)
    channels: list[Json] = field(default_factory=list)
    orders_not_delivered: list[Json] = field(default_factory=list)
    role: str = "dispatcher"
    commands: list[Command] = field(default_factory=list)
    refuse_next: Json | None = None
    is_down: bool = False
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    readers: set[asyncio.Queue[str | None]] = field(default_factory=set)
    address: str = ""

    def __post_init__(self) -> None:
        self.answering.set()

    def incident(self, incident_id: int) -> Json:
        """Return the incident, open or closed."""
        return next(
            one for one in [*self.incidents, *self.closed] if one["incident_id"] == incident_id
        )

    def change(self, incident_id: int, **changes: Any) -> None:
        """Change an incident and tell every open board."""
        shown = self.incident(incident_id)
        shown.update(changes)
        self.tell("change", {"as_of": scenes.at(0), "incident": shown})

    def open_incident(self, shown: Json) -> None:
        """Add an incident and tell every open board."""
        self.incidents.append(shown)
        self.tell("change", {"as_of": scenes.at(0), "incident": shown})

    def tell(self, event: str, content: Json) -> None:
        """Send an event on every open stream, cut in two where a network might cut it."""
        for reader in self.readers:
            reader.put_nowait(event_text(event, content))

    def go_down(self) -> None:
        """End every stream and refuse what comes, as a proxy does whose server has gone."""
        self.is_down = True
        for reader in self.readers:
            reader.put_nowait(None)


def event_text(event: str, content: Json) -> str:
    """Return one server-sent event."""
    return f"event: {event}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"


def problem(status: int, code: str, detail: str) -> JSONResponse:
    """Return an application/problem+json answer."""
    content = {"type": "about:blank", "title": code, "status": status, "code": code}
    return JSONResponse(
        {**content, "detail": detail}, status, media_type="application/problem+json"
    )


def _account(api: FakeApi) -> Json:
    crew_id = "demo-crew-1" if api.role == "crew" else None
    name = f"Demo {api.role.capitalize()}"
    return {"account_id": f"demo-{api.role}", "role": api.role, "name": name, "crew_id": crew_id}


def _app(api: FakeApi) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.middleware("http")
    async def edge(request: Request, call_next: Callable[[Request], Any]) -> Response:
        path = request.url.path
        if path.startswith("/api/") and api.is_down:
            return problem(503, "unavailable", "down")
        signed_in = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        if path.startswith("/api/") and path != "/api/session" and not signed_in:
            return problem(401, "sign_in_first", "send a token")
        response: Response = await call_next(request)
        response.headers.update(SECURITY_HEADERS)
        return response

    _add_reads(app, api)
    _add_life_reads(app, api)
    _add_reads_of_crews(app, api)
    _add_commands(app, api)
    app.include_router(console_files.router)
    return app


def _add_reads(app: FastAPI, api: FakeApi) -> None:
    @app.get("/api/incidents")
    async def incidents(state: str = "open") -> Json:
        return {"as_of": scenes.at(0), "incidents": api.closed if state == "closed" else []}

    @app.get("/api/incidents/{incident_id}")
    async def detail(incident_id: int) -> Any:
        known = [one["incident_id"] for one in [*api.incidents, *api.closed]]
        if incident_id not in known:
            return problem(404, "not_found", "no such incident")
        return scenes.story(api.incident(incident_id))

    @app.get("/api/incidents/{incident_id}/from-the-spot")
    async def from_the_spot(incident_id: int) -> Json:
        return {"as_of": scenes.at(0), "reports": [], "parts": [], "photos": []}

    @app.get("/api/incidents/{incident_id}/samples")
    async def samples(incident_id: int) -> Json:
        return scenes.samples(api.incident(incident_id))

    @app.get("/api/detections/{detection_id}/plot.svg")
    async def picture(detection_id: int, language: Language, width_px: int) -> Response:
        drawn = scenes.picture(language, width_px)
        return Response(drawn, media_type="image/svg+xml")

    @app.get("/api/lifts/{lift_id}/warnings")
    async def warnings(lift_id: str) -> Json:
        seen = {"as_of": scenes.at(0), "lift_id": lift_id, "last_observed_at": scenes.at(-4)}
        return {**seen, "warnings": api.warnings}

    @app.get("/api/closing-codes")
    async def closing_codes() -> Json:
        return scenes.closing_codes()

    @app.get("/api/board/stream")
    async def stream() -> Response:
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(_board(api), media_type="text/event-stream", headers=headers)


def _add_life_reads(app: FastAPI, api: FakeApi) -> None:
    @app.get("/api/incidents/{incident_id}/reports")
    async def reports(incident_id: int) -> Json:
        return {"as_of": scenes.at(0), "reports": []}

    @app.get("/api/test-calls/overdue")
    async def overdue() -> Json:
        count = len(api.overdue)
        heads = {"as_of": scenes.at(0), "watched_count": 240, "overdue_count": count}
        return {**heads, "lifts": api.overdue}

    @app.get("/api/calming-script")
    async def calming_script() -> Json:
        return CalmingScriptOut.made().model_dump()


def _add_reads_of_crews(app: FastAPI, api: FakeApi) -> None:
    @app.get("/api/notifications/channels")
    async def channels() -> Json:
        return {
            "as_of": scenes.at(0),
            "channels": api.channels,
            "orders_not_delivered": api.orders_not_delivered,
        }

    @app.get("/api/crews")
    async def crews() -> Json:
        return {"as_of": scenes.at(0), "crews": scenes.crews(), "next_after": None}


async def _board(api: FakeApi) -> AsyncIterator[str]:
    reader: asyncio.Queue[str | None] = asyncio.Queue()
    api.readers.add(reader)
    snapshot = {
        "as_of": scenes.at(0),
        "incidents": api.incidents,
        "health": api.health,
        "notices": api.notices,
    }
    reader.put_nowait(event_text("board", snapshot))
    try:
        while (text := await reader.get()) is not None:
            # Cut anywhere: the console must put the pieces together again.
            yield text[:40]
            await asyncio.sleep(0)
            yield text[40:]
    finally:
        api.readers.discard(reader)


def _add_commands(app: FastAPI, api: FakeApi) -> None:
    @app.post("/api/session")
    async def sign_in(request: Request) -> Any:
        body = await request.json()
        if body["secret"] != SECRET:
            return problem(401, "wrong_secret", "no such account or secret")
        return {"token": TOKEN, "expires_at": scenes.at(3600), "account": _account(api)}

    @app.delete("/api/session")
    async def sign_out() -> Response:
        return Response(status_code=204)

    @app.post("/api/notifications/channels/{destination}/{channel_name}/test")
    async def ask_for_test(destination: str, channel_name: str, request: Request) -> Any:
        key = request.headers.get("Idempotency-Key")
        api.commands.append(Command(request.url.path, await request.json(), key))
        asked = {"destination": destination, "channel_name": channel_name}
        return JSONResponse({**asked, "asked_at": scenes.at(0)}, 202)

    @app.post("/api/{subject}/{subject_id}/{action}")
    async def command(subject: str, subject_id: int, action: str, request: Request) -> Any:
        body = await request.json()
        key = request.headers.get("Idempotency-Key")
        api.commands.append(Command(request.url.path, body, key))
        await api.answering.wait()
        if api.refuse_next is not None:
            refusal, api.refuse_next = api.refuse_next, None
            return problem(**refusal)
        return _obey(api, subject, subject_id, action)


_STATE_AFTER = {
    "accept": ("accepted", "accepted"),
    "depart": ("under_way", "under_way"),
    "arrive": ("arrived", "arrived"),
}


def _obey(api: FakeApi, subject: str, subject_id: int, action: str) -> Json:
    """Do what a command asks, as far as the tests look at it."""
    if subject == "incidents":
        if action == "close":
            api.change(subject_id, state="closed", closed_at=scenes.at(0), outcome="freed")
        return api.incident(subject_id)
    owner = next(
        one for one in api.incidents for order in one["orders"] if order["order_id"] == subject_id
    )
    changed: Json = next(one for one in owner["orders"] if one["order_id"] == subject_id)
    changed["state"], state = _STATE_AFTER.get(action, ("done", "freed"))
    open_limits = [limit for limit in owner["deadlines"] if limit["order_id"] != subject_id]
    api.change(owner["incident_id"], state=state, deadlines=open_limits)
    if state == "freed":
        outcomes = ["freed", *owner["close_outcomes"]]
        actions = ["confirm_release", "close"]
        api.change(owner["incident_id"], actions=actions, close_outcomes=outcomes)
    return changed


@asynccontextmanager
async def fake_api() -> AsyncIterator[FakeApi]:
    """Serve a fake API and the built console on a free port, within this event loop."""
    api = FakeApi()
    config = uvicorn.Config(
        _app(api), host="127.0.0.1", port=0, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(), name="fake api")

    async def started() -> bool:
        return server.started

    await eventually_async(started, what="the fake API starts")
    api.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        api.go_down()
        server.should_exit = server.force_exit = True
        await serving
