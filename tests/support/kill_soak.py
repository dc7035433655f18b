"""Gateway, broker and database killed at random under load, and an oracle that counts afterwards.

What a user sees: how often each was killed, how many rows the broker had acknowledged, how many are
stored, lost and doubled, how long nothing was committed after each kind of kill. The devices follow
the contract, above all its rule of repeating after a lost connection; that rule and the broker's
autosave are scaled down by one factor, so that a short run has as many saves and repeats as a long
one. Mosquitto only: aedes keeps everything in memory, so a kill of it loses what waits there.

Mosquitto knows a session after a restart only if it was saved once: the run saves it at the start,
in production the first `autosave_interval` does. What is published before that save, and is killed
with the broker, has to be repeated, which the contract's delay leaves time for.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from random import Random

from liftward_kit.clock import monotonic_s, utc_now
from liftward_platform.migrations.runner import migrate
from liftward_runtime.settings import BrokerKind
from support.beside import running_beside
from support.brokers import RunningBroker, running_broker
from support.contract_device import CONTRACT_RULE, RepeatRule
from support.directories import open_folder
from support.durable_postgres import DurablePostgres, durable_postgres
from support.fleet_rows import register_edge, register_lifts
from support.kill_oracle import Judgement, judge, stored_count
from support.kill_rounds import kill_rounds
from support.kill_traffic import Traffic
from support.polling import eventually
from support.processes import LiftwardProcess, LiftwardProcesses, liftward_processes

# Mosquitto's autosave of our configuration, which the contract's minute is made for.
_AUTOSAVE_S = 30.0
_BETWEEN_KILLS_S = (2.0, 5.0)
_AWAY_S = (0.2, 1.0)
_SETTLED_WITHIN_S = 120.0
_FIRST_KILL_AFTER_S = 2.0
_NOTHING_MORE_S = 15.0
_LOOK_PERIOD_S = 0.2


class Target(StrEnum):
    GATEWAY = "gateway"
    BROKER = "broker"
    POSTGRES = "postgres"


# While the database is away the broker keeps what it has acknowledged, and then it is killed: only
# what devices repeat brings that back. And the gateway holds what it may not acknowledge yet: if
# it is killed then, and no broker soon after, nothing but the broker's memory brings that back.
_OPENING = (
    (Target.POSTGRES, Target.BROKER),
    (Target.POSTGRES, Target.GATEWAY),
    (Target.GATEWAY,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakOptions:
    """`time_scale` divides the contract's window and the autosave interval.

    The delay before repeating is not scaled below what a killed gateway needs to subscribe again.
    """

    seconds: float
    seed: int
    time_scale: float = 10.0
    repeat_delay_s_min: float = 3.0

    @property
    def autosave_s(self) -> int:
        return max(1, round(_AUTOSAVE_S / self.time_scale))

    @property
    def rule(self) -> RepeatRule:
        low_s, high_s = CONTRACT_RULE.delay_s
        low_s = max(low_s / self.time_scale, self.repeat_delay_s_min)
        return RepeatRule(
            window_s=CONTRACT_RULE.window_s / self.time_scale,
            delay_s=(low_s, max(high_s / self.time_scale, low_s * 2)),
        )


@dataclass(slots=True)
class SoakReport:
    """What was done and what the oracle found."""

    kills: Counter[Target] = field(default_factory=Counter)
    seconds: float = 0.0
    losses_count: int = 0
    repeated_count: int = 0
    judgement: Judgement = field(default_factory=Judgement)
    recovery_s: dict[Target, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Stage:
    """The three processes, each of which may be killed and started again from the main thread."""

    postgres: DurablePostgres
    broker: RunningBroker
    processes: LiftwardProcesses
    gateway: LiftwardProcess | None = None

    def start_gateway(self) -> LiftwardProcess:
        self.gateway = self.processes.start(
            "gateway",
            "run",
            environ={
                "LIFTWARD_DATABASE_URL": self.postgres.dsn,
                "LIFTWARD_BROKER_URL": self.broker.url,
            },
        )
        return self.gateway

    def kill(self, target: Target) -> None:
        match target:
            case Target.GATEWAY:
                assert self.gateway is not None
                assert self.gateway.exit_status is None, self.gateway.text()
                self.gateway.kill()
            case Target.BROKER:
                self.broker.kill()
            case Target.POSTGRES:
                self.postgres.kill()

    def start(self, target: Target) -> None:
        match target:
            case Target.GATEWAY:
                self.start_gateway()
            case Target.BROKER:
                self.broker.start()
            case Target.POSTGRES:
                self.postgres.start()


def soak(options: SoakOptions, tell: Callable[[str], None]) -> SoakReport:
    """Kill for so many seconds, let everything settle, and judge."""
    rng = Random(options.seed)
    report = SoakReport()
    with _stage(options) as stage:
        traffic = Traffic(stage.broker, options.rule, Random(rng.random()))
        register_lifts(stage.postgres.dsn, traffic.lift_ids)
        for edge_id, lift_ids in traffic.edges.items():
            register_edge(stage.postgres.dsn, edge_id, lift_ids)
        stage.start_gateway().wait_ready(within_s=60.0)
        stage.broker.save()  # from now on the broker knows the gateway's sessions after a kill
        with running_beside(traffic, "devices"):
            started_s = monotonic_s()
            kills = _kill_at_random(stage, options.seconds, rng, tell)
            traffic.stop_making()
            report.seconds = monotonic_s() - started_s
            _settle(stage, traffic, tell)
        stage.broker.stop()
        assert stage.gateway is not None
        stage.gateway.stop()
        report.kills.update(target for target, _ in kills)
        report.judgement = judge(stage.postgres.dsn, traffic)
        report.recovery_s = _recovery_s(kills, report.judgement.commits_s)
    report.losses_count = sum(device.losses_count for device in traffic.devices)
    report.repeated_count = sum(device.repeated_count for device in traffic.devices)
    return report


@contextmanager
def _stage(options: SoakOptions) -> Iterator[_Stage]:
    with (
        open_folder() as folder,
        durable_postgres(folder) as postgres,
        running_broker(BrokerKind.MOSQUITTO, autosave_s=options.autosave_s) as broker,
        liftward_processes() as processes,
    ):
        migrate(postgres.dsn)
        yield _Stage(postgres, broker, processes)


def _kill_at_random(
    stage: _Stage, seconds: float, rng: Random, tell: Callable[[str], None]
) -> list[tuple[Target, float]]:
    """Kill round after round; return what was killed and when, on the wall's clock."""
    kills: list[tuple[Target, float]] = []
    rounds = kill_rounds(rng, list(Target), _OPENING)
    pause = threading.Event()
    started_s = monotonic_s()
    pause.wait(_FIRST_KILL_AFTER_S)
    while monotonic_s() - started_s < seconds:
        victims = next(rounds)
        for target in victims:
            kills.append((target, utc_now().timestamp()))
            stage.kill(target)
            tell(f"{monotonic_s() - started_s:6.1f} s: killed {target}")
            pause.wait(rng.uniform(*_AWAY_S))
        for target in victims:
            stage.start(target)
        pause.wait(rng.uniform(*_BETWEEN_KILLS_S))
    return kills


