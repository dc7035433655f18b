"""A small simulated town as a stage, for tests that let it play."""

from datetime import UTC, datetime, timedelta
from typing import IO

import numpy as np

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.devices import Devices
from liftward_simulator.devices.links import LinkQuality, Links
from liftward_simulator.devices.outages import NO_OUTAGES
from liftward_simulator.faults.traps import Trap
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.truth import TruthWriter
from liftward_simulator.outputs.truth_keeping import TruthKeeper
from liftward_simulator.stage import TICK_S, Stage
from liftward_simulator.world import Plan, World

TOWN = town_from(make_town(np.random.default_rng(1), 25))
STARTED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
QUALITY = LinkQuality(delay_s=(0.02, 0.12))


def stage_with(
    *traps: Trap,
    truth: IO[bytes] | None = None,
    journal: IO[bytes] | None = None,
    speaks: bool = True,
    quality: LinkQuality = QUALITY,
) -> Stage:
    """Return the town with these traps and a neighbour who frees people after 40 s."""
    world = World.create(TOWN, np.random.default_rng(3), Plan(traps=traps, visit_every_s=30.0))
    devices = Devices.of_town(TOWN, world.table, boot_id=1, rng=np.random.default_rng(4))
    links = Links(
        devices.device_ids,
        NO_OUTAGES,
        quality,
        rng=np.random.default_rng(5),
        birth=devices.birth,
        will=devices.will,
    )
    lift_ids = world.table.lift_ids
    return Stage(
        world=world,
        devices=devices if speaks else None,
        links=links if speaks else None,
        truth=None if truth is None else TruthKeeper(writer=TruthWriter(truth), lift_ids=lift_ids),
        journal=Journal(journal),
        release_after_s=40.0,
        now=STARTED_AT,
    )


def play(stage: Stage, seconds: float) -> None:
    """Let so much time pass."""
    for _ in range(round(seconds / TICK_S)):
        stage.tick(stage.now + timedelta(seconds=TICK_S))
