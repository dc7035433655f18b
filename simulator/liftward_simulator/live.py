"""The town in real time: ticks with the clock, publishes to a broker, lets the crews work.

The edge that owns the clock and the tasks. Survives a broker or an API that goes away and comes
back; ends cleanly, with all spools flushed, when it is asked to.
"""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import structlog

from liftward_kit.clock import monotonic_s, utc_now
from liftward_kit.subcommand import CallError, progress
from liftward_simulator.city.town import Town, TownCrew, simulated_lift_ids
from liftward_simulator.crews.client import (
    REQUEST_TIMEOUT_S,
    SIGN_IN_AT_ONCE,
    Account,
    PhoneClient,
    desk_account,
)
from liftward_simulator.crews.habits import CrewHabits, Position
from liftward_simulator.crews.runner import Crew, Desk, Team
from liftward_simulator.outputs.publisher import Broker, Connections, Publisher, connect
from liftward_simulator.stage import TICK_S, Stage

STATUS_EVERY_S = 30.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewsPlan:
    """Who works, where the API is, and how the crews are."""

    api_url: str
    accounts: Sequence[Account]
    habits: CrewHabits
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePlan:
    broker: Broker
    connections: Connections
    client_id: str
    minutes: float | None  # None: until asked to end
    until_idle: bool  # end when no trap is to come and nobody is trapped
    ready_file: Path | None  # touched when the broker has the devices' births


async def run_live(stage: Stage, town: Town, plan: LivePlan, crews: CrewsPlan | None) -> None:
    """Play until a signal, the end of the time, or until nobody is to be trapped any more."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.set)
    devices = stage.devices
    publisher = connect(
        plan.broker,
        plan.connections,
        devices.device_ids,
        client_id=plan.client_id,
        birth=lambda device_id: devices.birth(device_id, utc_now()),
        will=devices.will,
    )
    publishing = asyncio.create_task(publisher.run(), name="publisher")
    working = asyncio.create_task(_work(stage, town, crews), name="crews")
    try:
        await _tick(stage, publisher, plan, ending, watched=(publishing, working))
    finally:
        working.cancel()
        await asyncio.wait([working])
        for message in [*devices.flush(), *devices.farewells(utc_now())]:
            publisher.put(message)
        await publisher.end(publishing)
    progress(f"simulation ended: {_status(stage, publisher)}")


async def _tick(
    stage: Stage,
    publisher: Publisher,
    plan: LivePlan,
    ending: asyncio.Event,
    *,
    watched: Sequence["asyncio.Task[None]"],
) -> None:
    """Tick in real time. A tick that comes late is not made up for: the town then lives slower."""
    started_s = next_s = monotonic_s()
    status_s = started_s + STATUS_EVERY_S
    ready_file = plan.ready_file
    while not ending.is_set():
        for task in watched:
            if task.done() and not task.cancelled():
                task.result()  # a broken part ends the simulation with its error
        for message in stage.tick(utc_now()):
            publisher.put(message)
        if ready_file is not None and publisher.all_born:
            ready_file.touch()
            ready_file = None
        now_s = monotonic_s()
        if plan.minutes is not None and now_s - started_s >= plan.minutes * 60:
            return
        if plan.until_idle and stage.world.entrapments.all_over:
            return
        if now_s >= status_s:
            status_s += STATUS_EVERY_S
            progress(_status(stage, publisher))
        next_s = max(next_s + TICK_S, now_s)
        await _sleep_until(next_s, ending)


async def _sleep_until(moment_s: float, ending: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(max(moment_s - monotonic_s(), 0.0)):
            await ending.wait()
    except TimeoutError:
        return


def _status(stage: Stage, publisher: Publisher) -> str:
    entrapments = stage.world.entrapments
    return (
        f"town at {stage.world.clock_s:.0f} s: {stage.world.table.count} lifts,"
        f" {len(entrapments.active)} with trapped people, {len(entrapments.ended)} over;"
        f" {publisher.sent_count} messages sent, {publisher.spooled_count} waiting,"
        f" {publisher.dropped_count} dropped"
    )


async def _work(stage: Stage, town: Town, crews: CrewsPlan | None) -> None:
    """Run all crews and desks; without any, just wait."""
    if crews is None:
        await asyncio.Event().wait()
        return
    crew_accounts = _crew_accounts(town, crews.accounts)
    team = Team(
        scene=stage,
        habits=crews.habits,
        journal=stage.journal,
        clock=utc_now,
        rng=np.random.default_rng(crews.seed),
        lift_ids=simulated_lift_ids(town),
        crew_account_ids=frozenset(account.account_id for account, _ in crew_accounts),
        started_at=utc_now(),
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
            base = Position(crew.base_latitude_deg, crew.base_longitude_deg)
            phone = PhoneClient(http, account, gate)
            group.create_task(Crew(team, phone, crew.crew_id, base).run(), name=account.account_id)


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
