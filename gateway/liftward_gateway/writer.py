"""The database edge of the gateway's path: what one transaction writes, and what a start reads.

The only place with the gateway's SQL calls, apart from the fence. Must not know MQTT, and never
commits: the caller opens the transaction.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from liftward_gateway.admit import AdmittedEvent, AdmittedStatus, from_microseconds
from liftward_gateway.commands.store import record_replies
from liftward_gateway.copy_format import SAMPLE_COLUMNS, copy_bytes
from liftward_gateway.mark_table import BatchMarks, StoredMark, StreamKey
from liftward_gateway.prepare import Prepared
from liftward_gateway.quarantine import QuarantineEntry, joined
from liftward_gateway.registry import UNKNOWN_NAMEPLATE, Fingerprint, Nameplate, ServedLift
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import QUERIES, Connection
from liftward_gateway.stored_marks import mark_parameters, stored_mark
from liftward_wire.columns import SampleColumns
from liftward_wire.messages import Presence, Status

_COPY_SAMPLES = f"COPY sample ({', '.join(SAMPLE_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
ENTRAPMENT = "entrapment"
_ROWS_PER_TURN = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRow:
    """One transition of an episode, as it is stored."""

    lift_key: int
    kind: str
    transition: str
    level: str
    onset_us: int
    detected_us: int
    received_us: int
    reason: str
    evidence: Mapping[str, Any]
    detector_version: str
    thresholds_hash: str


async def write(
    connection: Connection,
    prepared: Prepared,
    detections: Sequence[DetectionRow],
    lift_keys: npt.NDArray[np.int32],
) -> None:
    """Write one batch: rows, marks, detections and what was refused."""
    if prepared.columns is not None and len(prepared.columns) > 0:
        await _copy_samples(connection, prepared.columns, lift_keys)
    async with connection.pipeline():
        await _write_events(connection, prepared.events, lift_keys)
        await _write_statuses(connection, prepared.statuses)
        await record_replies(connection, prepared.replies)
        await _write_marks(connection, prepared.marks)
        await _write_detections(connection, detections)
        await _write_quarantine(connection, prepared.quarantined)


async def write_detections(connection: Connection, detections: Sequence[DetectionRow]) -> None:
    """Write detections that no message of this moment decided: those of a tick or of a start."""
    async with connection.pipeline():
        await _write_detections(connection, detections)


async def _copy_samples(
    connection: Connection, columns: SampleColumns, lift_keys: npt.NDArray[np.int32]
) -> None:
    packed = copy_bytes(columns, lift_keys)
    await asyncio.sleep(0)  # packing took its time: let an alarm pass
    async with connection.cursor() as cursor, cursor.copy(_COPY_SAMPLES) as copy:
        await copy.write(packed)


async def _write_events(
    connection: Connection,
    events: Sequence[AdmittedEvent],
    lift_keys: npt.NDArray[np.int32],
) -> None:
    for admitted in events:
        event = admitted.event
        await connection.execute(
            QUERIES["write_event"],
            {
                "lift_key": int(lift_keys[admitted.lift_index]),
                "observed_at": from_microseconds(admitted.observed_us),
                "claimed_at": _claimed_at(admitted),
                "received_at": from_microseconds(admitted.received_at_us),
                "boot_id": event.boot_id,
                "sequence": event.sequence,
                "kind": str(event.kind),
                "code": event.code,
                "vocabulary": event.vocabulary if event.code is not None else None,
                "service_mode": None if event.service_mode is None else event.service_mode.code,
                "note": event.note,
                "extension": None if event.extension is None else Jsonb(event.extension),
            },
        )


def _claimed_at(admitted: AdmittedEvent) -> datetime | None:
    """Return the time a device claimed, when another one stands in its place."""
    if admitted.claimed_us == admitted.observed_us:
        return None
    return from_microseconds(admitted.claimed_us)


async def _write_statuses(connection: Connection, statuses: Sequence[AdmittedStatus]) -> None:
    for admitted in statuses:
        status = admitted.status
        await connection.execute(
            QUERIES["write_status"],
            {
                "device_id": admitted.device_id,
                "presence": str(status.presence),
                "boot_id": status.boot_id,
                "received_at": from_microseconds(admitted.received_at_us),
                "birth": _birth(status),
                "retained": admitted.retained,
            },
        )


def _birth(status: Status) -> Jsonb | None:
    """Return what a birth says; a will says nothing about the device."""
    return Jsonb(msgspec.to_builtins(status)) if status.presence is Presence.ONLINE else None


async def _write_marks(connection: Connection, marks: BatchMarks) -> None:
    touched = marks.touched()
    if touched:
        await connection.execute(QUERIES["write_marks"], mark_parameters(touched))
    if marks.forgotten:
        await connection.execute(
            QUERIES["forget_boots"],
            {
                "device_ids": [stream[0] for stream, _ in marks.forgotten],
                "streams": [stream[1] for stream, _ in marks.forgotten],
                "boot_ids": [boot_id for _, boot_id in marks.forgotten],
            },
        )


async def _write_detections(connection: Connection, detections: Sequence[DetectionRow]) -> None:
    if not detections:
        return
    columns = {
        column.name: [getattr(row, column.name) for row in detections]
        for column in fields(DetectionRow)
    }
    columns["evidence"] = [json.dumps(row.evidence) for row in detections]
    await connection.execute(QUERIES["write_detections"], columns)
    if any(row.kind == ENTRAPMENT for row in detections):
        await connection.execute(QUERIES["wake_engine"])


async def _write_quarantine(connection: Connection, entries: list[QuarantineEntry]) -> None:
    # In one order everywhere: two paths that count the same messages must not wait for each other.
    for entry in sorted(joined(entries), key=lambda entry: entry.same_message):
        await connection.execute(
            QUERIES["write_quarantine"],
            {
                "topic": entry.topic,
                "reason": entry.reason,
                "detail": entry.detail,
                "path": entry.path,
                "payload_start": entry.payload_start,
                "payload_bytes": entry.payload_bytes,
                "payload_sha256": entry.payload_sha256,
                "count": entry.count,
                "first_at": from_microseconds(entry.first_us),
                "last_at": from_microseconds(entry.last_us),
            },
        )


async def load_marks(connection: Connection, streams: Iterable[StreamKey]) -> list[StoredMark]:
    """Return the marks of these streams; a stream nobody has seen has none."""
    by_stream: dict[str, list[str]] = {}
    for device_id, stream in streams:
        by_stream.setdefault(stream, []).append(device_id)
    found: list[StoredMark] = []
    for stream, device_ids in by_stream.items():
        cursor = await connection.execute(
            QUERIES["marks_of"], {"stream": stream, "device_ids": device_ids}
        )
        found += [stored_mark(row) for row in await cursor.fetchall()]
    return found


async def load_registration(
    connection: Connection, shards: ShardRange, device_ids: Iterable[str] | None = None
) -> list[ServedLift]:
    """Return the registration of the shards, or of some of their devices."""
    parameters: dict[str, Any] = {"first": shards.first, "last": shards.last}
    name = "registration"
    if device_ids is not None:
        name, parameters["device_ids"] = "registration_of", sorted(device_ids)
    served: list[ServedLift] = []
    async with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        await cursor.execute(QUERIES[name], parameters)
        while rows := await cursor.fetchmany(_ROWS_PER_TURN):
            served += [_served(row) for row in rows]
            await asyncio.sleep(0)  # a city's registration takes a second: let the paths pass
    return served


def _served(row: Sequence[Any]) -> ServedLift:
    """Return a row of the registration; a device without lifts has no nameplate."""
    device_id, profile, lift_id, lift_key, *nameplate = row
    plate = UNKNOWN_NAMEPLATE if lift_key is None else Nameplate(*nameplate)
    return ServedLift(device_id, lift_id, lift_key, profile, plate)


async def registration_fingerprint(connection: Connection, shards: ShardRange) -> Fingerprint:
    """Return what changes when the registration of the shards does."""
    cursor = await connection.execute(
        QUERIES["registration_fingerprint"], {"first": shards.first, "last": shards.last}
    )
    row = await cursor.fetchone()
    assert row is not None
    return row["rows_count"], row["hash"]


async def write_heartbeat(
    connection: Connection, module: str, now: datetime, *, error: str | None
) -> None:
    """Say that this worker lives, and what keeps one of its paths from writing, if anything."""
    await connection.execute(
        QUERIES["heartbeat"],
        {"module": module, "now": now, "error": error, "error_at": now if error else None},
    )


async def database_now(connection: Connection) -> datetime:
    """Return the database's clock."""
    cursor = await connection.execute(QUERIES["database_now"])
    row = await cursor.fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now


