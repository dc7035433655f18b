"""Ports that are free or taken."""

import os
import socket

from liftward_runtime.ports import free_port, is_free, port_owner


def test_a_listening_port_is_taken_and_its_owner_known() -> None:
    """A port with a listener is not free, and the listener is named with its number."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert not is_free(port)
        assert f"pid {os.getpid()} " in (port_owner(port) or "")


def test_a_free_port_can_be_listened_on() -> None:
    """free_port returns a port outside the range of outgoing connections that can be used."""
    port = free_port()

    assert 21_000 <= port <= 32_000
    assert is_free(port)
    assert port_owner(port) is None
