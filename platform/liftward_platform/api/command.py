"""`liftward api`: the HTTP API and the console."""

from argparse import ArgumentParser, Namespace
from time import sleep

import psycopg
import structlog

from liftward_kit.database import CONNECT_TIMEOUT_S
from liftward_kit.log import configure_logs
from liftward_kit.settings import Secret, process_environ
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError
from liftward_platform.api.app import create_app
from liftward_platform.api.server import serve
from liftward_platform.api.settings import ApiSettings
from liftward_platform.api.standard_logs import forward_standard_logs
from liftward_platform.migrations.runner import SchemaError, check_schema
from liftward_platform.rescue.routing import router_from_environ, use_router

log = structlog.get_logger()

_WAIT_S, _WAIT_S_MAX = 0.2, 5.0  # for the database, doubling: it may be starting beside us


def configure(parser: ArgumentParser) -> None:
    """`api` takes no options: the settings say where."""
    parser.epilog = (
        "Settings: LIFTWARD_DATABASE_URL, LIFTWARD_HTTP_HOST (127.0.0.1), LIFTWARD_HTTP_PORT "
        "(9633; 0 = any free), LIFTWARD_HTTP_POOL_MIN, LIFTWARD_HTTP_POOL_MAX, LIFTWARD_LOG_LEVEL, "
        "LIFTWARD_OSRM_URL (a routing service), LIFTWARD_READY_FILE (touched when requests are "
        "answered)."
    )


def run(_arguments: Namespace) -> int:
    """Wait for the database, check its schema, serve until told to stop."""
    settings = ApiSettings.from_environ(process_environ())
    configure_logs("api", level=settings.log_level)
    forward_standard_logs()
    use_router(router_from_environ(process_environ()))
    app = create_app(settings)
    await_schema(settings.dsn)
    return HOLDS if serve(app, settings) else DOES_NOT_HOLD


def await_schema(dsn: Secret) -> None:
    """Wait until the database answers, then refuse a schema that is not this program's.

    Raises
    ------
    CallError
        When the schema is older, newer or edited.
    """
    wait_s = _WAIT_S
    while True:
        try:
            with psycopg.connect(dsn.reveal, connect_timeout=CONNECT_TIMEOUT_S) as connection:
                check_schema(connection)
                return
        except SchemaError as error:
            raise CallError(str(error)) from None
        except psycopg.OperationalError as error:
            log.warning("waiting_for_database", error=str(error).strip(), wait_s=wait_s)
        sleep(wait_s)
        wait_s = min(2 * wait_s, _WAIT_S_MAX)
