"""What the API answers when something is wrong: with the request, with the store, with us."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from fastapi import APIRouter, FastAPI
from psycopg import conninfo
from psycopg.errors import DeadlockDetected
from starlette.responses import StreamingResponse

from liftward_platform.access.guard import public
from liftward_platform.access.model import Role
from liftward_platform.api import console_files
from liftward_platform.api.app import ROUTERS, create_app
from liftward_platform.api.dependencies import Transaction
from liftward_platform.api.edge import BODY_BYTES_MAX
from liftward_platform.errors import ConflictError
from support.platform_scene import add_town, api_scene, api_settings
from support.polling import eventually_async
from support.proxy import CuttableProxy
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration
PROBLEM = "application/problem+json"


def app_with(dsn: str, clock: VirtualClock, router: APIRouter) -> FastAPI:
    """Return the real app with further routes before the console's."""
    return create_app(api_settings(dsn), clock=clock, routers=[router, *ROUTERS])


async def test_an_unknown_endpoint_is_a_problem_document(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """404 and 405 have the shape of every other error."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        missing = await scene.client.get("/api/nothing")
        wrong_method = await scene.client.put("/api/health")

    assert (missing.status_code, missing.headers["content-type"]) == (404, PROBLEM)
    assert missing.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "there is no such endpoint",
    }
    assert (wrong_method.status_code, wrong_method.headers["content-type"]) == (405, PROBLEM)


async def test_a_body_past_the_limit_is_refused(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A large body is refused with 413, announced or sent in pieces without a length."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 1024 + 2):
            yield b" " * 1024

    async with api_scene(database_dsn, virtual_clock) as scene:
        headers = {"Content-Type": "application/json"}
        whole = await scene.client.post(
            "/api/session", content=b" " * (BODY_BYTES_MAX + 1), headers=headers
        )
        chunked = await scene.client.post("/api/session", content=pieces(), headers=headers)

    assert [(one.status_code, one.headers["content-type"]) for one in (whole, chunked)] == [
        (413, PROBLEM)
    ] * 2


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b"null", b'"text"'])
async def test_a_body_that_is_no_object_is_422(
    database_dsn: str, virtual_clock: VirtualClock, content: bytes
) -> None:
    """Broken JSON and JSON of another shape are the caller's mistake, said as such."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        answer = await scene.client.post(
            "/api/session", content=content, headers={"Content-Type": "application/json"}
        )

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == PROBLEM


