"""Liveness over HTTP: what the gateway believes, as it wrote it, with reason and age."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from liftward_gateway.liveness.rhythm import SECONDS_OF_CODE
from liftward_gateway.liveness.rhythm import hour_of_week as gateway_hour_of_week
from liftward_platform.access.model import Role
from liftward_platform.liveness.model import Belief, best_of, hour_of_week, usual_silence_s
from support.fleet_rows import register_edge, register_lifts
from support.liveness_scene import DARK_AFTER_S, SETTLE_S, WatchingWorker, watching
from support.platform_scene import ApiScene, add_town, api_scene
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration


@asynccontextmanager
async def liveness_scene(
    dsn: str, clock: VirtualClock
) -> AsyncIterator[tuple[ApiScene, WatchingWorker]]:
    """The API beside a worker's liveness, on one database, in one virtual time."""
    async with api_scene(dsn, clock) as scene, watching(dsn, clock) as worker:
        yield scene, worker


async def get(scene: ApiScene, path: str, role: Role = Role.OPERATOR, **query: Any) -> Any:
    answer = await scene.client.get(path, params=query, headers=await scene.headers(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_platform_and_gateway_read_a_rhythm_alike() -> None:
    """The hour a byte stands for, and the seconds it means; they share no code."""
    for hours in range(0, 400, 7):
        at = START + timedelta(hours=hours)
        assert hour_of_week(at) == gateway_hour_of_week(int(at.timestamp() * 1e6))
    for code in range(1, 256):
        assert usual_silence_s(code) == pytest.approx(float(SECONDS_OF_CODE[code]), rel=0.05)
    assert usual_silence_s(0) is None


def test_a_lift_is_believed_what_its_best_heard_device_is() -> None:
    """And never heard when no device serves it."""
    assert best_of([Belief.DARK, Belief.LIVE, Belief.QUIET]) is Belief.LIVE
    assert best_of([Belief.NEVER, Belief.DARK]) is Belief.DARK
    assert best_of([]) is Belief.NEVER


async def test_devices_are_listed_by_belief_and_in_pages(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """With reason, beginning, last word, what silence is usual, and how old the belief is."""
    register_lifts(database_dsn, ["L-1", "L-2", "L-3", "L-4"])
    register_edge(database_dsn, "EDGE-1", ["L-3", "L-4"])
    async with liveness_scene(database_dsn, virtual_clock) as (scene, worker):
        for device_id in ("L-1", "L-2", "EDGE-1"):
            worker.is_born(device_id)
        await worker.passes(SETTLE_S + 1, "L-1", "L-2")
        last_at = virtual_clock()
        worker.hear("L-1")
        worker.hear("L-2")
        worker.hear_edge("EDGE-1", ["L-3", "L-4"])
        worker.liveness.beliefs.rhythms.usual[:, :] = 100
        worker.liveness.beliefs.rhythms.changed[:] = True
        await worker.passes(DARK_AFTER_S + 1, "L-2")
        await worker.keeper.save()
        await worker.keeper.tell()
        told_at = virtual_clock()
        virtual_clock.advance(3.0)
        dark = await get(scene, "/api/devices", belief="dark")
        first = await get(scene, "/api/devices", limit=2)
        rest = await get(scene, "/api/devices", limit=3, after=first["next_after"])
        never = await get(scene, "/api/devices", belief="never")

    assert [device["device_id"] for device in dark["devices"]] == ["EDGE-1", "L-1"]
    edge = dark["devices"][0]
    assert (edge["lift_ids"], edge["kind"]) == (["L-3", "L-4"], "edge")
    assert (edge["belief"], edge["reason"], edge["hearing"]) == (
        "dark", "heartbeat_missed", "listening",
    )  # fmt: skip
    assert read(edge["since"]) == read(edge["last_heard_at"]) == last_at
    assert read(edge["believed_as_of"]) == told_at
    assert edge["usual_silence_s"] == pytest.approx(float(SECONDS_OF_CODE[100]), abs=0.1)
    assert [device["device_id"] for device in first["devices"]] == ["EDGE-1", "L-1"]
    assert [device["device_id"] for device in rest["devices"]] == ["L-2", "L-3", "L-4"]
    assert [device["device_id"] for device in never["devices"]] == ["L-3", "L-4"]
    assert rest["devices"][0]["belief"] == "live"


async def test_a_device_no_gateway_has_looked_at_is_listed_as_never_heard(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Without a worker there is no age to state, and nothing is invented."""
    register_lifts(database_dsn, ["L-1"])
    async with api_scene(database_dsn, virtual_clock) as scene:
        [device] = (await get(scene, "/api/devices"))["devices"]
        summary = await get(scene, "/api/liveness/summary")

    assert (device["belief"], device["believed_as_of"]) == ("never", None)
    assert device["usual_silence_s"] is None
    assert summary["believed_as_of"] is None
    assert summary["workers"] == []


async def test_a_lifts_unknown_time_is_counted_within_the_period(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """What reaches out of it is shown whole and counted in part; open time counts to now."""
    register_lifts(database_dsn, ["L-1"])
    async with liveness_scene(database_dsn, virtual_clock) as (scene, worker):
        worker.is_born("L-1")
        await worker.passes(SETTLE_S + 1, "L-1")
        last_at = virtual_clock()
        worker.hear("L-1")
        await worker.passes(1_000)
        first_back_at = virtual_clock()
        worker.hear("L-1")
        await worker.passes(600, "L-1")
        second_last_at = virtual_clock()
        worker.hear("L-1")
        await worker.passes(400)
        path = "/api/lifts/L-1/liveness"
        begin = last_at + timedelta(seconds=100)
        whole = await get(scene, path, Role.REGULATOR, **{"from": begin.isoformat()})
        limited = await get(scene, path, Role.REGULATOR, limit=1, **{"from": begin.isoformat()})
        wrong = await scene.client.get(
            path,
            params={"from": virtual_clock().isoformat()},
            headers=await scene.headers(Role.OPERATOR),
        )

    assert whole["belief"] == "dark"
    assert whole["unknown_s"] == pytest.approx(900.0 + 400.0)
    assert whole["watched_s"] == pytest.approx((virtual_clock() - begin).total_seconds())
    assert whole["unknown_share"] == pytest.approx(1_300.0 / whole["watched_s"])
    times = [(read(one["from"]), one["until"] and read(one["until"])) for one in whole["intervals"]]
    assert times == [(last_at, first_back_at), (second_last_at, None)]
    assert {one["reason"] for one in whole["intervals"]} == {"heartbeat_missed"}
    assert (len(limited["intervals"]), limited["complete"]) == (1, False)
    assert limited["unknown_s"] == whole["unknown_s"]
    assert (wrong.status_code, wrong.json()["code"]) == (422, "period_invalid")


async def test_the_summary_states_counts_and_their_age(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A worker that says nothing any more is seen by the age of what it said."""
    register_lifts(database_dsn, ["L-1", "L-2", "L-3"])
    async with liveness_scene(database_dsn, virtual_clock) as (scene, worker):
        for device_id in ("L-1", "L-2"):
            worker.is_born(device_id)
        await worker.passes(SETTLE_S + 1, "L-1", "L-2")
        await worker.passes(DARK_AFTER_S + 10, "L-2")
        await worker.keeper.tell()
        told_at = virtual_clock()
        virtual_clock.advance(600.0)
        summary = await get(scene, "/api/liveness/summary", Role.DISPATCHER)

    assert read(summary["believed_as_of"]) == told_at
    assert read(summary["as_of"]) == told_at + timedelta(seconds=600)
    counts = [summary[f"{word}_count"] for word in ("never", "live", "quiet", "dark")]
    assert counts == [1, 1, 0, 1]
    assert [worker["hearing"] for worker in summary["workers"]] == ["listening"]


async def test_unknown_time_agrees_with_the_quality_figures(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A plain story: an hour heard, half an hour dark, an hour heard. Both say the same share."""
    keys = register_lifts(database_dsn, ["L-1"])
    async with liveness_scene(database_dsn, virtual_clock) as (scene, worker):
        began_at = virtual_clock()
        worker.is_born("L-1")
        for talking in (True, False, True):
            for _ in range(12 if talking else 6):
                if talking:
                    await _sample_each_10_s(scene, keys["L-1"], virtual_clock())
                await worker.passes(300, *(["L-1"] if talking else []))
        period = {"from": began_at.isoformat(), "to": virtual_clock().isoformat()}
        liveness = await get(scene, "/api/lifts/L-1/liveness", Role.EVALUATOR, **period)
        quality = await get(scene, "/api/quality/lifts/L-1", Role.EVALUATOR, **period)

    assert liveness["unknown_share"] == pytest.approx(0.2, abs=0.01)
    assert liveness["unknown_share"] == pytest.approx(quality["unknown_share"], abs=0.001)


async def _sample_each_10_s(scene: ApiScene, lift_key: int, start: datetime) -> None:
    await scene.connection.execute(
        "INSERT INTO sample (lift_key, observed_at, received_at, boot_id, sequence)"
        " SELECT %s, at, at, 1, 1 FROM generate_series(%s::timestamptz + interval '1 second',"
        " %s::timestamptz + interval '299 seconds', interval '10 seconds') AS at",
        [lift_key, start, start],
    )


async def test_liveness_is_not_for_crews(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """They see their orders; who may see beliefs is declared."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        headers = await scene.headers(Role.CREW)
        answers = [
            (await scene.client.get(path, headers=headers)).status_code
            for path in ("/api/devices", "/api/liveness/summary", "/api/lifts/L-1/liveness")
        ]

    assert answers == [403, 403, 403]
