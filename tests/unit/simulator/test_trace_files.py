"""Files that appear whole or not at all."""

import os
from pathlib import Path

import pytest

from liftward_kit.subcommand import CallError
from liftward_simulator.outputs.whole_files import appended_file, whole_file


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    """While it is written the old one stands; afterwards nothing else is left."""
    path = tmp_path / "trace.jsonl"
    path.write_bytes(b"old")

    with whole_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither half a file nor a part of one; the error goes on."""
    path = tmp_path / "trace.jsonl"

    def write_half() -> None:
        with whole_file(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()

    assert list(tmp_path.iterdir()) == []


def test_what_is_no_plain_file_is_written_to_as_it_is(tmp_path: Path) -> None:
    """A pipe or a device must not be replaced by a file of its name."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    with whole_file(pipe) as file:
        file.write(b"through")

    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_folder_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    """Both ways of opening name the file and the reason."""
    for opener in (whole_file, appended_file):
        with (
            pytest.raises(CallError, match=r"cannot write .*none"),
            opener(tmp_path / "none" / "f"),
        ):
            pass
