"""`liftward up`: run the platform with what is not there already, until told to stop."""

import asyncio
from argparse import ArgumentParser, Namespace

from liftward_kit.settings import Environ
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, WRONG_CALL, progress
from liftward_runtime.event_text import event_text
from liftward_runtime.platform_run import PlatformRun, environ_here, platform_run
from liftward_runtime.settings import RuntimeSettings
from liftward_runtime.supervisor import SupervisorEvent


def configure(parser: ArgumentParser) -> None:
    """Declare the options; settings come from the environment."""
    parser.add_argument(
        "--only",
        metavar="NAMES",
        type=lambda text: tuple(text.split(",")),
        help="run only these, for instance `database,broker` to start the other parts by hand",
    )
    parser.epilog = (
        "Settings: LIFTWARD_STATE_DIR, LIFTWARD_HTTP_HOST, LIFTWARD_HTTP_PORT, LIFTWARD_MQTT_PORT, "
        "LIFTWARD_BROKER, LIFTWARD_DATABASE_URL, LIFTWARD_BROKER_URL; `liftward check-config` "
        "shows them. Ctrl-C stops everything."
    )


def run(arguments: Namespace) -> int:
    """Run until SIGINT or SIGTERM; 2 when a process cannot run with this configuration."""
    environ, folder = environ_here()
    settings = RuntimeSettings.from_environ(environ, current_folder=folder)
    return asyncio.run(_run(settings, environ, only=arguments.only))


async def _run(settings: RuntimeSettings, environ: Environ, *, only: tuple[str, ...] | None) -> int:
    async with platform_run(settings, environ, only=only, on_event=show) as platform:
        announce(platform)
        if await platform.wait_ready():
            for name, url in platform.stack.urls.items():
                progress(f"{name:<10}{url}")
            progress("Ctrl-C (or `liftward status --stop`) stops everything")
        if await platform.wait_stopped():
            progress("stopping")
            return HOLDS
    progress(platform.supervisor.give_up_message)
    return WRONG_CALL if platform.supervisor.give_up_message else DOES_NOT_HOLD


def announce(platform: PlatformRun) -> None:
    """Say where the state is, and what had to be put right first."""
    progress(f"state in {platform.directory.root}")
    if platform.directory.moved:
        progress(
            f"(the servers, which do not run as root, cannot enter {platform.directory.wanted}; "
            "a symbolic link there leads to the state)"
        )
    if platform.leftovers:
        progress(f"stopped what a killed run had left: {', '.join(platform.leftovers)}")


def show(event: SupervisorEvent) -> None:
    """Show an event to the person who started us."""
    text = event_text(event)
    if text is not None:
        progress(text)
