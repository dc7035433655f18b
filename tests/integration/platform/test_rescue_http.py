"""A rescue over HTTP, as the phones of crews and the console of the dispatcher do it."""

from datetime import timedelta
from typing import Any

import pytest

from liftward_platform.access.model import Role
from support.rescue_centre import centre
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration


async def test_a_whole_rescue_over_http(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """Order, accept, depart, arrive, freed, close: each answer shows the new state."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        listed = (await town.crew("near", "GET", "/api/orders")).json()["orders"]
        order = f"/api/orders/{listed[0]['order_id']}"
        assert listed[0]["lift"]["lift_id"] == "TOWER-01"
        assert (listed[0]["state"], listed[0]["incident_state"]) == ("sent", "ordered")

        states = []
        for step in ("accept", "depart", "arrive"):
            virtual_clock.advance(60)
            body = {"latitude_deg": 31.2, "longitude_deg": 121.4} if step == "arrive" else {}
            states.append(
                (await town.crew("near", "POST", f"{order}/{step}", body)).json()["state"]
            )
        freed = await town.crew(
            "near", "POST", f"{order}/freed",
            {"persons_count": 2, "cause_code": "door.contact", "release_method": "hand_wind"},
        )  # fmt: skip
        closed = await town.dispatcher(
            "POST",
            f"/api/incidents/{incident}/close",
            {"outcome": "freed", "confirmed_by": "passenger", "lift_made_safe": True},
        )

        assert states == ["accepted", "under_way", "arrived"]
        assert freed.json()["state"] == "done"
        body = closed.json()
        assert (body["state"], body["cause_code"], body["persons_count"]) == (
            "closed", "door.contact", 2,
        )  # fmt: skip
        assert body["actions"] == []
        crews = (await town.dispatcher("GET", "/api/crews")).json()["crews"]
        near = next(crew for crew in crews if crew["crew_id"] == "near")
        assert near["position_at"] == "2026-03-02T08:03:00Z"


async def test_the_board_has_the_promised_shape(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Every field a console relies on, for an incident with a pending order."""
    async with centre(database_dsn, virtual_clock) as town:
        await town.story.data_arrives()
        await town.story.someone_is_trapped()

        board = (await town.dispatcher("GET", "/api/incidents?state=open")).json()

        assert board["as_of"] == "2026-03-02T08:00:00Z"
        (incident,) = board["incidents"]
        expected = {
            "kind": "entrapment",
            "state": "ordered",
            "level": "probable",
            "source": "detection",
            "maintainer": {"party_id": "maintainer-01", "name": "Demo maintainer-01"},
            "opened_at": "2026-03-02T08:00:00Z",
            "last_observed_at": "2026-03-02T08:00:00Z",
            "response_level": 1,
            "persons_count": None,
            "release_seen_at": None,
            "unanswered": False,
            "actions": ["escalate", "order", "close"],
        }
        assert {name: incident[name] for name in expected} == expected
        assert set(incident["lift"]) == {
            "lift_id", "building", "address", "district", "rescue_code", "latitude_deg",
            "longitude_deg", "floors_count",
        }  # fmt: skip
        (order,) = incident["orders"]
        assert set(order) == {
            "order_id", "incident_id", "crew_id", "crew_name", "crew_phone", "response_level",
            "state", "sent_at", "answered_at", "under_way_at", "arrived_at", "ended_at",
            "travel_time_s", "expected_arrival_at", "reason", "refusal_reason",
            "seen_at",
        }  # fmt: skip
        assert [(one["kind"], one["order_id"]) for one in incident["deadlines"]] == [
            ("passenger_update", None),
            ("accept", order["order_id"]),
            ("arrive", None),
        ]


async def test_the_story_tells_everything(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """Log, orders, candidates with their reasons, deadlines, detections, ledger, samples."""
    async with centre(database_dsn, virtual_clock) as town:
        await town.story.data_arrives()
        incident = await town.story.someone_is_trapped()

        story = (await town.dispatcher("GET", f"/api/incidents/{incident}")).json()
        samples = (await town.dispatcher("GET", f"/api/incidents/{incident}/samples")).json()

        assert [line["event"] for line in story["log"]] == ["opened", "order_sent"]
        assert [(row["crew_id"], row["reason"]) for row in story["candidates"]] == [
            ("near", "nearest_of_contract"),
            ("far", "farther"),
            ("station", "higher_level"),
            ("public", "higher_level"),
        ]
        assert [entry["kind"] for entry in story["ledger"]] == ["incident_opened", "order_sent"]
        assert story["detections"][0]["handling"] == "opened"
        kinds = {"predict", "arrive", "accept", "order_seen", "passenger_update"}
        assert {one["kind"] for one in story["deadlines"]} == kinds
        assert story["candidates"][0]["facts"] == {
            "position_source": "base", "position_age_s": None, "travel_source": "estimate",
            "load_count": 0, "missing_skills": [],
        }  # fmt: skip
        assert samples["signals"] == {"car_door": ["closed"], "load_kg": [75.0]}


async def test_a_repeated_command_is_done_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The phone did not hear the answer and sends again: the same answer, one line in the story."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()

        first = await town.crew("near", "POST", "/api/orders/1/accept", {}, key="repeat-me-1")
        virtual_clock.advance(30)
        again = await town.crew("near", "POST", "/api/orders/1/accept", {}, key="repeat-me-1")
        other = await town.crew("near", "POST", "/api/orders/1/accept", {}, key="another-one")

        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()
        assert (other.status_code, other.json()["code"]) == (409, "illegal_transition")
        told = [event for event, _ in await town.story.told(incident)]
        assert told.count("order_accepted") == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/orders/1/depart", {}, 409, "illegal_transition"),
        ("/api/orders/1/freed", {"persons_count": 1}, 409, "illegal_transition"),
        ("/api/orders/1/refuse", {"reason": "no_idea"}, 422, "unknown_refusal_reason"),
        ("/api/orders/1/refuse", {}, 422, None),
        (
            "/api/orders/1/accept",
            {"occurred_at": "2026-03-02T09:00:00Z"},
            422,
            "occurred_in_future",
        ),
        ("/api/orders/1/accept", {"occurred_at": "2026-03-02T08:00:00"}, 422, None),
        ("/api/orders/99/accept", {}, 404, "order_unknown"),
        ("/api/orders/0/accept", {}, 422, None),
        ("/api/incidents/1/close", {"outcome": "freed"}, 409, "illegal_transition"),
        ("/api/incidents/1/close", {"outcome": "gone"}, 422, None),
        ("/api/incidents/99/close", {"outcome": "false"}, 404, "incident_unknown"),
        ("/api/incidents/1/order", {"crew_id": "near"}, 409, "already_ordered"),
        ("/api/incidents/1/order", {"crew_id": "stranger"}, 422, "crew_not_for_this_lift"),
        ("/api/crews/near/position", {"latitude_deg": 99}, 422, None),
    ],
)
async def test_what_cannot_be_done_is_refused_and_changes_nothing(
    *,
    path: str,
    body: dict[str, Any],
    status: int,
    code: str | None,
    database_dsn: str,
    virtual_clock: VirtualClock,
) -> None:
    """A problem with its code; the incident and its story are as before."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        before = (await town.story.incident(incident), await town.story.told(incident))

        answer = await town.dispatcher("POST", path, body)

        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        if code is not None:
            assert answer.json()["code"] == code
        assert (await town.story.incident(incident), await town.story.told(incident)) == before


async def test_each_sees_and_does_only_what_is_theirs(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Another crew's order and story are closed to a crew; phones are for those who call."""
    async with centre(database_dsn, virtual_clock) as town:
        await town.story.someone_is_trapped()

        acting = await town.crew("far", "POST", "/api/orders/1/accept", {})
        reading = await town.crew("far", "GET", "/api/incidents/1")
        own = await town.crew("near", "GET", "/api/incidents/1")
        moving = await town.crew(
            "far", "POST", "/api/crews/near/position",
            {"latitude_deg": 31, "longitude_deg": 121, "observed_at": START.isoformat()},
        )  # fmt: skip
        board = await town.call(Role.REGULATOR, "GET", "/api/incidents")
        evaluator = await town.call(Role.EVALUATOR, "GET", "/api/incidents")
        closing = await town.call(
            Role.REGULATOR, "POST", "/api/incidents/1/close", {"outcome": "false"}
        )

        assert [one.status_code for one in (acting, reading, moving)] == [403, 403, 403]
        assert own.json()["orders"][0]["crew_phone"] == "000-0001"
        assert board.json()["incidents"][0]["orders"][0]["crew_phone"] is None
        assert (evaluator.status_code, closing.status_code) == (403, 403)


