import pytest

from liftward_platform.migrations.runner import Migration, SchemaError, check, migrations

FIRST = Migration(1, "0001_first.sql", "SELECT 1")
SECOND = Migration(2, "0002_second.sql", "SELECT 2")


@pytest.mark.parametrize("timescale", [False, True])
def test_numbers_have_no_hole(*, timescale: bool) -> None:
    """Each kind of database gets every number once, from its own folder or from the common one."""
    numbers = [migration.number for migration in migrations(timescale=timescale)]

    assert numbers == list(range(1, len(numbers) + 1))


def test_an_older_program_refuses_a_newer_database() -> None:
    """What a newer version wrote is not for an older one to touch."""
    with pytest.raises(SchemaError, match="older version"):
        check([FIRST], {1: FIRST.sha256, 2: SECOND.sha256})


def test_an_edited_migration_is_refused_by_name() -> None:
    """An applied file is history: editing it would make two databases that differ unseen."""
    with pytest.raises(SchemaError, match="0001_first"):
        check([FIRST, SECOND], {1: "another hash"})


def test_a_database_that_lacks_the_newest_is_no_error_to_bring_up_to_date() -> None:
    """Missing files are what `migrate` is for."""
    check([FIRST, SECOND], {1: FIRST.sha256})

    assert SECOND.sha256 != FIRST.sha256
