"""The only place that runs the incident slice's SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.incidents.detection_decision import (
    ENTRAPMENT,
    TOLD_LATE_MAX,
    Detection,
    Reason,
)
from liftward_platform.incidents.model import Incident, LogEntry

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.incidents")

# What `update_incident` writes: all that a change may touch, besides the note.
CHANGEABLE = (
    "state",
    "level",
    "response_level",
    "release_seen_at",
    "withdrawn_at",
    "arrived_at",
    "freed_at",
    "persons_count",
    "closed_at",
    "outcome",
    "cause_code",
    "release_method",
    "onset_at",
    "held_at",
    "injured",
    "medical_need",
    "passenger_told_at",
    "confirmed_at",
    "confirmed_by",
    "confirmed_how",
    "lift_made_safe_at",
    "lift_made_safe_by",
    "cause_reported_at",
    "cause_reported_by",
    "incomplete_reason",
    "duplicate_of",
)


async def insert(
    connection: Connection, values: Mapping[str, Any], policy: Mapping[str, Any]
) -> Incident | None:
    """Open an incident; None when the lift already has one with people inside."""
    cursor = await connection.execute(
        QUERIES["insert_incident"], {**values, "policy": Jsonb(dict(policy))}
    )
    row = await cursor.fetchone()
    return None if row is None else Incident.from_row(row)


async def lock(connection: Connection, incident_id: int) -> Incident | None:
    """Return the incident, locked until the end of the transaction."""
    cursor = await connection.execute(QUERIES["lock_incident"], {"incident_id": incident_id})
    row = await cursor.fetchone()
    return None if row is None else Incident.from_row(row)


async def lock_open(connection: Connection, lift_key: int, kind: str) -> Incident | None:
    """Return the lift's incident with people inside, locked."""
    cursor = await connection.execute(
        QUERIES["lock_open_incident"], {"lift_key": lift_key, "kind": kind}
    )
    row = await cursor.fetchone()
    return None if row is None else Incident.from_row(row)


async def update(connection: Connection, incident: Incident) -> None:
    values = {name: getattr(incident, name) for name in (*CHANGEABLE, "incident_id")}
    await connection.execute(QUERIES["update_incident"], values)


async def set_note(connection: Connection, incident_id: int, note: str) -> None:
    await connection.execute(QUERIES["set_note"], {"incident_id": incident_id, "note": note})


async def hand_on_caller_phones(connection: Connection, incident_id: int) -> None:
    """Let the callers of a duplicate be called back under the incident that stands."""
    await connection.execute(QUERIES["hand_on_caller_phones"], {"incident_id": incident_id})


async def erase_caller_phones(connection: Connection, incident_id: int, now: datetime) -> None:
    await connection.execute(
        QUERIES["erase_caller_phones"], {"incident_id": incident_id, "now": now}
    )


async def take_alarms(connection: Connection, before_onset: timedelta, limit: int) -> list[DictRow]:
    """Claim alarm signs that no story tells yet."""
    values = {"before_onset": before_onset, "limit": limit}
    return await (await connection.execute(QUERIES["take_alarms"], values)).fetchall()


async def take_answers(connection: Connection, now: datetime, limit: int) -> list[DictRow]:
    """Claim ended commands that no story tells yet."""
    values = {"now": now, "limit": limit}
    return await (await connection.execute(QUERIES["take_answers"], values)).fetchall()


async def insert_log(connection: Connection, incident_id: int, entry: LogEntry) -> None:
    await connection.execute(
        QUERIES["insert_log"],
        {
            "incident_id": incident_id,
            "at": entry.at,
            "actor": entry.actor,
            "event": entry.event,
            "from_state": entry.from_state,
            "to_state": entry.to_state,
            "reason": entry.reason,
            "detail": Jsonb(dict(entry.detail)),
        },
    )


async def announce(connection: Connection, incident_id: int) -> None:
    await connection.execute(QUERIES["announce_incident"], {"payload": str(incident_id)})


async def link_detection(connection: Connection, incident_id: int, detection_id: int) -> None:
    await connection.execute(
        QUERIES["link_detection"], {"incident_id": incident_id, "detection_id": detection_id}
    )


async def claim_detection(
    connection: Connection, now: datetime, tried: Sequence[int]
) -> Detection | None:
    """Lock and return the first detection due for a decision that was not tried yet."""
    cursor = await connection.execute(
        QUERIES["claim_detection"], {"now": now, "tried": list(tried)}
    )
    row = await cursor.fetchone()
    return None if row is None else Detection.from_row(row)


async def lift_context(connection: Connection, detection: Detection) -> DictRow:
    cursor = await connection.execute(
        QUERIES["lift_context"],
        {
            "lift_key": detection.lift_key,
            "kind": ENTRAPMENT,
            "onset_at": detection.onset_at,
            "deferred": str(Reason.DEFERRED_SUSPECTED),
            "told_late": TOLD_LATE_MAX,
        },
    )
    row = await cursor.fetchone()
    assert row is not None, "a SELECT of scalars always has a row"
    return row


