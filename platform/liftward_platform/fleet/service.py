"""Lifts: finding them, and loading a town document into the registry."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Actor, Role
from liftward_platform.errors import ForbiddenError, NotFoundError
from liftward_platform.fleet import store
from liftward_platform.fleet.document import (
    DocumentError,
    Known,
    LiftEntry,
    TownDocument,
    checked,
)
from liftward_platform.fleet.model import Lift, Loaded
from liftward_platform.ledger import service as ledger
from liftward_platform.ledger.model import EntryKind, Json, NewEntry
from liftward_platform.parties import service as parties
from liftward_wire.topics import shard_of

Connection = AsyncConnection[DictRow]

LIFTS_PAGE_MAX = 500
# Who enters a lift into the ledger when a document is loaded from the command line.
LOADER_ACTOR = "fleet-load"


async def list_lifts(
    connection: Connection,
    *,
    now: datetime,
    query: str = "",
    after: str = "",
    limit: int = 100,
    use_unit_id: str | None = None,
) -> list[Lift]:
    """Return lifts with ids after `after` that match the text, in order of id.

    Only those of one use unit when it is named.
    """
    page = min(limit, LIFTS_PAGE_MAX)
    return await store.lifts(
        connection, query=query, after=after, limit=page, use_unit_id=use_unit_id, now=now
    )


async def lift_by_id(connection: Connection, lift_id: str, now: datetime) -> Lift:
    """Return one lift.

    Raises
    ------
    NotFoundError
        When it is not registered.
    """
    lift = await store.lift_by_id(connection, lift_id, now)
    if lift is None:
        raise NotFoundError("lift_unknown", f"no lift {lift_id!r}")
    return lift


def check_own_lift(actor: Actor, lift: Lift) -> None:
    """Refuse a use unit that asks about, or speaks for, another's lift.

    Raises
    ------
    ForbiddenError
        When the actor is such a one.
    """
    if actor.role is Role.USE_UNIT and actor.party_id != lift.use_unit_id:
        raise ForbiddenError("not_your_lift", f"{lift.lift_id} is not a lift of yours")


async def lift_by_key(connection: Connection, lift_key: int, now: datetime) -> Lift:
    """Return one lift by its narrow key.

    Raises
    ------
    NotFoundError
        When it is not registered.
    """
    lift_id = await store.lift_id_of_key(connection, lift_key)
    if lift_id is None:
        raise NotFoundError("lift_unknown", f"no lift with key {lift_key}")
    return await lift_by_id(connection, lift_id, now)


async def load_town(connection: Connection, document: object, *, now: datetime) -> Loaded:
    """Check a town document as a whole and store it; loading it again changes nothing.

    Raises
    ------
    DocumentError
        With every complaint; nothing is stored.
    """
    await store.lock_loading(connection)
    town = checked(document, await _known(connection))
    await parties.load_parties(
        connection, [party.model_dump(mode="json") for party in town.parties]
    )
    await parties.load_crews(connection, [crew.model_dump(mode="json") for crew in town.crews])
    keys, new_ids = await _store_lifts(connection, town.lifts, now)
    begun = await _follow_contracts(connection, town.lifts, keys, now)
    await _store_devices(connection, town, now)
    return Loaded(
        parties_count=len(town.parties),
        crews_count=len(town.crews),
        lifts_count=len(town.lifts),
        lifts_new_count=len(new_ids),
        contracts_begun_count=begun,
        devices_count=len(town.devices),
    )


async def _known(connection: Connection) -> Known:
    lifts = await store.known_lifts(connection)
    return Known(
        party_kinds=await parties.party_kinds(connection),
        lift_ids=frozenset(row["lift_id"] for row in lifts),
        rescue_codes={row["rescue_code"]: row["lift_id"] for row in lifts},
    )


async def _store_lifts(
    connection: Connection, lifts: Sequence[LiftEntry], now: datetime
) -> tuple[dict[str, int], set[str]]:
    """Store the lifts; return the key of each, and which ones are new (those enter the ledger)."""
    rows = [
        lift.model_dump(mode="json", exclude={"maintainer_id", "contract_from"}) for lift in lifts
    ]
    stored = await store.upsert_lifts(connection, rows, now)
    keys = {row["lift_id"]: row["lift_key"] for row in stored}
    new_ids = {row["lift_id"] for row in stored if row["is_new"]}
    for lift in lifts:
        if lift.lift_id in new_ids:
            body: dict[str, Json] = {
                "lift_id": lift.lift_id,
                "rescue_code": lift.rescue_code,
                "maker_id": lift.maker_id,
                "model": lift.model,
                "use_unit_id": lift.use_unit_id,
                "installed_on": lift.installed_on.isoformat(),
            }
            await _record(
                connection,
                keys[lift.lift_id],
                EntryKind.LIFT_REGISTERED,
                body,
                occurred_at=now,
                now=now,
            )
    return keys, new_ids


async def _follow_contracts(
    connection: Connection, lifts: Sequence[LiftEntry], keys: Mapping[str, int], now: datetime
) -> int:
    """Begin the contracts that are new; a change of maintainer ends the old one that day."""
    current = await store.open_contracts(connection, list(keys.values()))
    changes = [
        (index, lift)
        for index, lift in enumerate(lifts)
        if current.get(keys[lift.lift_id], ("",))[0] != lift.maintainer_id
    ]
    _refuse_overlaps(changes, keys, current)
    for _, lift in changes:
        lift_key = keys[lift.lift_id]
        if lift_key in current:
            await store.end_contract(connection, lift_key, lift.contract_from)
            ended: dict[str, Json] = {"maintainer_id": current[lift_key][0]}
            await _record(
                connection,
                lift_key,
                EntryKind.CONTRACT_ENDED,
                ended,
                occurred_at=lift.contract_from,
                now=now,
            )
        await store.begin_contract(connection, lift_key, lift.maintainer_id, lift.contract_from)
        begun: dict[str, Json] = {"maintainer_id": lift.maintainer_id}
        await _record(
            connection,
            lift_key,
            EntryKind.CONTRACT_BEGUN,
            begun,
            occurred_at=lift.contract_from,
            now=now,
        )
    return len(changes)


def _refuse_overlaps(
    changes: Sequence[tuple[int, LiftEntry]],
    keys: Mapping[str, int],
    current: Mapping[int, tuple[str, datetime]],
) -> None:
    complaints = [
        f"$.lifts[{index}].contract_from is {lift.contract_from.isoformat()}: "
        f"{old[0]} answers since {old[1].isoformat()}; a new maintainer begins later than that"
        for index, lift in changes
        if (old := current.get(keys[lift.lift_id])) is not None and lift.contract_from <= old[1]
    ]
    if complaints:
        raise DocumentError(complaints)


async def _store_devices(connection: Connection, town: TownDocument, now: datetime) -> None:
    devices = [
        {
            "device_id": device.device_id,
            "kind": device.kind,
            "shard": shard_of(device.device_id),
            "profile": device.profile,
        }
        for device in town.devices
    ]
    links = [
        {"device_id": device.device_id, "lift_id": lift_id}
        for device in town.devices
        for lift_id in device.lift_ids
    ]
    await store.upsert_devices(connection, devices, links, now)


async def _record(
    connection: Connection,
    lift_key: int,
    kind: EntryKind,
    body: Mapping[str, Json],
    *,
    occurred_at: datetime,
    now: datetime,
) -> None:
    entry = NewEntry(
        lift_key=lift_key,
        kind=kind,
        occurred_at=occurred_at,
        recorded_at=now,
        actor=LOADER_ACTOR,
        body=body,
    )
    await ledger.append(connection, entry)
