"""`liftward ledger`: verify the whole ledger, show a lift's history, print the public key."""

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import monotonic_s
from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object
from liftward_platform.errors import NotFoundError
from liftward_platform.ledger import checkpoint, service
from liftward_platform.ledger.key_file import LedgerKeyFile
from liftward_platform.ledger.leaf import time_text
from liftward_platform.ledger.model import Entry
from liftward_platform.ledger.signed_note import NoteError, Verifier, read_checkpoint
from liftward_platform.ledger.verification import LedgerCheck, SignedHead, verify

Result = TypeVar("Result")

# A slow core checks 20,000 entries a second; the quick check has to end within 45 seconds.
QUICK_ENTRIES_MAX = 500_000


def configure(parser: ArgumentParser) -> None:
    """Describe the actions."""
    actions = parser.add_subparsers(dest="action", required=True)
    verifying = actions.add_parser("verify", help="check every entry, chain, root and signature")
    verifying.add_argument("--json", action="store_true")
    verifying.add_argument(
        "--quick", action="store_true", help=f"the oldest {QUICK_ENTRIES_MAX} entries only"
    )
    verifying.add_argument("--public-key", help="name+hash+key; without it the .pub beside the key")
    verifying.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        help="a checkpoint kept from earlier: history must still lead to it (may be repeated)",
    )
    show = actions.add_parser("show", help="print a lift's history")
    show.add_argument("lift_id")
    show.add_argument("--json", action="store_true")
    actions.add_parser("key", help="print the public key that checkpoints are signed with")


def run(arguments: Namespace) -> int:
    """Do one action."""
    actions: dict[str, Callable[[Namespace], int]] = {
        "verify": _verify,
        "show": _show,
        "key": _key,
    }
    try:
        return actions[arguments.action](arguments)
    except psycopg.OperationalError as error:
        raise CallError(f"the database cannot be reached: {error}") from None
    except NotFoundError as error:
        raise CallError(error.detail) from None


def _in_snapshot(work: Callable[[AsyncConnection[DictRow]], Awaitable[Result]]) -> Result:
    """Run read-only work on one snapshot of the database."""

    async def connected() -> Result:
        dsn = DatabaseSettings.from_environ(process_environ()).dsn.reveal
        async with await AsyncConnection.connect(
            dsn, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT_S
        ) as connection:
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            await connection.set_read_only(True)
            return await work(connection)

    return asyncio.run(connected())


def _verify(arguments: Namespace) -> int:
    verifier = _verifier(arguments.public_key)
    kept = [_kept_head(path, verifier) for path in arguments.checkpoint]

    async def check(connection: AsyncConnection[DictRow]) -> LedgerCheck:
        if verifier is None and await checkpoint.latest_note(connection) is not None:
            raise CallError(
                "no public key to check signatures with: give --public-key, or set "
                "LIFTWARD_LEDGER_KEY_FILE or LIFTWARD_STATE_DIR to where the ledger's key is"
            )
        entries_max = QUICK_ENTRIES_MAX if arguments.quick else None
        return await verify(connection, verifier, kept, entries_max=entries_max)

    began_s = monotonic_s()
    result = _in_snapshot(check)
    report = {
        "quick": arguments.quick,
        **_report(result, seconds=monotonic_s() - began_s),
    }
    if arguments.json:
        print_object(report)
    else:
        _print_report(report)
    return HOLDS if report["holds"] else DOES_NOT_HOLD


def _verifier(given: str | None) -> Verifier | None:
    if given is None:
        return LedgerKeyFile.from_environ(process_environ()).verifier()
    try:
        return Verifier.from_text(given)
    except NoteError as error:
        raise CallError(f"--public-key: {error}") from None


def _kept_head(path: Path, verifier: Verifier | None) -> SignedHead:
    """Read a kept checkpoint; who kept something else should know before the long check."""
    if verifier is None:
        raise CallError("--checkpoint needs the public key: give --public-key")
    try:
        note = path.read_text(encoding="utf-8")
        head = read_checkpoint(verifier.open(note))
    except (OSError, UnicodeDecodeError, NoteError) as error:
        raise CallError(f"--checkpoint {path}: {error}") from None
    return SignedHead(head.tree_size, head.root_hash, note)


def _report(check: LedgerCheck, *, seconds: float) -> dict[str, Any]:
    return {
        "holds": check.findings_count == 0,
        "complete": check.is_complete,
        "entries": check.entries_count,
        "lifts": check.lifts_count,
        "checkpoints": check.checkpoints_count,
        "entries_not_yet_in_a_checkpoint": check.unintegrated_count,
        "tree_size": check.tree.size,
        "root_hash": check.tree.root().hex(),
        "seconds": round(seconds, 3),
        "findings_count": check.findings_count,
        "findings": [asdict(finding) for finding in check.findings],
    }


def _print_report(report: dict[str, Any]) -> None:
    lines = [
        (
            f"{report['entries']} entries of {report['lifts']} lifts, {report['checkpoints']} "
            f"checkpoints, {report['entries_not_yet_in_a_checkpoint']} entries not yet in one"
        ),
    ]
    for finding in report["findings"]:
        where = [
            f"{name} {finding[name]}"
            for name in ("entry_id", "lift_id", "tree_size")
            if finding[name] is not None
        ]
        lines.append(f"WRONG {', '.join(where)}: {finding['kind']}: {finding['detail']}")
    if not report["complete"]:
        lines.append("newer entries were left out: this was the quick check")
    lines.append(
        "the ledger holds" if report["holds"] else f"{report['findings_count']} findings: see above"
    )
    print("\n".join(lines))  # noqa: T201 - the command's result


def _show(arguments: Namespace) -> int:
    async def all_entries(connection: AsyncConnection[DictRow]) -> list[Entry]:
        entries: list[Entry] = []
        while page := await service.lift_entries(
            connection,
            arguments.lift_id,
            after=entries[-1].lift_entry_number if entries else -1,
        ):
            entries += page
        return entries

    entries = _in_snapshot(all_entries)
    if arguments.json:
        print_object({"lift_id": arguments.lift_id, "entries": [_shown(one) for one in entries]})
        return HOLDS
    for entry in entries:
        incident = "" if entry.incident_id is None else f" incident {entry.incident_id}"
        print(  # noqa: T201 - the command's result
            f"{entry.lift_entry_number:>5}  {time_text(entry.occurred_at)}  {entry.kind:<20} "
            f"{entry.actor:<16}{incident}  {entry.body}"
        )
    return HOLDS


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        **asdict(entry),
        "occurred_at": time_text(entry.occurred_at),
        "recorded_at": time_text(entry.recorded_at),
        "body": json.loads(entry.body),
        "lift_previous_hash": entry.lift_previous_hash.hex(),
        "leaf_hash": entry.leaf_hash.hex(),
    }


def _key(_arguments: Namespace) -> int:
    key_file = LedgerKeyFile.from_environ(process_environ())
    verifier = key_file.verifier()
    if verifier is None:
        raise CallError(f"no key at {key_file.path}: the engine makes it when it first signs")
    print(verifier)  # noqa: T201 - the command's result
    return HOLDS
