"""Every query kept beside a store is one that the migrated database understands."""

import re
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import liftward_platform
from liftward_kit.named_sql import parse_queries
from liftward_platform.migrations.runner import has_timescale

pytestmark = pytest.mark.integration

PACKAGE = Path(liftward_platform.__file__).parent
# Of these two files a database understands the one for the storage it has.
STORAGE_FILES = {"native.sql": False, "timescale.sql": True}
FILES = sorted(
    file
    for file in PACKAGE.glob("*/*.sql")
    if file.parent.name != "migrations" and parse_queries(file.read_text("utf-8"), source=file.name)
)
# PostgreSQL prepares neither of these.
UNPREPARABLE = re.compile(r"^\s*(?:--.*\n\s*)*(LISTEN|NOTIFY|LOCK|CALL|COPY)\b")
PARAMETER = re.compile(r"%\((\w+)\)s")


def shown(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def prepared(text: str) -> str:
    """Return a query with numbered parameters, each name always the same number."""
    names = list(dict.fromkeys(PARAMETER.findall(text)))
    numbered = PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", text)
    return numbered.replace("%%", "%")


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_every_query_can_be_prepared(file: Path, database_dsn: str) -> None:
    """A misspelled column or a missing table is found here, not at night."""
    queries = parse_queries(file.read_text("utf-8"), source=shown(file))
    with psycopg.connect(database_dsn, autocommit=True) as connection:
        if STORAGE_FILES.get(file.name, has_timescale(connection)) != has_timescale(connection):
            assert queries
            return
        wrong = {}
        for name, text in queries.items():
            if UNPREPARABLE.match(text):
                continue
            statement = sql.SQL("PREPARE {} AS {}").format(
                sql.Identifier(name),
                sql.SQL(prepared(text)),
            )
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                wrong[name] = str(error)

    assert wrong == {}


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_every_query_says_what_it_is_for_and_is_used(file: Path) -> None:
    """A purpose under each name; a query nobody runs is dead weight."""
    queries = parse_queries(file.read_text("utf-8"), source=shown(file))
    code = "\n".join(source.read_text("utf-8") for source in file.parent.glob("*.py"))
    families = set(re.findall(r"QUERIES\[f\"(\w+?)\{", code))

    silent = [name for name, text in queries.items() if not text.startswith("-- ")]
    unused = [
        name
        for name in queries
        if f'"{name}"' not in code and not any(name.startswith(family) for family in families)
    ]

    assert (silent, unused) == ([], [])