async def lock_suspicion(connection: Connection, detection: Detection) -> int | None:
    """Return the beginning of a detection's episode if it waits as a suspicion, locked."""
    cursor = await connection.execute(QUERIES["lock_suspicion"], _episode(detection))
    row = await cursor.fetchone()
    return None if row is None else int(row["detection_id"])


async def wake_suspicion(connection: Connection, detection: Detection) -> None:
    """Have the waiting beginning of a detection's episode decided now."""
    await connection.execute(QUERIES["wake_suspicion"], _episode(detection))


async def end_warning(connection: Connection, detection: Detection) -> None:
    """Take the beginning of a detection's episode off the board."""
    values = _episode(detection)
    del values["deferred"]
    await connection.execute(QUERIES["end_warning"], values)


def _episode(detection: Detection) -> dict[str, Any]:
    return {
        "lift_key": detection.lift_key,
        "kind": detection.kind,
        "onset_at": detection.onset_at,
        "deferred": str(Reason.DEFERRED_SUSPECTED),
    }


async def mark_handled(
    connection: Connection, detection_id: int, *, now: datetime, handling: str
) -> None:
    await connection.execute(
        QUERIES["mark_handled"], {"detection_id": detection_id, "now": now, "handling": handling}
    )


async def closings_count(connection: Connection, incident_id: int) -> int:
    """Return how often incidents of this incident's episodes were closed, this one included."""
    cursor = await connection.execute(QUERIES["closings_count"], {"incident_id": incident_id})
    row = await cursor.fetchone()
    assert row is not None
    return max(1, int(row["count"]))


async def look_again_after_closing(connection: Connection, incident_id: int, at: datetime) -> None:
    """Have the unended episodes of a closed incident looked at again."""
    await connection.execute(
        QUERIES["look_again_after_closing"], {"incident_id": incident_id, "next_look_at": at}
    )


async def look_again(
    connection: Connection, detection_id: int, at: datetime, *, handling: str | None
) -> None:
    values = {"detection_id": detection_id, "next_look_at": at, "handling": handling}
    await connection.execute(QUERIES["look_again"], values)


async def next_look(connection: Connection) -> datetime | None:
    cursor = await connection.execute(QUERIES["next_look"])
    row = await cursor.fetchone()
    return None if row is None else row["due_at"]


async def board_ids(connection: Connection, scope: str, limit: int) -> list[int]:
    """Return the incidents of one scope (open, closed or all) in the order of the board."""
    cursor = await connection.execute(QUERIES[f"ids_{scope}"], {"limit": limit})
    return [row["incident_id"] for row in await cursor.fetchall()]


async def board_rows(connection: Connection, incident_ids: Sequence[int]) -> list[DictRow]:
    cursor = await connection.execute(QUERIES["board_rows"], {"incident_ids": list(incident_ids)})
    return await cursor.fetchall()


async def duplicates(connection: Connection, incident_id: int) -> list[int]:
    """Return which incidents were closed as duplicates of this one."""
    cursor = await connection.execute(QUERIES["duplicates"], {"incident_id": incident_id})
    return [row["incident_id"] for row in await cursor.fetchall()]


async def story_log(connection: Connection, incident_id: int, limit: int) -> list[DictRow]:
    cursor = await connection.execute(
        QUERIES["story_log"], {"incident_id": incident_id, "limit": limit}
    )
    return await cursor.fetchall()


async def story_detections(connection: Connection, incident_id: int, limit: int) -> list[DictRow]:
    cursor = await connection.execute(
        QUERIES["story_detections"], {"incident_id": incident_id, "limit": limit}
    )
    return await cursor.fetchall()


async def detection_told(connection: Connection, detection_id: int) -> DictRow | None:
    cursor = await connection.execute(QUERIES["detection_told"], {"detection_id": detection_id})
    return await cursor.fetchone()


async def detection_incidents(
    connection: Connection, row: Mapping[str, Any], limit: int
) -> list[int]:
    """Return the incidents that a detection's episode went to, the last one first."""
    values = {name: row[name] for name in ("lift_key", "kind", "onset_at")}
    cursor = await connection.execute(QUERIES["detection_incidents"], {**values, "limit": limit})
    return [found["incident_id"] for found in await cursor.fetchall()]


async def episode(
    connection: Connection, row: Mapping[str, Any], until: datetime, limit: int
) -> list[DictRow]:
    values = {name: row[name] for name in ("lift_key", "kind", "onset_at")}
    cursor = await connection.execute(
        QUERIES["episode"], {**values, "until": until, "limit": limit}
    )
    return await cursor.fetchall()


async def warnings(connection: Connection, lift_key: int, now: datetime) -> list[DictRow]:
    cursor = await connection.execute(QUERIES["warnings"], {"lift_key": lift_key, "now": now})
    return await cursor.fetchall()


async def notices(connection: Connection, now: datetime, limit: int) -> list[DictRow]:
    values = {"deferred": str(Reason.DEFERRED_SUSPECTED), "now": now, "limit": limit}
    return await (await connection.execute(QUERIES["notices"], values)).fetchall()