async def installation_name(connection: Connection) -> str:
    """Return eight hex digits that are the same for every start on this database, and only there.

    They stand in the MQTT client ids: two installations on one broker that used the same ids would
    throw each other off for ever, and neither would hear an alarm.
    """
    cursor = await connection.execute(QUERIES["installation"])
    row = await cursor.fetchone()
    assert row is not None
    return f"{crc32(row['installation'].encode()):08x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """A slice of the detector's memory as it is stored; see saved_state."""

    worker: str
    run_us: int
    slice: int
    first_shard: int
    last_shard: int
    saved_at: datetime
    telemetry_through_us: int
    event_through_us: int
    version: str
    lift_keys: bytes
    state: bytes


async def save_slice(connection: Connection, row: SliceRow) -> None:
    """Replace what this run of the worker saved last of these lifts."""
    await connection.execute(QUERIES["save_lazily"])
    await connection.execute(QUERIES["save_slice"], asdict(row))


async def forget_slices(connection: Connection, shards: ShardRange, *, run_us: int) -> None:
    """Drop what earlier runs and versions saved of these shards."""
    await connection.execute(QUERIES["save_lazily"])
    bounds = {"first_shard": shards.first, "last_shard": shards.last}
    await connection.execute(QUERIES["forget_slices"], {"run_us": run_us, **bounds})
    await connection.execute(QUERIES["forget_state"], {"worker": str(shards)})
