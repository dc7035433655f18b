"""The real engine as a process of its own whose clock is wrong: run by tests, never installed.

    python tests/support/skewed_engine.py --skew-s 5

Everything is `liftward engine`, with its settings from the environment; only the clock that is
handed to it runs so many seconds ahead of (or, negative, behind) the machine's.
"""

import asyncio
import signal
import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta

from liftward_kit.clock import utc_now
from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ
from liftward_platform.engine.modules import make_modules
from liftward_platform.engine.runner import Engine
from liftward_platform.engine.settings import EngineSettings
from liftward_platform.engine.telling import Notifications


async def _run(settings: EngineSettings, skew: timedelta) -> None:
    def clock() -> datetime:
        return utc_now() + skew

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    modules = make_modules(
        settings.policy,
        notifications=Notifications(),
        signer=settings.ledger_key.signer(),
        keep_days=settings.keep_days,
    )
    await Engine(settings.dsn.reveal, modules, clock, settings.ready_file).run(stop)


def main() -> int:
    """Run until SIGTERM."""
    parser = ArgumentParser()
    parser.add_argument("--skew-s", type=float, required=True)
    arguments = parser.parse_args()
    settings = EngineSettings.from_environ(process_environ())
    configure_logs("engine", level=settings.log_level)
    asyncio.run(_run(settings, timedelta(seconds=arguments.skew_s)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
