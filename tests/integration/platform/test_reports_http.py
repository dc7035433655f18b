"""Reports over HTTP: by dispatchers, use units, and anybody who scans the code in a car."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from liftward_platform.access.model import Role
from liftward_platform.api.app import create_app
from liftward_platform.fleet.endpoints import router as fleet_router
from liftward_platform.incidents.endpoints import router as incidents_router
from liftward_platform.reports import service as reports
from liftward_platform.reports.endpoints import router as reports_router
from liftward_platform.rescue.endpoints import router as rescue_router
from liftward_platform.rescue.life_endpoints import router as life_router
from support.platform_scene import ApiScene, api_scene, api_settings, connect
from support.polling import eventually_async
from support.rescue_story import Connection, RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

ROUTERS = (incidents_router, rescue_router, life_router, reports_router, fleet_router)
PHONE = "000-0042"


@dataclass(frozen=True, slots=True)
class Centre:
    """The story's town with the API over it."""

    story: RescueStory
    scene: ApiScene

    async def call(
        self, role: Role, method: str, path: str, body: Any = None, *, key: str = ""
    ) -> httpx.Response:
        headers = await self.scene.headers(role)
        if key:
            headers["Idempotency-Key"] = key
        return await self.scene.client.request(method, path, json=body, headers=headers)

    async def dispatcher(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.call(Role.DISPATCHER, method, path, body)

    async def use_unit(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The safety officer of the town's only use unit acts."""
        return await self.call(Role.USE_UNIT, method, path, body)

    async def anybody(self, body: Any) -> httpx.Response:
        return await self.scene.client.post("/api/public/reports", json=body)


@asynccontextmanager
async def centre(
    dsn: str, clock: VirtualClock, *, lift_ids: tuple[str, ...] = ()
) -> AsyncIterator[Centre]:
    app = create_app(api_settings(dsn), clock=clock, routers=ROUTERS)
    async with (
        rescue_story(dsn, clock, lift_ids=lift_ids) as story,
        api_scene(dsn, clock, app) as scene,
    ):
        yield Centre(story, scene)


async def test_a_call_from_code_to_closing(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """The code is read out, the call is taken, the crew comes; everything is on the record."""
    async with centre(database_dsn, virtual_clock) as town:
        found = (await town.dispatcher("GET", "/api/lift-matches?query=r-tower-01")).json()
        near = (await town.dispatcher("GET", "/api/lift-matches?query=R-TOWER-10")).json()
        words = (await town.dispatcher("GET", "/api/lift-matches?query=sample tower")).json()
        assert [(one["lift_id"], one["exact"]) for one in found["matches"]] == [("TOWER-01", True)]
        assert near["matches"][0]["reasons"] == ["code_one_off"]
        assert words["matches"][0]["reasons"][:2] == ["building_begins", "in_building"]

        told = {
            "lift_id": "TOWER-01", "matched_by": ["rescue_code"], "caller_kind": "passenger",
            "persons_count": 2, "injured": False, "caller_phone": PHONE,
        }  # fmt: skip
        taken = await town.call(Role.DISPATCHER, "POST", "/api/reports", told, key="call-0001")
        again = await town.call(Role.DISPATCHER, "POST", "/api/reports", told, key="call-0001")
        assert (taken.status_code, taken.json()["opened"]) == (201, True)
        assert again.json() == taken.json()
        incident = f"/api/incidents/{taken.json()['incident_id']}"

        await town.story.engine_looks()
        await town.story.crew("near", "accepts")
        step = await town.dispatcher("POST", f"{incident}/calming-steps", {"step": "stay_calm"})
        assert step.json()["passenger_told_at"] == "2026-03-02T08:00:00Z"
        handed = await town.dispatcher(
            "POST", f"{incident}/hand-over", {"authority": "119", "reference": "F-7"}
        )
        assert handed.status_code == 200
        await town.story.crew("near", "arrives")
        await town.story.crew("near", "frees", persons_count=2)
        callers = (await town.dispatcher("GET", f"{incident}/callers")).json()["callers"]
        assert [one["caller_phone"] for one in callers] == [PHONE]
        safe = await town.dispatcher("POST", f"{incident}/made-safe")
        confirmed = await town.dispatcher(
            "POST", f"{incident}/confirm-release",
            {"confirmed_by": "passenger", "confirmed_how": "telephone"},
        )  # fmt: skip
        assert safe.json()["lift_made_safe_by"] == "test-dispatcher"
        assert confirmed.json()["actions"] == ["close"]
        closed = await town.dispatcher("POST", f"{incident}/close", {"outcome": "freed"})

        assert (closed.status_code, closed.json()["state"]) == (200, "closed")
        story = (await town.dispatcher("GET", incident)).json()
        assert {"opened", "calming_step", "handed_over", "lift_made_safe"} <= {
            line["event"] for line in story["log"]
        }
        reports = await town.dispatcher("GET", f"{incident}/reports")
        assert reports.json()["reports"][0]["has_phone"] is False
        assert PHONE not in reports.text + str(story)
        assert (await town.dispatcher("GET", f"{incident}/callers")).json()["callers"] == []


async def test_another_service_hands_over_with_its_reference(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """110 or 119 gives its number; half of the two is refused."""
    async with centre(database_dsn, virtual_clock) as town:
        half = await town.dispatcher(
            "POST", "/api/reports", {"lift_id": "TOWER-01", "authority": "119"}
        )
        whole = await town.dispatcher(
            "POST", "/api/reports",
            {"lift_id": "TOWER-01", "authority": "119", "reference": "F-2026-7"},
        )  # fmt: skip

        assert half.status_code == 422
        story = (
            await town.dispatcher("GET", f"/api/incidents/{whole.json()['incident_id']}")
        ).json()
        assert story["incident"]["source"] == "hand_over"
        assert story["log"][0]["detail"]["reference"] == "F-2026-7"


async def test_a_use_unit_speaks_for_its_own_lifts_only(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It reports, sees and confirms its own; another's lift is closed to it."""
    async with centre(database_dsn, virtual_clock, lift_ids=("TOWER-01", "TOWER-02")) as town:
        await town.scene.connection.execute(
            "INSERT INTO party (party_id, kind, name) VALUES ('other-unit', 'use_unit', 'Demo 2')"
        )
        await town.scene.connection.execute(
            "UPDATE lift SET use_unit_id = 'other-unit' WHERE lift_id = 'TOWER-02'"
        )
        own = await town.use_unit("POST", "/api/reports", {"lift_id": "TOWER-01"})
        other = await town.use_unit("POST", "/api/reports", {"lift_id": "TOWER-02"})
        theirs = await town.dispatcher("POST", "/api/reports", {"lift_id": "TOWER-02"})
        found = (await town.use_unit("GET", "/api/lift-matches?query=tower")).json()["matches"]
        await town.story.engine_looks()
        for does in ("accepts", "arrives", "frees"):
            await town.story.crew("near", does)

        assert (own.status_code, other.status_code) == (201, 403)
        assert [one["lift_id"] for one in found] == ["TOWER-01"]
        mine, yours = own.json()["incident_id"], theirs.json()["incident_id"]
        listed = (await town.use_unit("GET", "/api/own-incidents")).json()["incidents"]
        assert [one["incident_id"] for one in listed] == [mine]
        assert listed[0]["source"] == "use_unit"
        body = {"confirmed_by": "passenger"}
        right = await town.use_unit("POST", f"/api/incidents/{mine}/confirm-release", body)
        wrong = await town.use_unit("POST", f"/api/incidents/{yours}/confirm-release", body)
        reading = await town.use_unit("GET", f"/api/incidents/{yours}/reports")
        assert (right.json()["confirmed_by"], right.json()["confirmed_how"]) == (
            "use_unit", "in_liftward",
        )  # fmt: skip
        assert (wrong.status_code, reading.status_code) == (403, 403)


async def test_a_use_unit_reads_its_own_lifts_only(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Where others' lifts stand, and who looks after them, is not for it; paging counts its own."""
    lift_ids = ("TOWER-01", "TOWER-02", "TOWER-03")
    async with centre(database_dsn, virtual_clock, lift_ids=lift_ids) as town:
        await town.scene.connection.execute(
            "INSERT INTO party (party_id, kind, name) VALUES ('other-unit', 'use_unit', 'Demo 2')"
        )
        await town.scene.connection.execute(
            "UPDATE lift SET use_unit_id = 'other-unit' WHERE lift_id = 'TOWER-02'"
        )

        pages = [(await town.use_unit("GET", "/api/lifts?limit=1")).json()]
        while pages[-1]["next_after"] is not None:
            after = pages[-1]["next_after"]
            pages.append((await town.use_unit("GET", f"/api/lifts?limit=1&after={after}")).json())
        own = await town.use_unit("GET", "/api/lifts/TOWER-03")
        other = await town.use_unit("GET", "/api/lifts/TOWER-02")
        everybody = (await town.dispatcher("GET", "/api/lifts")).json()["lifts"]

        listed = [lift["lift_id"] for page in pages for lift in page["lifts"]]
        assert listed == ["TOWER-01", "TOWER-03"]
        assert own.json()["lift"]["lift_id"] == "TOWER-03"
        assert (other.status_code, other.json()["code"]) == (403, "not_your_lift")
        assert [lift["lift_id"] for lift in everybody] == list(lift_ids)
        assert (await town.dispatcher("GET", "/api/lifts/TOWER-02")).status_code == 200


async def test_anybody_may_report_by_the_code_and_is_told_what_happens(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The board shows it at once, held; a wrong code finds nothing and counts as an attempt."""
    async with centre(database_dsn, virtual_clock) as town:
        wrong = await town.anybody({"rescue_code": "R-TOWER-0"})
        right = await town.anybody({"rescue_code": "r-tower-01", "persons_count": 1})
        named = await town.anybody({"rescue_code": "R-TOWER-01", "name": "Demo Person"})
        await town.story.engine_looks()

        assert (wrong.status_code, wrong.json()["code"]) == (404, "rescue_code_unknown")
        assert "TOWER-01" not in wrong.text
        assert (right.status_code, named.status_code) == (202, 422)
        assert "checking it" in right.json()["message"]["en"]
        assert "核实" in right.json()["message"]["zh"]
        (shown,) = (await town.dispatcher("GET", "/api/incidents")).json()["incidents"]
        assert (shown["held"], shown["level"], shown["orders"]) == (True, "suspected", [])
        assert shown["actions"][0] == "confirm_report"

        path = f"/api/incidents/{shown['incident_id']}/confirm-report"
        believed = await town.dispatcher("POST", path)
        twice = await town.dispatcher("POST", path)
        await town.story.engine_looks()
        assert (believed.json()["held"], believed.json()["level"]) == (False, "confirmed")
        assert (twice.status_code, twice.json()["code"]) == (409, "not_held")
        assert await town.story.orders(shown["incident_id"]) == [("near", "sent")]


async def test_the_public_page_is_limited_per_lift_and_per_address(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A prankster is told when to try again; guessed codes use up the address; time heals."""
    async with centre(database_dsn, virtual_clock) as town:
        answers = [await town.anybody({"rescue_code": "R-TOWER-01"}) for _ in range(6)]
        guesses = [await town.anybody({"rescue_code": f"GUESS-{n}"}) for n in range(6)]
        virtual_clock.advance(minutes=11)
        later = await town.anybody({"rescue_code": "R-TOWER-01"})

        assert [one.status_code for one in answers] == [202] * 5 + [429]
        assert answers[-1].json()["code"] == "too_many_reports_by_rescue_code"
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert [one.status_code for one in guesses] == [404] * 5 + [429]
        assert guesses[-1].json()["code"] == "too_many_reports_by_address"
        assert later.status_code == 202
        assert await town.story.incidents_count() == 1


async def test_attempts_at_once_are_counted_one_by_one(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The sixth waits until the fifth is counted, and is refused then."""
    now = virtual_clock()

    async def attempt(connection: Connection) -> None:
        await reports.count_public_attempt(connection, address="::1", code="R-1", now=now)

    async def commit_attempt(connection: Connection) -> None:
        async with connection.transaction():
            await attempt(connection)

    async with await connect(database_dsn) as first, await connect(database_dsn) as second:
        for _ in range(4):
            await commit_attempt(first)
        async with await connect(database_dsn) as watcher:

            async def waits() -> bool:
                cursor = await watcher.execute("SELECT FROM pg_locks WHERE NOT granted")
                return cursor.rowcount > 0

            async with first.transaction():
                await attempt(first)
                sixth = asyncio.create_task(commit_attempt(second))
                await eventually_async(waits, what="the sixth waits for the fifth")
        with pytest.raises(reports.TooManyReportsError):
            await sixth


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"lift_id": "NOWHERE"}, 404, "lift_unknown"),
        ({"lift_id": "TOWER-01", "persons_count": -1}, 422, None),
        ({"lift_id": "TOWER-01", "caller_phone": "call me"}, 422, None),
        ({"lift_id": "TOWER-01", "matched_by": ["astrology"]}, 422, None),
        ({"lift_id": "TOWER-01", "stuck_since": "2026-03-01T07:00:00Z"}, 422, "occurred_too_early"),
        ({"lift_id": "TOWER-01", "stuck_since": "2026-03-02T09:00:00Z"}, 422, "occurred_in_future"),
    ],
)
async def test_a_report_that_cannot_be_is_refused_and_opens_nothing(
    body: dict[str, Any], status: int, code: str | None, database_dsn: str,
    virtual_clock: VirtualClock,
) -> None:  # fmt: skip
    """The refusal says what was wrong; what was typed is not echoed."""
    async with centre(database_dsn, virtual_clock) as town:
        answer = await town.dispatcher("POST", "/api/reports", body)

        assert answer.status_code == status, answer.text
        assert code is None or answer.json()["code"] == code
        assert "call me" not in answer.text
        assert await town.story.incidents_count() == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("confirm-release", {"confirmed_by": "passenger"}),
        ("made-safe", {}),
        ("confirm-report", {}),
    ],
)
async def test_what_does_not_belong_to_the_state_changes_nothing(
    path: str, body: dict[str, Any], database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A crew was only just ordered: nobody is out, nothing is safe, nobody doubts."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        before = (await town.story.incident(incident), await town.story.told(incident))

        answer = await town.dispatcher("POST", f"/api/incidents/{incident}/{path}", body)

        assert answer.status_code == 409, answer.text
        assert (await town.story.incident(incident), await town.story.told(incident)) == before


@pytest.mark.parametrize(
    ("path", "body"), [("made-safe", {}), ("cause", {"cause_code": "door.contact"})]
)
async def test_a_crew_that_was_not_there_does_not_tell_of_the_lift(
    path: str, body: dict[str, Any], database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It refused, another crew came: only the order of who was there can say."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        await town.story.crew("near", "refuses")
        for does in ("accepts", "arrives"):
            await town.story.crew("far", does)
        before = await town.story.incident(incident)
        token = await town.scene.token(Role.CREW, "test-near", "near")

        answer = await town.scene.client.post(
            f"/api/incidents/{incident}/{path}", json=body,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip

        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")
        assert await town.story.incident(incident) == before


async def test_numbers_are_erased_on_request_and_for_dispatchers_only(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The caller asks to be forgotten: the number goes, the report stays."""
    async with centre(database_dsn, virtual_clock) as town:
        told = {"lift_id": "TOWER-01", "caller_phone": PHONE}
        incident = (await town.dispatcher("POST", "/api/reports", told)).json()["incident_id"]
        path = f"/api/incidents/{incident}/callers"

        regulator = await town.call(Role.REGULATOR, "GET", path)
        erased = await town.dispatcher("POST", f"{path}/erase")

        assert regulator.status_code == 403
        assert erased.json() == {"erased_count": 1}
        assert (await town.dispatcher("GET", path)).json()["callers"] == []
