"""From a call to everything that a run needs, checked before any file is opened.

Must not know brokers, or how a run goes on.
"""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from liftward_kit.subcommand import CallError
from liftward_simulator.city.town import (
    HAND_LIFT_ID,
    Town,
    TownError,
    build_town,
    read_town,
    simulated_lift_ids,
)
from liftward_simulator.crews.offline import OfflineRescue
from liftward_simulator.devices.devices import Devices
from liftward_simulator.devices.links import Links
from liftward_simulator.devices.row_links import RowLinks
from liftward_simulator.devices.spans import Timeline
from liftward_simulator.faults.traps import first_trap
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.truth_keeping import TruthKeeper
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.row_stage import RowStage
from liftward_simulator.scenarios import casting
from liftward_simulator.scenarios.library import ScenarioError, load_scenario
from liftward_simulator.scenarios.scenario import Scenario
from liftward_simulator.stage import Stage
from liftward_simulator.world import Plan, World

# One stream of chance for each purpose: a change in one leaves the others as they were.
_OCCURRENCES, _DEVICES, _LINKS, _RESCUE, _SENSING = range(1, 6)
_SECONDS_PER_HOUR, _MINUTES_PER_HOUR = 3_600.0, 60.0
_NOT_NEGATIVE = (
    "seed",
    "first_trap_after_s",
    "trap_every_s",
    "look_alike_every_s",
    "release_after_s",
    "max_traps",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """A scenario, the city it plays in, and for how long."""

    name: str
    scenario: Scenario
    town: Town
    seed: int
    hours: float | None

    @property
    def start_hour(self) -> float:
        starts_at = self.scenario.starts_at
        midnight = starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
        return (starts_at - midnight).total_seconds() / _SECONDS_PER_HOUR

    @property
    def starts_at(self) -> datetime:
        """Return the begin as device time: the town lies at 0 E, its time is UTC."""
        return self.scenario.starts_at.replace(tzinfo=UTC)

    def rng(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose])

    def world(self) -> World:
        """Return the world at its begin.

        Raises
        ------
        CallError
            When something goes wrong by itself and nobody says for how long to draw it.
        """
        scenario, rng = self.scenario, np.random.default_rng(self.seed)
        # The generator of the world's own table, so that both are the same.
        layout_rng = np.random.default_rng(self.seed).spawn(1)[0]
        table = LiftTable.from_town(self.town, layout_rng, without=frozenset({HAND_LIFT_ID}))
        if self.hours is None and scenario.faults.rate_factor:
            raise CallError("what goes wrong by itself is drawn beforehand: give --hours")
        self._check_districts(len(table.district_names))
        story = scenario.story
        first_s = story.first_trap_after_s
        plan = Plan(
            start_hour=self.start_hour,
            traffic_factor=scenario.traffic.factor,
            traps=() if first_s is None else (first_trap(first_s),),
            trap_every_s=story.trap_every_s,
            traps_max=story.traps_max,
            city_events=casting.city_events(scenario.events),
            visit_every_s=scenario.look_alikes.visits_every_s,
            look_alike_factor=scenario.look_alikes.rate_factor,
            wear_lead_factor=scenario.faults.wear_lead_factor,
            habits=casting.trap_habits(scenario.faults),
            repair_s=scenario.faults.repair_s,
            occurrences=casting.occurrences_of(
                scenario, self.town, table, self.rng(_OCCURRENCES), self.hours or 0.0
            ),
        )
        world = World.create(self.town, rng, plan)
        assert np.array_equal(world.table.arrivals_per_s, table.arrivals_per_s), "one table, twice"
        return world

    def devices(
        self, table: LiftTable, now: datetime, links_class: type[Links] = Links
    ) -> tuple[Devices, Links]:
        """Return the devices at a moment, and the way from them to the platform."""
        rng = self.rng(_DEVICES)
        devices = Devices.of_town(
            self.town,
            table,
            boot_id=int(now.timestamp()),
            rng=self.rng(_SENSING),
            options=casting.device_options(
                self.scenario, table.count, table.count + self._edges_count, rng
            ),
        )
        outages = casting.outages_of(self.scenario.outages, devices.sites(), rng)
        devices.outages = Timeline(outages)
        links = links_class(
            devices.device_ids,
            outages,
            casting.link_quality(self.scenario.links),
            rng=self.rng(_LINKS),
            birth=devices.birth,
            will=devices.will,
        )
        return devices, links

    def stage(
        self,
        *,
        now: datetime,
        speaks: bool,
        truth: TruthKeeper | None = None,
        journal: Journal,
        has_crews: bool = False,
    ) -> Stage:
        """Return the stage: with devices if it `speaks`, with rescuers unless others come."""
        world = self.world()
        devices, links = self.devices(world.table, now) if speaks else (None, None)
        return Stage(
            world=world,
            devices=devices,
            links=links,
            truth=truth,
            journal=journal,
            rescue=None if has_crews else self._rescue(world.table),
            release_after_s=None if has_crews else self.scenario.crews.release_after_s,
            now=now,
        )

    def row_stage(
        self, *, now: datetime, truth: Callable[[tuple[str, ...]], TruthKeeper]
    ) -> RowStage:
        """Return the stage whose samples stay rows; `truth` is told the ids of the lifts."""
        world = self.world()
        devices, links = self.devices(world.table, now, RowLinks)
        return RowStage(
            world=world,
            devices=devices,
            links=links,
            truth=truth(world.table.lift_ids),
            journal=Journal(None),
            rescue=self._rescue(world.table),
            release_after_s=self.scenario.crews.release_after_s,
            now=now,
        )

    def _check_districts(self, districts_count: int) -> None:
        """Refuse an event in a district that this city does not have: it would hit nobody."""
        for number, event in enumerate(self.scenario.events, start=1):
            if event.district is not None and event.district >= districts_count:
                raise CallError(
                    f"{self.name}: events[{number}].district is {event.district};"
                    f" allowed in this city: 0 to {districts_count - 1}"
                )

    @property
    def _edges_count(self) -> int:
        return sum(device.kind == "edge" for device in self.town.devices)

    def _rescue(self, table: LiftTable) -> OfflineRescue | None:
        crews = self.scenario.crews
        if crews.release_after_s is not None:
            return None
        return casting.rescue_of(crews, self.town, table, self.rng(_RESCUE), self.start_hour)


