"""Samples and golden vectors of the profiles, shared by their tests."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from liftward_wire.messages import Event, EventKind
from liftward_wire.profiles.known import JSON_PROFILES
from liftward_wire.states import ServiceMode
from liftward_wire.topics import Topic, parse_topic
from unit.wire.wire_strategies import counters, moments, texts

FOLDER = Path(__file__).parents[2] / "golden" / "profiles"
PROFILE_NAMES = sorted(JSON_PROFILES)


@cache
def vectors(profile: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{profile}.json").read_text("utf-8"))
    return found


def golden(profile: str) -> list[tuple[Topic, bytes]]:
    return [(parse_topic(one["topic"]), one["payload"].encode()) for one in vectors(profile)]


def coded_events(profile: str) -> st.SearchStrategy[Event]:
    """Events of ours with codes of the profile's own list."""
    form = JSON_PROFILES[profile].form.event
    return st.builds(
        Event,
        observed_at=moments,
        boot_id=counters,
        sequence=counters,
        kind=st.sampled_from([EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED]),
        code=st.sampled_from(
            [code for code, does in form.codes.items() if does.begins is EventKind.FAULT_RAISED]
        ),
        vocabulary=st.just(form.vocabulary),
        note=st.none() | texts,
    )


def plain_events() -> st.SearchStrategy[Event]:
    """Events of ours without a code."""
    return st.builds(
        Event,
        observed_at=moments,
        boot_id=counters,
        sequence=counters,
        kind=st.sampled_from(
            [
                kind
                for kind in EventKind
                if kind not in (EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED)
            ]
        ),
        service_mode=st.sampled_from(ServiceMode),
    )
