"""Deadlines and first orders under load: how late, how soon, and how long a ranking takes.

A million open deadlines, a thousand people trapped a minute, 2,000 crews, one engine. Both waits
are commit to commit by the database's clock. The peer polls once a second without an index or
SKIP LOCKED, and ranks crew by crew in plain Python.
"""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from escalate_load import LoadSpec
from escalate_ranking import measure_ranking
from escalate_stage import LIFTS_COUNT, Stage, stage
from process_cost import cpu_s

from liftward_kit.clock import monotonic_s, utc_now
from liftward_kit.subcommand import progress
from liftward_runtime.bench.command import BenchOptions
from support.children import Child
from support.processes import clean_environ

_LOAD = Path(__file__).with_name("escalate_load.py")
_NAIVE = Path(__file__).with_name("naive_escalation.py")
_LOAD_ENDS_WITHIN_S = 60.0
_LAST_ORDER_WITHIN_S = 10.0
_LOOK_PERIOD_S = 0.5
INCIDENTS_PER_MIN = 1_000.0
LATENESS_S_MAX, ORDER_S_MAX, RANKING_MS_MAX = 1.0, 1.0, 5.0

_LATENESS = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - due_at)::float8
  FROM deadline WHERE fired_at IS NOT NULL AND due_at >= %(since)s
"""
_TO_ORDER = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(log.xmin)
               - pg_xact_commit_timestamp(bench_mark.xmin))::float8
  FROM bench_mark
  JOIN incident_detection USING (detection_id)
  JOIN incident_log AS log USING (incident_id)
 WHERE log.log_id = (SELECT min(first.log_id) FROM incident_log AS first
                      WHERE first.incident_id = log.incident_id AND first.event = 'order_sent')
"""


