"""The fault catalogue: complete, in the words of the wire and of the rescue's closing codes."""

import re
from pathlib import Path

from liftward_detection.catalogue import CATALOGUE, Responsible
from liftward_detection.catalogue_bacnet import BACNET_DERIVED
from liftward_detection.kinds import (
    KIND_OF_GB_CODE,
    MEASURING_KINDS,
    NO_KIND,
    NO_PLACE,
    PLACE_OF_WORST,
    DetectionKind,
)
from liftward_platform.faults.catalogue_page import BLOCKS
from liftward_simulator.faults.causes import Responsible as TrueResponsible
from liftward_wire import bacnet_lift, gbt24476
from liftward_wire.contract_tables import refreshed

PAGE = (Path(__file__).parents[3] / "docs" / "fault-catalogue.md").read_text("utf-8")


def test_every_kind_has_a_row() -> None:
    """In the order of the kinds; names in both languages, no two alike."""
    assert tuple(CATALOGUE) == tuple(DetectionKind)
    for names in (
        [facts.name_en for facts in CATALOGUE.values()],
        [facts.name_zh for facts in CATALOGUE.values()],
    ):
        assert all(names)
        assert len(set(names)) == len(names)
    assert all(re.search(r"[\u4e00-\u9fff]", facts.name_zh) for facts in CATALOGUE.values())
    for facts in CATALOGUE.values():
        assert (facts.derived_en is None) == (facts.derived_zh is None)


def test_what_a_kind_measures_has_a_place_in_the_record() -> None:
    """Its worst reading is kept for the kinds whose evidence names a number, and for no other."""
    measuring = {kind for kind, facts in CATALOGUE.items() if facts.measures is not None}

    assert set(MEASURING_KINDS) == measuring
    for kind in DetectionKind:
        place = PLACE_OF_WORST[kind.code]
        assert (place == NO_PLACE) == (kind not in measuring)
        assert place == NO_PLACE or MEASURING_KINDS[place] is kind


def test_national_rows_are_those_of_the_standard() -> None:
    """Code, class and both names as the wire has them; the code leads back to the kind."""
    rows = {facts.gb_code: (kind, facts) for kind, facts in CATALOGUE.items() if facts.gb_code}

    assert set(rows) == {code.code for code in gbt24476.CODES}
    for code in gbt24476.CODES:
        kind, facts = rows[code.code]
        assert (facts.name_en, facts.name_zh) == (code.meaning_en, code.meaning_zh)
        assert facts.category == code.code_class.value
        assert KIND_OF_GB_CODE[int(code.code)] == kind.code
    assert sum(KIND_OF_GB_CODE != NO_KIND) == len(rows)


def test_bacnet_faults_are_all_answered_for() -> None:
    """Each value is derived as a kind, or says why not; the catalogue names the same values."""
    assert set(BACNET_DERIVED) == {int(code.code) for code in bacnet_lift.CODES}
    assert all(why for _, why in BACNET_DERIVED.values())
    named: dict[int, set[DetectionKind]] = {}
    for kind, facts in CATALOGUE.items():
        if facts.bacnet_fault is not None:
            named.setdefault(facts.bacnet_fault, set()).add(kind)
    assert named.keys() == {value for value, (kind, _) in BACNET_DERIVED.items() if kind}
    for value, kinds in named.items():
        assert BACNET_DERIVED[value][0] in kinds


def test_whom_a_kind_points_to_is_one_who_can_answer() -> None:
    """The words are those of the causes that a rescue is closed with."""
    assert [word.value for word in Responsible] == [word.value for word in TrueResponsible]


def test_the_page_is_fresh() -> None:
    """The page has both tables once, as the code has them: run `make docs` after a change."""
    assert refreshed(PAGE, BLOCKS) == PAGE
    assert sorted(re.findall(r"<!-- generated: (\S+) -->", PAGE)) == sorted(BLOCKS)
