"""`liftward gateway quarantine list|replay`: what was refused and why, and a second chance for it.

A replay publishes the message again on its own topic: it takes the same way as any other, and what
is still wrong is refused again.
"""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from typing import Any

import aiomqtt
import psycopg
from psycopg.rows import dict_row

from liftward_gateway.connection import CONNECT_WITHIN_S, BrokerAddress
from liftward_gateway.settings import BROKER_SETTING, GatewaySettings
from liftward_gateway.store_link import QUERIES, Connection
from liftward_kit.clock import utc_now
from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object, progress

LIST_LIMIT = 50
REPLAY_LIMIT = 1_000
_LIMIT_MAX = 10_000  # rows in memory at once, 4 kB each
_SHOWN_CHARS = 100
# The access list lets this one send commands only, and Mosquitto confirms what it drops: a replay
# as the gateway would look done and be lost.
GATEWAY_NAME = "liftward.gateway"


def configure(parser: ArgumentParser) -> None:
    """Two actions; both take --json and --limit."""
    actions = parser.add_subparsers(dest="quarantine_action", required=True, metavar="action")
    shown = actions.add_parser("list", help="the refused messages, the latest first")
    shown.add_argument("--limit", type=_limit, default=LIST_LIMIT, help="rows at most")
    shown.add_argument("--json", action="store_true", help="one object on standard output")
    again = actions.add_parser(
        "replay", help="publish refused messages again, those that were kept whole"
    )
    again.add_argument("--id", type=int, dest="quarantine_id", help="only this one")
    again.add_argument("--reason", help="only those refused for this reason")
    again.add_argument("--limit", type=_limit, default=REPLAY_LIMIT, help="messages at most")
    again.add_argument("--json", action="store_true", help="one object on standard output")


def run(arguments: Namespace, settings: GatewaySettings) -> int:
    """List or replay."""
    work = _list if arguments.quarantine_action == "list" else _replay
    if work is _replay and settings.broker.comes_as == GATEWAY_NAME:
        raise CallError(
            f"{GATEWAY_NAME} may not speak as a device: run the replay as liftward.operator "
            f"({BROKER_SETTING}, or its certificate; `liftward device enrol liftward.operator`)"
        )
    try:
        return asyncio.run(work(arguments, settings))
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        progress("the database's schema is not this program's: run `liftward migrate`")
    except psycopg.OperationalError as error:
        progress(f"the database does not answer: {str(error).strip()}")
    except (aiomqtt.MqttError, TimeoutError) as error:
        progress(
            f"the broker {settings.broker.host}:{settings.broker.port} does not answer: {error}"
        )
    return DOES_NOT_HOLD


async def _list(arguments: Namespace, settings: GatewaySettings) -> int:
    async with await _connect(settings.database) as connection:
        cursor = await connection.execute(QUERIES["quarantine_list"], {"limit": arguments.limit})
        rows = await cursor.fetchall()
        counts = await (await connection.execute(QUERIES["quarantine_counts"])).fetchall()
    if arguments.json:
        print_object(
            {"counts": [_plain(row) for row in counts], "rows": [_shown(row) for row in rows]}
        )
        return HOLDS
    lines = [
        f"{row['reason']}: {row['messages_count']} messages, {row['rows_count']} different"
        for row in counts
    ]
    lines += [_line(_shown(row)) for row in rows]
    sys.stdout.write("\n".join(lines or ["nothing was refused"]) + "\n")
    return HOLDS


async def _replay(arguments: Namespace, settings: GatewaySettings) -> int:
    async with await _connect(settings.database) as connection:
        parameters = {
            "limit": arguments.limit,
            "reason": arguments.reason,
            "quarantine_id": arguments.quarantine_id,
        }
        cursor = await connection.execute(QUERIES["quarantine_to_replay"], parameters)
        rows = await cursor.fetchall()
        replayed_ids = await _publish(settings.broker, rows) if rows else []
        await connection.execute(
            QUERIES["mark_replayed"], {"quarantine_ids": replayed_ids, "now": utc_now()}
        )
    if arguments.json:
        print_object({"replayed": len(replayed_ids), "quarantine_ids": replayed_ids})
    else:
        progress(
            f"{len(replayed_ids)} messages published again; `list` shows what is refused again"
        )
    return HOLDS


async def _publish(broker: BrokerAddress, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Publish each message and return the ids of those the broker has acknowledged."""
    password = None if broker.password is None else broker.password.reveal
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=password,
        timeout=CONNECT_WITHIN_S,
        tls_context=None if broker.tls is None else broker.tls.context(),
    ) as client:
        for row in rows:
            await client.publish(row["topic"], bytes(row["payload_start"]), qos=1)
    return [row["quarantine_id"] for row in rows]


async def _connect(settings: DatabaseSettings) -> Connection:
    return await psycopg.AsyncConnection.connect(
        settings.dsn.reveal,
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name="liftward-gateway-quarantine",
    )


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "messages_count": int(row["messages_count"])}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as it is printed: bytes as text, and whether it is kept whole."""
    payload = bytes(row["payload_start"])
    return {
        **{
            name: row[name]
            for name in ("quarantine_id", "topic", "reason", "detail", "path", "count")
        },
        "payload_start": payload.decode("utf-8", "backslashreplace"),
        "payload_bytes": row["payload_bytes"],
        "kept_whole": len(payload) == row["payload_bytes"],
        **{
            name: None if row[name] is None else row[name].isoformat()
            for name in ("first_at", "last_at", "replayed_at")
        },
    }


def _line(row: Mapping[str, Any]) -> str:
    place = f" at {row['path']}" if row["path"] else ""
    replayed = " (replayed)" if row["replayed_at"] else ""
    head = f"#{row['quarantine_id']} {row['last_at']} x{row['count']} {row['reason']}"
    # repr: a payload is whatever somebody sent, and must not command the terminal.
    rest = (row["topic"], row["detail"], row["payload_start"][:_SHOWN_CHARS])
    return "\n    ".join([f"{head}{place}{replayed}", *map(repr, rest)])


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LIMIT_MAX:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to {_LIMIT_MAX}")
    return int(text)
