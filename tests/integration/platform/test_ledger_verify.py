"""`liftward ledger verify` finds what was rewritten behind the platform's back, and names it."""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import DictRow

from liftward_platform.ledger import checkpoint, service
from liftward_platform.ledger.key_file import LedgerKeyFile
from liftward_platform.ledger.leaf import entry_hash
from liftward_platform.ledger.model import EntryKind, NewEntry
from liftward_platform.ledger.verification import verify
from support.platform_scene import add_lift, add_town, connect
from support.processes import LiftwardProcesses
from support.virtual_time import START

pytestmark = pytest.mark.integration


@dataclass(frozen=True, slots=True)
class LedgerScene:
    """Six entries of two lifts, two checkpoints over the first five, and an intruder's hands."""

    connection: AsyncConnection[DictRow]
    key_file: LedgerKeyFile
    dsn: str
    processes: LiftwardProcesses
    first_note: str
    entry_ids: list[int]

    async def tamper(self, statement: str, *values: Any) -> None:
        """Change rows as somebody with the database's password can."""
        async with self.connection.transaction():
            await self.connection.execute("SET LOCAL session_replication_role = replica")
            cursor = await self.connection.execute(statement.encode(), values)
            assert cursor.rowcount >= 1

    async def rehash(self, entry_id: int) -> None:
        """Make a changed row consistent with itself."""
        rows = await service.lift_entries(self.connection, "TEST-0")
        rows += await service.lift_entries(self.connection, "TEST-1")
        (row,) = [row for row in rows if row.entry_id == entry_id]
        await self.tamper(
            "UPDATE ledger_entry SET leaf_hash = %s WHERE entry_id = %s", entry_hash(row), entry_id
        )

    def verify(self, *words: str, public: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the command."""
        key_file = self.key_file.path if public else self.key_file.path.with_name("none")
        environ = {
            "LIFTWARD_DATABASE_URL": self.dsn,
            "LIFTWARD_LEDGER_KEY_FILE": str(key_file),
        }
        return self.processes.run("ledger", "verify", *words, environ=environ)

    def findings(self, *words: str) -> list[tuple[str, int | None, str | None]]:
        """Return kind, entry id and lift id of what the command finds; it must exit 1."""
        done = self.verify("--json", *words)
        assert done.returncode == 1, done.stderr
        report = json.loads(done.stdout)
        assert report["holds"] is False
        return [(one["kind"], one["entry_id"], one["lift_id"]) for one in report["findings"]]


@asynccontextmanager
async def ledger_scene(
    dsn: str, folder: Path, processes: LiftwardProcesses
) -> AsyncIterator[LedgerScene]:
    key_file = LedgerKeyFile(folder / "ledger.key")
    async with await connect(dsn) as connection:
        await add_town(connection)
        lifts = [await add_lift(connection, f"TEST-{number}") for number in range(2)]
        entry_ids = []
        for number in range(6):
            entry = NewEntry(
                lift_key=lifts[number % 2],
                kind=EntryKind.ORDER_SENT,
                occurred_at=START,
                recorded_at=START,
                actor="engine",
                body={"number": number},
            )
            async with connection.transaction():
                entry_ids.append(await service.append(connection, entry))
            if number in {2, 4}:
                async with connection.transaction():
                    await checkpoint.integrate(connection, START, key_file.signer(), 10)
            if number == 2:
                first_note = await checkpoint.latest_note(connection) or ""
        yield LedgerScene(connection, key_file, dsn, processes, first_note, entry_ids)


async def test_an_untouched_ledger_holds(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """Everything is counted, nothing is found, exit status 0; also with a kept checkpoint."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        kept = tmp_path / "kept"
        kept.write_text(scene.first_note)

        done = scene.verify("--json", "--checkpoint", str(kept))
        plain = scene.verify()

    report = json.loads(done.stdout)
    assert (done.returncode, plain.returncode) == (0, 0)
    assert report["holds"] is True
    assert (report["entries"], report["lifts"], report["tree_size"]) == (6, 2, 5)
    assert report["entries_not_yet_in_a_checkpoint"] == 1
    assert "the ledger holds" in plain.stdout


@pytest.mark.parametrize(
    "change",
    [
        """body = '{"number":9}'""",
        """body = '{"number": 1}'""",
        "actor = 'dispatcher'",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "kind = 'order_answered'",
        "leaf_hash = sha256('x')",
    ],
)
async def test_an_edited_row_is_named(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses, change: str
) -> None:
    """A change of any column, be it a blank or a microsecond, is found and the row named."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        row = scene.entry_ids[1]
        await scene.tamper(f"UPDATE ledger_entry SET {change} WHERE entry_id = %s", row)

        found = scene.findings()
        plain = scene.verify()

    assert found[0] == ("content_changed", row, "TEST-1")
    assert f"WRONG entry_id {row}, lift_id TEST-1: content_changed" in plain.stdout


async def test_an_edit_with_its_hash_breaks_the_chain_and_the_root(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """Who repairs the hash of a changed row is betrayed by the next entry and the signed root."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        row, following = scene.entry_ids[1], scene.entry_ids[3]
        await scene.tamper(
            """UPDATE ledger_entry SET body = '{"number":9}' WHERE entry_id = %s""", row
        )
        await scene.rehash(row)

        found = scene.findings()

    assert ("chain_broken", following, "TEST-1") in found
    assert ("root_differs", None, None) in found


async def test_a_whole_forged_chain_is_betrayed_by_the_signed_root(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """A lift's chain rewritten to its end is consistent; the root that was signed before is not."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        row, following, last = (scene.entry_ids[number] for number in (1, 3, 5))
        await scene.tamper(
            """UPDATE ledger_entry SET body = '{"number":9}' WHERE entry_id = %s""", row
        )
        await scene.rehash(row)
        for before, after in ((row, following), (following, last)):
            await scene.tamper(
                "UPDATE ledger_entry SET lift_previous_hash = "
                "(SELECT leaf_hash FROM ledger_entry WHERE entry_id = %s) WHERE entry_id = %s",
                before,
                after,
            )
            await scene.rehash(after)

        found = scene.findings()

    assert found == [("root_differs", None, None)]


async def test_a_removed_row_leaves_a_hole(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """A deleted entry is missed in its lift's numbers and in the tree."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        await scene.tamper("DELETE FROM ledger_entry WHERE entry_id = %s", scene.entry_ids[1])

        found = scene.findings()

    assert ("entry_missing", scene.entry_ids[3], "TEST-1") in found
    assert ("leaf_missing", scene.entry_ids[2], "TEST-0") in found


async def test_a_cut_off_end_is_missed_by_the_checkpoint(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """Entries removed from the end are missed by the head that counted them."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        await scene.tamper("DELETE FROM ledger_entry WHERE entry_id >= %s", scene.entry_ids[4])

        found = scene.findings()

    assert found == [("checkpoint_ahead", None, None)]


async def test_an_end_cut_off_with_its_checkpoints_is_missed_by_a_kept_one(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """The platform alone cannot see it; whoever kept a checkpoint can."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        kept = tmp_path / "kept"
        kept.write_text(await checkpoint.latest_note(scene.connection) or "")
        await scene.tamper("DELETE FROM ledger_entry WHERE entry_id >= %s", scene.entry_ids[3])
        await scene.tamper("DELETE FROM ledger_checkpoint WHERE tree_size = %s", 5)

        alone = scene.verify("--json")
        found = scene.findings("--checkpoint", str(kept))

    assert alone.returncode == 0
    assert found == [("checkpoint_ahead", None, None)]


async def test_a_checkpoint_nobody_signed_is_found(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """A changed note does not open; a removed one leaves places uncovered."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        await scene.tamper(
            "UPDATE ledger_checkpoint SET note = replace(note, '3', '4') WHERE tree_size = %s", 3
        )
        changed = scene.findings()
        await scene.tamper("DELETE FROM ledger_checkpoint WHERE tree_size = %s", 5)
        removed = scene.findings()

    assert changed == [("signature_wrong", None, None)]
    assert ("checkpoint_missing", None, None) in removed


async def test_without_the_public_key_it_does_not_pretend(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """Signatures that cannot be checked are no pass: exit status 2 says what is needed."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        without = scene.verify(public=False)
        public_key = str(scene.key_file.verifier())
        given = scene.verify("--public-key", public_key, public=False)
        wrong = scene.verify("--public-key", "nonsense")

    assert (without.returncode, given.returncode, wrong.returncode) == (2, 0, 2)
    assert "--public-key" in without.stderr


async def test_a_quick_check_says_what_it_left_out(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """A bounded check looks at the oldest entries only, and says that it did."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        await scene.connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        async with scene.connection.transaction():
            bounded = await verify(scene.connection, scene.key_file.verifier(), entries_max=4)
        done = scene.verify("--json", "--quick")

    assert (bounded.is_complete, bounded.entries_count, bounded.checkpoints_count) == (False, 4, 1)
    assert bounded.findings_count == 0
    report = json.loads(done.stdout)
    assert (done.returncode, report["quick"], report["complete"]) == (0, True, True)


async def test_show_prints_a_lifts_history(
    database_dsn: str, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """A person reads the entries in order; a program gets them as one object."""
    async with ledger_scene(database_dsn, tmp_path, processes) as scene:
        environ = {
            "LIFTWARD_DATABASE_URL": database_dsn,
            "LIFTWARD_LEDGER_KEY_FILE": str(scene.key_file.path),
        }
        plain = processes.run("ledger", "show", "TEST-0", environ=environ)
        as_json = processes.run("ledger", "show", "TEST-0", "--json", environ=environ)
        unknown = processes.run("ledger", "show", "NOBODY", environ=environ)
        key = processes.run("ledger", "key", environ=environ)

    assert [line.split()[2] for line in plain.stdout.splitlines()] == ["order_sent"] * 3
    assert [one["body"]["number"] for one in json.loads(as_json.stdout)["entries"]] == [0, 2, 4]
    assert (unknown.returncode, "no lift 'NOBODY'" in unknown.stderr) == (2, True)
    assert key.stdout.strip() == str(scene.key_file.verifier())