_NAIVE_TABLE = """
CREATE TABLE naive_deadline (
    deadline_id bigint PRIMARY KEY, due_at timestamptz, fired_at timestamptz);
INSERT INTO naive_deadline
SELECT n, now() + n / {fired_per_s}::float8 * interval '1 second'
  FROM generate_series(1, {count}) AS n;
ANALYZE naive_deadline;
"""
_NAIVE_LATENESS = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - due_at)::float8
  FROM naive_deadline WHERE fired_at IS NOT NULL AND due_at >= %(since)s
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it, for how long."""

    fired_per_s: float
    seconds: float
    naive_deadlines: int
    naive_s: float
    rankings: int


DEADLINES_COUNT = 1_000_000
FULL = Plan(
    fired_per_s=20.0, seconds=300.0, naive_deadlines=DEADLINES_COUNT, naive_s=30.0, rankings=500
)
QUICK = Plan(fired_per_s=20.0, seconds=10.0, naive_deadlines=200_000, naive_s=4.0, rankings=60)


def measure(options: BenchOptions) -> dict[str, Any]:
    """Measure the engine under load, its naive peer, and the ranking."""
    plan = QUICK if options.quick else FULL
    ranking = measure_ranking(plan.rankings)
    with stage() as town:
        seconds = options.seconds or plan.seconds
        due_count = round(plan.fired_per_s * seconds)
        town.fill(deadlines=DEADLINES_COUNT - due_count)
        engine = _under_load(town, plan, seconds, due_count)
        naive = _naive(town, plan)
    ratio = naive["p99"] / max(engine["lateness_s"]["p99"], 1e-6)
    return {
        **engine,
        "naive_deadlines": plan.naive_deadlines,
        "naive_lateness_s": naive,
        "lateness_ratio": round(ratio, 1),
        **ranking,
    }


def holds(result: dict[str, Any]) -> bool:
    """Tell whether every target is met."""
    return bool(
        result["lateness_s"]["p99"] < LATENESS_S_MAX
        and result["detection_to_order_s"]["p99"] < ORDER_S_MAX
        and result["ranking_ms"]["p99"] < RANKING_MS_MAX
        and result["incidents_ordered"] == result["incidents"]
    )


def _under_load(town: Stage, plan: Plan, seconds: float, due_count: int) -> dict[str, Any]:
    progress(f"  {INCIDENTS_PER_MIN:.0f} incidents a minute for {seconds:.0f} s")
    engine = town.start_engine()
    town.fall_due(due_count, per_s=plan.fired_per_s)
    with psycopg.connect(town.dsn, autocommit=True) as connection:
        open_count = _one(connection, "SELECT count(*) FROM deadline WHERE fired_at IS NULL")
    since = utc_now()
    spec = LoadSpec(town.dsn, INCIDENTS_PER_MIN, seconds, LIFTS_COUNT)
    before_s = cpu_s(engine.pid)
    done = subprocess.run(
        [sys.executable, "-P", str(_LOAD), spec.words()],
        check=True, stdout=subprocess.PIPE, timeout=seconds + _LOAD_ENDS_WITHIN_S,
    )  # fmt: skip
    engine_s = cpu_s(engine.pid) - before_s
    incidents = json.loads(done.stdout)["incidents"]
    with psycopg.connect(town.dsn, autocommit=True) as connection:
        _wait_for_orders(connection, incidents)
        lateness = _values(connection, _LATENESS, since=since)
        to_order = _values(connection, _TO_ORDER)
    engine.kill()
    return {
        "open_deadlines": open_count,
        "seconds": seconds,
        "deadlines_fired": len(lateness),
        "lateness_s": _quantiles(lateness),
        "incidents": incidents,
        "incidents_ordered": len(to_order),
        "detection_to_order_s": _quantiles(to_order),
        "engine_cpu_share": round(engine_s / seconds, 3),
    }


def _wait_for_orders(connection: psycopg.Connection, wanted: int) -> None:
    """Return when every incident has an order, or when the last ones are too late anyway."""
    pause, until_s = threading.Event(), monotonic_s() + _LAST_ORDER_WITHIN_S
    while len(_values(connection, _TO_ORDER)) < wanted and monotonic_s() < until_s:
        pause.wait(_LOOK_PERIOD_S)


def _naive(town: Stage, plan: Plan) -> dict[str, float]:
    """Give the naive engine as many deadlines and nothing else to do."""
    text = _NAIVE_TABLE.format(fired_per_s=plan.fired_per_s, count=plan.naive_deadlines)
    with psycopg.connect(town.dsn, autocommit=True) as connection:
        connection.execute(text.encode())
    since = utc_now()
    words = (sys.executable, "-P", str(_NAIVE), json.dumps({"dsn": town.dsn}))
    peer = Child(words, output=town.folder / "naive.log", environ=clean_environ({}))
    try:
        threading.Event().wait(plan.naive_s)
        assert peer.exit_status is None, peer.text()
    finally:
        peer.kill()
    with psycopg.connect(town.dsn, autocommit=True) as connection:
        return _quantiles(_values(connection, _NAIVE_LATENESS, since=since))


def _one(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _values(connection: psycopg.Connection, query: str, **values: object) -> list[float]:
    rows = connection.execute(query.encode(), values).fetchall()
    return [row[0] for row in rows if row[0] is not None]


def _quantiles(values: list[float]) -> dict[str, float]:
    if not values:
        return {"p50": float("inf"), "p99": float("inf"), "max": float("inf")}
    p50, p99, top = np.quantile(values, [0.5, 0.99, 1.0])
    return {"p50": round(p50, 4), "p99": round(p99, 4), "max": round(top, 4)}


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    late, order, rank_ms = (
        result[name] for name in ("lateness_s", "detection_to_order_s", "ranking_ms")
    )
    naive = result["naive_lateness_s"]
    return [
        (
            f"{result['open_deadlines']:,} open deadlines, {result['deadlines_fired']:,} fired in "
            f"{result['seconds']:.0f} s: late by {late['p50']} s, P99 {late['p99']} s, "
            f"at most {late['max']} s"
        ),
        (
            f"naive peer, nothing else to do: {naive['p50']} s, P99 {naive['p99']} s "
            f"(x {result['lateness_ratio']})"
        ),
        (
            f"{result['incidents_ordered']} of {result['incidents']} incidents ordered: commit to "
            f"commit {order['p50']} s, P99 {order['p99']} s, at most {order['max']} s"
        ),
        (
            f"ranking {result['crews']:,} crews: {rank_ms['p50']} ms, P99 {rank_ms['p99']} ms; "
            f"plain loop {result['naive_ranking_ms']['p50']} ms (x {result['ranking_ratio']})"
        ),
        f"engine: {result['engine_cpu_share']:.0%} of one core",
    ]
