"""The picture of an evidence window: whole, truthful about what is not known, safe to show."""

import random
import re
from xml.etree import ElementTree as ET

import pytest

from liftward_detection.evidence_plot import words
from liftward_detection.evidence_plot.axis import Axis, Value, clock, runs, silences, unknown, zone
from liftward_detection.evidence_plot.lanes import Step
from liftward_detection.evidence_plot.plot import Picture, Window, draw
from liftward_detection.explain_words import Language, Phrase
from liftward_wire.states import (
    Button,
    Circuit,
    CodedState,
    DoorState,
    DoorZone,
    Occupancy,
    PowerSource,
)

SVG = "{http://www.w3.org/2000/svg}"
T0 = 1_772_460_000.0  # 2026-03-02 14:00:00 UTC
DRAWN: tuple[type[CodedState], ...] = (
    Button, Circuit, DoorState, DoorZone, Occupancy, PowerSource
)  # fmt: skip


def window(**changes: object) -> Window:
    times_s = [T0 + second for second in range(60)]
    usual = {
        "lift_id": "TEST-01",
        "times_s": times_s,
        "signals": {
            "speed_mps": [1.6 if at_s < T0 + 20 else 0.0 for at_s in times_s],
            "car_door": ["closed"] * 60,
            "door_open_presses_count": [4 if at_s < T0 + 40 else 7 for at_s in times_s],
        },
        "from_s": T0 - 30,
        "to_s": T0 + 120,
        "known_until_s": T0 + 120,
    }
    return Window(**{**usual, **changes})  # type: ignore[arg-type]  # of the right types above


def picture(**changes: object) -> Picture:
    usual = {
        "language": Language.EN,
        "utc_offset_min": 480,
        "drawn_at_s": T0 + 130,
        "description": "Probably trapped.",
        "onset_s": T0 + 20,
    }
    return Picture(**{**usual, **changes})  # type: ignore[arg-type]  # of the right types above


STEPS = [Step(T0 + 25, "began", "suspected", 0.61), Step(T0 + 33, "raised", "probable", 0.957)]


def read(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own writer's text


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in read(svg).iter(f"{SVG}text")]


def count(svg: str, tag: str, class_: str) -> int:
    return sum(class_ in one.get("class", "").split() for one in read(svg).iter(f"{SVG}{tag}"))


def test_the_picture_says_what_it_shows() -> None:
    """Lanes by name, the verdict's steps, presses, the local clock, and how old the data is."""
    told = texts(draw(window(), STEPS, picture()))

    for expected in (
        "What lift TEST-01 told", "Verdict", "Speed, m/s", "0 … 1.6", "Car door", "closed",
        "Door-open button", "pressed 3×", "probable 95.7%", "onset 22:00:20",
    ):  # fmt: skip
        assert expected in told, told
    caption = " ".join(told)
    assert "From 21:59:30 to 22:02:00 (UTC+8)." in caption
    assert "Last report 22:00:59, 1 min 11 s before this was drawn." in caption


def test_it_can_be_heard_and_is_in_chinese_when_asked() -> None:
    """Title and description for screen readers; every label in the asked language."""
    svg = draw(window(), STEPS, picture(language=Language.ZH, description="很可能困人。"))
    root = read(svg)

    assert (root.get("role"), root.get("aria-labelledby"), root.get("lang")) == (
        "img", "t d", "zh-CN"
    )  # fmt: skip
    assert (root.findtext(f"{SVG}desc") or "").startswith("很可能困人。 21:59:30 至 22:02:00")
    assert not re.search(r"[A-Za-z]{4,}", " ".join(texts(svg)).replace("TEST", ""))


def test_what_nobody_reported_is_hatched_and_held_by_nobody() -> None:
    """Before the first sample, after the last, and where one signal is absent."""
    whole = draw(window(), STEPS, picture())
    signals = {"car_door": ["closed"] * 20 + ["unknown"] * 20 + ["closed"] * 20}
    holed = draw(window(signals=signals), STEPS, picture())

    assert count(whole, "rect", "hatched") == 2 * 3
    assert count(holed, "rect", "hatched") == 3
    assert count(holed, "rect", "bar") == 2


def test_samples_that_are_gone_are_said_to_be_gone() -> None:
    """Forgotten and never reported are two sentences; neither draws a curve."""
    nothing: dict[str, object] = {"times_s": [], "signals": {}}
    gone = draw(window(**nothing, kept=False), STEPS, picture())
    never = draw(window(**nothing), STEPS, picture())

    assert "not kept any more" in " ".join(texts(gone))
    assert "Nothing was reported" in " ".join(texts(never))
    assert count(gone, "path", "curve") == count(never, "path", "curve") == 0


