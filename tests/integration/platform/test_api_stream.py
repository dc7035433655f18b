"""The live board over a real server and a real socket."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
import pytest
from fastapi import FastAPI
from psycopg import conninfo

from liftward_kit.clock import monotonic_s, utc_now
from liftward_platform.access.model import Role
from liftward_platform.api import feed, stream
from liftward_platform.api.app import create_app
from liftward_platform.api.server import ApiServer
from support.platform_scene import (
    ApiScene,
    add_incident,
    add_lift,
    add_town,
    api_settings,
    close_incident,
    connect,
)
from support.polling import eventually_async
from support.proxy import CuttableProxy

pytestmark = pytest.mark.integration
WITHIN_S = 8.0


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A served application and the scene behind it."""

    scene: ApiScene
    server: ApiServer
    thread: threading.Thread


@asynccontextmanager
async def live_server(dsn: str, app: FastAPI | None = None) -> AsyncIterator[LiveServer]:
    """Serve the application by a real uvicorn in a thread of its own."""
    settings = api_settings(dsn)
    app = app or create_app(settings)
    server = ApiServer(app, settings)
    thread = threading.Thread(target=server.run)
    thread.start()

    async def listening() -> bool:
        return server.port is not None

    try:
        await eventually_async(listening, what="the server listens")
        url = f"http://127.0.0.1:{server.port}"
        async with await connect(dsn) as connection, httpx.AsyncClient(base_url=url) as client:
            await add_town(connection)
            yield LiveServer(ApiScene(app, client, connection, utc_now), server, thread)
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join, WITHIN_S)
        assert not thread.is_alive()


class Events:
    """The events of one open stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response, self._lines = response, response.aiter_lines()

    async def following(self) -> tuple[str, Any]:
        """Return name and content of the next event; ("end", None) when the stream is over."""
        name = ""
        async with asyncio.timeout(WITHIN_S):
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                if line.startswith("data: "):
                    return name, json.loads(line.removeprefix("data: "))
        return "end", None

    async def until(self, wanted: str) -> Any:
        """Return the content of the next event of this name."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                name, content = await self.following()
                assert name != "end", f"the stream ended before {wanted}"
                if name == wanted:
                    return content


@asynccontextmanager
async def open_board(scene: ApiScene, role: Role = Role.DISPATCHER) -> AsyncIterator[Events]:
    """Open the live board."""
    headers = await scene.headers(role)
    async with scene.client.stream("GET", "/api/board/stream", headers=headers) as response:
        yield Events(response)


async def test_the_board_comes_first_and_then_what_changes(database_dsn: str) -> None:
    """At connect the whole board; then an incident opens, changes and closes, each told."""
    async with live_server(database_dsn) as live, open_board(live.scene) as events:
        connection = live.scene.connection
        board = await events.until("board")
        lift_key = await add_lift(connection, "LIVE-01")
        incident_id = await add_incident(connection, lift_key, utc_now())
        opened = await events.until("change")
        await connection.execute(
            "UPDATE incident SET response_level = 2 WHERE incident_id = %s", [incident_id]
        )
        raised = await events.until("change")
        await close_incident(connection, incident_id)
        closed = await events.until("change")
        async with open_board(live.scene) as later:
            board_after = await later.until("board")

    assert board["incidents"] == board_after["incidents"] == []
    assert board["health"]["status"] == "degraded"
    assert opened["incident"]["lift"]["lift_id"] == "LIVE-01"
    assert raised["incident"]["response_level"] == 2
    assert (closed["incident"]["incident_id"], closed["incident"]["state"]) == (
        incident_id,
        "closed",
    )


async def test_a_notice_is_faster_than_polling(database_dsn: str) -> None:
    """A committed NOTIFY brings the change well within the polling interval."""
    async with live_server(database_dsn) as live, open_board(live.scene) as events:
        connection = live.scene.connection
        lift_key = await add_lift(connection, "LIVE-01")
        await events.until("board")
        took_s = []
        for _ in range(3):
            async with connection.transaction():
                incident_id = await add_incident(connection, lift_key, utc_now())
                await connection.execute("SELECT pg_notify('incident', %s)", [str(incident_id)])
            began_s = monotonic_s()
            await events.until("change")
            took_s.append(monotonic_s() - began_s)
            await close_incident(connection, incident_id)
            await events.until("change")

    assert min(took_s) < 0.5


