"""The foreign vocabularies: complete, and inverse where they claim to be."""

from itertools import pairwise
from typing import Any

import pytest

from liftward_wire import bacnet_lift, gbt24476, regional
from liftward_wire.code_table import CodeClass, StateMap, state_map
from liftward_wire.codes import (
    VOCABULARIES,
    code_of_gbt24476,
    gbt24476_code,
    is_known_code,
    meaning,
)
from liftward_wire.messages import DEFAULT_VOCABULARY
from liftward_wire.states import (
    Button,
    CodedState,
    Direction,
    DoorState,
    DoorZone,
    ServiceMode,
)

MAPS: dict[str, StateMap[Any]] = {
    "gb mode": gbt24476.SERVICE_MODE,
    "gb direction": gbt24476.DIRECTION,
    "bacnet mode": bacnet_lift.CAR_MODE,
    "bacnet door": bacnet_lift.DOOR_STATUS,
    "bacnet direction": bacnet_lift.CAR_DIRECTION,
    "bacnet alarm": bacnet_lift.PASSENGER_ALARM,
    "bacnet zone": bacnet_lift.CAR_DOOR_ZONE,
}


def test_the_national_list_is_complete() -> None:
    """GB/T 24476-2017 has eight faults, eight events and one alarm, in two digits."""
    assert [row.code for row in gbt24476.CODES] == [
        *("01", "02", "03", "04", "05", "06", "07", "08"),
        *("40", "41", "42", "43", "44", "45", "46", "47"),
        "90",
    ]
    assert [row.code_class for row in gbt24476.CODES] == (
        [CodeClass.FAULT] * 8 + [CodeClass.EVENT] * 8 + [CodeClass.ALARM]
    )
    assert DEFAULT_VOCABULARY == gbt24476.VOCABULARY


def test_the_bacnet_faults_are_complete() -> None:
    """BACnetLiftFault counts from 0 to 16 without a hole, and every one is a fault."""
    assert [row.code for row in bacnet_lift.CODES] == [str(number) for number in range(17)]
    assert {row.code_class for row in bacnet_lift.CODES} == {CodeClass.FAULT}


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_code_has_a_meaning_in_both_languages(vocabulary: str) -> None:
    """Each code is listed once, with an English and a Chinese meaning of its own."""
    rows = list(VOCABULARIES[vocabulary].values())

    assert all(row.meaning_en.isascii() and row.meaning_en for row in rows)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in row.meaning_zh) for row in rows)
    assert (
        len({row.meaning_en for row in rows}) == len({row.meaning_zh for row in rows}) == len(rows)
    )


def test_bacnet_and_national_faults_translate_both_ways() -> None:
    """Going to the other list and back gives the same code; both sides are real fault codes."""
    national = VOCABULARIES["gbt24476-2017"]

    for fault, code in bacnet_lift.GBT24476_BY_FAULT.items():
        assert bacnet_lift.FAULT_BY_GBT24476[code] == fault
        assert fault in VOCABULARIES["bacnet-lift"]
        assert national[code].code_class is CodeClass.FAULT
    assert len(bacnet_lift.FAULT_BY_GBT24476) == len(bacnet_lift.GBT24476_BY_FAULT)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_each_list_translates_both_ways(vocabulary: str) -> None:
    """What means the same as a national code comes back from it; the classes agree."""
    translated = {code: gbt24476_code(vocabulary, code) for code in VOCABULARIES[vocabulary]}

    for code, national in translated.items():
        if national is not None:
            there, here = meaning(vocabulary, code), meaning("gbt24476-2017", national)
            assert code_of_gbt24476(vocabulary, national) == code
            assert there is not None
            assert here is not None
            assert there.code_class is here.code_class


def test_the_regional_lists_translate_exactly_these() -> None:
    """Only equal meanings translate: entrapment, overspeed and overruns have no national code."""
    assert {
        vocabulary: {
            code: national
            for code in VOCABULARIES[vocabulary]
            if (national := gbt24476_code(vocabulary, code)) is not None
        }
        for vocabulary in ("regional-a", "regional-b")
    } == {
        "regional-a": {"01": "01", "04": "04", "05": "05"},
        "regional-b": {"5": "05", "6": "04", "9": "41", "10": "01", "21": "90"},
    }
    assert code_of_gbt24476("regional-a", "41") is None
    assert code_of_gbt24476("unheard-of", "01") is None


def test_the_same_digits_mean_other_things_elsewhere() -> None:
    """08 prevents a restart nationally and is a door opening on the run in a regional list."""
    regional_a, national = meaning("regional-a", "08"), meaning("gbt24476-2017", "08")

    assert regional_a is not None
    assert national is not None
    assert regional_a.meaning_en == "door opens while running"
    assert national.meaning_en == "fault that prevents restart"
    assert gbt24476_code("regional-a", "08") is None
    assert [row.code for row in regional.CODES_A[-5:]] == ["61", "62", "63", "64", "65"]


def test_what_has_no_equal_is_stated() -> None:
    """The faults that stay untranslated on either side are exactly these."""
    bacnet = [
        code for code in VOCABULARIES["bacnet-lift"] if not gbt24476_code("bacnet-lift", code)
    ]
    national = [
        row.code
        for row in gbt24476.CODES
        if row.code_class is CodeClass.FAULT and row.code not in bacnet_lift.FAULT_BY_GBT24476
    ]

    assert bacnet == ["0", "1", "2", "3", "4", "5", "9", "10", "11", "12", "15", "16"]
    assert national == ["01", "05", "08"]


