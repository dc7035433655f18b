"""The page of the profiles: its tables are fresh and its examples are messages of their profile."""

import re
import subprocess
from pathlib import Path

import pytest

from liftward_wire.contract_tables import refreshed
from liftward_wire.messages import Event, Sample
from liftward_wire.profiles.known import JSON_PROFILES
from liftward_wire.profiles.page import BLOCKS
from liftward_wire.rejection import Rejected
from liftward_wire.topics import parse_topic
from unit.wire.test_contract_page import option, published

PAGE = (Path(__file__).parents[3] / "docs" / "profiles.md").read_text("utf-8")
SCRIPTS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
EXAMPLES = list(zip(JSON_PROFILES, SCRIPTS, strict=False))


def test_the_generated_tables_are_fresh() -> None:
    """The page has every table once, as the code has it: run `make docs` after a change."""
    assert refreshed(PAGE, BLOCKS) == PAGE
    assert sorted(re.findall(r"<!-- generated: (\S+) -->", PAGE)) == sorted(BLOCKS)


@pytest.mark.parametrize(("name", "script"), EXAMPLES)
def test_each_example_is_accepted_by_its_profile(name: str, script: str) -> None:
    """Pasted into a shell, each example is a sample and at least one event of that profile."""
    kinds = set()
    for options, payload in published(script):
        topic = parse_topic(option(options, "-t"))
        message = JSON_PROFILES[name].decode(topic, payload.encode())
        assert not isinstance(message, Rejected), message
        assert option(options, "-q") == "1"
        kinds.add(type(message))

    assert kinds == {Sample, Event}


def test_every_json_profile_has_an_example() -> None:
    """An integrator finds one to paste for each."""
    assert len(EXAMPLES) == len(JSON_PROFILES) == len(set(SCRIPTS))
    assert subprocess.run(["bash", "-n", "-c", "\n".join(SCRIPTS)], check=False).returncode == 0
