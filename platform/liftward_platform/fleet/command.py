"""`liftward fleet load FILE` and `liftward fleet list`: the registry from the command line."""

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from liftward_kit.clock import utc_now
from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import HOLDS, CallError, print_object, progress
from liftward_platform.fleet import service
from liftward_platform.fleet.document import DocumentError
from liftward_platform.fleet.model import Loaded


def configure(parser: ArgumentParser) -> None:
    """Two actions: load a document, list lifts."""
    actions = parser.add_subparsers(dest="action", required=True)
    load = actions.add_parser(
        "load", help="load parties, lifts, crews and devices; may be repeated"
    )
    load.add_argument("file", type=Path, help="a town document (JSON); - reads standard input")
    load.add_argument("--json", action="store_true", help="print the counts as one JSON object")
    listing = actions.add_parser("list", help="list lifts")
    listing.add_argument("--query", default="", help="text in id, code, building or address")
    listing.add_argument("--limit", type=int, default=100, help="at most this many, up to 500")
    listing.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    """Do one action."""
    dsn = DatabaseSettings.from_environ(process_environ()).dsn.reveal
    try:
        if arguments.action == "load":
            _show_loaded(asyncio.run(_load(dsn, _document(arguments.file))), arguments)
        else:
            _show_lifts(asyncio.run(_lifts(dsn, arguments)), arguments)
    except DocumentError as error:
        raise CallError(f"{arguments.file} was not loaded:\n{error}") from None
    except psycopg.OperationalError as error:
        raise CallError(f"the database cannot be reached: {error}".strip()) from None
    except psycopg.errors.UndefinedTable:
        raise CallError("the database has no schema yet: run `liftward migrate`") from None
    return HOLDS


def _document(file: Path) -> object:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        return json.loads(text)
    except OSError as error:
        raise CallError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise CallError(f"{file} is not JSON: {error}") from None


async def _connect(dsn: str) -> AsyncConnection[dict[str, Any]]:
    return await AsyncConnection.connect(
        dsn, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True
    )


async def _load(dsn: str, document: object) -> Loaded:
    connection = await _connect(dsn)
    async with connection, connection.transaction():
        return await service.load_town(connection, document, now=utc_now())


async def _lifts(dsn: str, arguments: Namespace) -> list[dict[str, Any]]:
    connection = await _connect(dsn)
    async with connection:
        lifts = await service.list_lifts(
            connection, now=utc_now(), query=arguments.query, limit=arguments.limit
        )
    return [asdict(lift) for lift in lifts]


def _show_loaded(loaded: Loaded, arguments: Namespace) -> None:
    if arguments.json:
        print_object(asdict(loaded))
        return
    progress(
        f"{loaded.lifts_count} lifts ({loaded.lifts_new_count} new), "
        f"{loaded.contracts_begun_count} contracts begun, {loaded.parties_count} parties, "
        f"{loaded.crews_count} crews, {loaded.devices_count} devices"
    )


def _show_lifts(lifts: list[dict[str, Any]], arguments: Namespace) -> None:
    if arguments.json:
        print_object({"lifts": lifts})
        return
    for lift in lifts:
        columns = (
            lift["lift_id"],
            lift["rescue_code"],
            lift["maintainer_id"] or "-",
            lift["building"],
        )
        sys.stdout.write("  ".join(columns) + "\n")
