"""What the engine measures about itself."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

# A cycle is milliseconds; seconds mean trouble.
_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
# A deadline is some seconds late when the engine was restarted, more when it was down.
_LATENESS_S = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class EngineMetrics:
    registry: CollectorRegistry
    module_s: Histogram
    handled: Counter
    failures: Counter
    deadline_lateness_s: Histogram


def make_metrics() -> EngineMetrics:
    """Return fresh metrics in a registry of their own."""
    registry = CollectorRegistry()
    return EngineMetrics(
        registry=registry,
        module_s=Histogram(
            "liftward_engine_module_seconds", "Time of one run of a module", ["module"],
            buckets=_SECONDS, registry=registry,
        ),
        handled=Counter(
            "liftward_engine_handled", "Rows handled", ["module"], registry=registry
        ),
        failures=Counter(
            "liftward_engine_failures", "Runs of a module that failed", ["module"],
            registry=registry,
        ),
        deadline_lateness_s=Histogram(
            "liftward_engine_deadline_lateness_seconds", "How late deadlines fired",
            buckets=_LATENESS_S, registry=registry,
        ),
    )  # fmt: skip


METRICS = make_metrics()
