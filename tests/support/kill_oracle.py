"""The oracle of a kill soak: compares what devices said with what is stored, row by row.

Reads the database only after the fact, and knows nothing of how the gateway works.
"""

from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from support.kill_traffic import EVENT, TELEMETRY, Traffic

_STORED: dict[str, LiteralString] = {
    TELEMETRY: (
        "SELECT lift_id, sequence, count(*) AS count FROM sample JOIN lift USING (lift_key)"
        " GROUP BY 1, 2"
    ),
    EVENT: (
        "SELECT lift_id, sequence, count(*) AS count FROM lift_event JOIN lift USING (lift_key)"
        " GROUP BY 1, 2"
    ),
}
_MARKS: LiteralString = (
    "SELECT device_id, stream, contiguous_through, highest, open_gaps::text AS gaps"
    "  FROM sequence_mark"
)
_EPISODES: LiteralString = (
    "SELECT lift_id, transition, count(*) AS count FROM detection JOIN lift USING (lift_key)"
    " WHERE kind = 'entrapment' AND transition <> 'raised' GROUP BY 1, 2"
)
_COMMITS: LiteralString = (
    "SELECT DISTINCT extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at_s"
    "  FROM sample ORDER BY 1"
)


@dataclass(slots=True)
class Judgement:
    """What the oracle found; `faults` has a sentence for everything that is not as it should be."""

    acknowledged: int = 0
    kept: int = 0
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    unasked: int = 0  # stored, and nobody said it
    episodes: int = 0
    episodes_wrong: int = 0
    faults: list[str] = field(default_factory=list)
    commits_s: list[float] = field(default_factory=list)  # when samples were committed

    @property
    def holds(self) -> bool:
        return not self.faults


def stored_count(dsn: str) -> int:
    """Return how many rows there are."""
    return sum(
        int(_rows(dsn, query)[0]["count"])
        for query in (
            "SELECT count(*) AS count FROM sample",
            "SELECT count(*) AS count FROM lift_event",
        )
    )


def judge(dsn: str, traffic: Traffic) -> Judgement:
    """Compare; everything a device kept has to be stored exactly once."""
    found = Judgement(acknowledged=len(traffic.acknowledged), kept=len(traffic.kept))
    stored = {
        (row["lift_id"], stream, row["sequence"]): row["count"]
        for stream, query in _STORED.items()
        for row in _rows(dsn, query)
    }
    missing = sorted(traffic.kept - stored.keys())
    doubled = sorted(key for key, count in stored.items() if count > 1)
    unasked = sorted(stored.keys() - traffic.kept)
    found.stored = sum(stored.values())
    found.lost, found.doubled, found.unasked = len(missing), len(doubled), len(unasked)
    for name, keys in (("lost", missing), ("doubled", doubled), ("unasked", unasked)):
        if keys:
            found.faults.append(f"{len(keys)} rows {name}: {keys[:3]} ... {keys[-1]}")
    found.faults += _wrong_marks(dsn, traffic)
    found.episodes = sum(traffic.episodes.values())
    wrong = _wrong_episodes(dsn, traffic)
    found.episodes_wrong = len(wrong)
    found.faults += wrong
    found.commits_s = [row["at_s"] for row in _rows(dsn, _COMMITS)]
    return found


def _wrong_marks(dsn: str, traffic: Traffic) -> list[str]:
    """Return the marks that do not say: stored from the first number to the last, no gap."""
    marks = {
        (row["device_id"], row["stream"]): (row["contiguous_through"], row["highest"], row["gaps"])
        for row in _rows(dsn, _MARKS)
    }
    return [
        f"the mark of {stream} is {marks.get(stream)}, said was 0 to {count - 1}"
        for stream, count in traffic.next_sequence.items()
        if marks.get(stream) != (count - 1, count - 1, "{}")
    ]


def _wrong_episodes(dsn: str, traffic: Traffic) -> list[str]:
    """Return the entrapments that were not found exactly once, from beginning to end."""
    detected = {(row["lift_id"], row["transition"]): row["count"] for row in _rows(dsn, _EPISODES)}
    expected = {
        (lift_id, transition): count
        for lift_id, count in traffic.episodes.items()
        for transition in ("began", "ended")
    }
    return [
        f"{one[0]}: {detected.get(one, 0)} entrapments {one[1]}, {expected.get(one, 0)} happened"
        for one in sorted(detected.keys() | expected.keys())
        if detected.get(one, 0) != expected.get(one, 0)
    ]


def _rows(dsn: str, query: LiteralString) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        return connection.execute(query).fetchall()
