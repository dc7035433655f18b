import pytest

from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import SettingError


def test_no_database_is_guessed() -> None:
    """With nothing named, libpq would find somebody else's database on this machine."""
    with pytest.raises(SettingError, match="LIFTWARD_DATABASE_URL is not set"):
        DatabaseSettings.from_environ({"PATH": "/bin"})


@pytest.mark.parametrize("name", ["PGHOST", "PGSERVICE", "PGDATABASE", "PGHOSTADDR"])
def test_libpq_may_be_told_where(name: str) -> None:
    """The standard variables name a database as well as our own setting does."""
    assert DatabaseSettings.from_environ({name: "x"}).dsn.reveal == ""
