"""The town document: a good one passes, a bad one is told what is wrong and where."""

import copy
from typing import Any

import pytest

from liftward_platform.fleet.document import COMPLAINTS_SHOWN_MAX, DocumentError, Known, checked
from support.rescue_story import town


def test_a_whole_town_passes() -> None:
    """References point into the document; a date means its beginning in UTC."""
    document = checked(town("A-1", "A-2"), Known())

    assert [lift.lift_id for lift in document.lifts] == ["A-1", "A-2"]
    assert document.lifts[0].contract_from.isoformat() == "2025-01-01T00:00:00+00:00"


def test_a_part_may_point_to_what_the_database_has() -> None:
    """A lift alone, under parties loaded before."""
    part = {"lifts": town()["lifts"]}
    kinds = {"maker-01": "maker", "use-unit-01": "use_unit", "maintainer-01": "maintainer"}

    assert checked(part, Known(party_kinds=kinds)).parties == []
    with pytest.raises(DocumentError, match=r"\$\.lifts\[0\]\.maker_id is 'maker-01'"):
        checked(part, Known())


def test_what_only_simulators_need_is_taken_and_not_kept() -> None:
    """Shifts, gateways and parts pass the check, and nothing of them goes to the database."""
    told = town()
    told["lifts"][0] |= {
        "gateway_type": "car_top",
        "has_rescue_device": True,
        "controller": "Demo Controller 1C",
        "station_id": "maintainer-01-s01",
        "parts": [{"component": "brake", "serial": "DEMO-1", "batch": "DEMO-B-1"}],
    }
    told["crews"][0] |= {"shift": "night", "station_id": "maintainer-01-s01"}

    document = checked(told, Known())

    assert document.crews[0].shift == "night"
    assert document.model_dump() == checked(town(), Known()).model_dump()


@pytest.mark.parametrize(
    ("list_name", "key", "value", "message"),
    [
        ("lifts", "site_type", "castle", r"\$\.lifts\[0\]\.site_type is 'castle': .*'residential'"),
        ("lifts", "latitude_deg", 91, r"\$\.lifts\[0\]\.latitude_deg is 91: .*less than or equal"),
        ("lifts", "maintainer_id", "maker-01", "maintainer_id is 'maker-01': .*kind maintainer"),
        ("lifts", "contract_from", "2025-01-01T12:00:00", "contract_from .*needs an offset"),
        ("lifts", "lift_id", "a b", r"\$\.lifts\[0\]\.lift_id is 'a b'"),
        ("lifts", "colour", "red", r"\$\.lifts\[0\]\.colour is 'red': Extra inputs"),
        ("crews", "party_id", "use-unit-01", "kind maintainer or rescue_station or public_rescue"),
        ("crews", "party_id", "nobody", r"\$\.crews\[0\]\.party_id is 'nobody'"),
        ("crews", "crew_id", "far", r"\$\.crews\[1\]\.crew_id is 'far', as in \$\.crews\[0\]"),
        ("devices", "lift_ids", ["GONE"], r"\$\.devices\[0\]\.lift_ids\[0\] is 'GONE': no such"),
        (
            "devices",
            "profile",
            "x",
            r"\$\.devices\[0\]\.profile is 'x': .*'gbt24476-2017', 'bacnet",
        ),
        ("devices", "kind", "phone", r"\$\.devices\[0\]\.kind is 'phone': .*'lift' or 'edge'"),
        ("parties", "kind", "friend", r"\$\.parties\[0\]\.kind is 'friend'"),
    ],
)
def test_a_complaint_names_the_entry_and_what_is_allowed(
    list_name: str, key: str, value: Any, message: str
) -> None:
    """The person who wrote the document can mend it from the message alone."""
    document = copy.deepcopy(town())
    document[list_name][0][key] = value

    with pytest.raises(DocumentError, match=message):
        checked(document, Known())


def test_a_rescue_code_leads_to_one_lift_only() -> None:
    """A code that another lift of the database has is refused; one's own is not."""
    own = Known(rescue_codes={"R-TOWER-01": "TOWER-01"})
    other = Known(rescue_codes={"R-TOWER-01": "OLD-7"})

    assert checked(town(), own).lifts
    with pytest.raises(DocumentError, match="belongs to lift OLD-7"):
        checked(town(), other)


def test_all_complaints_come_at_once_up_to_a_limit() -> None:
    """Mending one mistake after the other is a waste of an afternoon; a thousand lines are too."""
    document = town(*(f"L-{number}" for number in range(30)))
    for lift in document["lifts"]:
        lift["floors_count"] = 1

    with pytest.raises(DocumentError) as caught:
        checked(document, Known())
    lines = str(caught.value).splitlines()
    assert len(caught.value.complaints) == 30
    assert len(lines) == COMPLAINTS_SHOWN_MAX + 1
    assert lines[-1] == "... and 10 more"


@pytest.mark.parametrize("document", [None, [], "town", {"towns": []}])
def test_something_else_than_a_town_is_refused(document: object) -> None:
    """Whatever the file holds, the answer is a complaint."""
    with pytest.raises(DocumentError, match=r"^\$"):
        checked(document, Known())
