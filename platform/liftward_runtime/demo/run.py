"""One run of the demo: a fresh synthetic town on the embedded stack, watched to its end."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from liftward_kit.clock import monotonic_s, utc_now
from liftward_kit.settings import Environ, Secret
from liftward_kit.subcommand import CallError
from liftward_runtime.demo.legs import LEG_NAMES, Trapped, first_after, incident_of, legs
from liftward_runtime.demo.watcher import Tell, Watcher
from liftward_runtime.event_text import event_text
from liftward_runtime.platform_run import PlatformRun, locate, platform_run, refuse_second_run
from liftward_runtime.platform_stack import (
    API,
    GATEWAY,
    MIGRATE,
    Stack,
    child_environ,
    liftward_argv,
)
from liftward_runtime.process_description import ProcessDescription
from liftward_runtime.run_file import clear_leftovers
from liftward_runtime.settings import RuntimeSettings
from liftward_runtime.state_directory import StateDirectory, owned
from liftward_runtime.supervisor import SupervisorEvent
from liftward_simulator.city.town import HAND_LIFT_ID

TOWN, SIMULATOR = "town", "simulator"
_MARK = "demo"  # the file that says: what lies in this state directory is a demo's
_POLL_S = 0.5
_CHECK_TIMEOUT_S = 60.0
_JUDGE_TIMEOUT_S = 90.0  # the checks, and an API that is just being restarted


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What a person can choose about a demo."""

    lifts_count: int
    seed: int
    trap_every_s: float
    first_trap_after_s: float
    crew_speedup: float
    minutes: float | None
    until_rescued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFiles:
    """Where a demo keeps its town, its sign-ins and its truth, inside the state directory."""

    folder: Path

    @property
    def town(self) -> Path:
        return self.folder / "town.json"

    @property
    def accounts(self) -> Path:
        return self.folder / "accounts.json"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.jsonl"


async def run_demo(
    options: DemoOptions,
    settings: RuntimeSettings,
    environ: Environ,
    *,
    tell: Tell,
    announce: Callable[[PlatformRun, DemoFiles, float], None],
) -> dict[str, Any]:
    """Run a demo to its end and return what happened, with the keys that `--json` promises."""
    started_s = monotonic_s()
    directory = locate(settings)
    refuse_second_run(directory)
    directory.create()
    files = _fresh(directory, settings)

    def show(event: SupervisorEvent) -> None:
        if text := event_text(event):
            tell(f"  {text}")

    def more(stack: Stack) -> Sequence[ProcessDescription]:
        return town_processes(options, stack, environ, files)

    async with platform_run(settings, environ, more_processes=more, on_event=show) as run:
        if not await run.wait_ready():
            if run.supervisor.give_up_message:
                raise CallError(run.supervisor.give_up_message)
            return _nothing_happened("stopped before everything was ready")
        announce(run, files, monotonic_s() - started_s)
        return await _watch(options, run, files, environ, tell)


def town_processes(
    options: DemoOptions, stack: Stack, environ: Environ, files: DemoFiles
) -> tuple[ProcessDescription, ...]:
    """Return what the demo adds to the stack: the town's registration, its lifts and its crews."""
    child = child_environ(environ, stack.environ)
    town = ProcessDescription(
        name=TOWN,
        argv=liftward_argv(
            "demo-town",
            "--lifts",
            str(options.lifts_count),
            "--seed",
            str(options.seed),
            "--folder",
            str(files.folder),
        ),
        environ=child,
        after=(MIGRATE,),
        one_shot=True,
    )
    simulator = ProcessDescription(
        name=SIMULATOR,
        argv=liftward_argv(
            "simulate",
            "--town",
            str(files.town),
            "--broker",
            stack.environ["LIFTWARD_BROKER_URL"],
            "--seed",
            str(options.seed),
            "--truth",
            str(files.truth),
            "--first-trap-after-s",
            str(options.first_trap_after_s),
            "--trap-every-s",
            str(options.trap_every_s),
            "--crews",
            "--api-url",
            stack.environ["LIFTWARD_API_URL"],
            "--accounts",
            str(files.accounts),
            "--crew-speedup",
            str(options.crew_speedup),
        ),
        environ=child,
        after=(TOWN, GATEWAY, API),
    )
    return (town, simulator)


def _fresh(directory: StateDirectory, settings: RuntimeSettings) -> DemoFiles:
    """Clear the last demo away, and never anything that is not a demo's."""
    mark = directory.root / _MARK
    with owned(directory):
        clear_leftovers(directory)
        if directory.postgres_folder.exists() and not mark.exists():
            raise CallError(
                f"{directory.root} holds a platform that is not a demo; "
                "set LIFTWARD_STATE_DIR to another folder for the demo"
            )
        if settings.database_url is None:
            shutil.rmtree(directory.postgres_folder, ignore_errors=True)
        shutil.rmtree(directory.broker_folder, ignore_errors=True)
        shutil.rmtree(mark, ignore_errors=True)
        mark.mkdir(mode=0o700)
    return DemoFiles(folder=mark)


