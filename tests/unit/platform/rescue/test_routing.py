"""OSRM by URL: what is asked, what is understood, and that a dead server delays nobody twice."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from liftward_kit.settings import SettingError
from liftward_platform.rescue.policy import load
from liftward_platform.rescue.routing import (
    REST_AFTER_FAILURE,
    NoRouter,
    OsrmTable,
    router_from_environ,
)
from liftward_platform.rescue.travel import Place
from support.virtual_time import START

POLICY = load()
LIFT = Place(31.2, 121.4)
STARTS = {"near": Place(31.21, 121.4), "far": Place(31.3, 121.5)}
NIGHT = START.replace(hour=18)  # two in the morning, local: the roads are free


@contextmanager
def osrm(answer: Any, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A small server that speaks OSRM's /table format; what it was asked is kept."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client() -> httpx.AsyncClient:
    """A client that a busy test machine does not time out."""
    return httpx.AsyncClient(timeout=10.0)


async def test_times_of_the_roads_are_taken_and_slowed_by_the_hour() -> None:
    """The table has a row for each crew; at the rush hour the same roads take longer."""
    answer = {"code": "Ok", "durations": [[120.5], [900]]}
    with osrm(answer) as (url, asked):
        router = OsrmTable(url, client())
        night = await router.times(STARTS, LIFT, policy=POLICY, now=NIGHT)
        rush = await router.times(STARTS, LIFT, policy=POLICY, now=START.replace(hour=10))

    assert dict(night.seconds) == {"near": 120.5, "far": 900.0}
    assert asked[0] == (
        "/table/v1/driving/121.400000,31.210000;121.500000,31.300000;121.400000,31.200000"
        "?sources=0;1&destinations=2&annotations=duration"
    )
    slower = max(POLICY.speed_kmh) / POLICY.speed_kmh[18]
    assert rush.seconds["near"] == pytest.approx(120.5 * slower)


async def test_a_place_without_a_road_has_no_time() -> None:
    """OSRM says null: the estimate stands in for that crew only."""
    with osrm({"code": "Ok", "durations": [[None], [900]]}) as (url, _):
        routed = await OsrmTable(url, client()).times(STARTS, LIFT, policy=POLICY, now=NIGHT)

    assert (dict(routed.seconds), routed.failure) == ({"far": 900.0}, None)


@pytest.mark.parametrize(
    ("answer", "status", "piece"),
    [
        ({"code": "TooBig"}, 400, "400 TooBig"),
        ({"code": "Ok", "durations": [[1]]}, 200, "no table of 2 rows"),
        ({"code": "Ok", "durations": [[-1], [2]]}, 200, "[-1] for a duration"),
        ({"code": "Ok", "durations": [["soon"], [2]]}, 200, "['soon'] for a duration"),
        ([], 200, "answered 200 None"),
        (b"<html>", 502, "JSONDecodeError"),
    ],
)
async def test_an_answer_that_is_no_table_is_a_failure_with_its_reason(
    answer: Any, status: int, piece: str
) -> None:
    """Whatever came instead is said, and the order goes out by the estimate."""
    with osrm(answer, status) as (url, _):
        routed = await OsrmTable(url, client()).times(STARTS, LIFT, policy=POLICY, now=NIGHT)

    assert not routed.seconds
    assert routed.failure is not None
    assert piece in routed.failure


async def test_a_service_that_failed_is_left_alone_for_a_while() -> None:
    """A dead server costs one order its half second, not each."""
    with osrm(b"no", 500) as (url, asked):
        router = OsrmTable(url, client())
        first = await router.times(STARTS, LIFT, policy=POLICY, now=NIGHT)
        soon = NIGHT + REST_AFTER_FAILURE - timedelta(seconds=1)
        second = await router.times(STARTS, LIFT, policy=POLICY, now=soon)
        await router.times(STARTS, LIFT, policy=POLICY, now=NIGHT + REST_AFTER_FAILURE)

    assert first.failure == second.failure
    assert len(asked) == 2


async def test_no_service_is_no_failure() -> None:
    """Without a URL nothing is asked and nothing has failed."""
    router = router_from_environ({})

    assert isinstance(router, NoRouter)
    assert (await router.times(STARTS, LIFT, policy=POLICY, now=NIGHT)).failure is None
    assert isinstance(router_from_environ({"LIFTWARD_OSRM_URL": "http://roads:5000"}), OsrmTable)
    with pytest.raises(SettingError, match="LIFTWARD_OSRM_URL"):
        router_from_environ({"LIFTWARD_OSRM_URL": "roads"})
