"""`liftward simulate`: a town of lifts against a broker, or into a trace file; crews if wanted."""

import asyncio
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np

from liftward_kit.clock import utc_now
from liftward_kit.log import configure_logs
from liftward_kit.settings import Environ, SettingError, process_environ
from liftward_kit.subcommand import HOLDS, CallError, print_object, progress
from liftward_simulator.city.town import Town, TownError, make_town, read_town, town_from
from liftward_simulator.crews.client import AccountsError, read_accounts
from liftward_simulator.crews.habits import CrewHabits
from liftward_simulator.devices.devices import Devices
from liftward_simulator.faults.traps import first_trap
from liftward_simulator.live import CrewsPlan, LivePlan, check_accounts, run_live
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.publisher import Broker, Connections
from liftward_simulator.outputs.trace import write_trace
from liftward_simulator.outputs.truth import (
    Episode,
    TruthError,
    TruthWriter,
    cut_unfinished_line,
    read_truth,
)
from liftward_simulator.stage import Stage
from liftward_simulator.world import Plan, World

DEFAULT_BROKER_URL = "mqtt://127.0.0.1:1883"
DEFAULT_API_URL = "http://127.0.0.1:9633"
DEFAULT_LIFT_COUNT = 200
# Without crews somebody has to open the doors one day.
DEFAULT_RELEASE_AFTER_S = 600.0
# A trace must not depend on the day it was made: the same seed, the same bytes.
TRACE_STARTED_AT = datetime(2026, 1, 5, 17, 30, tzinfo=UTC)


def configure(parser: ArgumentParser) -> None:
    town = parser.add_argument_group("town")
    town.add_argument("--town", type=Path, metavar="FILE", help="town document (JSON)")
    town.add_argument(
        "--lifts", type=int, default=DEFAULT_LIFT_COUNT, help="without --town: make one of so many"
    )
    town.add_argument("--save-town", type=Path, metavar="FILE", help="write the town document")
    town.add_argument("--seed", type=int, default=1, help="same seed, same world")
    output = parser.add_argument_group("output")
    output.add_argument("--broker", metavar="URL", help="default: LIFTWARD_BROKER_URL")
    output.add_argument(
        "--connections",
        choices=[kind.value for kind in Connections],
        default=Connections.SHARED.value,
        help="one connection for all (light, no last wills), or one per device with its last will",
    )
    output.add_argument("--trace", type=Path, metavar="FILE", help="write messages, use no broker")
    output.add_argument("--truth", type=Path, metavar="FILE", help="append what really happened")
    output.add_argument("--events", type=Path, metavar="FILE", help="append progress (JSON Lines)")
    output.add_argument("--json", action="store_true", help="with --trace: print a summary object")
    _configure_story(parser)
    _configure_crews(parser)


def _configure_story(parser: ArgumentParser) -> None:
    story = parser.add_argument_group("story")
    story.add_argument("--minutes", type=float, help="end after so long")
    story.add_argument("--until-idle", action="store_true", help="end when all traps are over")
    story.add_argument("--first-trap-after-s", type=float, help="a plain first story, then")
    story.add_argument("--trap-every-s", type=float, help="mean time between further entrapments")
    story.add_argument("--max-traps", type=int, help="no more than so many entrapments")
    story.add_argument(
        "--look-alike-every-s",
        type=float,
        default=120.0,
        help="mean time between inspections and fire tests, 0: none",
    )
    story.add_argument(
        "--release-after-s",
        type=float,
        help=f"without --crews, free people after so long (default {DEFAULT_RELEASE_AFTER_S:.0f})",
    )


def _configure_crews(parser: ArgumentParser) -> None:
    crews = parser.add_argument_group("crews")
    crews.add_argument("--crews", action="store_true", help="let crews work through the HTTP API")
    crews.add_argument("--api-url", metavar="URL", help="default: LIFTWARD_API_URL")
    crews.add_argument("--accounts", type=Path, metavar="FILE", help="who can sign in (JSON, 0600)")
    crews.add_argument(
        "--crew-time-scale",
        "--crew-speedup",
        type=float,
        default=20.0,
        help="crews are so many times quicker than life",
    )
    crews.add_argument("--refuse-share", type=float, default=0.05)
    crews.add_argument("--silent-share", type=float, default=0.03)


def run(arguments: Namespace) -> int:
    """Play, and return the exit status."""
    environ = process_environ()
    configure_logs("simulate", level=environ.get("LIFTWARD_LOG_LEVEL") or "INFO")
    town, document = _town(arguments)
    if arguments.save_town is not None:
        arguments.save_town.write_bytes(msgspec.json.format(msgspec.json.encode(document)))
    if arguments.trace is None:
        return _run_live(arguments, environ, town)
    return _run_trace(arguments, town)


def _town(arguments: Namespace) -> tuple[Town, dict[str, Any]]:
    try:
        if arguments.town is None:
            document = make_town(np.random.default_rng(arguments.seed), arguments.lifts)
            return town_from(document), document
        town = read_town(arguments.town)
    except TownError as error:
        raise CallError(str(error)) from None
    return town, msgspec.to_builtins(town)


