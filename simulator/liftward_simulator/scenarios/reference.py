"""The page about scenarios, made from the documents and the types.

`python -m liftward_simulator.scenarios.reference docs/scenarios.md` writes the committed copy; a
test fails when that differs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec

from liftward_simulator.scenarios.library import load_scenario, scenario_names
from liftward_simulator.scenarios.scenario import Scenario
from liftward_simulator.scenarios.tables import allowed_of

WORDS_MAX = 8  # of a longer list of allowed words the page shows so many

_HEAD = """\
# Scenarios

A scenario is a TOML file: what is special about a city's day, against what is usual. `liftward
simulate --scenario NAME` plays one of those below, `--scenario FILE` one of your own; `--lifts`,
`--hours` and `--seed` change its size, its length and its chance. The same scenario, size, length
and seed give the same bytes. This page is generated (`make docs`).

An unknown key, a value of another type or out of its range is refused with file, line, entry and
what is allowed, exit status 2, and no file is begun.

## Those that come along

| name | | lifts | hours | what it shows |
|---|---|---|---|---|
"""
_PICTURES = """
## Pictures

One lift of each, as `liftward simulate picture all --out docs/pictures/simulator` draws it: where
the car really was and what its gateway said, doors, load and people sensor, mode, power, events
told and what was true at that time, how late messages came, and the whole city below. Red: people
are trapped. Smaller cities than the scenario's own, so that they are drawn in minutes.
"""
_KEYS = """
## Keys

Shares are between 0 and 1. Times ending in `_s` are seconds since the begin, durations seconds.
`starts_at` is the town's own time; the town lies at 0 E, so its time is UTC. A table that is left
out has its defaults. Causes are those of `simulator/liftward_simulator/faults/causes.py`, rates
those of [calibration.md](calibration.md).
"""


def page() -> str:
    """Return the page."""
    rows = []
    for name in scenario_names():
        one = load_scenario(name)
        hours = "until ended" if one.hours is None else f"{one.hours:g}"
        rows.append(
            f"| `{name}` | {one.title}<br>{one.title_zh} | {one.lifts:,} | {hours} |"
            f" {one.description} |"
        )
    sections = [section for struct in _structs(Scenario, "") for section in _section(*struct)]
    pictures = [_picture(name) for name in scenario_names()]
    parts = [_HEAD + "\n".join(rows), _PICTURES + "\n".join(pictures), _KEYS + "\n".join(sections)]
    return "\n".join(parts) + "\n"


def _picture(name: str) -> str:
    title = load_scenario(name).title
    return f"\n### {title}\n\n![{title}: one lift, true and told](pictures/simulator/{name}.png)"


def _structs(struct: type[msgspec.Struct], name: str) -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """Return a table of the document and those inside it, each with its heading."""
    yield name, struct
    for field in msgspec.structs.fields(struct):
        inner, is_array = _inner(field.type)
        if inner is not None:
            path = f"{name}.{field.name}" if name else field.name
            yield from _structs(inner, f"[{path}]" if is_array else path)


def _inner(kind: Any) -> tuple[type[msgspec.Struct] | None, bool]:  # noqa: ANN401 - a type
    """Return the table that a key holds, if it holds one, and whether it holds many."""
    if get_origin(kind) is UnionType:
        kind = next(one for one in get_args(kind) if one is not type(None))
    is_array = get_origin(kind) is tuple
    if is_array:
        kind = get_args(kind)[0]
    is_table = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return (kind, is_array) if is_table else (None, False)


def _section(name: str, struct: type[msgspec.Struct]) -> list[str]:
    heading = f"### `[{name}]`" if name else "### At the head"
    rows = [
        f"| `{field.name}` | {_shown_type(field.type)} | {_shown_default(field)} |"
        for field in msgspec.structs.fields(struct)
        if _inner(field.type)[0] is None
    ]
    return ["", heading, "", "| key | allowed | default |", "|---|---|---|", *rows]


def _shown_type(kind: Any) -> str:  # noqa: ANN401 - a type
    words = allowed_of(kind).split(", ")
    more = ["…"] if len(words) > WORDS_MAX else []
    return ", ".join([*words[:WORDS_MAX], *more])


def _shown_default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "must be given"
    default = field.default
    if default is msgspec.NODEFAULT or default is None or default in ((), {}):
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`{list(default)}`"
    return f"`{default}`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
