"""A caller's number is masked, and what the public page counts is no address."""

from liftward_platform.incidents.model import Source
from liftward_platform.incidents.reporting import either
from liftward_platform.reports.model import Report
from liftward_platform.reports.service import address_key


def test_a_report_does_not_show_its_number() -> None:
    """What lands in a log by accident tells that there was a number, not which."""
    shown = repr(Report(source=Source.CALL, caller_phone="000-0042"))

    assert "0042" not in shown
    assert "masked" in shown


def test_one_household_is_one_address() -> None:
    """IPv6 gives every device countless addresses of one network; other networks are others."""
    first, second = address_key("2001:db8:1:2::1"), address_key("2001:db8:1:2:ffff::9")

    assert first == second
    assert first != address_key("2001:db8:1:3::1")
    assert address_key("192.0.2.1") != address_key("192.0.2.2")
    assert address_key("::1") != address_key("0.0.0.1")
    assert len(address_key("no address")) == 32


def test_somebodys_yes_outweighs_a_no_and_a_no_outweighs_silence() -> None:
    """Once somebody is said to be hurt, a later caller who saw nothing does not heal them."""
    assert (either(True, False), either(None, False), either(None, None)) == (True, False, None)
