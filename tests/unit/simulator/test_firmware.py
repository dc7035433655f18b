"""What firmware makes of a national code: other lists, types that cannot tell, and lies."""

import pytest

from liftward_simulator.devices.firmware import said
from liftward_simulator.devices.gateway_types import GatewayArrays
from liftward_simulator.faults.controller import Happening
from liftward_wire.messages import EventKind
from liftward_wire.states import ServiceMode

NATIONAL = "gbt24476-2017"
TYPES = ["full", "car_top", "machine_room", "single_box"]
GATEWAYS = GatewayArrays.of_lifts(TYPES)


def fault(code: str, lift: int = 0) -> Happening:
    return Happening(lift=lift, kind=EventKind.FAULT_RAISED, code=code)


@pytest.mark.parametrize(
    ("vocabulary", "code", "told"),
    [
        (NATIONAL, "04", "04"),
        ("regional-a", "04", "04"),
        ("regional-b", "04", "6"),
        ("regional-b", "41", "9"),
        ("regional-a", "02", None),
    ],
)
def test_a_regional_list_has_its_own_number_or_none(
    vocabulary: str, code: str, told: str | None
) -> None:
    """The firmware names its list and uses its number; what the list lacks is not told."""
    words = said(fault(code), GATEWAYS, vocabulary, mislabels=False)

    assert (None if words is None else (words[0].code, words[1])) == (
        None if told is None else (told, vocabulary)
    )


@pytest.mark.parametrize(("code", "told"), [("04", "06"), ("05", "05"), ("41", "09"), ("02", None)])
def test_mislabelled_codes_are_regional_numbers_under_the_national_name(
    code: str, told: str | None
) -> None:
    """Stopped outside the zone becomes the run-time limiter's number: that is how it lies."""
    words = said(fault(code), GATEWAYS, NATIONAL, mislabels=True)

    assert (None if words is None else (words[0].code, words[1])) == (
        None if told is None else (told, NATIONAL)
    )


@pytest.mark.parametrize(
    ("type_name", "code", "tells"),
    [
        ("full", "07", True),
        ("car_top", "07", False),
        ("car_top", "02", True),
        ("machine_room", "02", False),
        ("machine_room", "01", True),
        ("single_box", "01", False),
    ],
)
def test_a_type_reports_only_the_faults_it_can_know(
    type_name: str,
    code: str,
    tells: bool,  # noqa: FBT001 - a table
) -> None:
    """A fault that the gateway cannot see is not told."""
    words = said(fault(code, TYPES.index(type_name)), GATEWAYS, NATIONAL, mislabels=False)

    assert (words is not None) == tells


def test_events_need_the_signal_they_speak_of_and_no_code() -> None:
    """An alarm is told by all, if need be without a code; a mode only by who sees the mode."""
    for lift, type_name in enumerate(TYPES):
        alarm = Happening(lift=lift, kind=EventKind.ALARM_PRESSED, code="90")
        mode = Happening(
            lift=lift, kind=EventKind.MODE_CHANGED, code="43", mode=ServiceMode.INSPECTION
        )
        words = said(alarm, GATEWAYS, "regional-a", mislabels=False)

        assert words is not None
        assert words[0].code is None
        assert (said(mode, GATEWAYS, NATIONAL, mislabels=False) is not None) == (
            type_name == "full"
        )
