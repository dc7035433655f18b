import re
from importlib import resources

import psycopg
import pytest
from psycopg.rows import dict_row

from liftward_gateway.store_link import QUERIES
from liftward_gateway.writer import DetectionRow, installation_name, write_detections
from support.databases import DatabaseServer, database
from support.fleet_rows import register_lifts

pytestmark = pytest.mark.integration

_PARAMETER = re.compile(r"%\((\w+)\)s")


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_is_prepared_against_the_migrated_schema(name: str, database_dsn: str) -> None:
    """A renamed column breaks this test, not a worker at night."""
    places: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"${places.setdefault(match[1], len(places) + 1)}"

    text = _PARAMETER.sub(number, QUERIES[name]).replace("%%", "%")
    with psycopg.connect(database_dsn, row_factory=dict_row) as connection:
        connection.execute(f"PREPARE checked AS {text}")
        [row] = connection.execute(
            "SELECT count(*) AS count FROM pg_prepared_statements"
        ).fetchall()

    assert row["count"] == 1


def test_every_query_is_used() -> None:
    """A query that nobody calls is a query that nobody keeps right."""
    with resources.as_file(resources.files("liftward_gateway")) as folder:
        source = "".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))

    assert [
        name for name in QUERIES if f'"{name}"' not in source and f"'{name}'" not in source
    ] == []


async def test_two_installations_have_two_names(
    database_dsn: str, postgres_server: DatabaseServer, template_database: str
) -> None:
    """Two installations on one broker must not throw each other off by using one client id."""

    async def name_of(dsn: str) -> str:
        connection = await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row)
        async with connection:
            return await installation_name(connection)

    with database(postgres_server, template=template_database) as other_dsn:
        first, again, other = [
            await name_of(dsn) for dsn in (database_dsn, database_dsn, other_dsn)
        ]

    assert first == again
    assert first != other


async def test_many_transitions_are_written_at_once_and_a_repeat_once(database_dsn: str) -> None:
    """What a power cut concludes for a whole city: each row as it was, whatever its words."""
    keys = register_lifts(database_dsn, ["MANY-1", "MANY-2"])
    evidence = {"word": 'it\'s \\ "quoted", {1,NULL}, 困人', "p": 0.25, "not_known": None}
    rows = [
        DetectionRow(
            lift_key=key,
            kind=kind,
            transition="began",
            level="probable",
            onset_us=1_700_000_000_000_001 + key,
            detected_us=1_700_000_000_123_457,
            received_us=1_700_000_001_000_003,
            reason="between_floors",
            evidence=evidence,
            detector_version="test-1",
            thresholds_hash="00",
        )
        for key in keys.values()
        for kind in ("entrapment", "gb_43")
    ]
    connection = await psycopg.AsyncConnection.connect(database_dsn, row_factory=dict_row)
    async with connection:
        await write_detections(connection, [*rows, rows[0]])
        await write_detections(connection, rows[1:])
        await write_detections(connection, [])
        cursor = await connection.execute(
            "SELECT lift_key, kind, transition, level, reason, evidence, detector_version,"
            "       (extract(epoch FROM onset_at) * 1000000)::bigint AS onset_us,"
            "       (extract(epoch FROM detected_at) * 1000000)::bigint AS detected_us,"
            "       (extract(epoch FROM received_at) * 1000000)::bigint AS received_us,"
            "       thresholds_hash FROM detection ORDER BY lift_key, kind"
        )
        stored = [DetectionRow(**row) for row in await cursor.fetchall()]

    assert stored == rows
