"""A city over a broker: its messages published, its crews at work through the API.

Survives a broker or an API that goes away and comes back; ends cleanly, with all spools flushed.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import numpy as np

from liftward_kit.clock import utc_now
from liftward_kit.subcommand import CallError, progress
from liftward_simulator.city.town import Town, TownCrew, simulated_lift_ids
from liftward_simulator.crews.client import (
    REQUEST_TIMEOUT_S,
    SIGN_IN_AT_ONCE,
    Account,
    PhoneClient,
    desk_account,
)
from liftward_simulator.crews.earlier import RememberedScene, Scene
from liftward_simulator.crews.habits import CrewHabits
from liftward_simulator.crews.runner import Crew, Desk, Team
from liftward_simulator.crews.shifts import hour_of
from liftward_simulator.devices.commands import Answers
from liftward_simulator.devices.links import Arrival
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.publisher import Broker, Connections, Publisher, connect
from liftward_simulator.outputs.truth import Episode
from liftward_simulator.pace import Pace
from liftward_simulator.playing import Until, listen_for_the_end, play
from liftward_simulator.stage import Stage

# An unbridled town waits for the broker when so many messages wait to be sent: a second's worth.
WAITING_MESSAGES_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewsPlan:
    """Who works, where the API is, and how the crews are."""

    api_url: str
    accounts: Sequence[Account]
    habits: CrewHabits
    seed: int
    earlier: Sequence[Episode]  # entrapments of earlier runs, from the truth file


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePlan:
    broker: Broker
    connections: Connections
    client_id: str
    pace: Pace
    until: Until
    ready_file: Path | None  # touched when the broker has the devices' births


class BrokerSink:
    """Hands arriving messages to the publisher."""

    is_live = True

    def __init__(self, publisher: Publisher, ready_file: Path | None) -> None:
        self._publisher, self._ready_file = publisher, ready_file

    @property
    def messages_count(self) -> int:
        return self._publisher.sent_count

    @property
    def is_full(self) -> bool:
        return self._publisher.spooled_count > WAITING_MESSAGES_MAX

    def put(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            self._publisher.put(arrival.publication)
        if self._ready_file is not None and self._publisher.all_born:
            self._ready_file.touch()
            self._ready_file = None


async def run_live(stage: Stage, town: Town, plan: LivePlan, crews: CrewsPlan | None) -> int:
    """Play until a signal, the end of the time, or until nobody is to be trapped any more.

    Returns how many messages were sent.
    """
    devices = stage.devices
    assert devices is not None, "a broker is for what devices say"
    answers = Answers(devices=devices)
    publisher = connect(
        plan.broker,
        plan.connections,
        devices.device_ids,
        client_id=plan.client_id,
        birth=lambda device_id: devices.birth(device_id, stage.now),
        will=devices.will,
        answer=lambda device_id, payload: answers.answer(
            stage.world.cars, device_id, payload, now=stage.now
        ),
    )
    sink = BrokerSink(publisher, plan.ready_file)
    ending = listen_for_the_end()
    publishing = asyncio.create_task(publisher.run(), name="publisher")
    working = asyncio.create_task(_work(stage, town, crews), name="crews")
    try:
        await play(stage, sink, plan.pace, plan.until, ending, watched=(publishing, working))
    finally:
        working.cancel()
        await asyncio.wait([working])
        sink.put(stage.close())
        for message in devices.farewells(stage.now):
            publisher.put(message)
        await publisher.end(publishing)
    progress(f"{publisher.sent_count} messages sent, {publisher.dropped_count} dropped")
    return publisher.sent_count


async def _work(stage: Stage, town: Town, crews: CrewsPlan | None) -> None:
    """Run all crews and desks; without any, just wait."""
    if crews is None:
        await asyncio.Event().wait()
        return
    await work_through_api(crews, town, RememberedScene(stage, crews.earlier), stage.journal)


async def work_through_api(
    crews: CrewsPlan,
    town: Town,
    scene: Scene,
    journal: Journal,
    hour_of: Callable[[datetime], float] = hour_of,
) -> None:
    """Run the crews and the desk of a town until cancelled; `scene` is where they act."""
    crew_accounts = _crew_accounts(town, crews.accounts)
    team = Team(
        scene=scene,
        habits=crews.habits,
        journal=journal,
        clock=utc_now,
        rng=np.random.default_rng(crews.seed),
        lift_ids=simulated_lift_ids(town),
        crew_account_ids=frozenset(account.account_id for account, _ in crew_accounts),
        started_at=utc_now(),
        hour_of=hour_of,
    )
    gate = asyncio.Semaphore(SIGN_IN_AT_ONCE)
    # One connection per phone, or they would wait for each other while one signs in.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=len(crews.accounts))
    async with (
        httpx.AsyncClient(
            base_url=crews.api_url, timeout=REQUEST_TIMEOUT_S, limits=limits, trust_env=False
        ) as http,
        asyncio.TaskGroup() as group,
    ):
        if (desk := desk_account(crews.accounts)) is not None:
            runner = Desk(team, PhoneClient(http, desk, gate))
            group.create_task(runner.run(), name=desk.account_id)
        for account, crew in crew_accounts:
            phone = PhoneClient(http, account, gate)
            group.create_task(Crew(team, phone, crew).run(), name=account.account_id)


def _crew_accounts(town: Town, accounts: Sequence[Account]) -> list[tuple[Account, TownCrew]]:
    """Return the accounts of crews of this town, each with its crew."""
    crew_of = {crew.crew_id: crew for crew in town.crews}
    return [
        (account, crew_of[account.crew_id])
        for account in accounts
        if account.role == "crew" and account.crew_id in crew_of
    ]


def check_accounts(town: Town, accounts: Sequence[Account]) -> None:
    """Refuse accounts with which nobody can be rescued.

    Raises
    ------
    CallError
        When there is no dispatcher, or no crew of this town.
    """
    needs = (
        ("dispatcher", desk_account(accounts) is not None),
        ("crew of this town", bool(_crew_accounts(town, accounts))),
    )
    for name, is_there in needs:
        if not is_there:
            raise CallError(
                f"the accounts file has no account of a {name}: nobody could be rescued"
            )