async def _watch(
    options: DemoOptions, run: PlatformRun, files: DemoFiles, environ: Environ, tell: Tell
) -> dict[str, Any]:
    """Tell the story until it ends: rescued, out of time, stopped, or a process gave up."""
    begun_at = utc_now()
    accounts = {one["account_id"]: one for one in msgspec.json.decode(files.accounts.read_bytes())}
    async with httpx.AsyncClient(base_url=run.stack.environ["LIFTWARD_API_URL"]) as client:
        watcher = Watcher(
            client=client,
            account_id="dispatcher",
            secret=Secret(accounts["dispatcher"]["secret"]),
            truth_file=files.truth,
            tell=tell,
        )
        telling = asyncio.create_task(watcher.follow(), name="tell the story")
        ends = [asyncio.create_task(run.wait_stopped(), name="wait for a stop")]
        if options.until_rescued:
            ends.append(asyncio.create_task(_rescued(watcher, begun_at), name="wait for a rescue"))
        limit_s = None if options.minutes is None else options.minutes * 60
        try:
            await asyncio.wait(
                (*ends, telling), timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
            )
            if telling.done():
                await telling  # it only ends by failing: let its error be seen
            if run.supervisor.give_up_message:
                raise CallError(run.supervisor.give_up_message)
            if run.stop_requested.is_set() and not options.until_rescued:
                return _nothing_happened("stopped by hand") | {"rescued": None}
            return await asyncio.wait_for(
                _judge(watcher, begun_at, run, files, environ), _JUDGE_TIMEOUT_S
            )
        except TimeoutError:
            return _nothing_happened(
                f"no judgement within {_JUDGE_TIMEOUT_S:.0f} s: the API is away"
            )
        finally:
            for task in (*ends, telling):
                task.cancel()
            await asyncio.gather(*ends, telling, return_exceptions=True)


async def _rescued(watcher: Watcher, begun_at: datetime) -> bool:
    """Wait until the first true entrapment has become a closed incident."""
    while True:
        trapped = first_after(watcher.truths(), begun_at)
        incident = incident_of(trapped, await watcher.incidents()) if trapped else None
        if incident is not None and incident["state"] == "closed":
            return True
        await asyncio.sleep(_POLL_S)


async def _judge(
    watcher: Watcher, begun_at: datetime, run: PlatformRun, files: DemoFiles, environ: Environ
) -> dict[str, Any]:
    """Say what happened to the first trapped people, and whether ledger and oracle agree."""
    trapped = first_after(watcher.truths(), begun_at)
    incident = incident_of(trapped, await watcher.incidents()) if trapped else None
    timings: dict[str, float | None] = dict.fromkeys(LEG_NAMES)
    if trapped is not None and incident is not None:
        timings = legs(trapped, await watcher.story(incident["incident_id"]))
    child = child_environ(environ, run.stack.environ)
    ledger, audit = await asyncio.gather(
        _check("ledger", "verify", "--json", environ=child),
        _check(
            "audit",
            "--truth",
            str(files.truth),
            "--without-truth",
            HAND_LIFT_ID,
            "--json",
            environ=child,
        ),
    )
    return {
        "rescued": all(seconds is not None for seconds in timings.values()),
        "legs": timings,
        "ledger_verified": ledger[0] == 0,
        "oracle_violations": audit[1].get("violations_count", -1),
        "not_happened": _not_happened(trapped, timings),
        "lift_id": trapped.lift_id if trapped else None,
        "ledger": ledger[1],
        "audit": audit[1],
    }


async def _check(*words: str, environ: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Run one of our own checking commands and return its exit status and its object."""
    process = await asyncio.create_subprocess_exec(
        *liftward_argv(*words),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _CHECK_TIMEOUT_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        return -1, {"error": f"no answer within {_CHECK_TIMEOUT_S:.0f} s"}
    assert process.returncode is not None
    try:
        return process.returncode, dict(msgspec.json.decode(output))
    except msgspec.DecodeError:
        return process.returncode, {"error": "no JSON object on standard output"}


def _not_happened(trapped: Trapped | None, timings: dict[str, float | None]) -> list[str]:
    if trapped is None:
        return ["nobody was trapped in time", *LEG_NAMES]
    return [name for name, seconds in timings.items() if seconds is None]


def _nothing_happened(why: str) -> dict[str, Any]:
    return {
        "rescued": False,
        "legs": dict.fromkeys(LEG_NAMES),
        "ledger_verified": None,
        "oracle_violations": None,
        "not_happened": [why],
    }
