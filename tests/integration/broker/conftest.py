"""A Mosquitto on the shipped files, set up by our commands, for each test."""

from collections.abc import Iterator

import pytest

from support.production_broker import ProductionBroker, production_broker


@pytest.fixture
def shipped_broker(database_dsn: str) -> Iterator[ProductionBroker]:
    """Set up, not started: credentials issued before the start need no reload."""
    with production_broker(database_dsn) as broker:
        yield broker