async def test_a_stream_holds_no_connection_of_the_pool(database_dsn: str) -> None:
    """Many more boards than connections can be open, and requests go on being answered."""
    async with live_server(database_dsn) as live:
        headers = await live.scene.headers(Role.DISPATCHER)
        async with asyncio.timeout(WITHIN_S), AsyncBoards(live.scene, 12) as boards:
            answer = await live.scene.client.get("/api/session", headers=headers)
            names = [(await events.following())[0] for events in boards.events]

    assert answer.status_code == 200
    assert names == ["board"] * 12


class AsyncBoards:
    """Several open boards."""

    def __init__(self, scene: ApiScene, count: int) -> None:
        self._contexts = [open_board(scene) for _ in range(count)]
        self.events: list[Events] = []

    async def __aenter__(self) -> Self:
        self.events = [await context.__aenter__() for context in self._contexts]
        return self

    async def __aexit__(self, *_error: object) -> None:
        for context in self._contexts:
            await context.__aexit__(None, None, None)


async def test_silence_is_filled_with_signs_of_life(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without news the stream still says that it lives, and how the parts are."""
    monkeypatch.setattr(stream, "ALIVE_EVERY_S", 0.05)
    async with live_server(database_dsn) as live, open_board(live.scene) as events:
        first = await events.until("alive")
        await live.scene.connection.execute(
            "INSERT INTO engine_heartbeat (module, last_run_at) "
            "VALUES ('detections', now()), ('gateway:00-ff', now())"
        )

        async def healthy() -> bool:
            return bool((await events.until("alive"))["health"]["status"] == "ok")

        await eventually_async(healthy, what="the heartbeat shows on the stream")

    assert first["health"]["engine_age_s"] is None


async def test_a_stream_that_lived_long_enough_says_so_and_ends(database_dsn: str) -> None:
    """At the end of its life the stream tells its reader to come again, and closes."""
    app = create_app(api_settings(database_dsn), stream_life_s=0.2)
    async with live_server(database_dsn, app) as live, open_board(live.scene) as events:
        names = [(await events.following())[0] for _ in range(3)]

    assert names == ["board", "reconnect", "end"]


async def test_stopping_ends_streams_at_once(database_dsn: str) -> None:
    """With boards open the server stops within two seconds, and their readers are told."""
    async with live_server(database_dsn) as live, open_board(live.scene) as events:
        await events.until("board")

        began_s = monotonic_s()
        live.server.should_exit = True
        await events.until("reconnect")
        end = await events.following()
        await asyncio.to_thread(live.thread.join, WITHIN_S)
        took_s = monotonic_s() - began_s

    assert end == ("end", None)
    assert took_s < 2.0


async def test_a_reader_that_leaves_is_forgotten(database_dsn: str) -> None:
    """A closed socket frees its place; nothing is written to it any more."""
    async with live_server(database_dsn) as live:
        board_feed = live.scene.app.state.feed
        async with open_board(live.scene) as events:
            await events.until("board")
            during = board_feed.readers_count

        async def alone() -> bool:
            return bool(board_feed.readers_count == 0)

        await eventually_async(alone, what="the reader is gone")

    assert during == 1


@pytest.mark.parametrize("is_stalled", [False, True], ids=["cut", "stalled"])
async def test_the_board_survives_the_database(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch, *, is_stalled: bool
) -> None:
    """Readers stay while the database is away, are told, and get what changed meanwhile.

    A link that swallows everything without a word is the same to them as one that breaks.
    """
    monkeypatch.setattr(feed, "LOOK_WITHIN_S", 1.0)
    monkeypatch.setattr(stream, "ALIVE_EVERY_S", 0.05)
    given = conninfo.conninfo_to_dict(database_dsn)
    async with CuttableProxy(int(str(given["port"])), target_host=str(given["host"])) as proxy:
        dsn = conninfo.make_conninfo(database_dsn, host=proxy.host, port=proxy.port)
        app = create_app(api_settings(dsn))
        async with live_server(database_dsn, app) as live, open_board(live.scene) as events:
            await events.until("board")
            if is_stalled:
                proxy.stall()
            else:
                await proxy.cut()

            async def told() -> bool:
                content = await events.until("alive")
                return bool(content["health"]["database"] == "unavailable")

            await eventually_async(told, what="readers learn of the outage")
            lift_key = await add_lift(live.scene.connection, "LIVE-01")
            await add_incident(live.scene.connection, lift_key, utc_now())
            proxy.restore()
            change = await events.until("change")

    assert change["incident"]["lift"]["lift_id"] == "LIVE-01"
