"""Asking a lift's device for something, and reading what became of it.

A command, its ledger entry and its line in the incident's story are one transaction, the caller's.
The gateway sends it and records the answer; nothing here speaks to a device.
"""

from datetime import datetime, timedelta
from secrets import token_hex

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.commands import store
from liftward_platform.commands.model import (
    LIVE_COMMANDS_MAX,
    CannotAsk,
    DeviceCommand,
    Wish,
    device_to_ask,
)
from liftward_platform.errors import ConflictError, InvalidError, NotFoundError
from liftward_platform.fleet import service as fleet
from liftward_platform.fleet.model import Lift
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import Incident
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger import service as ledger
from liftward_platform.ledger.model import EntryKind, Json, NewEntry
from liftward_wire.topics import shard_of

Connection = AsyncConnection[DictRow]

COMMANDS_PAGE_MAX = 200
_COMMAND_ID_BYTES = 16  # 32 hex digits: as long as the contract lets an id be, and never guessed

_REFUSALS = {
    CannotAsk.LIFT_WITHDRAWN: "this lift is withdrawn: nothing is asked of it any more",
    CannotAsk.NO_DEVICE: "no device is enrolled for this lift: load it with `liftward fleet load`",
    CannotAsk.DEVICE_REVOKED: "every device of this lift is revoked: enrol one again",
    CannotAsk.TOO_MANY: (
        f"{LIVE_COMMANDS_MAX} commands to this lift are still without an answer: wait for them"
    ),
}


async def ask(
    connection: Connection, lift_id: str, wish: Wish, *, asked_by: str, now: datetime
) -> DeviceCommand:
    """Store a command for the gateway to send, with a record of who asked.

    Raises
    ------
    NotFoundError
        When there is no such lift or incident.
    ConflictError
        When nothing can be asked of this lift now; the code says why.
    InvalidError
        When the incident is another lift's.
    """
    lift = await fleet.lift_by_id(connection, lift_id, now)
    incident = await _incident_of(connection, wish, lift)
    live_count = await store.lock_and_count_live(connection, lift.lift_key)
    listeners = await store.listeners(connection, lift.lift_key)
    withdrawn = lift.withdrawn_at is not None and lift.withdrawn_at <= now
    device_id = device_to_ask(
        lift_id, withdrawn=withdrawn, listeners=listeners, live_count=live_count
    )
    if isinstance(device_id, CannotAsk):
        raise ConflictError(device_id, _REFUSALS[device_id])
    command_id = token_hex(_COMMAND_ID_BYTES)
    deadline_at = now + timedelta(seconds=wish.deadline_s)
    await store.insert(
        connection,
        {
            "command_id": command_id,
            "lift_key": lift.lift_key,
            "device_id": device_id,
            "shard": shard_of(lift_id),
            "kind": str(wish.kind),
            "sampling_period_s": wish.sampling_period_s,
            "asked_by": asked_by,
            "incident_id": wish.incident_id,
            "purpose": wish.purpose,
            "asked_at": now,
            "deadline_at": deadline_at,
        },
    )
    body: dict[str, Json] = {
        "command_id": command_id,
        "command": str(wish.kind),
        "device_id": device_id,
        "deadline_at": deadline_at.isoformat(),
        "sampling_period_s": wish.sampling_period_s,
    }
    await _record(connection, lift, incident, body, asked_by=asked_by, now=now)
    return await command_by_id(connection, command_id)


async def command_by_id(connection: Connection, command_id: str) -> DeviceCommand:
    """Return one command.

    Raises
    ------
    NotFoundError
        When there is none of this id.
    """
    command = await store.by_id(connection, command_id)
    if command is None:
        raise NotFoundError("command_unknown", f"no command {command_id!r}")
    return command


async def commands_of_lift(
    connection: Connection, lift_id: str, *, before: datetime | None, limit: int, now: datetime
) -> list[DeviceCommand]:
    """Return what was asked of a lift, the latest first.

    Raises
    ------
    NotFoundError
        When there is no such lift.
    """
    lift = await fleet.lift_by_id(connection, lift_id, now)
    page = min(limit, COMMANDS_PAGE_MAX)
    return await store.of_lift(connection, lift.lift_key, before=before, limit=page)


async def _incident_of(connection: Connection, wish: Wish, lift: Lift) -> Incident | None:
    if wish.incident_id is None:
        return None
    incident = await incidents.lock(connection, wish.incident_id)
    if incident.lift_key != lift.lift_key:
        raise InvalidError(
            "incident_of_other_lift", f"incident {wish.incident_id} is not about {lift.lift_id}"
        )
    return incident


async def _record(
    connection: Connection,
    lift: Lift,
    incident: Incident | None,
    body: dict[str, Json],
    *,
    asked_by: str,
    now: datetime,
) -> None:
    """Enter who asked for what; the asker's own words stay outside the ledger."""
    entry = NewEntry(
        lift_key=lift.lift_key,
        kind=EntryKind.COMMAND_ASKED,
        occurred_at=now,
        recorded_at=now,
        actor=asked_by,
        body=body,
        incident_id=None if incident is None else incident.incident_id,
    )
    await ledger.append(connection, entry)
    if incident is not None:
        await incidents.note(
            connection, incident, Happening(now=now, actor=asked_by),
            event="command_asked", reason=str(body["command"]), detail=body,
        )  # fmt: skip
