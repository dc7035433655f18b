from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from liftward_gateway.batch import (
    BROKER_MESSAGE_BYTES_MAX,
    BROKER_WINDOW_MESSAGES,
    TELEMETRY_LIMITS,
    check_windows,
)
from liftward_gateway.broker_window import ALIKE_BATCHES, BrokerWindow
from liftward_runtime.embedded_broker import mosquitto_configuration
from liftward_wire.messages import PAYLOAD_BYTES_MAX


def windows_seen(counts: list[int], *, pause_s: float) -> list[int]:
    """Return what is told while batches of these sizes come, each so long after the last one."""
    watch, now_s, told = BrokerWindow(), 100.0, []
    for count in counts:
        window = watch.taken(count, first_at_s=now_s + pause_s)
        told += [] if window is None else [window]
        now_s += 1.0
        watch.acknowledged(now_s)
    return told


def test_a_broker_that_hands_out_twenty_at_a_time_is_told_once() -> None:
    """Every batch has twenty messages and the next ones come at once: Mosquitto's default."""
    assert windows_seen([20] * 3 * ALIKE_BATCHES, pause_s=0.001) == [20]


@pytest.mark.parametrize(
    ("counts", "pause_s"),
    [
        ([20] * 200, 0.5),  # twenty lifts that speak once a second, together
        ([20, 21] * 200, 0.001),
        ([2] * 200, 0.001),
        ([TELEMETRY_LIMITS.messages_max] * 200, 0.001),
        ([TELEMETRY_LIMITS.messages_max + 50] * 200, 0.001),
    ],
)
def test_other_traffic_says_nothing_about_the_broker(counts: list[int], pause_s: float) -> None:
    """Lifts in step, batches of changing size, a quiet night, a wide window."""
    assert windows_seen(counts, pause_s=pause_s) == []


def test_the_brokers_we_start_follow_the_gateways_windows() -> None:
    """A message the contract allows is not dropped by a broker, and a window is never starved."""
    configuration = mosquitto_configuration(1883, Path("/nowhere")).splitlines()
    aedes = Path(__file__).parents[3] / "deploy" / "aedes" / "server.mjs"

    assert f"max_inflight_messages {BROKER_WINDOW_MESSAGES}" in configuration
    assert f"message_size_limit {BROKER_MESSAGE_BYTES_MAX}" in configuration
    assert f"MAX_MESSAGE_BYTES = {BROKER_MESSAGE_BYTES_MAX:_}" in aedes.read_text("utf-8")
    assert BROKER_MESSAGE_BYTES_MAX > PAYLOAD_BYTES_MAX


@pytest.mark.parametrize(
    "limits",
    [
        {"messages_max": BROKER_WINDOW_MESSAGES},
        {"bytes_max": PAYLOAD_BYTES_MAX - 1},
        {"bytes_max": 100 * PAYLOAD_BYTES_MAX},
        {"quiet_s_max": 1.0},
    ],
)
def test_limits_that_do_not_fit_one_another_stop_the_start(limits: dict[str, Any]) -> None:
    """A changed number that would stall the gateway is found by its first start, not by a storm."""
    check_windows(TELEMETRY_LIMITS)
    with pytest.raises(AssertionError):
        check_windows(replace(TELEMETRY_LIMITS, **limits))
