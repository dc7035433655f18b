"""What crews report from the spot: held when it can hardly be, taken once, never lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from liftward_platform.access.model import Role
from liftward_platform.crews import steps
from liftward_platform.crews.model import Action
from liftward_platform.engine.modules import Housekeeping
from support.rescue_centre import Centre, centre
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

AT_THE_LIFT = {"latitude_deg": 31.2, "longitude_deg": 121.4, "accuracy_m": 15}
FAR_AWAY = {"latitude_deg": 31.56, "longitude_deg": 121.4, "accuracy_m": 15}  # 40 km north
FREED = {"persons_count": 2, "cause_code": "door.contact", "release_method": "hand_wind"}


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


async def order_of(town: Centre, crew: str = "near") -> dict[str, Any]:
    orders = (await town.crew(crew, "GET", "/api/crew/orders")).json()["orders"]
    order: dict[str, Any] = orders[0]
    return order


async def spot(town: Centre, incident: int) -> dict[str, Any]:
    answer = await town.dispatcher("GET", f"/api/incidents/{incident}/from-the-spot")
    found: dict[str, Any] = answer.json()
    return found


async def under_way(town: Centre, clock: VirtualClock) -> int:
    """Somebody is trapped, and crew `near` left a minute ago."""
    incident = await town.story.someone_is_trapped()
    await town.crew("near", "POST", "/api/orders/1/accept", {})
    clock.advance(minutes=1)
    await town.crew("near", "POST", "/api/orders/1/depart", {})
    clock.advance(minutes=10)
    return incident


async def test_an_arrival_from_far_away_stops_nothing_and_is_not_lost(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """40 km away: held and told; others are asked before the limit to arrive, which goes on."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await under_way(town, virtual_clock)

        answer = await town.crew("near", "POST", "/api/orders/1/arrive", FAR_AWAY)

        assert (answer.status_code, answer.json()["state"]) == (200, "under_way")
        assert (answer.json()["held"], answer.json()["doubts"]) == (True, ["too_far"])
        assert "arrive" in await town.story.open_deadlines(incident)
        (report,) = (await spot(town, incident))["reports"]
        assert (report["action"], report["distance_m"], report["held"]) == ("arrive", 40_000, True)
        assert ("report_held", "too_far") in await town.story.told(incident)
        story = (await town.dispatcher("GET", f"/api/incidents/{incident}")).json()
        body = story["ledger"][-1]["body"]
        assert (story["ledger"][-1]["kind"], body["doubts"]) == ("report_doubted", ["too_far"])
        assert not {"latitude_deg", "longitude_deg"} & body.keys()
        assert [held["doubts"] for held in (await order_of(town))["held"]] == [["too_far"]]

        await town.story.time_passes(minutes=20)
        orders = await town.story.orders(incident)
        assert orders[0] == ("near", "under_way")
        assert "station" in dict(orders)
        (limit,) = await town.story.deadlines(incident, "arrive")
        assert limit["reason"] == "not_arrived"


