"""From what is stored to figures: rates, publish-to-commit times, what is lost or doubled.

The time of a commit is the server's own (track_commit_timestamp), the time of publishing is what
the sample carries as its time of observation; both are of one clock, so each row's time is exact.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from ingest_generator import LoadResult
from psycopg.rows import dict_row

PARTS_COUNT = 10
_PERCENTILES = {"p50": 0.50, "p99": 0.99, "p999": 0.999}

# The rows of one message share the time of observation: few groups, however many rows.
_TIMES: LiteralString = """
WITH message AS MATERIALIZED (
    SELECT xmin AS transaction_id, observed_at, count(*) AS rows_count
      FROM sample WHERE boot_id = %(boot_id)s GROUP BY 1, 2
), timed AS (
    SELECT (extract(epoch FROM observed_at) * 1000000)::bigint AS observed_us,
           (extract(epoch FROM pg_xact_commit_timestamp(transaction_id)) * 1000000)::bigint
               AS committed_us,
           rows_count
      FROM message
)
SELECT least(greatest((observed_us - %(started_us)s) / %(part_us)s, 0), %(last_part)s)::int AS part,
       ((committed_us - observed_us) / 1000)::int AS ms,
       committed_us <= %(ended_us)s AS in_time,
       sum(rows_count)::bigint AS rows_count,
       max(committed_us) AS last_us
  FROM timed GROUP BY 1, 2, 3
"""
_SUMS: LiteralString = """
SELECT count(*) AS groups, sum(rows_count)::bigint AS rows_count
  FROM (SELECT lift_key, boot_id, sequence, count(*) AS rows_count
          FROM sample WHERE boot_id = %(boot_id)s GROUP BY 1, 2, 3) AS each
"""
_BY_DEVICE: LiteralString = """
SELECT lift_key, count(*) AS rows_count, sum(sequence)::bigint AS total,
       sum(sequence * sequence)::bigint AS squares
  FROM sample WHERE boot_id = %(boot_id)s GROUP BY 1
"""
# Past this many rows, grouping them all by number would take longer than the measurement.
_GROUPED_ROWS_MAX = 3_000_000


@dataclass(slots=True)
class Figures:
    """What one load came to."""

    rows_count: int = 0
    committed_per_s: float = 0.0
    drained_after_s: float = 0.0  # from the end of the load to the last commit
    publish_to_commit_s: dict[str, float] = field(default_factory=dict)
    over_time: list[dict[str, float]] = field(default_factory=list)


def figures(dsn: str, load: LoadResult, boot_id: int) -> Figures:
    """Return what was committed while the load lasted, and how long after publishing."""
    seconds = (load.ended_us - load.started_us) / 1e6
    parameters = {
        "boot_id": boot_id,
        "started_us": load.started_us,
        "ended_us": load.ended_us,
        "part_us": max(1, (load.ended_us - load.started_us) // PARTS_COUNT),
        "last_part": PARTS_COUNT - 1,
    }
    found = Figures()
    by_part: list[Counter[int]] = [Counter() for _ in range(PARTS_COUNT)]
    in_time_count, last_us = 0, load.ended_us
    for row in rows(dsn, _TIMES, parameters):
        by_part[row["part"]][row["ms"]] += row["rows_count"]
        found.rows_count += row["rows_count"]
        in_time_count += row["rows_count"] if row["in_time"] else 0
        last_us = max(last_us, row["last_us"])
    found.committed_per_s = in_time_count / seconds
    found.drained_after_s = (last_us - load.ended_us) / 1e6
    found.publish_to_commit_s = percentiles(sum(by_part, Counter()))
    found.over_time = [
        {"from_s": round(part * seconds / PARTS_COUNT, 1), **percentiles(counts)}
        for part, counts in enumerate(by_part)
    ]
    return found


def percentiles(milliseconds: Mapping[int, int]) -> dict[str, float]:
    """Return percentiles and the maximum, in seconds, of a histogram of whole milliseconds."""
    total = sum(milliseconds.values())
    found: dict[str, float] = {}
    seen = 0
    wanted = dict(_PERCENTILES)
    for ms in sorted(milliseconds):
        seen += milliseconds[ms]
        for name in [name for name, share in wanted.items() if seen >= share * total]:
            found[name] = (ms + 1) / 1000
            del wanted[name]
    if milliseconds:
        found["max"] = (max(milliseconds) + 1) / 1000
    return found


def lost_and_doubled(
    dsn: str, boot_id: int, *, lifts_per_device: int, devices_count: int, messages_count: int
) -> tuple[int, int]:
    """Return how many of the acknowledged rows are missing, and how many are there again.

    Counted by number where the rows are few enough; else each lift's count, sum and sum of squares
    of its numbers are compared with what they must be, and any difference counts.
    """
    expected_count = messages_count * lifts_per_device
    if expected_count <= _GROUPED_ROWS_MAX:
        [found] = rows(dsn, _SUMS, {"boot_id": boot_id})
        stored_count = found["rows_count"] or 0
        return expected_count - found["groups"], stored_count - found["groups"]
    wanted = Counter(
        expected_sums(
            lifts_per_device=lifts_per_device,
            devices_count=devices_count,
            messages_count=messages_count,
        )
    )
    stored = Counter(
        (row["rows_count"], row["total"], row["squares"])
        for row in rows(dsn, _BY_DEVICE, {"boot_id": boot_id})
    )
    lost = sum(one[0] * count for one, count in (wanted - stored).items())
    unexpected = sum(one[0] * count for one, count in (stored - wanted).items())
    # A lift with something missing or doubled counts as a whole: zero is zero, more is a finding.
    return lost, max(0, unexpected - lost) if lost else unexpected


def expected_sums(
    *, lifts_per_device: int, devices_count: int, messages_count: int
) -> Iterable[tuple[int, int, int]]:
    """Return, for each lift, count, sum and sum of squares of its sequence numbers."""
    turns, rest = divmod(messages_count, devices_count)
    for turns_count, devices in ((turns + 1, rest), (turns, devices_count - rest)):
        for place in range(lifts_per_device):
            numbers = [turn * lifts_per_device + place for turn in range(turns_count)]
            sums = (len(numbers), sum(numbers), sum(number**2 for number in numbers))
            if numbers:
                yield from (sums for _ in range(devices))


def rows(dsn: str, query: LiteralString, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("SET work_mem = '256MB'")
        return connection.execute(query, parameters).fetchall()
