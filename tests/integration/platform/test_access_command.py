"""`liftward account` as people run it."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from liftward_kit.subcommand import CallError
from liftward_platform.access.command import configure, run

pytestmark = pytest.mark.integration


def account(dsn: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("LIFTWARD_DATABASE_URL", dsn)
    parser = ArgumentParser()
    configure(parser)
    return run(parser.parse_args(words))


CREATE = ("create", "--id", "desk", "--role", "dispatcher", "--name", "Demo Desk")


def test_a_generated_secret_is_printed_once_and_alone(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output holds the secret and nothing else, so that a script can take it."""
    status = account(database_dsn, monkeypatch, *CREATE)
    secret = capsys.readouterr().out

    account(database_dsn, monkeypatch, "list", "--json")
    listed = json.loads(capsys.readouterr().out)["accounts"]

    assert status == 0
    assert len(secret.strip()) == 24
    assert [(one["account_id"], one["role"]) for one in listed] == [("desk", "dispatcher")]
    assert secret.strip() not in json.dumps(listed)


def test_a_secret_from_a_file_is_not_printed(
    database_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """What the person chose is known to the person."""
    file = tmp_path / "secret"
    file.write_text("a-secret-long-enough\n")

    status = account(database_dsn, monkeypatch, *CREATE, "--secret-file", str(file))

    assert status == 0
    assert "a-secret-long-enough" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("create", "--id", "a b", "--role", "operator", "--name", "X"), "cannot be an account id"),
        (("create", "--id", "engine", "--role", "operator", "--name", "X"), "cannot be an account"),
        (("create", "--id", "c", "--role", "crew", "--name", "X"), "names its crew"),
        (
            ("create", "--id", "c", "--role", "crew", "--name", "X", "--crew-id", "none"),
            "no crew 'none'",
        ),
        (("disable", "--id", "nobody"), "no account 'nobody'"),
        (("secret", "--id", "nobody"), "no account 'nobody'"),
    ],
)
def test_a_call_that_cannot_work_says_why(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    """Each mistake is one sentence that names the value."""
    with pytest.raises(CallError, match=message):
        account(database_dsn, monkeypatch, *words)


def test_a_short_secret_and_a_taken_id_are_refused(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A weak secret is refused before anything is stored; an id is given once."""
    file = tmp_path / "secret"
    file.write_text("short\n")

    with pytest.raises(CallError, match="12 to 256 characters"):
        account(database_dsn, monkeypatch, *CREATE, "--secret-file", str(file))
    account(database_dsn, monkeypatch, *CREATE)
    with pytest.raises(CallError, match="an account 'desk' already"):
        account(database_dsn, monkeypatch, *CREATE)


def test_disabling_and_replacing_say_what_they_did(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After `disable` the list shows it; `secret` gives a new one."""
    account(database_dsn, monkeypatch, *CREATE)
    capsys.readouterr()

    account(database_dsn, monkeypatch, "secret", "--id", "desk")
    secret = capsys.readouterr().out
    account(database_dsn, monkeypatch, "disable", "--id", "desk")
    account(database_dsn, monkeypatch, "list")

    assert len(secret.strip()) == 24
    assert "disabled" in capsys.readouterr().out


def test_an_unreachable_database_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database the command says so instead of a traceback."""
    with pytest.raises(CallError, match="database cannot be reached"):
        account("host=127.0.0.1 port=1 connect_timeout=1", monkeypatch, "list")
