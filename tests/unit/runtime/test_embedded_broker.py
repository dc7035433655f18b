"""Which broker is chosen, and how it is configured."""

import re
import sys
from pathlib import Path

import pytest

from liftward_kit.subcommand import CallError
from liftward_runtime import embedded_broker
from liftward_runtime.embedded_broker import (
    choose_broker,
    find_node,
    mosquitto_configuration,
)
from liftward_runtime.settings import BrokerKind


def _program(folder: Path, name: str, says: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any broker: only the folder returned is on the PATH."""
    monkeypatch.setattr(embedded_broker, "_SERVER_FOLDERS", ())
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    (tmp_path / "venv").mkdir()
    return tmp_path / "bin"


def _choose(path: Path, kind: BrokerKind | None = None) -> embedded_broker.EmbeddedBroker:
    return choose_broker(kind, {"PATH": str(path)}, folder=path, port=1883, user=None)


def test_mosquitto_is_preferred(bare: Path) -> None:
    """With both on the PATH Mosquitto is started, unless aedes is forced."""
    mosquitto, node = _program(bare, "mosquitto"), _program(bare, "node", "v24.1.0")

    assert _choose(bare).program == mosquitto
    assert _choose(bare, BrokerKind.AEDES).program == node


def test_the_environments_node_stands_in_for_an_old_one(bare: Path) -> None:
    """A Node below 20 on the PATH is passed over for the one beside the interpreter."""
    _program(bare, "node", "v18.19.1")
    brought = _program(bare.parent / "venv", "node", "v24.1.0")

    assert _choose(bare).kind is BrokerKind.AEDES
    assert find_node({"PATH": str(bare)}) == brought


@pytest.mark.parametrize("kind", [None, BrokerKind.MOSQUITTO, BrokerKind.AEDES])
def test_no_broker_says_what_to_do(bare: Path, kind: BrokerKind | None) -> None:
    """Without any program the message names the ways out."""
    _program(bare, "node", "nonsense")

    with pytest.raises(CallError, match=r"install|make setup"):
        _choose(bare, kind)


def test_mosquitto_listens_on_loopback_and_hands_out_a_window(tmp_path: Path) -> None:
    """The configuration opens the loopback address only and lifts the limit of 20 in flight."""
    text = mosquitto_configuration(21_883, tmp_path)

    assert re.findall(r"^listener (.*)$", text, re.MULTILINE) == ["21883 127.0.0.1"]
    window = re.findall(r"^max_inflight_messages (\d+)$", text, re.MULTILINE)
    assert int(window[0]) > 1_000
    assert f"persistence_location {tmp_path}/\n" in text