def test_what_stands_in_it_cannot_act() -> None:
    """A lift's id and a state's word are text, whatever is in them."""
    nasty = '"><script>alert(1)</script>'
    svg = draw(
        window(lift_id=nasty, signals={"car_door": [nasty] * 60}),
        STEPS,
        picture(description=nasty, width_px=1600),
    )

    assert list(read(svg).iter(f"{SVG}script")) == []
    assert f"What lift {nasty} told" in texts(svg)


@pytest.mark.parametrize("seed", range(15))
def test_random_windows_draw_inside_the_picture(seed: int) -> None:
    """NaN, absent, wrong order, one sample, thousands: well-formed, and nothing lies outside."""
    dice = random.Random(seed)
    count_ = dice.choice([0, 1, 2, 50, 3000])
    times_s = sorted(T0 + dice.uniform(-40, 140) for _ in range(count_))
    values = [None, 0.0, float("nan"), float("inf"), -3.5, 7, True, "unknown", "open", "odd"]
    signals = {
        name: [dice.choice(values) for _ in times_s]
        for name in ("position_m", "floor", "car_door", "occupancy", "door_open_presses_count")
    }
    steps = [
        Step(T0 + dice.uniform(-90, 200), dice.choice(["began", "raised", "ended"]),
             dice.choice(["suspected", "confirmed", "odd"]), dice.choice([None, 0.5]))
        for _ in range(dice.randrange(5))
    ]  # fmt: skip
    width = dice.choice([1, 320, 390, 720, 5000])
    look = picture(width_px=width, language=dice.choice(list(Language)))

    root = read(draw(window(times_s=times_s, signals=signals), steps, look))

    right, bottom = float(root.get("width", "0")), float(root.get("height", "0"))
    assert 320 <= right <= 1600
    for element in root.iter():
        for name, limit in (("x", right), ("x1", right), ("x2", right), ("y", bottom)):
            assert -0.1 <= float(element.get(name, "0")) <= limit, (seed, element.attrib)
    assert len(draw(window(times_s=times_s, signals=signals), steps, look)) < 1_500_000


def test_many_samples_are_drawn_by_column_and_keep_their_extremes() -> None:
    """Three samples a pixel: the path stays short, a single spike stays visible."""
    times_s = [T0 + second for second in range(9000)]
    speed = [0.0 if second != 4321 else 2.0 for second in range(9000)]
    noise = [0.01 * (second % 7) for second in range(9000)]
    drawn = draw(
        window(times_s=times_s, to_s=T0 + 9000, known_until_s=T0 + 9000,
               signals={"speed_mps": speed, "position_m": noise}),
        STEPS, picture(),
    )  # fmt: skip
    paths = [one.get("d", "") for one in read(drawn).iter(f"{SVG}path")]

    assert max(len(path) for path in paths) < 60_000
    heights = {float(number) for number in re.findall(r"V([\d.]+)", paths[1])}
    assert len(heights) == 2


def test_every_state_that_is_drawn_has_its_word() -> None:
    """Both languages, for every word a device may use in these lanes."""
    told = {state.value for states in DRAWN for state in states} - {"unknown"}

    assert told <= set(words.STATES)
    phrases = [value for value in vars(words).values() if isinstance(value, Phrase)]
    for phrase in [*phrases, *words.STATES.values(), *words.LANES.values()]:
        assert set(re.findall(r"\{\w+\}", phrase.en)) == set(re.findall(r"\{\w+\}", phrase.zh))
        assert re.search(r"[\u4e00-\u9fff]", phrase.zh), phrase


def test_values_are_held_until_the_next_sample_but_not_through_silence() -> None:
    """Fifteen seconds after a sample nobody knows any more."""

    def word(value: Value) -> str | None:
        return value if isinstance(value, str) else None

    held = runs([0, 1, 2, 40], ["a", "a", "b", None], 60, word)

    assert [(run.value, run.from_s, run.to_s) for run in held] == [("a", 0, 2), ("b", 2, 17)]
    assert unknown(held, -5, 60) == [(-5, 0), (17, 60)]
    assert silences([0, 10, 40], -20, 50) == [(-20, 0), (10, 40)]


def test_clocks_are_local_and_ticks_are_round() -> None:
    """A zone of half an hour, a day's end, and ticks on the local minute."""
    axis = Axis(T0 + 7, T0 + 187, 0, 400)

    assert clock(T0, 330) == "19:30:00"
    assert clock(T0 + 36_000, 0) == "00:00:00"
    assert (zone(0), zone(480), zone(-210)) == ("UTC", "UTC+8", "UTC-3:30")
    assert [at_s - T0 for at_s in axis.ticks(64, 330)] == [30, 60, 90, 120, 150, 180]
