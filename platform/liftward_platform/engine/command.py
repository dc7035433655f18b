"""`liftward engine`: turns detections into rescues, fires deadlines, tells people, keeps house."""

import asyncio
import signal
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack

import psycopg
from prometheus_client import start_http_server
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from liftward_kit.clock import utc_now
from liftward_kit.database import CONNECT_TIMEOUT_S
from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object
from liftward_platform.engine.cycle import LIMIT, run_cycle
from liftward_platform.engine.metrics import METRICS
from liftward_platform.engine.modules import Modules, make_modules
from liftward_platform.engine.runner import Engine
from liftward_platform.engine.settings import EngineSettings
from liftward_platform.engine.telling import Notifications
from liftward_platform.migrations.runner import SchemaError, check_schema
from liftward_platform.notifications.dispatch import Dispatch
from liftward_platform.notifications.opening import open_senders


def configure(parser: ArgumentParser) -> None:
    """Settings come from the environment; the options are for tests and operators."""
    parser.add_argument("--once", action="store_true", help="run one full cycle and stop")
    parser.epilog = (
        "LIFTWARD_RESCUE_POLICY names a policy file, LIFTWARD_NOTIFY_FILE who is told what by "
        "which channels, LIFTWARD_WEBHOOK_URL and "
        "LIFTWARD_WEBHOOK_SECRET a receiver of notifications, LIFTWARD_SAMPLE_KEEP_DAYS, "
        "LIFTWARD_SUMMARY_KEEP_DAYS and LIFTWARD_EVIDENCE_KEEP_DAYS how long samples, summaries "
        "and the windows around incidents are kept, LIFTWARD_ENGINE_METRICS_PORT where metrics "
        "are served."
    )


def run(arguments: Namespace) -> int:
    """Run until told to stop."""
    settings = EngineSettings.from_environ(process_environ())
    configure_logs("engine", level=settings.log_level)
    try:
        return asyncio.run(_run(settings, once=arguments.once))
    except* SchemaError as group:
        raise CallError(str(group.exceptions[0])) from None


async def _run(settings: EngineSettings, *, once: bool) -> int:
    async with AsyncExitStack() as stack:
        senders = await open_senders(stack, settings.destinations, process_environ())
        dispatch = await stack.enter_async_context(Dispatch(senders))
        modules = make_modules(
            settings.policy,
            notifications=Notifications(settings.destinations, dispatch),
            signer=settings.ledger_key.signer(),
            keep_days=settings.keep_days,
        )
        if once:
            return await _one_cycle(settings, modules)
        return await _until_stopped(settings, modules)


async def _until_stopped(settings: EngineSettings, modules: Modules) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, registry=METRICS.registry)
    engine = Engine(settings.dsn.reveal, modules, utc_now, settings.ready_file)
    await engine.run(stop)
    return HOLDS


async def _one_cycle(settings: EngineSettings, modules: Modules) -> int:
    dsn = settings.dsn.reveal
    try:
        with psycopg.connect(dsn, connect_timeout=CONNECT_TIMEOUT_S) as checking:
            check_schema(checking)
        connection = await AsyncConnection.connect(
            dsn, row_factory=dict_row, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S
        )
    except psycopg.OperationalError as error:
        raise CallError(f"the database cannot be reached: {error}".strip()) from None
    async with connection:
        handled = await run_cycle(connection, utc_now(), LIMIT, modules.all)
    print_object({"handled": handled})
    return DOES_NOT_HOLD if -1 in handled.values() else HOLDS