async def test_a_dispatcher_who_has_phoned_lets_it_count_from_when_it_was_claimed(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Believed: arrived at the claimed time, and the release that waited for it counts as well."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await under_way(town, virtual_clock)
        arrived_at = virtual_clock()
        await town.crew("near", "POST", "/api/orders/1/arrive", FAR_AWAY)
        virtual_clock.advance(minutes=4)
        freed_at = virtual_clock()
        freed = await town.crew("near", "POST", "/api/orders/1/freed", FREED)
        assert (freed.json()["held"], freed.json()["doubts"]) == (True, ["arrival_unconfirmed"])
        assert (await town.story.incident(incident))["state"] == "under_way"
        virtual_clock.advance(minutes=2)

        decided = await town.dispatcher("POST", "/api/crew-reports/1/decide", {"believe": True})

        assert decided.json()["decision"] == "believed"
        row = await town.story.incident(incident)
        assert (row["state"], row["persons_count"]) == ("freed", 2)
        assert (row["arrived_at"], row["freed_at"]) == (arrived_at, freed_at)
        decisions = [report["decision"] for report in (await spot(town, incident))["reports"]]
        assert decisions == ["believed", "believed"]
        again = await town.dispatcher("POST", "/api/crew-reports/2/decide", {"believe": False})
        assert (again.status_code, again.json()["code"]) == (409, "already_decided")


async def test_a_dismissed_report_changes_nothing_and_stays_on_record(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Dismissed: the rescue goes on, the story says who decided; a crew cannot decide."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await under_way(town, virtual_clock)
        await town.crew("near", "POST", "/api/orders/1/arrive", FAR_AWAY)

        own = await town.crew("near", "POST", "/api/crew-reports/1/decide", {"believe": True})
        await town.dispatcher("POST", "/api/crew-reports/1/decide", {"believe": False})

        assert own.status_code == 403
        assert (await town.story.incident(incident))["state"] == "under_way"
        assert ("report_dismissed", "dispatcher_dismisses") in await town.story.told(incident)
        assert "arrive" in await town.story.open_deadlines(incident)


async def test_a_fix_at_the_lift_confirms_what_was_held(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Arrived pressed too early, on the way; the phone is at the lift two minutes later."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await under_way(town, virtual_clock)
        near_by = {**AT_THE_LIFT, "latitude_deg": 31.22}
        await town.crew("near", "POST", "/api/orders/1/arrive", near_by)
        virtual_clock.advance(minutes=2)
        seen = {**AT_THE_LIFT, "observed_at": iso(virtual_clock())}

        await town.crew("near", "POST", "/api/crews/near/position", seen)

        row = await town.story.incident(incident)
        assert (row["state"], row["arrived_at"]) == ("arrived", virtual_clock())
        assert ("report_believed", "position_confirms") in await town.story.told(incident)
        assert "arrive" not in await town.story.open_deadlines(incident)


async def test_nobody_has_arrived_who_never_left(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Arrival before leaving is held; with a fix at the lift it is somebody in the building."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        await town.crew("near", "POST", "/api/orders/1/accept", {})
        virtual_clock.advance(minutes=5)

        bare = (await town.crew("near", "POST", "/api/orders/1/arrive", {})).json()
        shown = (await town.crew("near", "POST", "/api/orders/1/arrive", AT_THE_LIFT)).json()

        assert (bare["held"], bare["doubts"], bare["state"]) == (True, ["not_departed"], "accepted")
        assert (shown["held"], shown["state"]) == (False, "arrived")
        assert (await spot(town, incident))["reports"][0]["decision"] == "believed"


async def test_a_teleporting_phone_is_not_believed_at_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """40 km in a minute: kept apart, ranks nobody, proves no arrival; borne out it is believed."""
    async with centre(database_dsn, virtual_clock) as town:
        await under_way(town, virtual_clock)

        async def report(place: dict[str, Any]) -> dict[str, Any]:
            body = {**place, "observed_at": iso(virtual_clock())}
            answer = await town.crew("near", "POST", "/api/crews/near/position", body)
            shown: dict[str, Any] = answer.json()
            return shown

        assert (await report(FAR_AWAY))["latitude_deg"] == 31.56
        virtual_clock.advance(minutes=1)
        assert (await report(AT_THE_LIFT))["latitude_deg"] == 31.56
        arrival = (await town.crew("near", "POST", "/api/orders/1/arrive", AT_THE_LIFT)).json()
        assert arrival["doubts"] == ["impossible_speed"]
        virtual_clock.advance(minutes=1)
        assert (await report(AT_THE_LIFT))["latitude_deg"] == 31.2
        assert (await order_of(town))["state"] == "arrived"


async def test_a_queue_is_taken_in_order_once_and_keeps_its_own_times(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A minute without network: each action has its own time, a repeat changes nothing."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        virtual_clock.advance(minutes=6)
        steps: tuple[tuple[str, int, dict[str, Any]], ...] = (
            ("accept", 1, {}),
            ("depart", 2, {}),
            ("arrive", 4, AT_THE_LIFT),
            ("freed", 5, FREED),
        )
        queue = [
            {
                "key": f"queued-{action}", "order_id": 1, "action": action,
                "content": {**content, "occurred_at": iso(START + timedelta(minutes=minute))},
            }
            for action, minute, content in steps
        ]  # fmt: skip

        first = (await town.crew("near", "POST", "/api/crew/actions", {"actions": queue})).json()
        virtual_clock.advance(minutes=1)
        again = (await town.crew("near", "POST", "/api/crew/actions", {"actions": queue})).json()

        assert [one["status"] for one in first["results"]] == ["done"] * 4
        assert [one["repeated"] for one in again["results"]] == [True] * 4
        assert [one["order"] for one in again["results"]] == [
            one["order"] for one in first["results"]
        ]
        story = (await town.dispatcher("GET", f"/api/incidents/{incident}")).json()
        kinds = ("order_answered", "departed", "arrived", "freed")
        entries = [entry for entry in story["ledger"] if entry["kind"] in kinds]
        assert [entry["kind"] for entry in entries] == list(kinds)
        assert [entry["occurred_at"][14:19] for entry in entries] == [
            "01:00", "02:00", "04:00", "05:00",
        ]  # fmt: skip
        assert {entry["recorded_at"] for entry in entries} == {"2026-03-02T08:06:00Z"}


async def test_one_bad_action_never_loses_the_good_ones(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Nonsense, an unknown order, a wrong time and a step too early are refused one by one."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        queue: list[dict[str, Any]] = [
            {"key": "queue-01", "order_id": 1, "action": "freed", "content": FREED},
            {"key": "queue-02", "order_id": 1, "action": "accept"},
            {"key": "queue-03", "order_id": 1, "action": "dance"},
            {"nonsense": True},
            {"key": "nul-\x00-key", "order_id": 1, "action": "depart"},
            {
                "key": "queue-nul",
                "order_id": 1,
                "action": "refuse",
                "content": {"reason": "a\x00b"},
            },
            {"key": "queue-04", "order_id": 99, "action": "depart"},
            {
                "key": "queue-05",
                "order_id": 1,
                "action": "depart",
                "content": {"occurred_at": 7.5e99},
            },
            {"key": "queue-02", "order_id": 1, "action": "depart"},
            {"key": "queue-06", "order_id": 1, "action": "depart"},
        ]

        answer = await town.crew("near", "POST", "/api/crew/actions", {"actions": queue})

        results = answer.json()["results"]
        assert [(one["status"], one["code"]) for one in results] == [
            ("refused", "illegal_transition"), ("done", None), ("refused", "invalid_request"),
            ("refused", "invalid_request"), ("refused", "invalid_request"),
            ("refused", "invalid_request"), ("refused", "order_unknown"),
            ("refused", "invalid_request"), ("refused", "idempotency_key_reused"), ("done", None),
        ]  # fmt: skip
        assert (await order_of(town))["state"] == "under_way"
        assert ("report_refused", "illegal_transition") in await town.story.told(incident)


@pytest.mark.parametrize("fault", ["SELECT 1 / 0", "NOTIFY nobody"])
async def test_our_own_failure_with_one_action_keeps_back_no_other(
    *,
    fault: str,
    database_dsn: str,
    virtual_clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it had written is undone, it is kept in the story, and the next one is taken."""

    async def fails(connection: Any, *_others: Any) -> None:
        await connection.execute("UPDATE incident SET note = 'half done'")
        await connection.execute(fault)
        raise RuntimeError("a fault of ours")

    monkeypatch.setitem(steps.STEPS, Action.CHECK_IN, fails)
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        queue = [
            {"key": f"fault-{number}-{action}", "order_id": 1, "action": action}
            for number, action in enumerate(("accept", "check_in", "depart"))
        ]

        answer = await town.crew("near", "POST", "/api/crew/actions", {"actions": queue})

        assert [(one["status"], one["code"]) for one in answer.json()["results"]] == [
            ("done", None), ("refused", "internal_error"), ("done", None),
        ]  # fmt: skip
        assert (await town.story.incident(incident))["note"] is None
        assert ("report_refused", "internal_error") in await town.story.told(incident)


async def test_a_phone_with_a_wrong_clock_is_put_right_and_without_one_it_is_flagged(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """An hour ahead: corrected when the phone tells its time; else taken as of now, and flagged."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await town.story.someone_is_trapped()
        virtual_clock.advance(minutes=2)
        ahead = virtual_clock() + timedelta(hours=1)
        accept = {"occurred_at": iso(ahead - timedelta(minutes=1)), "sent_at": iso(ahead)}

        accepted = (await town.crew("near", "POST", "/api/orders/1/accept", accept)).json()
        departed = (
            await town.crew("near", "POST", "/api/orders/1/depart", {"occurred_at": iso(ahead)})
        ).json()
        arrived = (
            await town.crew(
                "near", "POST", "/api/orders/1/arrive", {**AT_THE_LIFT, "occurred_at": iso(ahead)}
            )
        ).json()

        assert (accepted["answered_at"], accepted["doubts"]) == ("2026-03-02T08:01:00Z", [])
        assert (departed["under_way_at"], departed["held"]) == ("2026-03-02T08:02:00Z", False)
        assert departed["doubts"] == ["in_future"]
        assert (arrived["state"], arrived["held"]) == ("under_way", True)
        claimed = [report["claimed_at"] for report in (await spot(town, incident))["reports"]]
        assert claimed == ["2026-03-02T09:02:00Z"] * 2


async def test_a_departure_told_late_fills_in_its_time(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Out of order, as the table allows: there already, the departure told afterwards."""
    async with centre(database_dsn, virtual_clock) as town:
        await town.story.someone_is_trapped()
        await town.crew("near", "POST", "/api/orders/1/accept", {})
        virtual_clock.advance(minutes=9)
        await town.crew("near", "POST", "/api/orders/1/arrive", AT_THE_LIFT)
        left = {"occurred_at": iso(START + timedelta(minutes=2))}

        late = await town.crew("near", "POST", "/api/orders/1/depart", left)
        twice = await town.crew("near", "POST", "/api/orders/1/depart", left)

        assert (late.json()["state"], late.json()["under_way_at"]) == (
            "arrived", "2026-03-02T08:02:00Z",
        )  # fmt: skip
        assert twice.json()["code"] == "illegal_transition"


async def test_a_technician_alone_is_asked_for_signs_of_life(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Ten minutes of silence are told, louder each time; a button begins anew; freed ends it."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await under_way(town, virtual_clock)
        await town.crew("near", "POST", "/api/orders/1/arrive", {**AT_THE_LIFT, "alone": True})
        assert "check_in" in await town.story.open_deadlines(incident)
        assert (await order_of(town))["check_in_due_at"] == "2026-03-02T08:21:00Z"

        await town.story.time_passes(minutes=14.5)
        told = [reason for event, reason in await town.story.told(incident) if "sign" in event]
        assert told == ["check_in_asked", "check_in_missed", "no_sign_of_life"]
        assert (await order_of(town))["check_ins_missed_count"] == 3
        shown = (await town.dispatcher("GET", f"/api/incidents/{incident}")).json()["incident"]
        due = [one["due_at"] for one in shown["deadlines"] if one["kind"] == "check_in"]
        assert due == ["2026-03-02T08:21:00Z"], "it stays overdue until there is a sign"

        await town.crew("near", "POST", "/api/orders/1/check-in", {})
        order = await order_of(town)
        assert (order["check_ins_missed_count"], order["check_in_due_at"]) == (
            0, "2026-03-02T08:35:30Z",
        )  # fmt: skip
        await town.story.time_passes(minutes=9)
        await town.crew("near", "POST", "/api/orders/1/freed", FREED)
        await town.story.time_passes(minutes=5)
        told = [reason for event, reason in await town.story.told(incident) if "sign" in event]
        assert len(told) == 3
        assert "check_in" not in await town.story.open_deadlines(incident)
        rows = await town.scene.connection.execute(
            "SELECT body FROM outbox WHERE subject = 'sign_of_life_missing' ORDER BY message_id"
        )
        assert [row["body"]["loudness"] for row in await rows.fetchall()] == [1, 2, 3]


async def test_safe_cause_and_parts_are_told_from_the_spot(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """After the release, by the crew: each with its time, in the story and in the ledger."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await under_way(town, virtual_clock)
        early = await town.crew("near", "POST", "/api/orders/1/made-safe", {})
        await town.crew("near", "POST", "/api/orders/1/arrive", AT_THE_LIFT)
        freed = {"persons_count": 2, "injured_count": 1}
        await town.crew("near", "POST", "/api/orders/1/freed", freed)
        part = {"part_name": "门触点", "part_number": "DC-7", "batch": "2025-11", "parts_count": 2}

        safe = await town.crew("near", "POST", "/api/orders/1/made-safe", {})
        cause = await town.crew(
            "near", "POST", "/api/orders/1/cause", {"cause_code": "door.contact"}
        )
        parts = await town.crew("near", "POST", "/api/orders/1/parts", {"parts": [part]})
        wrong = await town.crew("near", "POST", "/api/orders/1/cause", {"cause_code": "bad luck"})
        prose = await town.crew(
            "near", "POST", "/api/orders/1/parts", {"parts": [{"part_name": "a\nb"}]}
        )

        assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
        assert [one.status_code for one in (safe, cause, parts)] == [200, 200, 200]
        assert (wrong.status_code, prose.status_code) == (422, 422)
        row = await town.story.incident(incident)
        assert (row["cause_code"], row["lift_made_safe_at"]) == ("door.contact", virtual_clock())
        assert row["injured"] is True
        kinds = (await town.story.ledger(incident))[-4:]
        assert kinds == ["freed", "lift_made_safe", "cause_reported", "part_used"]
        (used,) = (await spot(town, incident))["parts"]
        assert (used["part_number"], used["batch"], used["parts_count"]) == ("DC-7", "2025-11", 2)
        told = await town.scene.connection.execute(
            "SELECT body FROM outbox WHERE subject = 'persons_injured'"
        )
        assert [row["body"]["injured_count"] for row in await told.fetchall()] == [1]


async def test_positions_are_erased(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """At once when sharing is switched off; two hours after the order by the engine; not before."""
    async with centre(database_dsn, virtual_clock) as town:
        await under_way(town, virtual_clock)
        here = {**AT_THE_LIFT, "observed_at": iso(virtual_clock())}
        await town.crew("near", "POST", "/api/crews/near/position", here)
        other = await town.crew("far", "DELETE", "/api/crews/near/position")
        assert other.status_code == 403

        async def place() -> Any:
            answer = await town.dispatcher("GET", "/api/crews")
            crews = answer.json()["crews"]
            return next(crew["latitude_deg"] for crew in crews if crew["crew_id"] == "near")

        async def housekeeping() -> None:
            await Housekeeping(7).run(town.scene.connection, virtual_clock(), 100)

        await housekeeping()
        assert await place() == 31.2
        await town.crew("near", "POST", "/api/orders/1/arrive", AT_THE_LIFT)
        virtual_clock.advance(minutes=200)
        await housekeeping()
        assert await place() == 31.2, "the order still runs"
        await town.crew("near", "POST", "/api/orders/1/freed", FREED)
        virtual_clock.advance(minutes=119)
        await housekeeping()
        assert await place() == 31.2
        virtual_clock.advance(minutes=2)
        await housekeeping()
        assert await place() is None

        again = {**AT_THE_LIFT, "observed_at": iso(virtual_clock())}
        await town.crew("near", "POST", "/api/crews/near/position", again)
        gone = await town.crew("near", "DELETE", "/api/crews/near/position")
        assert gone.status_code == 204
        assert await place() is None


async def test_what_a_withdrawn_crew_says_is_refused_and_kept(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Another crew freed them meanwhile: the page gets the reason, the story what was said."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await under_way(town, virtual_clock)
        await town.story.dispatcher_closes(incident, "self_freed")  # type: ignore[arg-type]

        action = {"key": "late-freed", "order_id": 1, "action": "freed", "content": FREED}
        answer = await town.crew("near", "POST", "/api/crew/actions", {"actions": [action]})

        (result,) = answer.json()["results"]
        assert (result["status"], result["code"]) == ("refused", "illegal_transition")
        story = (await town.dispatcher("GET", f"/api/incidents/{incident}")).json()
        line = next(line for line in story["log"] if line["event"] == "report_refused")
        assert (line["detail"]["action"], line["detail"]["persons_count"]) == ("freed", 2)
        regulator = await town.call(
            Role.REGULATOR, "GET", f"/api/incidents/{incident}/from-the-spot"
        )
        assert regulator.status_code == 200
