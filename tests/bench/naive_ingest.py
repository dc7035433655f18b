"""The naive twin of the gateway: what an engineer would write first, with the same obligations.

A plain aiomqtt + psycopg loop: one message, one transaction, a sample row and its sequence mark.
aiomqtt acknowledges before this code sees the message, so it may lose what it has not stored.
Run as a process until it is killed: naive_ingest.py HOST PORT CLIENT_ID DSN
"""

import asyncio
import json
import sys
from typing import Any

import aiomqtt
import psycopg

from liftward_wire.signals import SIGNAL_BY_NAME, SIGNALS, SignalType
from liftward_wire.topics import PREFIX

READY = "subscribed"
FILTER = f"{PREFIX}/+/+/telemetry"
_NAMES = [signal.name for signal in SIGNALS]
_INSERT = (
    "INSERT INTO sample (lift_key, observed_at, received_at, boot_id, sequence, "
    f"{', '.join(_NAMES)}) "
    "SELECT lift_key, %(observed_at)s, now(), %(boot_id)s, %(sequence)s, "
    f"{', '.join(f'%({name})s' for name in _NAMES)} FROM lift WHERE lift_id = %(lift_id)s"
)
_MARK = """INSERT INTO sequence_mark (device_id, stream, boot_id, contiguous_through, highest,
                                      last_observed_at, last_received_at)
           VALUES (%(lift_id)s, 'telemetry', %(boot_id)s, %(sequence)s, %(sequence)s,
                   %(observed_at)s, now())
           ON CONFLICT (device_id, stream, boot_id) DO UPDATE
              SET contiguous_through = EXCLUDED.contiguous_through, highest = EXCLUDED.highest,
                  last_observed_at = EXCLUDED.last_observed_at, last_received_at = now()"""


def row_of(topic: str, payload: bytes) -> dict[str, Any]:
    """Return the parameters of one sample row: words become codes, absent becomes NULL."""
    message = json.loads(payload)
    row: dict[str, Any] = dict.fromkeys(_NAMES) | message | {"lift_id": topic.split("/")[3]}
    for name, signal in SIGNAL_BY_NAME.items():
        if signal.type is SignalType.STATE and row[name] is not None:
            assert signal.states is not None
            row[name] = signal.states(row[name]).code
    return row


async def ingest(host: str, port: int, client_id: str, dsn: str) -> None:
    """Store every message, one transaction each."""
    connection = await psycopg.AsyncConnection.connect(dsn)
    async with (
        connection,
        aiomqtt.Client(host, port, identifier=client_id, clean_session=False) as client,
    ):
        await client.subscribe(FILTER, qos=1)
        print(READY, flush=True)  # noqa: T201 - who started it waits for this
        async for message in client.messages:
            row = row_of(str(message.topic), bytes(message.payload))
            async with connection.transaction(), connection.cursor() as cursor:
                await cursor.execute(_INSERT, row)
                await cursor.execute(_MARK, row)


if __name__ == "__main__":
    host, port, client_id, dsn = sys.argv[1:]
    asyncio.run(ingest(host, int(port), client_id, dsn))
