"""Crews and desk against an API of their own that refuses, dies and comes back."""

import asyncio
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from liftward_kit.clock import utc_now
from liftward_kit.settings import Secret
from liftward_simulator.city.document import TownCrew
from liftward_simulator.crews.client import Account, PhoneClient
from liftward_simulator.crews.earlier import RememberedScene, Scene
from liftward_simulator.crews.habits import CrewHabits
from liftward_simulator.crews.runner import Crew, Desk, Team
from liftward_simulator.faults.causes import Cause
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.truth import Episode
from liftward_simulator.world import SceneReport, SceneState
from support.polling import eventually_async

pytestmark = pytest.mark.integration
LIFT = {"lift_id": "DEMO-001", "latitude_deg": 0.0, "longitude_deg": 0.01}
CREW = TownCrew(
    crew_id="crew-1",
    party_id="maintainer-01",
    name="Demo Crew 1",
    phone=None,
    base_latitude_deg=0.0,
    base_longitude_deg=0.0,
)


class FakeScene:
    """A lift with two people inside, until somebody opens it."""

    def __init__(self, state: SceneState) -> None:
        self.state = state

    def release(self, lift_id: str) -> bool:
        assert lift_id == LIFT["lift_id"]
        self.state = SceneState.FREED
        return True

    def report(self, _lift_id: str, *, since: datetime) -> SceneReport:
        assert since < utc_now()
        return SceneReport(state=self.state, persons=2, cause=Cause.MAINS_CUT)


class FakePlatform:
    """One incident with one order; one request in four finds nobody at home."""

    def __init__(self, order_state: str = "sent", lift: dict[str, Any] = LIFT) -> None:
        self.order_state, self.lift = order_state, lift
        self.sent_at = utc_now()
        self.incident: dict[str, Any] = {"incident_id": 9, "state": "ordered", "lift": lift}
        self.freed_by = "nobody"
        self.looks_count = 0
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.done_keys: set[str] = set()
        self.positions_count = 0
        self.rng = np.random.default_rng(7)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.rng.random() < 0.25:
            raise httpx.ConnectError("killed", request=request)
        path = request.url.path
        if path == "/api/session":
            return httpx.Response(201, json={"token": "t"})
        if request.method == "GET":
            return httpx.Response(200, json=self.listed(path))
        if path.endswith("/position"):
            self.positions_count += 1
            return httpx.Response(200, json={})
        return self.commanded(request)

    def listed(self, path: str) -> dict[str, Any]:
        if path == "/api/orders":
            order = {"order_id": 4, "incident_id": 9, "crew_id": "crew-1"}
            order |= {"state": self.order_state, "sent_at": self.sent_at.isoformat()}
            return {"orders": [{**order, "lift": self.lift}]}
        if path == "/api/incidents/9":
            return {"log": [{"actor": self.freed_by, "event": "persons_freed", "reason": "r"}]}
        self.looks_count += 1
        closed = self.incident["state"] == "closed"
        return {"incidents": [] if closed else [self.incident]}

    def commanded(self, request: httpx.Request) -> httpx.Response:
        key, verb = request.headers["Idempotency-Key"], request.url.path.rsplit("/", 1)[1]
        body = msgspec.json.decode(request.content)
        if key not in self.done_keys:
            self.done_keys.add(key)
            self.commands.append((verb, body))
            self.apply(verb, body)
            if verb == "accept":  # done, but the answer is lost on the way
                return httpx.Response(503, json={})
        return httpx.Response(200, json={})

    def free(self, by: str) -> None:
        """Let an account have reported the people freed an hour ago."""
        freed_at = (utc_now() - timedelta(hours=1)).isoformat()
        self.freed_by, self.order_state = by, "done"
        self.incident |= {
            "state": "freed",
            "freed_at": freed_at,
            "release_seen_at": freed_at,
            "persons_count": 2,
            "cause_code": "door.contact",
        }

    def apply(self, verb: str, body: dict[str, Any]) -> None:
        states = {"accept": "accepted", "depart": "under_way", "arrive": "arrived", "freed": "done"}
        self.order_state = states.get(verb, self.order_state)
        self.incident["state"] = {"freed": "freed", "close": "closed"}.get(verb, "arrived")
        if verb == "freed":
            named = ("persons_count", "cause_code", "release_method")
            self.incident |= {name: body[name] for name in named}
            self.incident |= {
                "freed_at": body["occurred_at"],
                "release_seen_at": body["occurred_at"],
            }


async def play(
    platform: FakePlatform,
    scene: Scene,
    *,
    until: Callable[[], bool] | None = None,
    running: timedelta = timedelta(0),
) -> list[str]:
    """Let one crew and a desk, `running` for so long, work; return the journal's events.

    They work until the incident is closed, or until what is asked for holds.
    """
    file = io.BytesIO()
    team = Team(
        scene=scene,
        habits=CrewHabits(time_scale=500.0),
        journal=Journal(file),
        clock=utc_now,
        rng=np.random.default_rng(1),
        lift_ids=frozenset({"DEMO-001"}),
        crew_account_ids=frozenset({"crew-1"}),
        started_at=utc_now() - running,
    )
    http = httpx.AsyncClient(
        transport=httpx.MockTransport(platform), base_url="http://platform.test"
    )
    gate = asyncio.Semaphore(1)

    def phone(name: str, crew_id: str | None) -> PhoneClient:
        role = "crew" if crew_id else "dispatcher"
        account = Account(account_id=name, secret=Secret("demo"), role=role, crew_id=crew_id)
        return PhoneClient(http, account, gate)

    runners = (
        Crew(team, phone("crew-1", "crew-1"), CREW),
        Desk(team, phone("dispatcher", None)),
    )
    working = [asyncio.create_task(runner.run()) for runner in runners]

    async def over() -> bool:
        assert not any(task.done() for task in working)
        return until() if until else bool(platform.incident["state"] == "closed")

    try:
        await eventually_async(over, within_s=30.0, what="the incident is closed, or as asked for")
        return [msgspec.json.decode(line)["event"] for line in file.getvalue().splitlines()]
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await http.aclose()


