"""Key components and their batches."""

import msgspec
import numpy as np

from liftward_simulator.city.parts import COMPONENTS, Parts
from liftward_simulator.city.town import build_town

TOWN = build_town(np.random.default_rng(1), 300, with_parts=True)
PARTS = Parts.of(TOWN.lifts)


def test_parts_are_the_same_whether_a_document_lists_them_or_not() -> None:
    """The document's list is what the arrays say, for every lift; without parts it has none."""
    plain = build_town(np.random.default_rng(1), 300)

    assert [PARTS.of_lift(i) for i in range(len(TOWN.lifts))] == [x.parts for x in TOWN.lifts]
    bare = [msgspec.structs.replace(lift, parts=None) for lift in TOWN.lifts]
    assert bare == plain.lifts


def test_every_component_has_a_serial_of_its_own() -> None:
    """Twelve groups a lift, and no serial twice in the town."""
    parts = [part for lift in range(len(TOWN.lifts)) for part in PARTS.of_lift(lift)]

    assert len({part.serial for part in parts}) == len(TOWN.lifts) * len(COMPONENTS)


def test_members_of_a_batch_are_those_that_say_so() -> None:
    """Naive twin: ask every lift. The largest batch of a town is worth a scenario."""
    batch = PARTS.largest_batch("brake")

    members = PARTS.batch_members("brake", batch).tolist()

    naive = [
        lift
        for lift in range(len(TOWN.lifts))
        if any(part.component == "brake" and part.batch == batch for part in PARTS.of_lift(lift))
    ]
    assert members == naive
    assert len(members) >= 5
    assert PARTS.batch_members("brake", "DEMO-brake-S1-1066H1").size == 0


def test_worn_out_components_were_replaced_by_later_batches() -> None:
    """No door operator is older than its life, while machines are as old as their lift."""
    oldest = min(range(len(TOWN.lifts)), key=lambda i: TOWN.lifts[i].installed_on)
    batch_of = {part.component: part.batch for part in PARTS.of_lift(oldest)}
    installed_year = int(TOWN.lifts[oldest].installed_on[:4])

    made_year = int(batch_of["door_operator"].rsplit("-", 1)[1][:4])
    assert made_year >= 2026 - COMPONENTS["door_operator"].life_years - 1
    assert made_year > installed_year
