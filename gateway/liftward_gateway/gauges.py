"""What Prometheus reads of a worker at the moment it asks: what waits, what is away, who is dark.

An edge: serves the metrics on a port of its own. Decides nothing.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from prometheus_client import start_http_server

from liftward_gateway.batch import WINDOW_MESSAGES_MAX
from liftward_gateway.errors import GatewayError
from liftward_gateway.liveness.belief import Belief
from liftward_gateway.liveness.watch import Liveness
from liftward_gateway.metrics import GatewayMetrics
from liftward_gateway.mqtt import MqttSource
from liftward_gateway.pipeline import Pipeline
from liftward_kit.clock import Clock
from liftward_wire.columns import microseconds

_TOLD_BELIEFS = (Belief.NEVER, Belief.LIVE, Belief.QUIET, Belief.DARK)


class Way(Protocol):
    """One path of a worker, with its edge to the broker."""

    @property
    def source(self) -> MqttSource: ...
    @property
    def pipeline(self) -> Pipeline: ...


def serve(metrics: GatewayMetrics, port: int) -> None:
    """Serve the metrics in a thread of their own; port 0 serves nothing.

    Raises
    ------
    GatewayError
        When the port cannot be opened.
    """
    if not port:
        return
    try:
        start_http_server(port, registry=metrics.registry)
    except OSError as error:
        raise GatewayError(
            f"metrics cannot be served on port {port} ({error}): free it, or choose another "
            "LIFTWARD_GATEWAY_METRICS_PORT"
        ) from error


def watch_ways(metrics: GatewayMetrics, ways: Mapping[str, Way], clock: Clock) -> None:
    """Let Prometheus read what waits on each path, and what a path waits for."""

    def by_path(value: Callable[[Way], float]) -> dict[str, Callable[[], float]]:
        return {path: partial(value, way) for path, way in ways.items()}

    def oldest_waiting_s(way: Way) -> float:
        oldest_us = way.source.oldest_waiting_us
        return 0.0 if oldest_us is None else (microseconds(clock()) - oldest_us) / 1e6

    metrics.watch(
        "window_used_ratio",
        "Messages received and not yet acknowledged, of the most we take at a time",
        "path",
        by_path(lambda way: way.source.unacknowledged_count / WINDOW_MESSAGES_MAX),
    )
    metrics.watch(
        "oldest_waiting_seconds",
        "Age of the oldest message that is here and not yet in a batch",
        "path",
        by_path(oldest_waiting_s),
    )
    metrics.watch(
        "broker_connected",
        "1 when every subscription of the path is granted",
        "path",
        by_path(lambda way: float(way.source.subscribed.is_set())),
    )
    metrics.watch(
        "database_lost",
        "1 while the database takes nothing from the path",
        "path",
        by_path(lambda way: float(way.pipeline.store_lost_reason is not None)),
    )


def watch_liveness(metrics: GatewayMetrics, liveness: Liveness) -> None:
    """Let Prometheus read how many devices of this worker are live, quiet, dark, never heard."""
    metrics.watch(
        "devices",
        "Devices by what is believed of them",
        "belief",
        {belief.word: partial(_count_of, liveness, belief) for belief in _TOLD_BELIEFS},
    )


def _count_of(liveness: Liveness, belief: Belief) -> float:
    return float(liveness.counts().get(belief, 0))