async def test_our_own_failure_is_a_500_without_its_text(
    database_dsn: str, virtual_clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unexpected error is logged with its cause; the caller learns only that it happened."""
    router = APIRouter()

    @router.get("/api/broken", dependencies=[public])
    async def broken() -> None:
        raise RuntimeError("the inner secret")

    app = app_with(database_dsn, virtual_clock, router)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        answer = await scene.client.get("/api/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "the inner secret" not in answer.text
    assert "the inner secret" in "".join(capsys.readouterr())
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_refused_request_leaves_nothing_behind(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """One request is one transaction: an error after a write undoes the write."""
    router = APIRouter()

    @router.post("/api/half", dependencies=[public])
    async def half(connection: Transaction, *, fail: bool) -> None:
        await connection.execute("INSERT INTO party VALUES ('half', 'maker', 'Half')")
        if fail:
            raise ConflictError("half_done", "no further")

    app = app_with(database_dsn, virtual_clock, router)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        refused = await scene.client.post("/api/half?fail=true")
        accepted = await scene.client.post("/api/half?fail=false")

    assert (refused.status_code, refused.json()["code"]) == (409, "half_done")
    # Had the first one been stored, the second would have met its primary key.
    assert accepted.status_code == 200


async def test_the_commit_comes_before_the_answer(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Whoever has seen the first byte of an answer finds what it tells of in the database."""
    router = APIRouter()
    found: list[bool] = []

    @router.post("/api/stored", dependencies=[public])
    async def stored(connection: Transaction) -> StreamingResponse:
        await connection.execute("INSERT INTO party VALUES ('stored', 'maker', 'Stored')")

        async def look() -> AsyncIterator[bytes]:
            async with await psycopg.AsyncConnection.connect(database_dsn) as other:
                row = await other.execute("SELECT 1 FROM party WHERE party_id = 'stored'")
                found.append(await row.fetchone() is not None)
            yield b"told"

        return StreamingResponse(look())

    app = app_with(database_dsn, virtual_clock, router)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        await scene.client.post("/api/stored")

    assert found == [True]


async def test_a_deadlock_is_worth_another_try(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A transaction the database gave up for our sake is a 503 that says when to try again."""
    router = APIRouter()

    @router.get("/api/deadlock", dependencies=[public])
    async def deadlock() -> None:
        raise DeadlockDetected("deadlock detected")

    app = app_with(database_dsn, virtual_clock, router)
    async with api_scene(database_dsn, virtual_clock, app) as scene:
        answer = await scene.client.get("/api/deadlock")

    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"] == "2"


async def test_the_api_outlives_the_database(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Database away: 503 and a degraded health; database back: as before, by itself."""
    given = conninfo.conninfo_to_dict(database_dsn)
    port = int(str(given["port"]))
    async with CuttableProxy(port, target_host=str(given["host"])) as proxy:
        dsn = conninfo.make_conninfo(database_dsn, host=proxy.host, port=proxy.port)
        async with api_scene(
            database_dsn, virtual_clock, app_with(dsn, virtual_clock, APIRouter())
        ) as scene:
            headers = await scene.headers(Role.OPERATOR)

            async def works() -> bool:
                return (await scene.client.get("/api/session", headers=headers)).status_code == 200

            before = await works()
            await proxy.cut()
            away = await scene.client.get("/api/session", headers=headers)
            health = await scene.client.get("/api/health")
            proxy.restore()
            await eventually_async(works, within_s=10.0, what="the API works again")
            health_after = await scene.client.get("/api/health")

    assert before
    assert (away.status_code, away.json()["code"]) == (503, "store_unavailable")
    assert int(away.headers["Retry-After"]) > 0
    assert (health.status_code, health.json()["database"]) == (200, "unavailable")
    assert health_after.json()["database"] == "ok"


async def test_security_headers_stand_on_every_answer(
    database_dsn: str, virtual_clock: VirtualClock, tmp_path: Path
) -> None:
    """The console, an error and an API answer carry them; API answers are not stored anywhere."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        scene.app.dependency_overrides[console_files.console_folder] = lambda: tmp_path
        answers = [
            await scene.client.get(path)
            for path in ("/", "/api/health", "/api/nothing", "/metrics")
        ]

    for answer in answers:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "server" not in answer.headers
    assert answers[1].headers["Cache-Control"] == "no-store"


async def test_metrics_count_by_route_not_by_path(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Labels are route templates and statuses: ids and invented paths make no new series."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        headers = await scene.headers(Role.OPERATOR)
        for lift_id in ("A", "B"):
            await scene.client.get(f"/api/ledger/lifts/{lift_id}", headers=headers)
        text = (await scene.client.get("/metrics")).text

    assert (
        'liftward_http_requests_total{method="GET",'
        'route="/api/ledger/lifts/{lift_id}",status="404"} 2.0'
    ) in text
    assert "liftward_incidents_open 0.0" in text
    assert "liftward_board_age_seconds" in text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", (200, "the page")),
        ("/incidents/7", (200, "the page")),
        ("/assets/app.js", (200, "the script")),
        ("/assets/old.js", (404, "another build")),
        ("/..%2fsecret.txt", (200, "the page")),
        ("/%00", (404, "no such endpoint")),
    ],
)
async def test_the_console_is_served_with_its_own_paths(
    database_dsn: str,
    virtual_clock: VirtualClock,
    tmp_path: Path,
    path: str,
    expected: tuple[int, str],
) -> None:
    """Files are files, other paths are the page's; nothing outside the folder is ever served."""
    folder = tmp_path / "console"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("the page")
    (folder / "assets" / "app.js").write_text("the script")
    (tmp_path / "secret.txt").write_text("the secret")
    async with api_scene(database_dsn, virtual_clock) as scene:
        scene.app.dependency_overrides[console_files.console_folder] = lambda: folder
        answer = await scene.client.get(path)

    status, contains = expected
    assert answer.status_code == status
    assert contains in answer.text
    cached = "immutable" if path == "/assets/app.js" else "no-cache"
    assert status != 200 or cached in answer.headers["Cache-Control"]


async def test_without_a_built_console_the_page_says_what_to_do(
    database_dsn: str, virtual_clock: VirtualClock, tmp_path: Path
) -> None:
    """A source tree without `make setup` serves the API and a sentence in both languages."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        scene.app.dependency_overrides[console_files.console_folder] = lambda: tmp_path
        answer = await scene.client.get("/")

    assert answer.status_code == 200
    assert "make setup" in answer.text
    assert "尚未构建控制台" in answer.text
