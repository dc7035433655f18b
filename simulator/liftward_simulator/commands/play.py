"""`liftward simulate`: a scenario played over a broker, into a trace, or for itself alone."""

import asyncio
from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from liftward_kit.client_tls import ClientTls
from liftward_kit.clock import monotonic_s, utc_now
from liftward_kit.settings import Environ, SettingError
from liftward_kit.subcommand import HOLDS, CallError, print_object
from liftward_simulator.commands.options import DEFAULT_API_URL
from liftward_simulator.commands.preparation import Preparation, prepare, save_town
from liftward_simulator.crews.client import AccountsError, read_accounts
from liftward_simulator.crews.habits import CrewHabits
from liftward_simulator.live import CrewsPlan, LivePlan, check_accounts, run_live
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.publisher import Broker, Connections
from liftward_simulator.outputs.trace import TraceWriter
from liftward_simulator.outputs.truth import (
    Episode,
    TruthError,
    TruthWriter,
    cut_unfinished_line,
    read_truth,
)
from liftward_simulator.outputs.truth_keeping import TruthKeeper
from liftward_simulator.outputs.whole_files import appended_file, whole_file
from liftward_simulator.pace import FASTEST, Pace, live_pace
from liftward_simulator.playing import NoSink, Sink, Until, listen_for_the_end, play
from liftward_simulator.stage import Stage

_SECONDS_PER_HOUR = 3_600.0
_Opener = Callable[[Path], AbstractContextManager[IO[bytes]]]


def run(arguments: Namespace, environ: Environ) -> int:
    """Play, and return the exit status."""
    preparation = prepare(arguments)
    player = _Player(arguments, environ, preparation)
    began_s = monotonic_s()
    outcome = player.live() if arguments.broker is not None else player.offline()
    if arguments.json:
        seconds = round(monotonic_s() - began_s, 1)
        print_object(_summary(preparation, outcome, seconds))
    return HOLDS


@dataclass(frozen=True, slots=True)
class _Outcome:
    stage: Stage
    messages_count: int


@dataclass(slots=True)
class _Player:
    """One call: everything wrong with it is found before a file is opened."""

    arguments: Namespace
    environ: Environ
    preparation: Preparation

    def offline(self) -> _Outcome:
        """Play without a broker: whole files or none."""
        arguments, preparation = self.arguments, self.preparation
        if preparation.hours is None and not arguments.until_idle:
            raise CallError("without --broker give --hours or --until-idle: when is it over?")
        speed = None if arguments.speed in (None, FASTEST) else float(arguments.speed)
        now = preparation.starts_at
        stage = preparation.stage(
            now=now, speaks=arguments.trace is not None, journal=Journal(None)
        )
        with ExitStack() as stack:
            self._open(stack, stage, truth=whole_file)
            sink: Sink = NoSink()
            if arguments.trace is not None:
                sink = TraceWriter(stack.enter_context(whole_file(arguments.trace)), now)
            asyncio.run(self._play_offline(stage, sink, Pace(speed=speed, started_at=now)))
            return _Outcome(stage, sink.messages_count)

    def live(self) -> _Outcome:
        """Play over a broker: files go on from where an earlier run left them."""
        arguments, preparation = self.arguments, self.preparation
        broker = self._broker()
        earlier = _earlier(arguments.truth)
        crews = self._crews(earlier) if arguments.crews else None
        now = utc_now()
        speed = 1.0 if arguments.speed is None else arguments.speed
        try:
            pace = live_pace(None if speed == FASTEST else speed, preparation.hours, now)
        except ValueError as error:
            raise CallError(str(error)) from None
        stage = preparation.stage(
            now=pace.started_at, speaks=True, journal=Journal(None), has_crews=crews is not None
        )
        with ExitStack() as stack:
            self._open(stack, stage, truth=appended_file)
            resumed_count = stage.resume(earlier, pace.started_at)
            stage.journal.tell(
                "started",
                now,
                lifts=stage.world.table.count,
                seed=arguments.seed,
                resumed=resumed_count,
            )
            ready = self.environ.get("LIFTWARD_READY_FILE")
            plan = LivePlan(
                broker=broker,
                connections=Connections(arguments.connections),
                client_id=f"simulator-{arguments.seed}",
                pace=pace,
                until=self._until(),
                ready_file=Path(ready) if ready else None,
            )
            sent_count = asyncio.run(run_live(stage, preparation.town, plan, crews))
            stage.journal.tell("ended", utc_now())
            return _Outcome(stage, sent_count)

    async def _play_offline(self, stage: Stage, sink: Sink, pace: Pace) -> None:
        try:
            sink.put(stage.open(pace.started_at))
            await play(stage, sink, pace, self._until(), listen_for_the_end())
        finally:
            sink.put(stage.close())

    def _open(self, stack: ExitStack, stage: Stage, truth: _Opener) -> None:
        """Open what the call names, and only now: nothing is left of a call that was refused."""
        arguments = self.arguments
        if arguments.save_town is not None:
            save_town(self.preparation.town, arguments.save_town)
        if arguments.truth is not None:
            writer = TruthWriter(stack.enter_context(truth(arguments.truth)))
            stage.truth = TruthKeeper(writer=writer, lift_ids=stage.world.table.lift_ids)
        if arguments.events is not None:
            stage.journal = Journal(stack.enter_context(appended_file(arguments.events)))

    def _until(self) -> Until:
        return Until(hours=self.preparation.hours, idle=self.arguments.until_idle)

    def _broker(self) -> Broker:
        shown = "(not shown: it may hold a password)"
        tls = ClientTls.from_environ(self.environ)
        tls.check(utc_now())
        try:
            broker = Broker.from_url(self.arguments.broker, tls)
        except ValueError:
            allowed = "mqtt://[user:password@]host[:port], or mqtts://… with TLS"
            raise SettingError("--broker", shown, allowed) from None
        tls.refuse_in_the_clear("--broker", shown, secured=broker.tls is not None)
        return broker

    def _crews(self, earlier: list[Episode]) -> CrewsPlan:
        arguments = self.arguments
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
        check_accounts(self.preparation.town, accounts)
        return CrewsPlan(
            api_url=arguments.api_url or self.environ.get("LIFTWARD_API_URL") or DEFAULT_API_URL,
            accounts=accounts,
            habits=habits,
            seed=arguments.seed,
            earlier=earlier,
        )


def _earlier(path: Path | None) -> list[Episode]:
    """Return the entrapments of earlier runs of this town, ended or not."""
    if path is None or not path.exists():
        return []
    try:
        cut_unfinished_line(path)
        return read_truth(path)
    except (OSError, TruthError) as error:
        raise CallError(str(error)) from None


def _summary(preparation: Preparation, outcome: _Outcome, seconds: float) -> dict[str, Any]:
    stage = outcome.stage
    simulated_s = stage.world.clock_s
    return {
        "scenario": preparation.name,
        "seed": preparation.seed,
        "lifts": stage.world.table.count,
        "hours": round(simulated_s / _SECONDS_PER_HOUR, 4),
        "ended_early": preparation.hours is not None
        and simulated_s < preparation.hours * _SECONDS_PER_HOUR,
        "seconds": seconds,
        "times_real_time": round(simulated_s / seconds, 1) if seconds else None,
        "messages": outcome.messages_count,
        "entrapments": stage.begun_count,
        "entrapments_open": len(stage.world.entrapments.active),
        "persons": stage.persons_count,
    }
