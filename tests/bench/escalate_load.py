"""The load of the escalation benchmark: people trapped at a steady rate, and crews that answer.

A process of its own, so that it takes no time from whoever measures. It speaks to the database as
gateway and API do: detections are committed one by one with their NOTIFY; answers and closings go
through the rescue service.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import monotonic_s, utc_now
from liftward_platform.incidents.model import Outcome
from liftward_platform.incidents.service import Happening
from liftward_platform.rescue import service

# How long a crew takes to say yes, and a rescue to be over: each holds one of 2,000 crews.
ANSWERS_AFTER_S, OVER_AFTER_S = 3.0, 60.0
_LOOK_EVERY_S = 0.25
_ANSWERED_AT_ONCE_MAX = 200

_TRAPPED = """
WITH found AS (
    INSERT INTO detection (lift_key, kind, transition, level, onset_at, detected_at, received_at,
                           reason, evidence, detector_version, thresholds_hash)
    VALUES (%(lift_key)s, 'entrapment', 'began', 'probable', %(now)s, %(now)s, %(now)s, 'bench',
            '{}', 'bench', 'bench')
    RETURNING detection_id), told AS (SELECT pg_notify('detection', ''))
INSERT INTO bench_mark (detection_id) SELECT detection_id FROM found, told
"""
_SILENT = """
SELECT order_id FROM rescue_order WHERE state = 'sent' AND sent_at < %(before)s
 ORDER BY order_id LIMIT %(limit)s
"""
_COMING = """
SELECT incident_id FROM incident WHERE state = 'accepted' AND opened_at < %(before)s
 ORDER BY incident_id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """How many people are trapped each minute, for how long, on how many lifts."""

    dsn: str
    incidents_per_min: float
    seconds: float
    lifts: int

    def words(self) -> str:
        return json.dumps(asdict(self))


async def _trap(spec: LoadSpec) -> int:
    """Commit a detection whenever one is due; never skip one that is late."""
    count = round(spec.seconds * spec.incidents_per_min / 60)
    begun_s = monotonic_s()
    async with await _connect(spec.dsn) as connection:
        for number in range(count):
            due_s = begun_s + number * 60 / spec.incidents_per_min
            await asyncio.sleep(max(0.0, due_s - monotonic_s()))
            values = {"lift_key": 1 + (number * 7) % spec.lifts, "now": utc_now()}
            await connection.execute(_TRAPPED, values)
    return count


async def _answer(spec: LoadSpec, trapping: asyncio.Task[int]) -> None:
    """Crews say yes, and what they went for is over after a while."""
    async with await _connect(spec.dsn) as connection:
        while not trapping.done():
            for row in await _due(connection, _SILENT, ANSWERS_AFTER_S):
                async with connection.transaction():
                    told = Happening(now=utc_now(), actor="bench-crew")
                    await service.accept(connection, row["order_id"], told)
            for row in await _due(connection, _COMING, OVER_AFTER_S):
                async with connection.transaction():
                    told = Happening(now=utc_now(), actor="bench-dispatcher")
                    closing = service.Closing(outcome=Outcome.FALSE)
                    await service.close(connection, row["incident_id"], closing, told)
            await asyncio.sleep(_LOOK_EVERY_S)


async def _due(connection: AsyncConnection[DictRow], query: str, after_s: float) -> list[DictRow]:
    before = utc_now() - timedelta(seconds=after_s)
    values = {"before": before, "limit": _ANSWERED_AT_ONCE_MAX}
    return await (await connection.execute(query.encode(), values)).fetchall()


async def _connect(dsn: str) -> AsyncConnection[DictRow]:
    return await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)


async def _run(spec: LoadSpec) -> int:
    trapping = asyncio.create_task(_trap(spec))
    await _answer(spec, trapping)
    return await trapping


if __name__ == "__main__":
    told = LoadSpec(**json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps({"incidents": asyncio.run(_run(told))}))
