from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.registry import Collector

from liftward_gateway.admit import Received
from liftward_gateway.gauges import watch_liveness, watch_ways
from liftward_gateway.liveness.watch import Liveness
from liftward_gateway.mark_table import MarkTable
from liftward_gateway.metrics import LATENCY_BOUNDS_S, BulkHistogram, GatewayMetrics, PathMetrics
from liftward_gateway.prepare import Prepared, judge, prepare, streams_of
from liftward_gateway.registry import Registry, ServedLift
from liftward_platform.api.metrics import ApiMetrics
from liftward_platform.engine.metrics import make_metrics
from liftward_platform.notifications.metrics import NotificationMetrics
from liftward_wire.columns import microseconds
from liftward_wire.messages import EventKind
from liftward_wire.topics import TopicKind
from support.gateway_messages import event, received, sample

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def values(collector: Collector, kind: str) -> dict[tuple[str, ...], float]:
    """Return samples of a collector whose names end in `kind`, by their labels."""
    return {
        tuple(one.labels.values()): one.value
        for family in collector.collect()
        for one in family.samples
        if one.name.endswith(kind)
    }


@given(st.lists(st.lists(st.one_of(st.floats(0, 100), st.sampled_from(LATENCY_BOUNDS_S)))))
def test_a_batch_is_counted_as_one_by_one(batches: list[list[float]]) -> None:
    """The histogram of whole batches is the library's own, fed value by value."""
    bulk = BulkHistogram("a", "a", "path", LATENCY_BOUNDS_S)
    twin = Histogram("a", "a", ["path"], buckets=LATENCY_BOUNDS_S, registry=CollectorRegistry())
    for batch in batches:
        bulk.observe("telemetry", np.array(batch, np.float64))
        twin.labels("telemetry")
        for value in batch:
            twin.labels("telemetry").observe(value)

    assert values(bulk, "_bucket") == values(twin, "_bucket")
    assert values(bulk, "_count") == values(twin, "_count")


def path_metrics() -> tuple[GatewayMetrics, PathMetrics]:
    metrics = GatewayMetrics()
    return metrics, PathMetrics(metrics, "telemetry")


def value_of(metrics: GatewayMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"liftward_gateway_{name}", labels)


def prepared_of(*observed_ago_s: float) -> tuple[list[Received], Prepared]:
    """Return samples and one event observed so long ago, received now, and one broken message."""
    registry = Registry()
    registry.replace([ServedLift("LIFT-1", "LIFT-1", 101)])
    messages = [
        received(
            "LIFT-1",
            TopicKind.TELEMETRY,
            sample(NOW - timedelta(seconds=ago_s), sequence=number),
            NOW,
        )
        for number, ago_s in enumerate(observed_ago_s)
    ]
    messages.append(
        received("LIFT-1", TopicKind.EVENT, event(NOW, EventKind.ALARM_PRESSED, sequence=0), NOW)
    )
    messages.append(received("LIFT-1", TopicKind.TELEMETRY, b"{", NOW))
    judged = judge(messages, registry)
    streams = streams_of(judged)
    marks = MarkTable()
    marks.load(streams, {})
    return messages, prepare(judged, marks.batch(streams))


def test_a_committed_batch_is_counted() -> None:
    """Messages, rows by verdict, refusals by reason, sizes, and the time from arrival to commit."""
    metrics, path = path_metrics()
    messages, prepared = prepared_of(0.0, 0.0)

    path.committed(
        messages,
        prepared,
        [],
        commit_s=0.004,
        committed_us=microseconds(NOW) + 30_000,
    )

    assert value_of(metrics, "messages_total", path="telemetry") == 4
    assert value_of(metrics, "rows_total", path="telemetry", verdict="new") == 3
    assert value_of(metrics, "quarantined_total", path="telemetry", reason="undecodable") == 1
    assert value_of(metrics, "batch_rows_sum", path="telemetry") == 2
    arrived = "received_to_committed_seconds_bucket"
    assert value_of(metrics, arrived, path="telemetry", le="0.02") == 0
    assert value_of(metrics, arrived, path="telemetry", le="0.05") == 4


def test_what_was_stored_on_the_way_says_nothing_of_our_speed() -> None:
    """Rows of an outage are counted as rows, and left out of the end-to-end latency."""
    metrics, path = path_metrics()
    messages, prepared = prepared_of(0.5, 7_200.0)

    path.committed(
        messages,
        prepared,
        [],
        commit_s=0.004,
        committed_us=microseconds(NOW),
    )

    observed = "observed_to_committed_seconds"
    assert value_of(metrics, f"{observed}_count", path="telemetry") == 2  # a sample and the event
    assert value_of(metrics, f"{observed}_bucket", path="telemetry", le="0.5") == 2


def test_the_page_names_every_metric_and_no_other() -> None:
    """Whoever reads the page finds what the processes really tell."""
    gateway = GatewayMetrics()
    watch_ways(gateway, {}, lambda: NOW)
    watch_liveness(gateway, Liveness())
    api = ApiMetrics()
    for name in ("liftward_incidents_open", "liftward_board_age_seconds", "liftward_board_streams"):
        api.watch(name, name, lambda: 0.0)
    engine = make_metrics().registry
    NotificationMetrics(engine)
    told = {
        family.name
        for registry in (gateway.registry, api.registry, engine)
        for family in registry.collect()
        if family.name.startswith("liftward_")
    }
    named = {
        line.split("`")[1]
        for line in PAGE.read_text().splitlines()
        if line.startswith("| `liftward_")
    }

    assert named == told
