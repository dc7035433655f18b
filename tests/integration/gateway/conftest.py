"""The gateway's scene with each kind of broker, or with the one that needs no Node."""

import pytest

from support.brokers import RunningBroker
from support.gateway_scene import GatewayScene
from support.processes import LiftwardProcesses


@pytest.fixture
def scene(
    database_dsn: str, mosquitto_broker: RunningBroker, processes: LiftwardProcesses
) -> GatewayScene:
    """A database, a Mosquitto, and gateways on demand."""
    return GatewayScene(database_dsn, mosquitto_broker, processes)


@pytest.fixture
def scene_with_each_broker(
    database_dsn: str, broker: RunningBroker, processes: LiftwardProcesses
) -> GatewayScene:
    """The same, once with each kind of broker."""
    return GatewayScene(database_dsn, broker, processes)
