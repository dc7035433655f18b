"""Takes new entries into the global Merkle tree and signs its head.

Called by the engine. One integrator at a time; an entry gets its place once and for all.
"""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.ledger import store
from liftward_platform.ledger.merkle import Frontier
from liftward_platform.ledger.signed_note import Checkpoint, Signer

Connection = AsyncConnection[DictRow]

_TREE_LOCK = 0x4C57_0003  # any fixed number no other advisory lock of ours uses


async def integrate(connection: Connection, now: datetime, signer: Signer, limit: int) -> int:
    """Give up to `limit` new entries their places and publish a checkpoint; return how many.

    Runs in the caller's transaction. Entries of one lift keep their order: a lift's next entry gets
    its id after the one before was committed.
    """
    await store.lock_tree(connection, _TREE_LOCK)
    entries = await store.unintegrated(connection, limit)
    if not entries:
        return 0
    last = await store.last_checkpoint(connection)
    frontier = (
        Frontier() if last is None else Frontier.from_bytes(last["tree_size"], last["frontier"])
    )
    first_index = frontier.size
    for entry in entries:
        frontier.append(entry["leaf_hash"])
    placed = await store.integrate(
        connection,
        [entry["entry_id"] for entry in entries],
        list(range(first_index, frontier.size)),
    )
    assert placed == len(entries), "an entry got a place from somebody else, under our lock"
    root = frontier.root()
    await store.insert_checkpoint(
        connection,
        tree_size=frontier.size,
        root_hash=root,
        frontier=frontier.to_bytes(),
        note=signer.sign(Checkpoint(signer.name, frontier.size, root).text()),
        now=now,
    )
    return len(entries)


async def latest_note(connection: Connection) -> str | None:
    """Return the newest signed checkpoint, None before the first."""
    last = await store.last_checkpoint(connection)
    return None if last is None else last["note"]
