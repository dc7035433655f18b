"""The HTTP shapes of the ledger. Hashes are lower-case hexadecimal."""

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from liftward_platform.ledger.model import Entry


class EntryOut(BaseModel):
    """One ledger entry; `leaf_index` is null until a checkpoint covers it."""

    entry_id: int
    lift_id: str
    lift_entry_number: int
    kind: str
    incident_id: int | None
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    body: dict[str, Any]
    lift_previous_hash: str
    leaf_hash: str
    leaf_index: int | None

    @classmethod
    def of(cls, entry: Entry) -> "EntryOut":
        return cls(
            entry_id=entry.entry_id,
            lift_id=entry.lift_id,
            lift_entry_number=entry.lift_entry_number,
            kind=entry.kind,
            incident_id=entry.incident_id,
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            actor=entry.actor,
            body=json.loads(entry.body),
            lift_previous_hash=entry.lift_previous_hash.hex(),
            leaf_hash=entry.leaf_hash.hex(),
            leaf_index=entry.leaf_index,
        )


class LiftLedgerOut(BaseModel):
    """A page of a lift's history, oldest first; ask again with `after` = the last number."""

    as_of: datetime
    lift_id: str
    entries: list[EntryOut]
