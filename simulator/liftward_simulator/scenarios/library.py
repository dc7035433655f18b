"""Scenarios by name, or from a file: finding, reading and refusing them.

Named scenarios are the TOML files beside this module. Must not know worlds or devices.
"""

from importlib.resources import files
from pathlib import Path

from liftward_simulator.scenarios.scenario import Scenario
from liftward_simulator.scenarios.tables import TableError, read_table

SUFFIX = ".toml"
DEFAULT_NAME = "demo"


class ScenarioError(ValueError):
    """No such scenario, or not a proper one: the message says where, and what is allowed."""


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with the program, sorted."""
    entries = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(SUFFIX) for name in entries if name.endswith(SUFFIX))


def load_scenario(name_or_file: str) -> Scenario:
    """Return a scenario by its name, or from a TOML file.

    Raises
    ------
    ScenarioError
        When there is none, or when an entry is wrong: names file, line, entry and what is allowed.
    """
    if name_or_file in scenario_names():
        text = files(__package__).joinpath(name_or_file + SUFFIX).read_text("utf-8")
        return scenario_from(text, file=name_or_file + SUFFIX)
    path = Path(name_or_file)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        allowed = ", ".join(scenario_names())
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ScenarioError(
            f"no scenario {name_or_file!r} ({why}); allowed: {allowed}, or a TOML file"
        ) from None
    return scenario_from(text, file=str(path))


def scenario_from(text: str, *, file: str) -> Scenario:
    """Return the scenario of a TOML text; complaints call it `file`.

    Raises
    ------
    ScenarioError
        When an entry is wrong.
    """
    try:
        return read_table(text, Scenario, file=file)
    except TableError as error:
        raise ScenarioError(str(error)) from None
