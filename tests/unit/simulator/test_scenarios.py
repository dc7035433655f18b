"""Scenario documents: where entries stand, what is refused, and the scenarios that come along."""

import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from liftward_simulator.faults.causes import Cause
from liftward_simulator.scenarios.library import (
    ScenarioError,
    load_scenario,
    scenario_from,
    scenario_names,
)
from liftward_simulator.scenarios.reference import page
from liftward_simulator.scenarios.toml_lines import TomlPath, line_of, toml_lines

NESTED = '''\
# a comment with [brackets] and key = 1
title = "a # b"  # late
text = """
[no.table]
key = 1
"""
quoted = 'it''s'

[a]
b.c = 3
"q.r" = [1, 2,
  3,  # three
  {x = 1, y = "]"}]
when = 2026-01-05 17:30:00
[a.d]
e = 1
[[events]]
kind = 'x'
[[events.sub]]
z = 1
[[events]]
kind = "y"
[[events.sub]]
[[events.sub]]
z = 2
'''.replace("'it''s'", "'it is'")
MINIMAL = """\
title = "A"
title_zh = "B"
description = "C"
description_zh = "D"
lifts = 3
starts_at = 2026-01-05T17:30:00
"""
NAMED = (
    "bad_part_batch",
    "broker_outage",
    "city_blackout",
    "clock_chaos",
    "dark_gateways",
    "demo",
    "device_storm",
    "earthquake",
    "evening_peak",
    "flapping_sensors",
    "maintenance_day",
    "quiet_day",
    "silent_maintainer",
    "typhoon",
)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("text",), 3),
        (("quoted",), 7),
        (("a",), 9),
        (("a", "b", "c"), 10),
        (("a", "q.r"), 11),
        (("a", "q.r", 1), 11),
        (("a", "q.r", 2), 12),
        (("a", "q.r", 3, "y"), 13),
        (("a", "when"), 14),
        (("a", "d", "e"), 16),
        (("events",), 17),
        (("events", 0, "kind"), 18),
        (("events", 0, "sub", 0, "z"), 20),
        (("events", 1), 21),
        (("events", 1, "kind"), 22),
        (("events", 1, "sub", 0), 23),
        (("events", 1, "sub", 1, "z"), 25),
    ],
)
def test_every_entry_of_a_nested_document_has_its_line(path: TomlPath, line: int) -> None:
    """Dotted and quoted keys, arrays over lines, inline tables, arrays of tables in each other."""
    tomllib.loads(NESTED)

    assert toml_lines(NESTED)[path] == line


def test_what_is_not_in_the_text_has_the_line_of_the_table_around_it() -> None:
    """A key that is missing is looked for where its table begins; the root begins at line 1."""
    lines = toml_lines(NESTED)

    assert line_of(lines, ("events", 1, "share")) == 21
    assert line_of(lines, ("nothing",)) == 1


def test_a_minimal_scenario_has_the_usual_everything_else() -> None:
    """Title, size and begin are enough."""
    scenario = scenario_from(MINIMAL, file="mine.toml")

    assert scenario.lifts == 3
    assert scenario.starts_at == datetime(2026, 1, 5, 17, 30)  # noqa: DTZ001 - local on purpose
    assert (scenario.faults.rate_factor, scenario.hours, scenario.events) == (1.0, None, ())


