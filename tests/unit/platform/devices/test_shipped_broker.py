"""The shipped broker has the limits of the embedded one, which follow from the gateway's."""

import pytest

from liftward_runtime import embedded_broker
from support.production_broker import SHIPPED

CONFIGURATION = (SHIPPED / "mosquitto.conf").read_text("utf-8")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_inflight_messages", embedded_broker.MAX_INFLIGHT_MESSAGES),
        ("max_queued_messages", embedded_broker.MAX_QUEUED_MESSAGES),
        ("max_queued_bytes", embedded_broker.MAX_QUEUED_BYTES),
        ("message_size_limit", embedded_broker.MAX_MESSAGE_BYTES),
    ],
)
def test_shipped_limits_are_the_gateways(option: str, value: int) -> None:
    """A window that is smaller than the gateway's batches would starve it."""
    assert f"\n{option} {value}\n" in CONFIGURATION


def test_every_listener_speaks_tls_and_names_everybody() -> None:
    """A listener somebody adds without certificates would be a door without a lock."""
    listeners = CONFIGURATION.split("\nlistener ")[1:]

    assert len(listeners) == 4
    for listener in listeners:
        for option in ("certfile ", "keyfile ", "cafile ", "tls_version tlsv1.2"):
            assert f"\n{option}" in listener
        if "\nrequire_certificate true\n" in listener:
            assert "\nuse_identity_as_username true\n" in listener
            assert "\ncrlfile " in listener
    assert "\nallow_anonymous false\n" in CONFIGURATION
    assert "allow_anonymous true" not in CONFIGURATION