async def test_a_rescue_is_reported_step_by_step_and_each_step_once() -> None:
    """Through lost answers and a dying API each command is done once, in order, with true facts."""
    platform, scene = FakePlatform(), FakeScene(SceneState.TRAPPED)

    await play(platform, scene)

    verbs = [verb for verb, _ in platform.commands]
    assert verbs == ["accept", "depart", "arrive", "freed", "close"]
    freed = platform.commands[3][1]
    assert freed.pop("occurred_at")
    assert freed == {
        "persons_count": 2,
        "cause_code": "external.mains_cut",
        "release_method": "hand_wind",
    }
    assert platform.commands[4][1]["outcome"] == "freed"
    moments = [datetime.fromisoformat(b["occurred_at"]) for _, b in platform.commands[:3]]
    assert moments == sorted(moments)
    assert all(moment.tzinfo == UTC for moment in moments)


async def test_a_crew_that_finds_the_car_empty_lets_the_desk_close() -> None:
    """People who got out by themselves are closed as self-freed, without a word of freeing."""
    platform = FakePlatform()

    events = await play(platform, FakeScene(SceneState.SELF_FREED))

    verbs = [verb for verb, _ in platform.commands]
    assert verbs == ["accept", "depart", "arrive", "close"]
    assert platform.commands[-1][1]["outcome"] == "self_freed"
    assert "found_nobody" in events


async def test_a_restarted_crew_goes_on_where_the_order_stands() -> None:
    """An order that was under way already is neither accepted nor left for again."""
    platform = FakePlatform(order_state="under_way")

    await play(platform, FakeScene(SceneState.TRAPPED))

    assert [verb for verb, _ in platform.commands] == ["arrive", "freed", "close"]
    assert platform.positions_count >= 1


async def test_people_freed_just_before_a_kill_are_reported_freed() -> None:
    """The new world knows nothing of them, the truth file does: never closed as a false alarm."""
    platform = FakePlatform(order_state="arrived")
    freed = Episode(
        lift_id="DEMO-001",
        kind="entrapment",
        from_at=utc_now() - timedelta(minutes=9),
        to_at=utc_now() - timedelta(minutes=2),
        persons=2,
        cause="mains_cut",
        ended_by="freed",
    )

    await play(platform, RememberedScene(FakeScene(SceneState.NOTHING), [freed]))

    assert [verb for verb, _ in platform.commands] == ["freed", "close"]
    assert platform.commands[0][1]["persons_count"] == 2
    assert platform.commands[1][1]["outcome"] == "freed"


async def test_people_who_got_out_long_before_a_slow_crew_came_are_still_known() -> None:
    """A crew looks back from when it was sent, however long its way was."""
    platform = FakePlatform(order_state="arrived")
    platform.sent_at = utc_now() - timedelta(minutes=50)
    out = Episode(
        lift_id="DEMO-001",
        kind="entrapment",
        from_at=utc_now() - timedelta(minutes=55),
        to_at=utc_now() - timedelta(minutes=45),
        persons=2,
        cause="mains_cut",
        ended_by="self_freed",
    )

    await play(platform, RememberedScene(FakeScene(SceneState.NOTHING), [out]))

    assert [verb for verb, _ in platform.commands] == ["close"]
    assert platform.commands[0][1]["outcome"] == "self_freed"


@pytest.mark.parametrize("order_state", ["sent", "accepted"])
async def test_a_lift_of_another_world_is_left_to_people(order_state: str) -> None:
    """Nobody answers its orders, goes there or closes its incident, however often they look."""
    platform = FakePlatform(order_state, lift={**LIFT, "lift_id": "HAND-001"})

    events = await play(
        platform, FakeScene(SceneState.NOTHING), until=lambda: platform.looks_count >= 5
    )

    assert platform.commands == []
    assert platform.positions_count == 0
    assert events == []


async def test_what_a_person_reported_freed_during_a_run_is_left_to_people() -> None:
    """Even a person who is signed in as a crew: no simulated crew told the desk of it."""
    platform = FakePlatform()
    platform.free(by="crew-1")

    await play(
        platform,
        FakeScene(SceneState.FREED),
        until=lambda: platform.looks_count >= 5,
        running=timedelta(hours=2),
    )

    assert platform.commands == []


async def test_a_restarted_desk_closes_what_a_crew_reported_before() -> None:
    """Who reported the people freed is looked up where the run that knew it has ended."""
    platform = FakePlatform()
    platform.free(by="crew-1")

    await play(platform, FakeScene(SceneState.NOTHING))

    assert [verb for verb, _ in platform.commands] == ["close"]
    assert platform.commands[0][1]["outcome"] == "freed"


async def test_a_restarted_desk_leaves_what_a_person_reported_before() -> None:
    """A dispatcher's own report is for people to close after a restart, too."""
    platform = FakePlatform()
    platform.free(by="dispatcher")

    await play(platform, FakeScene(SceneState.NOTHING), until=lambda: platform.looks_count >= 5)

    assert platform.commands == []
