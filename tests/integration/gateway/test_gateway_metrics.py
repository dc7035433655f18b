import socket
import urllib.request

import pytest

from liftward_kit.clock import utc_now
from liftward_runtime.ports import free_port
from liftward_wire.messages import EventKind
from liftward_wire.topics import TopicKind
from support.gateway_messages import event, sample
from support.gateway_scene import GatewayScene
from support.polling import eventually

pytestmark = pytest.mark.integration


def metrics_of(port: int) -> dict[str, float]:
    """Return every series by its name and labels, as Prometheus would read it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


async def test_a_worker_tells_prometheus_what_it_does(scene: GatewayScene) -> None:
    """Load, refusals and latencies of both paths; what is away is told too."""
    scene.register("METER-1")
    port = free_port()
    scene.start_ready(LIFTWARD_GATEWAY_METRICS_PORT=str(port))
    samples = [sample(utc_now(), sequence=number) for number in range(5)]
    await scene.publish("METER-1", TopicKind.TELEMETRY, *samples, b"not json")
    await scene.publish(
        "METER-1", TopicKind.EVENT, event(utc_now(), EventKind.DOOR_RETRY, sequence=0)
    )
    committed = 'liftward_gateway_messages_total{path="%s"}'
    eventually(
        lambda: (
            metrics_of(port).get(committed % "telemetry", 0) == 6
            and metrics_of(port).get(committed % "event", 0) == 1
        ),
        what="everything is counted",
    )

    told = metrics_of(port)

    assert told['liftward_gateway_rows_total{path="telemetry",verdict="new"}'] == 5
    refused = 'liftward_gateway_quarantined_total{path="telemetry",reason="undecodable"}'
    assert told[refused] == 1
    latency = "liftward_gateway_observed_to_committed_seconds"
    assert told[f'{latency}_count{{path="telemetry"}}'] == 5
    assert 0 < told[f'{latency}_sum{{path="telemetry"}}'] < 5 * 60
    assert told['liftward_gateway_broker_connected{path="event"}'] == 1
    assert told['liftward_gateway_window_used_ratio{path="telemetry"}'] == 0
    assert told['liftward_gateway_database_lost{path="telemetry"}'] == 0
    eventually(
        lambda: metrics_of(port)['liftward_gateway_devices{belief="live"}'] == 1,
        what="the device is believed to live",
    )
    assert told['liftward_gateway_devices{belief="dark"}'] == 0
    scene.broker.kill()
    eventually(
        lambda: metrics_of(port)['liftward_gateway_broker_connected{path="event"}'] == 0,
        what="the lost broker is told",
    )


def test_a_taken_metrics_port_is_named(scene: GatewayScene) -> None:
    """One sentence with the setting's name, and exit status 1."""
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - what the worker would bind
        port = taken.getsockname()[1]
        worker = scene.start(LIFTWARD_GATEWAY_METRICS_PORT=str(port))
        worker.wait_for_text("LIFTWARD_GATEWAY_METRICS_PORT")
        eventually(lambda: worker.exit_status is not None, what="the worker has ended")

    assert worker.exit_status == 1
    assert "Traceback" not in worker.text()
