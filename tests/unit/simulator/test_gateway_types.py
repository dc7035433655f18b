"""The table of gateway types: what it refuses, and what its types see."""

from importlib.resources import files

import pytest

from liftward_simulator.devices.gateway_types import (
    GATEWAY_TYPES,
    GatewayArrays,
    GatewayTypeError,
    gateway_types_from,
)
from liftward_wire.signals import SIGNALS

TEXT = files("liftward_simulator.devices").joinpath("gateway_types.toml").read_text("utf-8")


def test_the_types_of_the_field_are_there() -> None:
    """The four types that vendor feeds name and the laboratory's; only the last sees everything."""
    complete = [
        name for name, gateway in GATEWAY_TYPES.items() if len(gateway.signals) == len(SIGNALS)
    ]

    assert list(GATEWAY_TYPES) == ["full", "factory", "car_top", "machine_room", "single_box"]
    assert complete == ["full"]
    assert all(gateway.reason for gateway in GATEWAY_TYPES.values())


@pytest.mark.parametrize(
    ("found", "changed", "words"),
    [
        (
            "sampling_period_s = 2.0",
            "sampling_period_s = 0",
            r"machine_room.*> 0\.0.*sampling_period_s",
        ),
        ("sampling_period_s = 2.0", "sampling_period_s = 20.0", r"machine_room.*allowed: 20"),
        ('fault_codes = ["04"]', 'fault_codes = ["09"]', r"single_box.*'09'.*allowed: 01"),
        ('"speed_mps", "direction", "car_door"', '"tilt"', r"'tilt' is no signal; allowed:"),
        ("noise = 0.05", "noise = -1.0", r"single_box.*>= 0\.0.*noise"),
        ("coarse_doors = true", "colour = true", r"unknown field `colour`"),
        ("[single_box.sensors]", "[single_box.sensors]\nload_kg = {}", r"missing required field"),
        ("speed_mps = { noise = 0.05, quantum = 0.1, dead_band = 0.15 }", "", r"sensors must"),
        ("[full]", "[full", r"gateway_types.toml: "),
    ],
)
def test_a_wrong_table_is_refused(found: str, changed: str, words: str) -> None:
    """The message names the place, what is wrong and what is allowed."""
    assert found in TEXT

    with pytest.raises(GatewayTypeError, match=words):
        gateway_types_from(TEXT.replace(found, changed, 1))


def test_unknown_names_are_refused() -> None:
    """A type or a signal that does not exist is named, with those that do."""
    with pytest.raises(GatewayTypeError, match="'roof' is no gateway type; allowed: full, factory"):
        GatewayArrays.of_lifts(["full", "roof"])
    with pytest.raises(GatewayTypeError, match="'tilt' is no signal; allowed: service_mode"):
        GatewayArrays.of_lifts(["full"], without={"tilt"})


def test_a_reduced_set_lacks_what_it_is_without() -> None:
    """What is left out is in nobody's signals; the rest stays."""
    gateways = GatewayArrays.of_lifts(["full", "car_top"], without={"occupancy", "load_kg"})

    assert "occupancy" not in gateways.signals_of(0)
    assert "occupancy" not in gateways.signals_of(1)
    assert len(gateways.signals_of(0)) == len(SIGNALS) - 2
