"""Appending to the ledger, integrating, and reading it back."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.settings import SettingError
from liftward_platform.access.model import Role
from liftward_platform.errors import NotFoundError
from liftward_platform.ledger import checkpoint, service
from liftward_platform.ledger.key_file import LedgerKeyFile
from liftward_platform.ledger.leaf import entry_hash
from liftward_platform.ledger.merkle import root_of
from liftward_platform.ledger.model import NO_PREVIOUS_HASH, EntryKind, NewEntry
from liftward_platform.ledger.signed_note import Signer, read_checkpoint
from support.platform_scene import add_lift, add_town, api_scene, connect
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration
SIGNER = Signer("test/ledger", bytes(range(32)))


def entry(lift_key: int, number: int = 0, **body: Any) -> NewEntry:
    return NewEntry(
        lift_key=lift_key,
        kind=EntryKind.ORDER_SENT,
        occurred_at=START + timedelta(seconds=number, microseconds=number),
        recorded_at=START + timedelta(seconds=number + 1),
        actor="engine",
        body={"number": number, **body},
    )


async def append(connection: AsyncConnection[DictRow], *entries: NewEntry) -> list[int]:
    async with connection.transaction():
        return [await service.append(connection, one) for one in entries]


async def append_and_fail(connection: AsyncConnection[DictRow], new: NewEntry) -> None:
    async with connection.transaction():
        await service.append(connection, new)
        await connection.execute("SELECT * FROM nowhere")


async def test_entries_of_a_lift_form_a_chain(database_dsn: str) -> None:
    """Numbers run from zero, each entry points to the one before, every hash can be recomputed."""
    async with await connect(database_dsn) as connection:
        await add_town(connection)
        lifts = [await add_lift(connection, f"TEST-{number}") for number in range(2)]
        await append(connection, *(entry(lifts[index % 2], index) for index in range(6)))

        chain = await service.lift_entries(connection, "TEST-1")
        page = await service.lift_entries(connection, "TEST-1", after=0, limit=1)

    assert [one.lift_entry_number for one in chain] == [0, 1, 2]
    assert [json.loads(one.body)["number"] for one in chain] == [1, 3, 5]
    assert [one.lift_previous_hash for one in chain] == [
        NO_PREVIOUS_HASH,
        chain[0].leaf_hash,
        chain[1].leaf_hash,
    ]
    assert [entry_hash(one) for one in chain] == [one.leaf_hash for one in chain]
    assert page == chain[1:2]


async def test_writers_at_the_same_moment_do_not_break_the_chain(database_dsn: str) -> None:
    """Ten connections that append to one lift give one chain without a hole or a fork."""

    async def write(number: int) -> None:
        async with await connect(database_dsn) as connection:
            await append(connection, entry(lift_key, number))

    async with await connect(database_dsn) as connection:
        await add_town(connection)
        lift_key = await add_lift(connection)
        await asyncio.gather(*(write(number) for number in range(10)))

        chain = await service.lift_entries(connection, "TEST-01")

    assert [one.lift_entry_number for one in chain] == list(range(10))
    assert [one.lift_previous_hash for one in chain[1:]] == [one.leaf_hash for one in chain[:-1]]


async def test_an_entry_is_stored_with_what_it_records_or_not_at_all(database_dsn: str) -> None:
    """A transaction that fails after appending leaves no entry and no hole."""
    async with await connect(database_dsn) as connection:
        await add_town(connection)
        lift_key = await add_lift(connection)
        with pytest.raises(psycopg.errors.UndefinedTable):
            await append_and_fail(connection, entry(lift_key))
        await append(connection, entry(lift_key, 1))

        (only,) = await service.lift_entries(connection, "TEST-01")

    assert only.lift_entry_number == 0


async def test_a_lift_nobody_knows_has_no_ledger(database_dsn: str) -> None:
    """Appending to, or reading of, an unregistered lift is refused by name."""
    async with await connect(database_dsn) as connection:
        with pytest.raises(NotFoundError):
            await append(connection, entry(77))
        with pytest.raises(NotFoundError, match="'NOBODY'"):
            await service.lift_entries(connection, "NOBODY")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"phone": "000"}, "personal data .* phone"),
        ({"text": "x" * 20_000}, "at most 16000 characters"),
        ({"value": float("nan")}, r"\$\.value"),
    ],
)
async def test_a_body_that_must_not_be_recorded_is_refused(
    database_dsn: str, body: dict[str, Any], message: str
) -> None:
    """What could never be erased again, or has no canonical text, does not enter."""
    async with await connect(database_dsn) as connection:
        await add_town(connection)
        lift_key = await add_lift(connection)

        with pytest.raises(ValueError, match=message):
            await append(connection, entry(lift_key, **body))


async def test_our_own_programs_cannot_rewrite_history(database_dsn: str) -> None:
    """The table refuses to be updated, deleted from or emptied, also where a place was given."""
    async with await connect(database_dsn) as connection:
        await add_town(connection)
        await append(connection, entry(await add_lift(connection)))
        async with connection.transaction():
            await checkpoint.integrate(connection, START, SIGNER, 10)

        for statement in (
            "UPDATE ledger_entry SET body = '{}'",
            "UPDATE ledger_entry SET leaf_index = 7",
            "DELETE FROM ledger_entry",
            "TRUNCATE ledger_entry",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                await connection.execute(statement)


async def test_checkpoints_grow_over_what_was_appended(database_dsn: str) -> None:
    """Each integration signs a head over all leaves so far; nothing new, no checkpoint."""
    async with await connect(database_dsn) as connection:
        await add_town(connection)
        lift_key = await add_lift(connection)
        counts, notes = [], []
        for first in (0, 3):
            await append(connection, *(entry(lift_key, first + index) for index in range(3)))
            async with connection.transaction():
                counts.append(await checkpoint.integrate(connection, START, SIGNER, 2))
            notes.append(await checkpoint.latest_note(connection))
        async with connection.transaction():
            counts.append(await checkpoint.integrate(connection, START, SIGNER, 10))
            counts.append(await checkpoint.integrate(connection, START, SIGNER, 10))
        notes.append(await checkpoint.latest_note(connection))
        chain = await service.lift_entries(connection, "TEST-01")

    heads = [read_checkpoint(SIGNER.verifier.open(note or "")) for note in notes]
    assert counts == [2, 2, 2, 0]
    assert [head.tree_size for head in heads] == [2, 4, 6]
    assert [one.leaf_index for one in chain] == list(range(6))
    leaves = [one.leaf_hash for one in chain]
    assert [head.root_hash for head in heads] == [root_of(leaves[:size]) for size in (2, 4, 6)]


async def test_integrators_at_the_same_moment_share_the_work(database_dsn: str) -> None:
    """Two engines integrate each entry once, and the tree has no hole."""

    async def integrate() -> int:
        async with await connect(database_dsn) as connection, connection.transaction():
            return await checkpoint.integrate(connection, START, SIGNER, 10)

    async with await connect(database_dsn) as connection:
        await add_town(connection)
        lift_key = await add_lift(connection)
        await append(connection, *(entry(lift_key, index) for index in range(10)))

        counts = await asyncio.gather(*(integrate() for _ in range(3)))

        chain = await service.lift_entries(connection, "TEST-01")

    assert sorted(counts) == [0, 0, 10]
    assert [one.leaf_index for one in chain] == list(range(10))


async def test_the_ledger_is_read_over_http(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """A lift's history for those who may; the signed head for everybody, as plain text."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        lift_key = await add_lift(scene.connection)
        headers = await scene.headers(Role.EVALUATOR)
        none_yet = await scene.client.get("/api/ledger/checkpoint")
        await append(scene.connection, entry(lift_key, 0), entry(lift_key, 1))
        async with scene.connection.transaction():
            await checkpoint.integrate(scene.connection, START, SIGNER, 1)

        history = await scene.client.get("/api/ledger/lifts/TEST-01", headers=headers)
        unknown = await scene.client.get("/api/ledger/lifts/NOBODY", headers=headers)
        head = await scene.client.get("/api/ledger/checkpoint")

    first, second = history.json()["entries"]
    assert (none_yet.status_code, unknown.status_code) == (404, 404)
    assert first["body"] == {"number": 0}
    assert second["lift_previous_hash"] == first["leaf_hash"]
    assert (first["leaf_index"], second["leaf_index"]) == (0, None)
    assert head.headers["content-type"].startswith("text/plain")
    assert read_checkpoint(SIGNER.verifier.open(head.text)).root_hash.hex() == first["leaf_hash"]


def test_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The first call makes the key, mode 0600, its public half beside it; later ones read it."""
    key_file = LedgerKeyFile.from_environ({"LIFTWARD_STATE_DIR": str(tmp_path / "state")})
    before = key_file.verifier()

    first, second = key_file.signer(), key_file.signer()

    assert before is None
    assert first == second
    assert key_file.path.stat().st_mode & 0o777 == 0o600
    assert key_file.verifier() == first.verifier


def test_a_key_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    """A leaked or damaged key must not sign: the message names the setting and what to do."""
    key_file = LedgerKeyFile.from_environ({"LIFTWARD_LEDGER_KEY_FILE": str(tmp_path / "key")})
    key_file.signer()
    key_file.path.chmod(0o644)
    with pytest.raises(SettingError, match=r"LIFTWARD_LEDGER_KEY_FILE is .*chmod 600"):
        key_file.signer()
    key_file.path.chmod(0o600)
    key_file.path.write_text("nonsense")
    with pytest.raises(SettingError, match="PRIVATE"):
        key_file.signer()
