"""The folder in which a run keeps everything."""

import os
from pathlib import Path

import pytest

from liftward_kit.subcommand import CallError
from liftward_runtime.spawning import UnprivilegedUser
from liftward_runtime.state_directory import (
    FALLBACK_ROOT,
    DirectoryOwnedError,
    StateDirectory,
    owned,
    place,
    write_privately,
)

_SOMEBODY = UnprivilegedUser("somebody", 64_000, 64_000)


@pytest.fixture
def directory(tmp_path: Path) -> StateDirectory:
    made = StateDirectory(tmp_path / "state", tmp_path / "state")
    made.create()
    return made


def test_secrets_are_made_once_and_private(directory: StateDirectory) -> None:
    """A secret is long, stays the same, and no other user can read its file."""
    first = directory.secret("database_password")

    assert len(first.reveal) >= 32
    assert directory.secret("database_password") == first
    assert (directory.root / "secrets" / "database_password").stat().st_mode & 0o777 == 0o600
    assert (directory.root / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_private_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Rewriting leaves the new text, the private mode and no draft behind."""
    path = tmp_path / "secret"
    write_privately(path, "old")

    write_privately(path, "new")

    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_only_one_owner_at_a_time(directory: StateDirectory) -> None:
    """A second owner is refused while the first lasts, and accepted afterwards."""
    with owned(directory), pytest.raises(DirectoryOwnedError), owned(directory):
        pass
    with owned(directory):
        assert directory.lock_file.exists()


def test_closed_folders_move_the_state_elsewhere(tmp_path: Path) -> None:
    """Where the servers' user may not pass, the state goes to a folder named after the path."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    found = place(closed / ".liftward", _SOMEBODY)

    assert found.moved
    assert found.root.parent == FALLBACK_ROOT
    assert found == place(closed / ".liftward", _SOMEBODY)
    assert found.root != place(closed / "other", _SOMEBODY).root


def test_an_ordinary_user_keeps_the_wanted_folder(tmp_path: Path) -> None:
    """Without a change of user nothing moves, however closed the folders are."""
    tmp_path.chmod(0o700)

    assert place(tmp_path / ".liftward", None).root == tmp_path / ".liftward"


def test_a_moved_state_leaves_a_pointer(tmp_path: Path) -> None:
    """The wanted path becomes a symbolic link, and still means the same place afterwards."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    moved = StateDirectory(tmp_path / "elsewhere", closed / ".liftward")

    moved.create()
    moved.create()

    assert (closed / ".liftward" / "logs").is_dir()
    assert place(closed / ".liftward", _SOMEBODY).moved


def test_an_unusable_folder_is_named(tmp_path: Path) -> None:
    """A path below a file cannot become a folder: the message says which, and the way out."""
    (tmp_path / "file").write_text("")
    broken = StateDirectory(tmp_path / "file" / "state", tmp_path / "file" / "state")

    with pytest.raises(CallError, match=r"file/state.*LIFTWARD_STATE_DIR"):
        broken.create()


def test_root_makes_folders_that_servers_can_pass(directory: StateDirectory) -> None:
    """As root the folder lets others through; an ordinary user's is private."""
    expected = 0o755 if os.geteuid() == 0 else 0o700

    assert directory.root.stat().st_mode & 0o777 == expected


@pytest.mark.parametrize("name", ["new", "new/deeper", "."])
def test_a_usable_state_directory_is_found_so_and_left_as_it_was(tmp_path: Path, name: str) -> None:
    """Asking creates nothing that stays, whether or not the folder is there already."""
    StateDirectory(tmp_path / name, tmp_path / name).check_usable()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_an_unusable_state_directory_is_named_with_the_setting(tmp_path: Path, name: str) -> None:
    """Where the folder cannot be made, the message says which and what to set."""
    (tmp_path / "file").touch()

    with pytest.raises(CallError) as caught:
        StateDirectory(tmp_path / name, tmp_path / name).check_usable()

    assert str(tmp_path / name) in str(caught.value)
    assert "LIFTWARD_STATE_DIR" in str(caught.value)


def test_a_moved_state_directory_needs_room_for_its_pointer_too(tmp_path: Path) -> None:
    """The link in the place that was asked for must be possible."""
    (tmp_path / "file").touch()

    with pytest.raises(CallError):
        StateDirectory(tmp_path / "root", tmp_path / "file" / "wanted").check_usable()
