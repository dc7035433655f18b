import subprocess
import sys
from argparse import ArgumentParser

import pytest

from liftward_kit.subcommand import WRONG_CALL
from liftward_runtime.command import READER_GONE, SUBCOMMANDS, load, main


@pytest.mark.parametrize("name", sorted(SUBCOMMANDS))
def test_every_subcommand_exists_and_can_explain_itself(name: str) -> None:
    """The table names modules by text; each one must be there and take its options."""
    parser = ArgumentParser(prog=name)

    load(name).configure(parser)

    assert parser.format_help()


def test_an_unknown_subcommand_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and a message that names what there is."""
    with pytest.raises(SystemExit) as ended:
        main(["fly"])

    assert ended.value.code == WRONG_CALL
    assert "fly" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`liftward simulate list | head -0`: nothing on standard error, and the status says why."""
    listing = [sys.executable, "-P", "-m", "liftward_runtime.command", "simulate", "list"]
    with subprocess.Popen(listing, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, complaint = process.communicate(timeout=60)

    assert complaint == b""
    assert process.returncode == READER_GONE
