"""What a gateway worker tells Prometheus: rates, sizes, latencies, refusals, and what waits.

Knows names and numbers. Must not know MQTT, SQL or the clock: times come as microseconds. One
registry per worker, so that two of them in a test do not meet. The page: docs/metrics.md.
"""

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from liftward_gateway.admit import Received
from liftward_gateway.prepare import Prepared
from liftward_gateway.quarantine import QuarantineEntry
from liftward_gateway.writer import DetectionRow

# From a quiet gateway (a batch waits 4 ms) to the limit a person would call an outage.
LATENCY_BOUNDS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_COMMIT_BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SIZE_BOUNDS = (1, 5, 20, 50, 100, 200, 500, 1_000, 5_000, 20_000, 100_000)
# Rows older than this on arrival were stored on the way: they say nothing about our speed.
STORED_ON_THE_WAY_S = 60.0

Floats = npt.NDArray[np.float64]


class BulkHistogram(Collector):
    """A histogram that takes a whole batch at once: one by one, 10,000 rows would cost 6 ms."""

    def __init__(self, name: str, purpose: str, label: str, bounds: Sequence[float]) -> None:
        self._name, self._purpose, self._label = name, purpose, label
        self._bounds = np.asarray(bounds, dtype=np.float64)
        self._counts: dict[str, npt.NDArray[np.int64]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, label: str, values: Floats) -> None:
        """Count values of shape (n,); a value on a bound belongs below it, as Prometheus has it."""
        places = np.searchsorted(self._bounds, values, side="left")
        found = np.bincount(places, minlength=len(self._bounds) + 1)
        self._counts[label] = self._counts.get(label, np.zeros_like(found)) + found
        self._sums[label] = self._sums.get(label, 0.0) + float(values.sum())

    def collect(self) -> Iterable[HistogramMetricFamily]:
        family = HistogramMetricFamily(self._name, self._purpose, labels=[self._label])
        bounds = [*map(str, self._bounds.tolist()), "+Inf"]
        for label, counts in sorted(self._counts.items()):
            cumulative = np.cumsum(counts).tolist()
            buckets = list(zip(bounds, cumulative, strict=True))
            family.add_metric([label], buckets, self._sums[label])
        yield family


class GatewayMetrics:
    """All metrics of one worker; its paths share them, told apart by the label `path`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.messages = self._counter("messages", "Messages committed", "path")
        self.rows = self._counter("rows", "Rows by what their sequence says", "path", "verdict")
        self.quarantined = self._counter("quarantined", "Messages refused", "path", "reason")
        self.detections = self._counter(
            "detections", "Transitions of episodes", "path", "kind", "transition"
        )
        self.batch_messages = self._histogram("batch_messages", "Messages in a batch", _SIZE_BOUNDS)
        self.batch_rows = self._histogram("batch_rows", "Samples in a batch", _SIZE_BOUNDS)
        self.commit_s = self._histogram(
            "commit_seconds", "From a batch judged to its transaction committed", _COMMIT_BOUNDS_S
        )
        self.received_to_committed_s = self._bulk(
            "received_to_committed_seconds", "From a message's arrival to its commit"
        )
        self.observed_to_committed_s = self._bulk(
            "observed_to_committed_seconds",
            "From a device's observation to its commit, by the device's clock; rows that were "
            f"{STORED_ON_THE_WAY_S:.0f} s old on arrival are left out",
        )

    def watch(
        self, name: str, purpose: str, label: str, values: Mapping[str, Callable[[], float]]
    ) -> None:
        """Add a gauge with one label that is read when Prometheus asks."""
        gauge = Gauge(f"liftward_gateway_{name}", purpose, [label], registry=self.registry)
        for text, value in values.items():
            gauge.labels(text).set_function(value)

    def _counter(self, name: str, purpose: str, *labels: str) -> Counter:
        return Counter(f"liftward_gateway_{name}", purpose, labels, registry=self.registry)

    def _histogram(self, name: str, purpose: str, bounds: Sequence[float]) -> Histogram:
        return Histogram(
            f"liftward_gateway_{name}", purpose, ["path"], buckets=bounds, registry=self.registry
        )

    def _bulk(self, name: str, purpose: str) -> BulkHistogram:
        histogram = BulkHistogram(f"liftward_gateway_{name}", purpose, "path", LATENCY_BOUNDS_S)
        self.registry.register(histogram)
        return histogram


class PathMetrics:
    """What one path counts."""

    def __init__(self, metrics: GatewayMetrics, path: str) -> None:
        self._all, self._path = metrics, path

    def committed(
        self,
        messages: Sequence[Received],
        prepared: Prepared,
        detections: Sequence[DetectionRow],
        *,
        commit_s: float,
        committed_us: int,
    ) -> None:
        """Count a batch that was committed at `committed_us`, after `commit_s` of writing."""
        everything, path = self._all, self._path
        rows_count = 0 if prepared.columns is None else len(prepared.columns)
        everything.messages.labels(path).inc(len(messages))
        everything.batch_messages.labels(path).observe(len(messages))
        everything.batch_rows.labels(path).observe(rows_count)
        everything.commit_s.labels(path).observe(commit_s)
        for verdict, count in prepared.counts.items():
            everything.rows.labels(path, str(verdict)).inc(count)
        self.refused(prepared.quarantined)
        self.concluded(detections)
        received_us = np.fromiter((one.received_at_us for one in messages), np.int64, len(messages))
        everything.received_to_committed_s.observe(path, (committed_us - received_us) / 1e6)
        everything.observed_to_committed_s.observe(path, _fresh_ages_s(prepared, committed_us))

    def concluded(self, detections: Sequence[DetectionRow]) -> None:
        """Count what the detector concluded and the database keeps."""
        for (kind, transition), count in Counts(
            (row.kind, row.transition) for row in detections
        ).items():
            self._all.detections.labels(self._path, kind, transition).inc(count)

    def refused(self, entries: Sequence[QuarantineEntry]) -> None:
        """Count messages that went into quarantine."""
        for entry in entries:
            self._all.quarantined.labels(self._path, entry.reason).inc(entry.count)


def _fresh_ages_s(prepared: Prepared, committed_us: int) -> Floats:
    """Return seconds from observation to commit of the rows that came at once."""
    observed_us = [np.array([event.observed_us for event in prepared.events], np.int64)]
    received_us = [np.array([event.received_at_us for event in prepared.events], np.int64)]
    if prepared.columns is not None:
        observed_us.append(prepared.columns.observed_at_us)
        received_us.append(prepared.columns.received_at_us)
    observed, received = np.concatenate(observed_us), np.concatenate(received_us)
    fresh = received - observed <= STORED_ON_THE_WAY_S * 1e6
    ages_s: Floats = (committed_us - observed[fresh]) / 1e6
    return ages_s