async def test_a_dispatcher_escalates_and_sends_somebody_too(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The next level now, and a crew of choice on top; the first one stays asked."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()

        escalated = await town.dispatcher("POST", f"/api/incidents/{incident}/escalate", {})
        await town.dispatcher("POST", f"/api/incidents/{incident}/order", {"crew_id": "far"})

        assert escalated.json()["response_level"] == 2
        assert await town.story.orders(incident) == [
            ("near", "sent"), ("station", "sent"), ("far", "sent"),
        ]  # fmt: skip
        assert ("escalated", "dispatcher") in await town.story.told(incident)


async def test_a_late_entry_keeps_both_times(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The dispatcher enters at 08:20 what the crew did at 08:02."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        virtual_clock.advance(minutes=2)
        happened_at = virtual_clock()
        virtual_clock.advance(seconds_s=55)

        answer = await town.dispatcher(
            "POST", "/api/orders/1/accept", {"occurred_at": happened_at.isoformat()}
        )

        story = (await town.dispatcher("GET", f"/api/incidents/{incident}")).json()
        entry = story["ledger"][-1]
        assert answer.json()["answered_at"] == "2026-03-02T08:02:00Z"
        assert entry["occurred_at"] == "2026-03-02T08:02:00Z"
        assert entry["recorded_at"] == "2026-03-02T08:02:55Z"


async def test_an_old_position_is_not_used(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """`far` stood in front of the building 31 minutes ago: its base counts, and `near` is sent."""
    async with centre(database_dsn, virtual_clock) as town:
        at = {"latitude_deg": 31.2, "longitude_deg": 121.4}
        old = (START - timedelta(minutes=31)).isoformat()
        await town.crew("far", "POST", "/api/crews/far/position", {**at, "observed_at": old})
        first = await town.story.someone_is_trapped()
        await town.story.dispatcher_closes(first, "false")  # type: ignore[arg-type]  # its value

        fresh = START.isoformat()
        await town.crew("far", "POST", "/api/crews/far/position", {**at, "observed_at": fresh})
        virtual_clock.advance(minutes=1)
        second = await town.story.someone_is_trapped()

        assert await town.story.orders(first) == [("near", "withdrawn")]
        assert await town.story.orders(second) == [("far", "sent")]


async def test_lifts_are_found_page_by_page(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """One lift by its id, its code in the list, its samples as columns; codes in two languages."""
    async with centre(database_dsn, virtual_clock) as town:
        await town.story.data_arrives()

        page = (await town.call(Role.EVALUATOR, "GET", "/api/lifts?query=r-tower&limit=1")).json()
        lift = (await town.call(Role.CREW, "GET", "/api/lifts/TOWER-01", crew="near")).json()
        samples = await town.dispatcher("GET", "/api/lifts/TOWER-01/samples?limit=5")
        unknown = await town.dispatcher("GET", "/api/lifts/NOBODY")
        empty = await town.dispatcher(
            "GET", "/api/lifts/TOWER-01/samples?from=2026-03-02T08:00:00Z&to=2026-03-02T08:00:00Z"
        )
        codes = (await town.dispatcher("GET", "/api/closing-codes")).json()

        assert [one["lift_id"] for one in page["lifts"]] == ["TOWER-01"]
        assert page["next_after"] == "TOWER-01"
        assert lift["lift"]["maintainer"]["party_id"] == "maintainer-01"
        assert lift["last_observed_at"] == "2026-03-02T08:00:00Z"
        assert samples.json()["observed_at"] == ["2026-03-02T08:00:00Z"]
        assert (unknown.status_code, empty.status_code) == (404, 422)
        assert {"family", "family_name", "code", "name"} == set(codes["causes"][0])
        assert codes["refusal_reasons"][0]["name"].keys() == {"en", "zh"}
