"""`liftward demo`: everything on this machine, a synthetic town, and someone to rescue."""

import asyncio
from argparse import ArgumentParser, Namespace
from typing import Any

import msgspec

from liftward_kit.settings import number_between
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object, progress
from liftward_runtime.demo.run import DemoFiles, DemoOptions, run_demo
from liftward_runtime.platform_run import PlatformRun, environ_here
from liftward_runtime.settings import RuntimeSettings
from liftward_simulator.city.town import HAND_LIFT_ID
from liftward_simulator.crews.client import DESK_ACCOUNT_ID

# A real crew needs ten minutes to arrive (domain facts: 9 to 14); a person at a demo has less time.
CREW_SPEEDUP = 20.0
QUICK_CREW_SPEEDUP = 600.0
QUICK_MINUTES = 0.58  # with start, checks and stop, under the 45 seconds that --quick promises

LOOK_AT = """
What to look at
  1. Sign in as dispatcher. The board is empty until somebody is trapped; then a row appears by
     itself, with a clock for every limit: 3 minutes to accept, 30 minutes to arrive.
  2. Open the incident: who was considered and why, every step with its reason, the lift's own
     signals around the moment, the ledger entries.
  3. Simulated crews answer, {speedup:.0f} times faster than life, and a simulated desk closes what
     they have freed. You can act before they do.
  4. Be a lift: publish by hand as {hand}, following docs/contract.md. Nobody simulated answers
     for it: you are its dispatcher and its crew.
  5. Be a vandal: kill -9 the gateway, the engine or the database (`liftward status` names the
     pids). They come back; nobody is forgotten.
  6. `liftward ledger verify` checks every record; change one in the database and it names the row.
"""


def configure(parser: ArgumentParser) -> None:
    """Offer what a person can choose about a demo."""
    parser.add_argument("--lifts", type=int, default=200, help="lifts in the town (10 to 2000)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same town (default 7)")
    parser.add_argument("--minutes", type=float, help="stop after this long (default: Ctrl-C)")
    parser.add_argument(
        "--until-rescued",
        action="store_true",
        help="stop when the first trapped people are free and the incident is closed; "
        "exit status 1 says that it did not happen in time (default limit 3 minutes)",
    )
    parser.add_argument("--trap-every-s", type=float, default=75.0, help="mean time between traps")
    parser.add_argument(
        "--crew-speedup",
        type=float,
        help=f"crews so many times faster than life ({CREW_SPEEDUP:.0f})",
    )
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--quick", action="store_true", help="--until-rescued within 45 seconds")


def run(arguments: Namespace) -> int:
    """Play the demo; with --until-rescued the exit status says whether the rescue happened."""
    environ, folder = environ_here()
    options = options_of(arguments)
    settings = RuntimeSettings.from_environ(environ, current_folder=folder)
    progress(
        f"Liftward demo: a synthetic town of {options.lifts_count} lifts. Nobody in it is real."
    )

    def announce(platform: PlatformRun, files: DemoFiles, seconds: float) -> None:
        progress(welcome(platform.stack.urls, files, seconds, options.crew_speedup))

    result = asyncio.run(run_demo(options, settings, environ, tell=progress, announce=announce))
    result = {"quick": arguments.quick, "seed": options.seed, **result}
    if arguments.json:
        print_object(result)
    if not options.until_rescued:
        return HOLDS
    progress(verdict(result))
    return HOLDS if holds(result) else DOES_NOT_HOLD


def options_of(arguments: Namespace) -> DemoOptions:
    """Check the options once; a wrong one is named with what is allowed."""
    if not 10 <= arguments.lifts <= 2000:  # noqa: PLR2004 - said in the message and the help
        raise CallError(f"--lifts is {arguments.lifts}; allowed: 10 to 2000")
    until_rescued = arguments.until_rescued or arguments.quick
    minutes = arguments.minutes
    if minutes is not None and not 0 < minutes <= 24 * 60:
        raise CallError(f"--minutes is {minutes}; allowed: more than 0, at most 1440")
    if minutes is None and until_rescued:
        minutes = QUICK_MINUTES if arguments.quick else 3.0
    try:
        trap_every_s = number_between(5, 86_400)(str(arguments.trap_every_s))
    except ValueError:
        raise CallError(
            f"--trap-every-s is {arguments.trap_every_s}; allowed: 5 to 86400"
        ) from None
    default_speedup = QUICK_CREW_SPEEDUP if arguments.quick else CREW_SPEEDUP
    crew_speedup = default_speedup if arguments.crew_speedup is None else arguments.crew_speedup
    if not 1 <= crew_speedup <= 1000:  # noqa: PLR2004 - said in the message
        raise CallError(f"--crew-speedup is {crew_speedup}; allowed: 1 to 1000")
    return DemoOptions(
        lifts_count=arguments.lifts,
        seed=arguments.seed,
        trap_every_s=trap_every_s,
        first_trap_after_s=2.0 if until_rescued else 15.0,
        crew_speedup=crew_speedup,
        minutes=minutes,
        until_rescued=until_rescued,
    )


def welcome(urls: dict[str, str], files: DemoFiles, seconds: float, speedup: float) -> str:
    """Say where to go, how to get in, and what is worth a look."""
    accounts: list[dict[str, Any]] = msgspec.json.decode(files.accounts.read_bytes())
    signs = "\n".join(
        f"    {one['account_id']:<24}{one['secret']}"
        for one in accounts
        if one["role"] != "crew" and one["account_id"] != DESK_ACCOUNT_ID
    )
    crew = hand_crew(accounts, msgspec.json.decode(files.town.read_bytes()))
    return (
        f"\nReady after {seconds:.1f} s.\n\n"
        f"  Console   {urls['console']}\n"
        f"  MQTT      {urls['broker']}\n\n"
        f"  Sign in (account, secret; made up for this demo)\n{signs}\n"
        f"    {crew['account_id']:<24}{crew['secret']}   (a crew for {HAND_LIFT_ID})\n"
        f"    all crews: {files.accounts}\n"
        f"{LOOK_AT.format(speedup=speedup, hand=HAND_LIFT_ID)}\nCtrl-C stops everything.\n"
    )


def hand_crew(accounts: list[dict[str, Any]], town: dict[str, Any]) -> dict[str, Any]:
    """Return the account of a crew that answers for the lift a person plays by hand."""
    maintainer_id = next(
        lift["maintainer_id"] for lift in town["lifts"] if lift["lift_id"] == HAND_LIFT_ID
    )
    crew_ids = {crew["crew_id"] for crew in town["crews"] if crew["party_id"] == maintainer_id}
    return next(one for one in accounts if one["crew_id"] in crew_ids)


def holds(result: dict[str, Any]) -> bool:
    """Tell whether the rescue happened, the ledger verifies and the oracle found nothing."""
    return bool(
        result["rescued"] and result["ledger_verified"] and result["oracle_violations"] == 0
    )


def verdict(result: dict[str, Any]) -> str:
    """Say in one sentence how the rescue went."""
    if holds(result):
        timings = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result["legs"].items())
        return f"Rescued. Seconds since the people could no longer leave: {timings}."
    missing = ", ".join(result["not_happened"]) or "nothing"
    return (
        f"Not as it should be: missing {missing}; ledger verified: {result['ledger_verified']}; "
        f"oracle violations: {result['oracle_violations']}."
    )
