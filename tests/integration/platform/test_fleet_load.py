"""`liftward fleet`: a town is loaded once, again without effect, and changed on purpose."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.errors import CheckViolation
from psycopg.rows import DictRow, dict_row

from liftward_kit.subcommand import CallError
from liftward_platform.fleet import service
from liftward_platform.fleet.command import configure, run
from liftward_platform.fleet.document import DocumentError
from liftward_platform.fleet.model import Loaded
from liftward_wire.profiles.names import ProfileName
from liftward_wire.topics import shard_of
from support.rescue_story import town
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

Connection = AsyncConnection[DictRow]


async def connect(dsn: str) -> Connection:
    return await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)


async def load(connection: Connection, document: object, clock: VirtualClock) -> Loaded:
    async with connection.transaction():
        return await service.load_town(connection, document, now=clock())


async def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(query.encode())
    return [tuple(row.values()) for row in await cursor.fetchall()]


LEDGER = (
    "SELECT lift_id, kind, ledger_entry.occurred_at FROM ledger_entry JOIN lift USING (lift_key)"
    " ORDER BY entry_id"
)


async def test_loading_twice_is_loading_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The second time nothing is new, nothing is recorded, and the lift keeps its first day."""
    async with await connect(database_dsn) as connection:
        first = await load(connection, town("A-1", "A-2"), virtual_clock)
        recorded = await rows(connection, LEDGER)
        registered_at = virtual_clock()
        virtual_clock.advance(minutes=10)
        second = await load(connection, town("A-1", "A-2"), virtual_clock)

        assert (first.lifts_new_count, first.contracts_begun_count) == (2, 2)
        assert (second.lifts_new_count, second.contracts_begun_count) == (0, 0)
        assert [kind for _, kind, _ in recorded] == [
            "lift_registered", "lift_registered", "contract_begun", "contract_begun",
        ]  # fmt: skip
        assert await rows(connection, LEDGER) == recorded
        lift = await service.lift_by_id(connection, "A-1", virtual_clock())
        assert (lift.registered_at, lift.maintainer_id) == (registered_at, "maintainer-01")


async def test_a_new_maintainer_begins_where_the_old_one_ends(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Both ends are on record; a beginning before the old one's is refused by name."""
    async with await connect(database_dsn) as connection:
        await load(connection, town(), virtual_clock)
        changed = town()
        changed["lifts"][0] |= {"maintainer_id": "maintainer-02", "contract_from": "2026-02-01"}

        loaded = await load(connection, changed, virtual_clock)

        contracts = await rows(
            connection,
            "SELECT maintainer_id, valid_until::text FROM maintenance_contract ORDER BY valid_from",
        )
        assert loaded.contracts_begun_count == 1
        assert [name for name, _ in contracts] == ["maintainer-01", "maintainer-02"]
        assert contracts[1][1] is None
        kinds = [kind for _, kind, _ in await rows(connection, LEDGER)]
        assert kinds[-2:] == ["contract_ended", "contract_begun"]

        changed["lifts"][0] |= {"maintainer_id": "maintainer-01", "contract_from": "2026-01-01"}
        with pytest.raises(DocumentError, match=r"\$\.lifts\[0\]\.contract_from is 2026-01-01"):
            await load(connection, changed, virtual_clock)


async def test_devices_speak_for_the_lifts_the_document_names(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """An edge that serves fewer lifts than before loses the others; the shard is the contract's."""
    async with await connect(database_dsn) as connection:
        document = town("A-1", "A-2")
        document["devices"] = [
            {"device_id": "EDGE-1", "kind": "edge", "lift_ids": ["A-1", "A-2"]},
        ]
        await load(connection, document, virtual_clock)
        document["devices"][0]["lift_ids"] = ["A-2"]
        await load(connection, document, virtual_clock)

        found = await rows(
            connection,
            "SELECT device_id, shard, lift_id FROM device JOIN device_lift USING (device_id)"
            " JOIN lift USING (lift_key)",
        )
        assert found == [("EDGE-1", shard_of("EDGE-1"), "A-2")]


async def test_a_profile_is_kept_until_another_is_given(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A new device speaks the contract; a document that says nothing changes no profile."""
    seen = []
    async with await connect(database_dsn) as connection:
        document = town("A-1")
        device: dict[str, Any] = {"device_id": "A-1", "kind": "lift", "lift_ids": ["A-1"]}
        document["devices"] = [device]
        for profile in (None, "regional-a", None, "bacnet-lift", "liftward-v1"):
            device.pop("profile", None)
            if profile is not None:
                device["profile"] = profile
            await load(connection, document, virtual_clock)
            seen += await rows(connection, "SELECT profile FROM device")

    assert [profile for (profile,) in seen] == [
        *("liftward-v1", "regional-a", "regional-a", "bacnet-lift", "liftward-v1"),
    ]


async def test_the_database_knows_the_profiles_of_the_program(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Every name of the program can be stored, and no other."""
    async with await connect(database_dsn) as connection:
        document = town("A-1")
        document["devices"] = [{"device_id": "A-1", "kind": "lift", "lift_ids": ["A-1"]}]
        await load(connection, document, virtual_clock)
        for name in ProfileName:
            await connection.execute("UPDATE device SET profile = %s", [name])

        with pytest.raises(CheckViolation, match="device_profile_known"):
            await connection.execute("UPDATE device SET profile = 'next-year'")

        assert await rows(connection, "SELECT profile FROM device") == [(list(ProfileName)[-1],)]


async def test_a_bad_document_changes_nothing(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """One wrong entry among good ones: nothing of it is stored."""
    async with await connect(database_dsn) as connection:
        document = town("A-1", "A-2")
        document["lifts"][1]["site_type"] = "castle"

        with pytest.raises(DocumentError):
            await load(connection, document, virtual_clock)

        assert await rows(connection, "SELECT party_id FROM party") == []


def fleet(dsn: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("LIFTWARD_DATABASE_URL", dsn)
    parser = ArgumentParser()
    configure(parser)
    return run(parser.parse_args(words))


def test_the_command_loads_and_lists(
    database_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """As a person runs it: counts as JSON, lifts as lines."""
    file = tmp_path / "town.json"
    file.write_text(json.dumps(town("A-1", "A-2")))

    status = fleet(database_dsn, monkeypatch, "load", str(file), "--json")
    counts = json.loads(capsys.readouterr().out)
    fleet(database_dsn, monkeypatch, "list", "--query", "a-2")
    listed = capsys.readouterr().out

    assert status == 0
    assert (counts["lifts_new_count"], counts["crews_count"]) == (2, 5)
    assert listed == "A-2  R-A-2  maintainer-01  Sample Tower\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), ("{", "is not JSON"), ('{"lifts": 3}', r"\$\.lifts is 3")],
)
def test_the_command_says_what_is_wrong_with_the_file(
    content: str | None,
    message: str,
    database_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Status 2 and one message, no traceback."""
    file = tmp_path / "town.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(CallError, match=message):
        fleet(database_dsn, monkeypatch, "load", str(file))