def prepare(arguments: Namespace) -> Preparation:
    """Return what a call asks for.

    Raises
    ------
    CallError
        When an option, the scenario or the town document is wrong: says what is allowed.
    """
    _check(arguments)
    scenario = _scenario(arguments)
    return Preparation(
        name=arguments.scenario,
        scenario=scenario,
        town=_town(arguments, scenario),
        seed=arguments.seed,
        hours=_hours(arguments, scenario),
    )


def save_town(town: Town, path: Path) -> None:
    """Write the town document."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(town)))
    except OSError as error:
        raise CallError(f"cannot write {path}: {error.strerror}") from None


def _check(arguments: Namespace) -> None:
    for name in _NOT_NEGATIVE:
        value = getattr(arguments, name)
        if value is not None and not value >= 0:
            raise CallError(f"--{name.replace('_', '-')} is {value}; allowed: 0 or more")
    for name in ("hours", "minutes"):
        value = getattr(arguments, name)
        if value is not None and not 0 < value < float("inf"):
            raise CallError(f"--{name} is {value}; allowed: above 0")
    if arguments.hours is not None and arguments.minutes is not None:
        raise CallError("--hours and --minutes say the same; allowed: one of them")
    if arguments.town is not None and arguments.lifts is not None:
        raise CallError("--lifts makes a city and --town reads one; allowed: one of them")
    if arguments.broker is not None and arguments.trace is not None:
        raise CallError("messages go to --broker or to --trace; allowed: one of them")
    if arguments.crews and arguments.broker is None:
        raise CallError("--crews needs --broker URL, and --accounts FILE: who can sign in")


def _hours(arguments: Namespace, scenario: Scenario) -> float | None:
    if arguments.hours is not None:
        return float(arguments.hours)
    if arguments.minutes is not None:
        return float(arguments.minutes) / _MINUTES_PER_HOUR
    return scenario.hours


def _scenario(arguments: Namespace) -> Scenario:
    """Return the scenario, with the story that the options tell in place of its own."""
    try:
        scenario = load_scenario(arguments.scenario)
    except ScenarioError as error:
        raise CallError(str(error)) from None
    replace = msgspec.structs.replace
    story, look_alikes, crews = scenario.story, scenario.look_alikes, scenario.crews
    if arguments.first_trap_after_s is not None:
        story = replace(story, first_trap_after_s=arguments.first_trap_after_s)
    if arguments.trap_every_s is not None:
        story = replace(story, trap_every_s=arguments.trap_every_s or None)
    if arguments.max_traps is not None:
        story = replace(story, traps_max=arguments.max_traps)
    if arguments.look_alike_every_s is not None:
        every_s = arguments.look_alike_every_s or None
        look_alikes = replace(look_alikes, rate_factor=0.0, visits_every_s=every_s)
    if arguments.release_after_s is not None:
        crews = replace(crews, release_after_s=arguments.release_after_s)
    return replace(scenario, story=story, look_alikes=look_alikes, crews=crews)


def _town(arguments: Namespace, scenario: Scenario) -> Town:
    try:
        if arguments.town is None:
            count = scenario.lifts if arguments.lifts is None else arguments.lifts
            shape = casting.shape_of(scenario.gateways, count)
            return build_town(np.random.default_rng(arguments.seed), count, shape=shape)
        town = read_town(arguments.town)
    except TownError as error:
        raise CallError(str(error)) from None
    if not simulated_lift_ids(town):
        raise CallError(f"{arguments.town} has no lift with a device: nothing to simulate")
    return town