def test_a_code_is_looked_up_in_its_own_vocabulary() -> None:
    """The same text means different things in two lists, and nothing in a third."""
    gate = meaning("gbt24476-2017", "08")
    zone = meaning("bacnet-lift", "8")

    assert gate is not None
    assert zone is not None
    assert (gate.meaning_en, zone.meaning_en) == (
        "fault that prevents restart",
        "car stopped outside landing zone",
    )
    assert meaning("bacnet-lift", "08") is None
    assert meaning("x-sample", "08") is None
    assert gbt24476_code("gbt24476-2017", "08") == "08"
    assert gbt24476_code("bacnet-lift", "8") == "04"
    assert gbt24476_code("x-sample", "8") is None


@pytest.mark.parametrize(
    ("vocabulary", "code", "known"),
    [
        ("gbt24476-2017", "01", True),
        ("gbt24476-2017", "00", False),
        ("gbt24476-2017", "1", False),
        ("bacnet-lift", "0", True),
        ("bacnet-lift", "17", False),
        ("bacnet-lift", "1023", False),
        ("bacnet-lift", "1024", True),
        ("bacnet-lift", "65535", True),
        ("bacnet-lift", "65536", False),
        ("bacnet-lift", "01024", False),
        ("regional-a", "11", True),
        ("regional-a", "90", False),
        ("regional-b", "42", True),
        ("regional-b", "06", False),
        ("unheard-of", "01", False),
    ],
)
def test_known_codes(vocabulary: str, code: str, known: bool) -> None:  # noqa: FBT001 - a table
    """A code is known when its vocabulary lists it, or leaves its range to makers."""
    assert is_known_code(vocabulary, code) is known


@pytest.mark.parametrize("mapping", MAPS.values(), ids=MAPS)
def test_each_code_comes_back_or_is_folded(mapping: StateMap[Any]) -> None:
    """Every code of the vocabulary has a word; it comes back as itself exactly if not folded."""
    assert list(mapping.names) == list(mapping.to_ours) == list(range(len(mapping.names)))
    for code, state in mapping.to_ours.items():
        assert mapping.state(code) is state
        assert (mapping.code(state) == code) == (code not in mapping.folded)


@pytest.mark.parametrize("mapping", MAPS.values(), ids=MAPS)
def test_each_word_translates_or_is_stated_to_have_no_code(mapping: StateMap[Any]) -> None:
    """Every word of ours goes to a code that means it, or is listed as having none."""
    vocabulary: type[CodedState] = type(mapping.unknown)

    for state in vocabulary:
        code = mapping.code(state)
        assert (code is None) == (state in mapping.without_code)
        assert code is None or mapping.state(code) is state


def test_the_words_without_a_code_are_exactly_these() -> None:
    """What a vocabulary cannot say is stated."""
    assert {name: set(mapping.without_code) for name, mapping in MAPS.items()} == {
        "gb mode": {ServiceMode.INDEPENDENT, ServiceMode.PARKING, ServiceMode.HOMING},
        "gb direction": {Direction.UNKNOWN},
        "bacnet mode": set(),
        "bacnet door": set(),
        "bacnet direction": set(),
        "bacnet alarm": {Button.UNKNOWN},
        "bacnet zone": {DoorZone.UNKNOWN},
    }


def test_a_code_outside_the_vocabulary_is_unknown() -> None:
    """A number that nobody defined is unknown, never an error and never normal."""
    assert bacnet_lift.CAR_MODE.state(14) is ServiceMode.UNKNOWN
    assert bacnet_lift.DOOR_STATUS.state(-1) is DoorState.UNKNOWN
    assert gbt24476.DIRECTION.state(3) is Direction.UNKNOWN


def test_polarities_of_booleans_are_pinned() -> None:
    """True is an alarm, and true is inside the zone: the dangerous mistake is to swap them."""
    assert bacnet_lift.PASSENGER_ALARM.state(1) is Button.PRESSED
    assert bacnet_lift.PASSENGER_ALARM.state(0) is Button.RELEASED
    assert bacnet_lift.CAR_DOOR_ZONE.state(1) is DoorZone.INSIDE
    assert bacnet_lift.CAR_DOOR_ZONE.state(0) is DoorZone.OUTSIDE


def test_event_codes_and_modes_translate_both_ways() -> None:
    """Each national mode event names one mode and back; the mode list knows all of them."""
    for code, mode in gbt24476.MODE_BY_EVENT.items():
        assert gbt24476.EVENT_BY_MODE[mode] == code
        assert VOCABULARIES["gbt24476-2017"][code].code_class is CodeClass.EVENT
        assert gbt24476.SERVICE_MODE.code(mode) is not None
    events = [row.code for row in gbt24476.CODES if row.code_class is CodeClass.EVENT]
    assert [code for code in events if code not in gbt24476.MODE_BY_EVENT] == ["41"]


def test_two_codes_for_one_word_must_be_declared() -> None:
    """A map in which a word would come back as another code is refused when it is built."""
    rows = ((0, "shut", DoorState.CLOSED), (1, "locked", DoorState.CLOSED))

    with pytest.raises(ValueError, match="folded"):
        state_map(DoorState.UNKNOWN, rows)
    assert state_map(DoorState.UNKNOWN, rows, folded=(1,)).code(DoorState.CLOSED) == 0


def test_the_drive_status_is_numbered_without_a_hole() -> None:
    """The drive's states are kept as names; only one of them fixes the speed."""
    assert all(after - before == 1 for before, after in pairwise(bacnet_lift.DRIVE_STATUS))
    assert bacnet_lift.DRIVE_STATUS[bacnet_lift.DRIVE_STATIONARY] == "stationary"
