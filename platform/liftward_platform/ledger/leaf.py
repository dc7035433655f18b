"""The exact bytes of an entry that are hashed: the leaf of the Merkle tree.

Canonical JSON (RFC 8785) of the object with the keys actor, body, incident_id, kind,
lift_entry_number, lift_id, lift_previous_hash, occurred_at and recorded_at, hashed as an RFC 6962
leaf: SHA-256(0x00 || bytes). `body` is the stored canonical text, spliced in as it stands: a
changed blank in the database changes the hash. Times are RFC 3339, UTC, always with six decimals;
hashes are lower-case hexadecimal. The lift's chain lives inside, as `lift_previous_hash`.
"""

from datetime import UTC, datetime

from liftward_platform.ledger.canonical_json import quoted
from liftward_platform.ledger.merkle import leaf_hash
from liftward_platform.ledger.model import LeafContent


def time_text(moment: datetime) -> str:
    """Return the one text of a moment that is hashed, exact to the database's microsecond."""
    assert moment.tzinfo is not None, "a moment without a zone cannot be recorded"
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def leaf_bytes(entry: LeafContent) -> bytes:
    """Return the bytes of one entry; the keys stand in canonical order."""
    incident = "null" if entry.incident_id is None else str(entry.incident_id)
    text = (
        f'{{"actor":{quoted(entry.actor)}'
        f',"body":{entry.body}'
        f',"incident_id":{incident}'
        f',"kind":{quoted(entry.kind)}'
        f',"lift_entry_number":{entry.lift_entry_number}'
        f',"lift_id":{quoted(entry.lift_id)}'
        f',"lift_previous_hash":"{entry.lift_previous_hash.hex()}"'
        f',"occurred_at":"{time_text(entry.occurred_at)}"'
        f',"recorded_at":"{time_text(entry.recorded_at)}"}}'
    )
    return text.encode()


def entry_hash(entry: LeafContent) -> bytes:
    """Return the leaf hash of one entry."""
    return leaf_hash(leaf_bytes(entry))
