"""Checks that history was not rewritten, and names the rows where it was.

`LedgerCheck` is pure: entries in tree order and checkpoints by size go in, findings come out, in
one pass, with memory per lift only. `verify` feeds it from one snapshot of the database.

What it can see: a changed row (its hash), a row changed together with its hash (the lift's next
entry, and the signed root), a removed row (numbers, places), a changed or invented checkpoint
(signature). What it cannot see by itself: an end cut off together with its checkpoints. Whoever
kept a checkpoint gives it along, and then that shows too.
"""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.ledger import store
from liftward_platform.ledger.leaf import entry_hash
from liftward_platform.ledger.merkle import Frontier
from liftward_platform.ledger.model import NO_PREVIOUS_HASH, Entry
from liftward_platform.ledger.signed_note import Checkpoint, NoteError, Verifier, read_checkpoint

Connection = AsyncConnection[DictRow]

# Findings listed; the rest is counted. Who reads a hundred knows enough.
FINDINGS_MAX = 100


class FindingKind(StrEnum):
    CONTENT_CHANGED = "content_changed"  # the row does not give its hash
    CHAIN_BROKEN = "chain_broken"  # the row does not point to the entry before it
    ENTRY_MISSING = "entry_missing"  # a lift's numbers have a hole
    LEAF_MISSING = "leaf_missing"  # the tree's places have a hole
    ROOT_DIFFERS = "root_differs"  # the leaves do not give the root that was signed
    SIGNATURE_WRONG = "signature_wrong"  # the checkpoint was not signed with the ledger's key
    CHECKPOINT_AHEAD = "checkpoint_ahead"  # it speaks of more leaves than there are
    CHECKPOINT_MISSING = "checkpoint_missing"  # leaves have places that no checkpoint covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and the row that shows it."""

    kind: FindingKind
    detail: str
    entry_id: int | None = None
    lift_id: str | None = None
    tree_size: int | None = None


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint as published: what it says, and the note that says so."""

    tree_size: int
    root_hash: bytes
    note: str


@dataclass(slots=True)
class LedgerCheck:
    """Goes through the ledger once. `verifier` is needed as soon as there is a checkpoint."""

    verifier: Verifier | None
    findings: list[Finding] = field(default_factory=list)
    findings_count: int = 0
    entries_count: int = 0
    unintegrated_count: int = 0
    checkpoints_count: int = 0
    last_good_size: int = 0
    is_complete: bool = True
    tree: Frontier = field(default_factory=Frontier)
    _tree_is_whole: bool = True
    _root_held: bool = True
    _covered: int = 0
    _last_of_lift: dict[str, tuple[int, int, bytes]] = field(default_factory=dict)

    @property
    def lifts_count(self) -> int:
        return len(self._last_of_lift)

    def take_entry(self, entry: Entry) -> None:
        """Check the next entry; those with a place come first, in order of place."""
        self.entries_count += 1
        if entry_hash(entry) != entry.leaf_hash:
            self._find(FindingKind.CONTENT_CHANGED, "the row does not give its stored hash", entry)
        self._check_chain(entry)
        if entry.leaf_index is None:
            self.unintegrated_count += 1
            return
        if entry.leaf_index != self.tree.size and self._tree_is_whole:
            self._tree_is_whole = False
            detail = f"place {self.tree.size} is empty; the next entry has {entry.leaf_index}"
            self._find(FindingKind.LEAF_MISSING, detail, entry)
        self.tree.append(entry.leaf_hash)

    def take_checkpoint(self, head: SignedHead, *, is_kept: bool = False) -> None:
        """Check a checkpoint when exactly its leaves were taken, or all that there are.

        One that somebody kept proves what it covers, but does not stand in for a stored one.
        """
        self.checkpoints_count += 1
        if not is_kept:
            self._covered = max(self._covered, head.tree_size)
        if head.tree_size > self.tree.size and self._tree_is_whole:
            detail = f"it speaks of {head.tree_size} leaves; there are {self.tree.size}"
            self._find(FindingKind.CHECKPOINT_AHEAD, detail, head=head)
            return
        problem = self._signature_problem(head)
        if problem is not None:
            self._find(FindingKind.SIGNATURE_WRONG, problem, head=head)
        if self.tree.root() == head.root_hash:
            self.last_good_size = head.tree_size
        elif self._root_held and self._tree_is_whole:
            self._root_held = False
            detail = (
                f"an entry with a place from {self.last_good_size} to {head.tree_size - 1} was "
                "changed together with its hash, or replaced"
            )
            self._find(FindingKind.ROOT_DIFFERS, detail, head=head)

    def finish(self) -> None:
        """Say whether all places are covered; call after the last entry and checkpoint."""
        if self.tree.size > self._covered:
            detail = f"places {self._covered} to {self.tree.size - 1} are covered by no checkpoint"
            self._find(FindingKind.CHECKPOINT_MISSING, detail)

    def _check_chain(self, entry: Entry) -> None:
        before_id, number, before_hash = self._last_of_lift.get(
            entry.lift_id, (0, -1, NO_PREVIOUS_HASH)
        )
        if entry.lift_entry_number != number + 1:
            detail = (
                f"the lift's entry {number + 1} is missing before number {entry.lift_entry_number}"
            )
            self._find(FindingKind.ENTRY_MISSING, detail, entry)
        elif entry.lift_previous_hash != before_hash:
            detail = f"it does not point to the lift's entry before it (entry_id {before_id})"
            self._find(FindingKind.CHAIN_BROKEN, detail, entry)
        self._last_of_lift[entry.lift_id] = (
            entry.entry_id,
            entry.lift_entry_number,
            entry.leaf_hash,
        )

    def _signature_problem(self, head: SignedHead) -> str | None:
        assert self.verifier is not None, "a checkpoint cannot be checked without the public key"
        try:
            said = read_checkpoint(self.verifier.open(head.note))
        except NoteError as error:
            return str(error)
        if said != Checkpoint(self.verifier.name, head.tree_size, head.root_hash):
            return "the signed note says something else than the row"
        return None

    def _find(
        self,
        kind: FindingKind,
        detail: str,
        entry: Entry | None = None,
        head: SignedHead | None = None,
    ) -> None:
        self.findings_count += 1
        if len(self.findings) < FINDINGS_MAX:
            finding = Finding(
                kind=kind,
                detail=detail,
                entry_id=None if entry is None else entry.entry_id,
                lift_id=None if entry is None else entry.lift_id,
                tree_size=None if head is None else head.tree_size,
            )
            self.findings.append(finding)


async def verify(
    connection: Connection,
    verifier: Verifier | None,
    kept: Sequence[SignedHead] = (),
    *,
    entries_max: int | None = None,
) -> LedgerCheck:
    """Check the whole ledger in one snapshot; `kept` are checkpoints that somebody kept.

    With `entries_max` it stops after that many, the oldest, and `is_complete` says so.

    The connection must be in a REPEATABLE READ transaction, so that what is written meanwhile does
    not look like a gap.
    """
    check = LedgerCheck(verifier)
    waiting = sorted(kept, key=lambda head: head.tree_size)
    async with aclosing(store.stream_checkpoints(connection)) as checkpoints:
        stored = await anext(checkpoints, None)
        async with aclosing(store.stream_entries(connection)) as entries:
            async for entry in entries:
                if check.entries_count == entries_max:
                    check.is_complete = False
                    return check
                while stored is not None and _is_due(stored["tree_size"], check, entry):
                    check.take_checkpoint(_head(stored))
                    stored = await anext(checkpoints, None)
                while waiting and _is_due(waiting[0].tree_size, check, entry):
                    check.take_checkpoint(waiting.pop(0), is_kept=True)
                check.take_entry(entry)
        while stored is not None:
            check.take_checkpoint(_head(stored))
            stored = await anext(checkpoints, None)
    for head in waiting:
        check.take_checkpoint(head, is_kept=True)
    check.finish()
    return check


def _is_due(tree_size: int, check: LedgerCheck, following: Entry) -> bool:
    """Tell whether a checkpoint's leaves are all taken, or will never come."""
    return tree_size <= check.tree.size or following.leaf_index is None


def _head(row: DictRow) -> SignedHead:
    return SignedHead(row["tree_size"], row["root_hash"], row["note"])