def _plan(arguments: Namespace) -> Plan:
    for name in (
        "first_trap_after_s",
        "trap_every_s",
        "look_alike_every_s",
        "minutes",
        "max_traps",
    ):
        value = getattr(arguments, name)
        if value is not None and value < 0:
            raise CallError(f"--{name.replace('_', '-')} is {value}; allowed: 0 or more")
    first = arguments.first_trap_after_s
    return Plan(
        traps=() if first is None else (first_trap(first),),
        trap_every_s=arguments.trap_every_s or None,
        traps_max=arguments.max_traps,
        visit_every_s=arguments.look_alike_every_s or None,
    )


def _open(stack: ExitStack, path: Path | None, mode: str) -> IO[bytes] | None:
    if path is None:
        return None
    try:
        return stack.enter_context(path.open(mode))
    except OSError as error:
        raise CallError(f"cannot write {path}: {error.strerror}") from None


def _stage(arguments: Namespace, town: Town, stack: ExitStack, now: datetime) -> Stage:
    rng = np.random.default_rng(arguments.seed)
    world = World.create(town, rng, _plan(arguments))
    truth = _open(stack, arguments.truth, "ab" if arguments.trace is None else "wb")
    default_s = None if arguments.crews else DEFAULT_RELEASE_AFTER_S
    return Stage(
        world=world,
        devices=Devices.of_town(town, world.table, boot_id=int(now.timestamp())),
        truth=None if truth is None else TruthWriter(truth),
        journal=Journal(_open(stack, arguments.events, "ab")),
        release_after_s=arguments.release_after_s or default_s,
        now=now,
    )


def _run_trace(arguments: Namespace, town: Town) -> int:
    if arguments.minutes is None:
        raise CallError("--trace needs --minutes: how long the trace is to be")
    with ExitStack() as stack:
        stage = _stage(arguments, town, stack, TRACE_STARTED_AT)
        file = _open(stack, arguments.trace, "wb")
        assert file is not None, "a path was given"
        rng = np.random.default_rng([arguments.seed, 1])
        messages_count = write_trace(
            stage, file, rng, started_at=TRACE_STARTED_AT, minutes=arguments.minutes
        )
    entrapments = stage.world.entrapments
    summary = {
        "lifts": stage.world.table.count,
        "minutes": arguments.minutes,
        "messages": messages_count,
        "entrapments": len(entrapments.ended) + len(entrapments.active),
        "entrapments_open": len(entrapments.active),
    }
    if arguments.json:
        print_object(summary)
    else:
        progress(", ".join(f"{key} {value}" for key, value in summary.items()))
    return HOLDS


def _run_live(arguments: Namespace, environ: Environ, town: Town) -> int:
    broker = _broker(arguments, environ)
    crews = _crews(arguments, environ, town) if arguments.crews else None
    now = utc_now()
    with ExitStack() as stack:
        episodes = _unfinished(arguments.truth)
        stage = _stage(arguments, town, stack, now)
        resumed_count = stage.resume(episodes, now)
        if resumed_count:
            progress(f"{resumed_count} entrapments of an earlier run go on")
        stage.journal.tell("started", now, lifts=stage.world.table.count, seed=arguments.seed)
        plan = LivePlan(
            broker=broker,
            connections=Connections(arguments.connections),
            client_id=f"simulator-{arguments.seed}",
            minutes=arguments.minutes,
            until_idle=arguments.until_idle,
            ready_file=Path(ready) if (ready := environ.get("LIFTWARD_READY_FILE")) else None,
        )
        asyncio.run(run_live(stage, town, plan, crews))
        stage.journal.tell("ended", utc_now())
    return HOLDS


def _unfinished(path: Path | None) -> list[Episode]:
    if path is None or not path.exists():
        return []
    try:
        cut_unfinished_line(path)
        return [episode for episode in read_truth(path) if episode.to_at is None]
    except TruthError as error:
        raise CallError(str(error)) from None


def _broker(arguments: Namespace, environ: Environ) -> Broker:
    given = arguments.broker or environ.get("LIFTWARD_BROKER_URL") or DEFAULT_BROKER_URL
    try:
        return Broker.from_url(given)
    except ValueError:
        raise SettingError(
            "--broker or LIFTWARD_BROKER_URL",
            "(not shown: it may hold a password)",
            "mqtt://[user:password@]host[:port]",
        ) from None


def _crews(arguments: Namespace, environ: Environ, town: Town) -> CrewsPlan:
    if arguments.accounts is None:
        raise CallError("--crews needs --accounts FILE: who can sign in")
    try:
        accounts = read_accounts(arguments.accounts)
        habits = CrewHabits(
            time_scale=arguments.crew_time_scale,
            refuse_share=arguments.refuse_share,
            silent_share=arguments.silent_share,
        )
    except (AccountsError, ValueError) as error:
        raise CallError(str(error)) from None
    check_accounts(town, accounts)
    return CrewsPlan(
        api_url=arguments.api_url or environ.get("LIFTWARD_API_URL") or DEFAULT_API_URL,
        accounts=accounts,
        habits=habits,
        seed=arguments.seed,
    )
