"""The rescue policy: the one of the program is whole, and a hole is refused by name."""

import copy
from pathlib import Path
from typing import Any

import pytest

from liftward_platform.rescue.policy import LevelParty, PolicyError, load, parse

DEFAULT = load().document()


def changed(path: str, value: Any) -> dict[str, Any]:
    """The default document with one key changed, or removed when the value is ..."""
    document: dict[str, Any] = copy.deepcopy(DEFAULT)
    *parents, last = path.split(".")
    place = document
    for parent in parents:
        place = place[parent]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def test_the_default_has_the_promised_limits() -> None:
    """Three minutes to answer, thirty to arrive, three levels."""
    policy = load()

    assert (policy.accept_s, policy.arrive_s, policy.confirm_release_s) == (180, 1800, 600)
    assert policy.levels == (
        LevelParty.CONTRACTED_MAINTAINER,
        LevelParty.RESCUE_STATION,
        LevelParty.PUBLIC_RESCUE,
    )
    assert policy.level_of(LevelParty.PUBLIC_RESCUE) == 3


def test_what_is_stamped_on_an_incident_is_the_same_policy() -> None:
    """The document goes through the same check on its way back."""
    assert parse(DEFAULT, source="stamped") == load()


LEVELS = DEFAULT["levels"]


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("levels", LEVELS[:2], "levels"),
        ("levels", [LEVELS[0], LEVELS[2], LEVELS[1]], "levels"),
        ("levels", [*LEVELS[:2], {"level": 3, "party": "nobody"}], "levels[2].party"),
        ("levels", [*LEVELS[:2], {"level": 3, "party": "rescue_station"}], "levels"),
        ("levels", "all", "levels"),
        ("limits.accept_s", 0, "limits.accept_s"),
        ("limits.accept_s", True, "limits.accept_s"),
        ("limits.accept_s", "soon", "limits.accept_s"),
        ("limits.arrive_s", ..., "limits.arrive_s"),
        ("limits.arrive_s", 120, "levels[0].accept_s"),
        ("limits.unanswered_repeat_s", float("nan"), "limits.unanswered_repeat_s"),
        ("travel.speed_kmh", [30] * 23, "travel.speed_kmh"),
        ("travel.speed_kmh", [0] * 24, "travel.speed_kmh"),
        ("travel.detour_factor", 0.5, "travel.detour_factor"),
        ("travel", ..., "travel.detour_factor"),
        ("version", "", "version"),
        ("limits.acept_s", 5, "limits.acept_s"),
    ],
)
def test_a_hole_is_refused_with_file_key_and_what_is_allowed(
    path: str, value: Any, key: str
) -> None:
    """A missing level, a delay of zero, a misspelled key: none of them starts an engine."""
    with pytest.raises(PolicyError) as caught:
        parse(changed(path, value), source="city.toml")

    assert (caught.value.source, caught.value.key) == ("city.toml", key)
    assert str(caught.value).startswith(f"city.toml: {key} is ")
    assert "; allowed: " in str(caught.value)


@pytest.mark.parametrize("content", [None, "version = ", "version = 'x'"])
def test_a_file_that_is_no_policy_is_named(tmp_path: Path, content: str | None) -> None:
    """Whatever is wrong with the file, the message begins with its path."""
    file = tmp_path / "policy.toml"
    if content is not None:
        file.write_text(content)

    with pytest.raises(PolicyError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: ")
