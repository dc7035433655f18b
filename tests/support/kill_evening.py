"""A simulated evening with many entrapments, during which every process is killed again and again.

What a user sees: how often each process was killed, how everybody's evening ended, how long the
longest wait from a detection to its order was, and whether anybody, any order, any message or any
deadline was lost or doubled. Lifts speak through a real broker and the real gateway; engine and API
are real; crews and a desk act over HTTP; a receiver of webhooks takes what the engine pushes.

Time is scaled: crews are sixty times quicker than life, the policy's limits as short as they may
be. What is not scaled is the detector, which needs its seconds.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from random import Random

import psycopg
from psycopg.rows import dict_row

from liftward_kit.clock import monotonic_s, utc_now
from liftward_platform.auditor.conservation import Allowances, check
from liftward_platform.auditor.model import TrueEntrapment
from liftward_platform.auditor.store import read_seen
from liftward_platform.migrations.runner import migrate
from liftward_runtime.ports import LOOPBACK, free_port
from liftward_runtime.settings import BrokerKind
from liftward_simulator.city.town import HAND_LIFT_ID, Town, read_town
from liftward_simulator.crews.client import read_accounts
from liftward_simulator.crews.habits import CrewHabits
from liftward_simulator.live import CrewsPlan, work_through_api
from liftward_simulator.outputs.journal import Journal
from support.beside import running_beside
from support.brokers import RunningBroker, running_broker
from support.directories import open_folder
from support.durable_postgres import DurablePostgres, durable_postgres
from support.evening_lifts import EveningLifts, plan_evening
from support.evening_oracle import Account, End, account
from support.evening_rows import open_incidents_count, read_evening, unsettled_count
from support.kill_rounds import kill_rounds
from support.kill_soak import SoakOptions
from support.processes import LiftwardProcess, LiftwardProcesses, liftward_processes
from support.quick_policy import quick_policy_file
from support.webhook_receiver import WebhookReceiver

_BETWEEN_KILLS_S = (1.0, 4.0)
_AWAY_S = (0.2, 1.5)
_READY_WITHIN_S = 90.0
# Now and then a process is killed again before it is ready.
_READY_FIRST_SHARE = 0.8
_SETTLED_WITHIN_S = 240.0
_LOOK_PERIOD_S = 0.5
# Longer than a hundred entrapments on a busy machine.
_EVENING_S_MAX = 3_600.0
_CREW_SPEEDUP = 60.0
_REFUSE_SHARE, _SILENT_SHARE = 0.12, 0.08
_EVENING_HOUR = 19.0
_WEBHOOK_SECRET = "sample-shared-secret"
_SPARE_LIFTS = 20
# The auditor's own allowances are for a platform that is killed now and then, not all the time.
_ALLOWED = Allowances(
    detection=timedelta(seconds=150), handling=timedelta(seconds=60), deadline=timedelta(seconds=60)
)


class Target(StrEnum):
    BROKER = "broker"
    GATEWAY = "gateway"
    ENGINE = "engine"
    API = "api"
    POSTGRES = "postgres"


_PROCESSES = (Target.GATEWAY, Target.ENGINE, Target.API)
_WORDS = {
    Target.GATEWAY: ("gateway", "run"), Target.ENGINE: ("engine",), Target.API: ("api",),
}  # fmt: skip
# Crews at the telephone, orders half sent, deadlines half fired.
_OPENING = (
    (Target.ENGINE, Target.POSTGRES),
    (Target.POSTGRES, Target.BROKER),
    (Target.API, Target.ENGINE),
    (Target.GATEWAY,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EveningOptions:
    """How many entrapments, how far apart on average, and the seed of everything."""

    entrapments: int
    seed: int
    every_s: float = 3.0


@dataclass(slots=True)
class EveningReport:
    """What was done, and what the oracle found."""

    kills: Counter[Target] = field(default_factory=Counter)
    ended_by_themselves: Counter[Target] = field(default_factory=Counter)
    seconds: float = 0.0
    connections_lost: int = 0
    account: Account = field(default_factory=Account)
    orders: int = 0
    persons: int = 0
    ledger_entries: int = 0
    faults: list[str] = field(default_factory=list)
    logs: dict[str, str] = field(default_factory=dict)  # the last words, for a run that failed


@dataclass(slots=True)
class _Stage:
    """The five processes, each of which is killed and started again from the main thread."""

    postgres: DurablePostgres
    broker: RunningBroker
    processes: LiftwardProcesses
    environ: dict[str, str]
    running: dict[Target, LiftwardProcess] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.processes.folder

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.environ['LIFTWARD_HTTP_PORT']}"

    def start(self, target: Target) -> None:
        match target:
            case Target.BROKER:
                self.broker.start()
            case Target.POSTGRES:
                self.postgres.start()
            case _:
                self.running[target] = self.processes.start(*_WORDS[target], environ=self.environ)

    def kill(self, target: Target) -> None:
        match target:
            case Target.BROKER:
                self.broker.kill()
            case Target.POSTGRES:
                self.postgres.kill()
            case _:
                self.running[target].kill()

    def tend(self) -> list[Target]:
        """Start again what ended by itself, as a supervisor does; return what that was."""
        ended = [one for one in _PROCESSES if self.running[one].exit_status is not None]
        for target in ended:
            self.start(target)
        return ended

    def wait_ready(self) -> None:
        """Wait until the database answers and every process says that it is ready."""
        self.postgres.wait_ready()
        give_up_at_s = monotonic_s() + _READY_WITHIN_S
        while not all(process.ready_file.exists() for process in self.running.values()):
            self.tend()
            words = {target: process.text()[-2_000:] for target, process in self.running.items()}
            assert monotonic_s() < give_up_at_s, f"not all ready: {words}"
            _pause(_LOOK_PERIOD_S / 5)

    def run(self, *words: str) -> tuple[int, str]:
        """Run one of our commands on this platform to its end."""
        done = self.processes.run(*words, environ=self.environ)
        assert done.returncode in {0, 1}, done.stderr
        return done.returncode, done.stdout


@dataclass(slots=True)
class _Town:
    """Everything that is not the platform: lifts, crews, desk and receiver, in one event loop."""

    lifts: EveningLifts
    receiver: WebhookReceiver
    crews: CrewsPlan
    town: Town

    def end(self) -> None:
        self.lifts.end()

    async def run(self) -> None:
        beside = [
            asyncio.create_task(self.receiver.serve(), name="receiver"),
            asyncio.create_task(
                work_through_api(
                    self.crews, self.town, self.lifts, Journal(None), lambda _: _EVENING_HOUR
                ),
                name="crews",
            ),
        ]
        living = asyncio.create_task(self.lifts.run(), name="lifts")
        try:
            await asyncio.wait((living, *beside), return_when=asyncio.FIRST_COMPLETED)
            for task in beside:
                if task.done():
                    task.result()
            living.result()
        finally:
            self.lifts.end()
            for task in beside:
                task.cancel()
            await asyncio.gather(living, *beside, return_exceptions=True)


def play_evening(options: EveningOptions, tell: Callable[[str], None]) -> EveningReport:
    """Play the evening, kill all the while, let everything settle, and judge."""
    rng = Random(options.seed)
    report = EveningReport()
    with _stage() as stage:
        town = _make_town(stage, options, rng)
        for target in _PROCESSES:
            stage.start(target)
        stage.wait_ready()
        stage.broker.save()  # from now on the broker knows the gateway's sessions after a kill
        with running_beside(town, "the town"):
            started_s = monotonic_s()
            _kill_at_random(stage, town.lifts, rng, report, tell)
            _settle(stage, town.lifts, report, tell)
            report.seconds = monotonic_s() - started_s
            _judge(stage, town, report)
        report.connections_lost = town.lifts.connections_lost
        if report.faults:
            report.logs = {str(one): stage.running[one].text()[-4_000:] for one in _PROCESSES}
    return report


@contextmanager
def _stage() -> Iterator[_Stage]:
    with (
        open_folder() as folder,
        durable_postgres(folder) as postgres,
        running_broker(BrokerKind.MOSQUITTO, autosave_s=_scaled().autosave_s) as broker,
        liftward_processes() as processes,
    ):
        migrate(postgres.dsn)
        environ = {
            "LIFTWARD_DATABASE_URL": postgres.dsn,
            "LIFTWARD_BROKER_URL": broker.url,
            "LIFTWARD_HTTP_PORT": str(free_port()),
            "LIFTWARD_STATE_DIR": str(processes.folder / "state"),
            "LIFTWARD_LEDGER_KEY_FILE": str(processes.folder / "ledger.key"),
            "LIFTWARD_RESCUE_POLICY": str(quick_policy_file(folder, accept_s=15, arrive_s=90)),
        }
        yield _Stage(postgres, broker, processes, environ)


def _scaled() -> SoakOptions:
    """Return the contract's rule of repeating and the broker's autosave, ten times as quick."""
    return SoakOptions(seconds=0.0, seed=0)


def _make_town(stage: _Stage, options: EveningOptions, rng: Random) -> _Town:
    """Register the demo's town and its sign-ins, and choose the lifts that have devices tonight."""
    folder = stage.folder / "town"
    folder.mkdir()
    lifts_count = max(options.entrapments // 2, 10) + _SPARE_LIFTS
    status, _ = stage.run(
        "demo-town", "--lifts", str(2 * lifts_count), "--seed", str(options.seed),
        "--folder", str(folder),
    )  # fmt: skip
    assert status == 0
    town = read_town(folder / "town.json")
    lifts = EveningLifts(
        stage.broker,
        _scaled().rule,
        Random(rng.random()),
        _lone_lifts(town)[:lifts_count],
        plan_evening(Random(rng.random()), options.entrapments, every_s=options.every_s),
    )
    receiver = WebhookReceiver(Random(rng.random()), free_port())
    stage.environ["LIFTWARD_WEBHOOK_URL"] = receiver.url
    stage.environ["LIFTWARD_WEBHOOK_SECRET"] = _WEBHOOK_SECRET
    habits = CrewHabits(
        time_scale=_CREW_SPEEDUP, refuse_share=_REFUSE_SHARE, silent_share=_SILENT_SHARE
    )
    crews = CrewsPlan(
        api_url=stage.api_url,
        accounts=read_accounts(folder / "accounts.json"),
        habits=habits,
        seed=options.seed,
        earlier=(),
    )
    return _Town(lifts, receiver, crews, town)


def _lone_lifts(town: Town) -> list[str]:
    """Return the lifts that no edge speaks for."""
    behind = {
        lift_id for device in town.devices if device.kind == "edge" for lift_id in device.lift_ids
    }
    wanted = [lift.lift_id for lift in town.lifts if lift.lift_id not in behind]
    return [lift_id for lift_id in wanted if lift_id != HAND_LIFT_ID]


def _kill_at_random(
    stage: _Stage,
    lifts: EveningLifts,
    rng: Random,
    report: EveningReport,
    tell: Callable[[str], None],
) -> None:
    """Kill until everybody who is to be shut in tonight was, and is out where that can be."""
    rounds = kill_rounds(rng, list(Target), _OPENING)
    started_s = monotonic_s()
    while not lifts.all_begun or lifts.people_wait or len(report.kills) < len(Target):
        assert monotonic_s() - started_s < _EVENING_S_MAX, "an evening without an end"
        report.ended_by_themselves.update(stage.tend())
        victims = next(rounds)
        for target in victims:
            stage.kill(target)
            report.kills[target] += 1
            tell(f"{monotonic_s() - started_s:6.1f} s: killed {target}")
            _pause(rng.uniform(*_AWAY_S))
        for target in victims:
            stage.start(target)
        if rng.random() < _READY_FIRST_SHARE:
            stage.wait_ready()
        _pause(rng.uniform(*_BETWEEN_KILLS_S))


def _settle(
    stage: _Stage, lifts: EveningLifts, report: EveningReport, tell: Callable[[str], None]
) -> None:
    """Wait until what can end has ended and nothing is on its way; if it does not, judge that."""
    tell("settling")
    stage.wait_ready()
    staying = sum(one.end is End.STILL_OPEN for one in lifts.troubles())
    dsn, began_s = stage.postgres.dsn, monotonic_s()
    while open_incidents_count(dsn) > staying or unsettled_count(dsn):
        if monotonic_s() - began_s > _SETTLED_WITHIN_S:
            report.faults.append(
                f"not settled within {_SETTLED_WITHIN_S:.0f} s: {open_incidents_count(dsn)}"
                f" incidents open, {staying} to stay open, {unsettled_count(dsn)} on their way"
            )
            return
        report.ended_by_themselves.update(stage.tend())
        _pause(_LOOK_PERIOD_S)


def _judge(stage: _Stage, town: _Town, report: EveningReport) -> None:
    """Ask the oracle, the auditor, and the ledger's own verification."""
    troubles, deliveries = town.lifts.troubles(), list(town.receiver.deliveries)
    evening = read_evening(stage.postgres.dsn, troubles, deliveries)
    report.account = account(evening, now=utc_now())
    report.orders = len(evening.orders)
    report.persons = sum(trouble.persons_count for trouble in troubles)
    report.faults += report.account.faults
    truths = [
        TrueEntrapment(
            lift_id=one.lift_id,
            from_at=one.from_at,
            to_at=one.to_at,
            persons_count=one.persons_count,
        )
        for one in troubles
        if one.persons_count
    ]
    report.faults += asyncio.run(_complaints(stage.postgres.dsn, truths))
    status, output = stage.run("ledger", "verify", "--json")
    verified = json.loads(output)
    report.ledger_entries = int(verified["entries"])
    if status:
        report.faults.append(f"the ledger does not verify: {verified}")


async def _complaints(dsn: str, truths: list[TrueEntrapment]) -> list[str]:
    """Return what the auditor, which counts in its own way, complains about."""
    connection = await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row)
    async with connection:
        seen = await read_seen(connection, since=utc_now() - timedelta(hours=12))
    violations = check(truths, seen, now=utc_now(), allowances=_ALLOWED)
    return [f"auditor: {one.kind}: {one.lift_id}: {one.detail}" for one in violations]


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)
