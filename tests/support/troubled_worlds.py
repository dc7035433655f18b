"""Small worlds for tests of what goes wrong: made quickly, played step by step."""

from collections.abc import Callable

import msgspec
import numpy as np

from liftward_simulator.city.town import Town, make_town, town_from
from liftward_simulator.faults.controller import Happening
from liftward_simulator.faults.happenings import Edge, TrueEvent, TrueKind
from liftward_simulator.world import Plan, World

STEP_S = 0.2


def town_of(lift_count: int, *, rescue_devices: bool) -> Town:
    """Return a town in which all lifts have a rescue device, or none."""
    town = town_from(make_town(np.random.default_rng(1), lift_count))
    lifts = [msgspec.structs.replace(lift, has_rescue_device=rescue_devices) for lift in town.lifts]
    return msgspec.structs.replace(town, lifts=lifts)


def world_of(town: Town, plan: Plan, seed: int = 2) -> World:
    return World.create(town, np.random.default_rng(seed), plan)


def play(world: World, seconds: float) -> list[Happening]:
    """Let so many seconds pass; return what was told."""
    return [told for _ in range(round(seconds / STEP_S)) for told in world.step(STEP_S)]


def play_until(world: World, condition: Callable[[], bool], seconds_max: float) -> None:
    """Let time pass until the condition holds; fail when it does not come true in time."""
    for _ in range(round(seconds_max / STEP_S)):
        if condition():
            return
        world.step(STEP_S)
    raise AssertionError(f"not in {seconds_max} s")


def edges(events: list[TrueEvent], kind: TrueKind) -> list[tuple[Edge, str, int | None]]:
    """Return the edges of one kind, in order."""
    return [(event.edge, event.name, event.lift) for event in events if event.kind is kind]
