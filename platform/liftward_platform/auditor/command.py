"""`liftward audit`: compare the truth of a simulation with what the platform recorded.

Without a truth file it checks what needs none: decisions, orders, deadlines, ledger.
"""

import asyncio
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import dict_row

from liftward_kit.clock import utc_now
from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object, progress
from liftward_platform.auditor.conservation import check
from liftward_platform.auditor.model import Seen, TrueEntrapment, Violation
from liftward_platform.auditor.store import read_seen
from liftward_platform.auditor.truth_file import read_truth_file

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
# What the quick audit looks at: a large city's week is some thousand incidents.
QUICK_PERIOD = timedelta(days=7)


def configure(parser: ArgumentParser) -> None:
    """Offer the truth and how to print."""
    parser.add_argument("--truth", type=Path, metavar="FILE", help="what really happened")
    parser.add_argument(
        "--without-truth",
        action="append",
        default=[],
        metavar="LIFT_ID",
        help="a lift of which the truth file knows nothing (may be repeated)",
    )
    parser.add_argument("--quick", action="store_true", help="look at the last seven days only")
    parser.add_argument("--json", action="store_true", help="one object on standard output")


def run(arguments: Namespace) -> int:
    """Compare, print every complaint, and exit with 1 when there is one."""
    truths = read_truth_file(arguments.truth) if arguments.truth else None
    since = utc_now() - QUICK_PERIOD if arguments.quick else _BEGINNING
    try:
        seen = asyncio.run(_read(since))
    except psycopg.OperationalError as error:
        raise CallError(f"the database cannot be reached: {error}") from None
    without_truth = frozenset(arguments.without_truth)
    if truths is None:
        # Nothing is known to be true, so no incident can be called a phantom.
        without_truth = frozenset(incident.lift_id for incident in seen.incidents)
    now = utc_now()  # whatever was read is older than this
    violations = check(truths or [], seen, now=now, without_truth=without_truth, since=since)
    if arguments.json:
        print_object({"quick": arguments.quick, **_object(truths, seen, violations, now)})
    else:
        _print(violations, truths, len(seen.incidents))
    return DOES_NOT_HOLD if violations else HOLDS


async def _read(since: datetime) -> Seen:
    dsn = DatabaseSettings.from_environ(process_environ()).dsn.reveal
    async with await AsyncConnection.connect(
        dsn, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT_S
    ) as connection:
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        return await read_seen(connection, since=since)


def _object(
    truths: list[TrueEntrapment] | None, seen: Seen, violations: list[Violation], now: datetime
) -> dict[str, Any]:
    outcomes = [incident.outcome or "open" for incident in seen.incidents]
    return {
        "as_of": now.isoformat(),
        "true_entrapments": None if truths is None else len(truths),
        "incidents": len(seen.incidents),
        "outcomes": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
        "violations_count": len(violations),
        "violations": [asdict(violation) for violation in violations],
    }


def _print(
    violations: list[Violation], truths: list[TrueEntrapment] | None, incidents_count: int
) -> None:
    for violation in violations:
        where = violation.lift_id or f"incident {violation.incident_id}"
        progress(f"{violation.kind}: {where}: {violation.detail}")
    progress(
        f"{'no truth given' if truths is None else f'{len(truths)} true entrapments'}, "
        f"{incidents_count} incidents, {len(violations)} violations"
    )
