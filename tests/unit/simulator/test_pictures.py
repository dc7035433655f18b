"""Pictures: what they are about, what they record, and that they are drawn."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from liftward_kit.subcommand import CallError
from liftward_simulator.city.town import build_town
from liftward_simulator.commands.preparation import Preparation
from liftward_simulator.pictures.drawing import _MARK_ROWS, _free_rows, draw
from liftward_simulator.pictures.focus import FOCI, Focus, candidates, focus_of, words
from liftward_simulator.pictures.recorder import record
from liftward_simulator.pictures.recording import Mark
from liftward_simulator.scenarios.library import load_scenario, scenario_names
from liftward_wire.states import DoorState

BEGINS_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def tell_nobody(text: str) -> None:
    """Progress is for people."""
    assert text


def line(kind: str, after_s: float, **more: object) -> dict[str, object]:
    return {
        "kind": kind,
        "record": "begin",
        "lift_id": "DEMO-001",
        "from": BEGINS_AT + timedelta(seconds=after_s),
        **more,
    }


def a_demo(hours: float) -> Preparation:
    """Return the demo with one trap asked for."""
    scenario = load_scenario("demo")
    story = msgspec.structs.replace(scenario.story, first_trap_after_s=20.0)
    return Preparation(
        name="demo",
        scenario=msgspec.structs.replace(scenario, story=story, lifts=12),
        town=build_town(np.random.default_rng(1), 12),
        seed=1,
        hours=hours,
    )


def test_every_scenario_has_its_own_picture() -> None:
    """No scenario that comes with the program is left to the default, and none is forgotten."""
    assert sorted(FOCI) == scenario_names()
    assert focus_of("my.toml").kind == "entrapment"
    drawn = Path(__file__).parents[3] / "docs" / "pictures" / "simulator"
    assert sorted(file.stem for file in drawn.glob("*.png")) == scenario_names()


def test_a_picture_is_about_the_right_kind_of_line() -> None:
    """Other kinds, other words, ends and what began at the very start are passed over."""
    wanted = line("entrapment", 90.0, cause="mains_cut")
    others = [
        line("entrapment", 90.0, cause="door_debris"),
        line("fault", 90.0, cause="mains_cut"),
        line("entrapment", 90.0, cause="mains_cut") | {"record": "end"},
        line("entrapment", 0.0, cause="mains_cut"),
    ]

    found = candidates(Focus(kind="entrapment", word="mains_cut"), [*others, wanted], BEGINS_AT)

    assert found == [wanted]
    assert words(wanted) == "entrapment mains cut"


def test_words_of_marks_keep_apart() -> None:
    """Marks close together go to rows of their own; far apart they share the first."""
    close = [Mark(10.0, "fault raised 04"), Mark(10.2, "alarm pressed 90"), Mark(10.4, "x")]
    apart = [Mark(10.0, "fault raised 04"), Mark(200.0, "alarm pressed 90")]

    assert _free_rows(close, 300.0) == [0, 1, 2]
    assert _free_rows(apart, 300.0) == [0, 0]
    assert max(_free_rows(close * 9, 300.0)) < _MARK_ROWS


def test_an_entrapment_is_recorded_and_drawn(tmp_path: Path) -> None:
    """True course, what was told, codes and the span agree; a picture file results."""
    focus = Focus(kind="entrapment", hours=0.05, before_s=10.0, after_s=30.0)

    recording = record(a_demo(0.05), focus, tell_nobody)

    (span,) = recording.entrapments
    inside = recording.true.at_s >= span.from_s
    assert span.from_s == pytest.approx(10.0, abs=0.3)
    assert np.ptp(recording.true.position_m[inside]) == 0
    assert (recording.true.door_codes[inside] == DoorState.CLOSED.code).all()
    assert recording.city.trapped_persons_count[-1] > 0
    assert any("01" in mark.text for mark in recording.marks)
    assert np.nanmax(recording.told.position_m) > 0
    assert (recording.told.received_s >= recording.told.observed_s).all()
    draw(recording, tmp_path / "demo.png")
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_what_does_not_happen_is_refused() -> None:
    """The message says what was looked for and what to do."""
    with pytest.raises(CallError, match="no mode earthquake; try another --seed"):
        record(a_demo(0.02), Focus(kind="mode", word="earthquake", hours=0.02), tell_nobody)
