"""One cycle: every module once, in order, each with its own timing, failure and heartbeat."""

from collections.abc import Sequence
from datetime import datetime

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.clock import monotonic_s
from liftward_platform.engine import store
from liftward_platform.engine.metrics import METRICS
from liftward_platform.engine.modules import Module, rescue_modules
from liftward_platform.rescue.policy import load

Connection = AsyncConnection[DictRow]

log = structlog.get_logger()

# Rows per module and cycle: a storm is worked off in bites, deadlines are looked at in between.
LIMIT = 200
_ERROR_CHARACTERS_MAX = 500


async def run_cycle(
    connection: Connection,
    now: datetime,
    limit: int = LIMIT,
    modules: Sequence[Module] | None = None,
) -> dict[str, int]:
    """Run the modules in order at `now`; return how many rows each handled, -1 for one that failed.

    `connection` must be in autocommit mode: every module opens its own transactions. Without
    `modules`, those of the rescue run under the default policy.

    Raises
    ------
    psycopg.OperationalError
        When the connection is gone.
    """
    assert connection.autocommit, "the engine opens its own transactions"
    handled: dict[str, int] = {}
    for module in rescue_modules(load()) if modules is None else modules:
        handled[module.name] = await _run(connection, module, now, limit)
    return handled


async def _run(connection: Connection, module: Module, now: datetime, limit: int) -> int:
    begun_s = monotonic_s()
    try:
        count = await module.run(connection, now, limit)
    except Exception as error:  # a module's failure is its own; the others go on
        METRICS.failures.labels(module.name).inc()
        if connection.broken or connection.closed:
            # Whatever it looked like from inside: the rest of the cycle needs a new connection.
            raise psycopg.OperationalError(f"connection lost: {error}") from error
        log.exception("engine_module_failed", module=module.name)
        text = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS_MAX]
        await store.beat(connection, module.name, now, text)
        return -1
    METRICS.module_s.labels(module.name).observe(monotonic_s() - begun_s)
    METRICS.handled.labels(module.name).inc(count)
    await store.beat(connection, module.name, now)
    return count
