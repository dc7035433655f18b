"""What is said about a town document that cannot be."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from liftward_simulator.city.json_lines import line_of
from liftward_simulator.city.town import TownError, make_town, read_town, town_from


def document() -> dict[str, Any]:
    return make_town(np.random.default_rng(1), 25)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("lifts", 3, "rated_speed_mps"), 0.0, r"rated_speed_mps is 0\.0; allowed: 0\.5 to 8\.0"),
        (("lifts", 3, "rated_speed_mps"), 9.0, r"rated_speed_mps is 9\.0; allowed: 0\.5 to 8\.0"),
        (("lifts", 3, "floors_count"), 1, r"floors_count is 1; allowed: 2 to 60"),
        (("lifts", 3, "floors_count"), 61, r"floors_count is 61; allowed: 2 to 60"),
        (("lifts", 3, "rated_load_kg"), 0.0, r"rated_load_kg is 0\.0; allowed: 100"),
        (("lifts", 3, "site_type"), "castle", r"'castle'; allowed: residential, public"),
        (("lifts", 3, "latitude_deg"), 91.0, r"latitude_deg is 91\.0; allowed: -90\.0 to 90\.0"),
        (("lifts", 3, "installed_on"), "2019-02-30", r"'2019-02-30'; allowed: a date"),
        (("lifts", 3, "installed_on"), "spring", r"'spring'; allowed: a date"),
        (("lifts", 3, "lift_id"), "a b", r"'a b'; allowed: 1 to 32 letters"),
        (("lifts", 3, "lift_id"), "DEMO-001", r"'DEMO-001'; allowed: an id of its own.*lifts\[0\]"),
        (("lifts", 3, "maintainer_id"), "nobody", r"'nobody'; allowed: a party"),
        (("crews", 1, "party_id"), "nobody", r"'nobody'; allowed: a party"),
        (("crews", 1, "shift"), "noon", r"Invalid enum value 'noon'"),
        (("devices", 26, "lift_ids", 1), "GONE", r"'GONE'; allowed: a lift of the document"),
        (("devices", 27, "lift_ids", 0), "DEMO-016", r"'DEMO-016'; allowed: a lift that no other"),
        (("devices", 1, "device_id"), "DEMO-001", r"'DEMO-001'; allowed: an id of its own"),
    ],
)
def test_a_complaint_names_file_line_entry_and_what_is_allowed(
    tmp_path: Path, place: tuple[Any, ...], value: Any, message: str
) -> None:
    """Whoever wrote the document can go to the line and mend it."""
    told = document()
    entry = told
    for step in place[:-1]:
        entry = entry[step]
    entry[place[-1]] = value
    file = tmp_path / "town.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(told)))

    with pytest.raises(TownError, match=message) as caught:
        read_town(file)

    shown = f"{file}, line "
    assert str(caught.value).startswith(shown)
    line = int(str(caught.value).removeprefix(shown).partition(":")[0])
    wrong = file.read_text().splitlines()[line - 1]
    assert msgspec.json.encode(value).decode() in wrong or str(place[-1]) in wrong
    with pytest.raises(TownError, match=message):
        town_from(told)


def test_a_device_without_lifts_is_refused() -> None:
    """It could never say anything."""
    told = document()
    told["devices"][2]["lift_ids"] = []

    with pytest.raises(TownError, match=r"devices\[2\]\.lift_ids is \[\]; allowed: one lift"):
        town_from(told)


@pytest.mark.parametrize(
    ("content", "line"),
    [(b'{\n "parties": [,]\n}', 2), (b'{\n "parties": [],\n "lifts": [', 3), (b"[]", 1)],
)
def test_what_is_no_town_at_all_is_told_with_its_line(
    tmp_path: Path, content: bytes, line: int
) -> None:
    """Broken JSON, a file cut short, and JSON that is something else."""
    file = tmp_path / "town.json"
    file.write_bytes(content)

    with pytest.raises(TownError, match=rf"town\.json, line {line}: not"):
        read_town(file)


def test_the_line_of_an_entry_is_found_in_any_layout() -> None:
    """Objects, arrays, text with brackets inside, and an entry that is not there."""
    text = '{"a": "]},{",\n "b": [1,\n  {"c": [\n true]}],\n "d": {} }'

    assert line_of(text, ()) == 1
    assert line_of(text, ("b",)) == 2
    assert line_of(text, ("b", 1)) == 3
    assert line_of(text, ("b", 1, "c", 0)) == 4
    assert line_of(text, ("d",)) == 5
    assert line_of(text, ("b", 9, "z")) == 2
