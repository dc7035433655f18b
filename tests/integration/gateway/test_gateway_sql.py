import re
from importlib import resources

import psycopg
import pytest
from psycopg.rows import dict_row

from liftward_gateway.store_link import QUERIES

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
    folder = resources.files("liftward_gateway")
    source = "".join(
        file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".py")
    )

    assert [
        name for name in QUERIES if f'"{name}"' not in source and f"'{name}'" not in source
    ] == []
