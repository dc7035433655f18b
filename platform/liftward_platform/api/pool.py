"""The connection pool: survives restarts of the database, and says soon when it cannot."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from liftward_kit.database import CONNECT_TIMEOUT_S
from liftward_platform.api.dead_peers import DEAD_PEER_SETTINGS
from liftward_platform.api.dependencies import Pool
from liftward_platform.api.settings import ApiSettings

# A request that has no connection by then is answered 503: people rather repeat than wait.
ACQUIRE_TIMEOUT_S = 2.0
# The pool's own back-off doubles; giving up early and beginning anew with the next request keeps
# the wait after a long outage as short as after a short one.
RECONNECT_TIMEOUT_S = 3.0
# Waiting requests beyond this are refused at once: they would only time out together.
WAITING_MAX = 200
# A statement that runs longer blocks a connection others need. Quality sets its own, longer limit.
STATEMENT_TIMEOUT_MS = 10_000
# An endpoint that forgot its transaction must not hold a lift's chain for ever.
IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000


def make_pool(settings: ApiSettings) -> Pool:
    """Return the pool, not yet open. Each connection is tried before it is handed out."""
    return AsyncConnectionPool(
        settings.dsn.reveal,
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "row_factory": dict_row,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "liftward api",
            **DEAD_PEER_SETTINGS,
            "options": (
                f"-c statement_timeout={STATEMENT_TIMEOUT_MS} "
                f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}"
            ),
        },
        min_size=settings.pool_connections_min,
        max_size=settings.pool_connections_max,
        timeout=ACQUIRE_TIMEOUT_S,
        reconnect_timeout=RECONNECT_TIMEOUT_S,
        max_waiting=WAITING_MAX,
        check=AsyncConnectionPool.check_connection,
        open=False,
        name="api",
    )