def _settle(stage: _Stage, traffic: Traffic, tell: Callable[[str], None]) -> None:
    """Wait until every device is done and everything that came is stored."""
    tell("settling")
    stage.postgres.wait_ready()
    gateway = stage.gateway
    assert gateway is not None
    gateway.wait_ready(within_s=60.0)
    eventually(lambda: traffic.is_idle, within_s=_SETTLED_WITHIN_S, what="every device is done")
    # Whether all is there is for the oracle to say: wait until nothing more comes.
    wanted, count, changed_at_s = len(traffic.kept), -1, monotonic_s()
    while count < wanted and monotonic_s() - changed_at_s < _NOTHING_MORE_S:
        now_stored = stored_count(stage.postgres.dsn)
        if now_stored != count:
            count, changed_at_s = now_stored, monotonic_s()
        threading.Event().wait(_LOOK_PERIOD_S)


def _recovery_s(kills: list[tuple[Target, float]], commits_s: list[float]) -> dict[Target, float]:
    """Return the longest time without a commit that began with or soon after each kind of kill."""
    worst: dict[Target, float] = {}
    for target, killed_at_s in kills:
        gaps = [
            later - max(earlier, killed_at_s)
            for earlier, later in pairwise(commits_s)
            if later > killed_at_s and earlier < killed_at_s + _AWAY_S[1]
        ]
        worst[target] = max(worst.get(target, 0.0), max(gaps, default=0.0))
    return worst
