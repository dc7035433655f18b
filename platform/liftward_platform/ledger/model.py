"""What the ledger holds: one entry per thing that happened to a lift or its rescue.

Knows no SQL and no clock. Personal data never enters: accounts and crews appear by their ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]

HASH_BYTES = 32
NO_PREVIOUS_HASH = bytes(HASH_BYTES)  # what the first entry of a lift points back to

# Keys under which people's data tends to travel. The ledger can never forget, so it never learns.
PERSONAL_KEYS = frozenset({"name", "phone", "note", "email", "person", "secret", "token"})


class EntryKind(StrEnum):
    """What an entry records. Kinds are added, never renamed: old entries keep theirs."""

    LIFT_REGISTERED = "lift_registered"
    LIFT_WITHDRAWN = "lift_withdrawn"
    CONTRACT_BEGUN = "contract_begun"
    CONTRACT_ENDED = "contract_ended"
    DEVICE_ENROLLED = "device_enrolled"  # a credential was issued to who speaks for the lift
    DEVICE_REVOKED = "device_revoked"
    INCIDENT_OPENED = "incident_opened"
    DETECTION_ATTACHED = "detection_attached"
    LEVEL_RAISED = "level_raised"  # detector, caller or dispatcher grew surer of an incident
    REPORT_RECEIVED = "report_received"  # a person's word: a call, a use unit, a hand-over
    HANDED_OVER = "handed_over"  # to another service, which named a reference
    RELEASE_SEEN = "release_seen"
    DETECTION_WITHDRAWN = "detection_withdrawn"  # and no longer believes it
    ORDER_SENT = "order_sent"
    ORDER_ANSWERED = "order_answered"  # accepted, refused or no answer
    ORDER_WITHDRAWN = "order_withdrawn"
    ESCALATED = "escalated"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    FREED = "freed"
    RELEASE_CONFIRMED = "release_confirmed"  # by whom and how
    LIFT_MADE_SAFE = "lift_made_safe"
    CAUSE_REPORTED = "cause_reported"
    INCIDENT_CLOSED = "incident_closed"
    DUPLICATE_JOINED = "duplicate_joined"  # another incident tells of the same people
    REPORT_DOUBTED = "report_doubted"  # a crew said what is hard to believe
    REPORT_DECIDED = "report_decided"  # and whether it counts
    CHECK_IN_MISSED = "check_in_missed"  # a technician alone gave no sign of life
    PART_USED = "part_used"
    PHOTO_ADDED = "photo_added"  # names a photo by its SHA-256
    PHOTO_ERASED = "photo_erased"
    COMMAND_ASKED = "command_asked"  # someone asked the lift's device for something
    EVIDENCE_PINNED = "evidence_pinned"  # names the kept samples and events by their SHA-256
    CORRECTION = "correction"  # declares an earlier entry wrong and says what holds instead


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What a slice wants recorded. `body` is JSON without personal data."""

    lift_key: int
    kind: EntryKind
    occurred_at: datetime
    recorded_at: datetime
    actor: str  # an account id, 'engine' or 'detector'
    body: Mapping[str, Json]
    incident_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafContent:
    """What is hashed of an entry. `body` is its exact canonical text."""

    lift_id: str
    lift_entry_number: int
    kind: str
    incident_id: int | None
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    body: str
    lift_previous_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(LeafContent):
    """A stored entry: its content, its hash, and its place in the tree once it has one."""

    entry_id: int
    leaf_hash: bytes
    leaf_index: int | None
