"""The peer of the escalation benchmark: an engine as one writes it first.

It polls once a second, asks for everything that is due without an index, fires row by row in one
transaction, and takes no lock that another engine would skip. It does far less per row than ours:
no story, no ledger, no message. What it measures is when.
"""

import asyncio
import json
import sys

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from liftward_kit.clock import utc_now

PERIOD_S = 1.0
_DUE = """
SELECT deadline_id FROM naive_deadline WHERE fired_at IS NULL AND due_at <= %(now)s ORDER BY due_at
"""
_FIRE = "UPDATE naive_deadline SET fired_at = %(now)s WHERE deadline_id = %(deadline_id)s"


async def run(dsn: str) -> None:
    """Poll until killed."""
    connection = await AsyncConnection.connect(dsn, row_factory=dict_row)
    async with connection:
        while True:
            async with connection.transaction():
                now = utc_now()
                due = await (await connection.execute(_DUE.encode(), {"now": now})).fetchall()
                for row in due:
                    values = {"now": now, "deadline_id": row["deadline_id"]}
                    await connection.execute(_FIRE.encode(), values)
            await asyncio.sleep(PERIOD_S)


if __name__ == "__main__":
    asyncio.run(run(json.loads(sys.argv[1])["dsn"]))