@pytest.mark.parametrize(
    ("more", "line", "found", "allowed"),
    [
        ("[faults]\nrate = 1", 8, "unknown key faults.rate", "rate_factor, cause_factors"),
        ("[faults]\nrate_factor = -1", 8, "faults.rate_factor is -1", "a number, 0 or more"),
        ("[faults]\nrate_factor = nan", 8, "faults.rate_factor is nan", "a number"),
        ("[faults]\nrate_factor = inf", 8, "faults.rate_factor is inf", "at most"),
        ("[faults]\nrate_factor = true", 8, "faults.rate_factor is True", "a number"),
        ("[faults.cause_factors]\nx = 1", 8, "unknown key faults.cause_factors.x", "mains_cut"),
        ('[traffic]\nfactor = "a"', 8, "traffic.factor is 'a'", "a number"),
        ("[links]\ndelay_s = [1.0]", 8, "links.delay_s is an array of 1", "an array of 2"),
        ("[links]\ndelay_s = [2.0, 1.0]", 7, "links: delay_s is [2.0, 1.0]", "shortest, longest"),
        ("[weather]\ntyphoon = 1", 8, "weather.typhoon is 1", "true, false"),
        ('[gateways]\nwithout = ["x"]', 8, "gateways.without[1] is 'x'", "load_kg"),
        ("[gateways.mix]\nfull = 0.5", 7, "gateways: mix sums to 0.5", "1"),
        ("faults = 3", 7, "faults is 3", "a table of rate_factor"),
        (
            '[[events]]\nkind = "earthquake"\nat_s = 1\nlasting_s = 1\n[[events]]\nkind = "flood"',
            12,
            "events[2].kind is 'flood'",
            "mains_cut, earthquake",
        ),
        (
            '[[events]]\nkind = "earthquake"\nat_s = 1',
            7,
            "events[1].lasting_s is missing",
            "above 0",
        ),
        (
            '[[outages]]\nkind = "dark"\nshare = 0.1\nfrom_s = 5\nto_s = 4',
            7,
            "outages[1]: from_s is 5 and to_s 4",
            "to_s later",
        ),
    ],
)
def test_a_wrong_entry_is_named_with_line_and_what_is_allowed(
    more: str, line: int, found: str, allowed: str
) -> None:
    """File, line, entry, what was found, what is allowed: enough to mend it without a manual."""
    with pytest.raises(ScenarioError) as caught:
        scenario_from(MINIMAL + more, file="mine.toml")

    message = str(caught.value)
    assert message.startswith(f"mine.toml, line {line}: ")
    said, _, offered = message.partition("; allowed: ")
    assert found in said
    assert allowed in offered


def test_a_missing_key_and_a_wrong_begin_are_named() -> None:
    """What is needed is said with its type; a begin has no time zone of its own."""
    with pytest.raises(ScenarioError, match=r"line 1: title is missing; allowed: a text"):
        scenario_from(MINIMAL.replace("title =", "titel =").replace("titel", "# "), file="m.toml")
    with pytest.raises(ScenarioError, match=r"line 6: starts_at is .*; allowed: a local date"):
        scenario_from(MINIMAL.replace("17:30:00", "17:30:00Z"), file="m.toml")


def test_what_is_no_toml_is_named_with_its_line() -> None:
    """The reader's own complaint, which has a line, after the file's name."""
    with pytest.raises(ScenarioError, match=r"m\.toml: not TOML: .*line 7"):
        scenario_from(MINIMAL + "x = = 1", file="m.toml")


def test_the_named_scenarios_are_all_there_and_proper() -> None:
    """Each is read, has titles and a story in two languages, a size, and ends by itself."""
    scenarios = {name: load_scenario(name) for name in scenario_names()}

    assert tuple(scenarios) == NAMED
    assert all(one.title_zh != one.title for one in scenarios.values())
    assert all(one.hours is not None for name, one in scenarios.items() if name != "demo")


def test_a_file_is_read_and_an_unknown_name_lists_what_there_is(tmp_path: Path) -> None:
    """A path works as a name does; what is neither is answered with the names."""
    file = tmp_path / "mine.toml"
    file.write_text(MINIMAL + "[faults.cause_factors]\nwater = 4.0\n", "utf-8")

    assert load_scenario(str(file)).faults.cause_factors == {Cause.WATER: 4.0}
    with pytest.raises(ScenarioError, match=r"no scenario 'quiet'.*quiet_day.*a TOML file"):
        load_scenario("quiet")


def test_the_committed_page_is_what_scenarios_and_types_say() -> None:
    """`make docs` renews it; nobody edits it by hand."""
    docs = Path(__file__).parents[3] / "docs"

    assert (docs / "scenarios.md").read_text("utf-8") == page()
