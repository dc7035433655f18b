"""Wrong calls of `liftward simulate`: what is said, and that no file is begun."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from liftward_kit.settings import SettingError
from liftward_kit.subcommand import CallError
from liftward_simulator.command import configure
from liftward_simulator.commands import play

SCENARIO = """\
title = "Mine"
title_zh = "我的"
description = "A test."
description_zh = "测试。"
lifts = 2
starts_at = 2026-01-05T17:30:00

[faults]
rate = 2_000.0
"""


def call(*words: str) -> int:
    parser = ArgumentParser()
    configure(parser)
    return play.run(parser.parse_args(words), {})


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--scenario", "nothing"), "allowed: bad_part_batch"),
        (("--scenario", "wrong.toml"), "wrong.toml, line 9: unknown key faults.rate; allowed:"),
        (("--lifts", "0", "--hours", "1"), "allowed: 1 to 300000"),
        (("--lifts", "3", "--town", "town.json"), "allowed: one of them"),
        (("--hours", "-1"), "--hours is -1.0; allowed: above 0"),
        (("--hours", "nan"), "--hours is nan; allowed: above 0"),
        (("--hours", "1", "--minutes", "1"), "allowed: one of them"),
        (
            ("--first-trap-after-s", "-1", "--hours", "1"),
            "--first-trap-after-s is -1.0; allowed: 0",
        ),
        (("--lifts", "3"), "--hours"),
        (("--crews", "--hours", "1"), "--broker"),
    ],
)
def test_a_wrong_call_is_explained_and_leaves_nothing(
    words: tuple[str, ...],
    wanted: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was given, what is allowed; neither trace nor truth nor a part of one is there."""
    monkeypatch.chdir(tmp_path)
    Path("wrong.toml").write_text(SCENARIO, "utf-8")

    with pytest.raises(CallError) as caught:
        call(*words, "--trace", "t.trace", "--truth", "t.truth", "--save-town", "town.json")

    assert wanted in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.toml"]


def test_calls_with_a_broker_are_checked_before_it_is_asked(tmp_path: Path) -> None:
    """An address of another kind, a quick town without an end, a trace beside it."""
    truth = tmp_path / "truth.jsonl"
    with pytest.raises(SettingError, match="mqtt://"):
        call("--broker", "http://example.test", "--truth", str(truth))
    with pytest.raises(CallError, match="--hours"):
        call("--broker", "mqtt://example.test", "--speed", "max", "--truth", str(truth))
    with pytest.raises(CallError, match="one of them"):
        call("--broker", "mqtt://example.test", "--trace", "x", "--truth", str(truth))
    with pytest.raises(CallError, match="--accounts"):
        call("--broker", "mqtt://example.test", "--crews", "--truth", str(truth))

    assert not truth.exists()


def test_an_event_in_a_district_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It would hit nobody, and nobody would know."""
    file = tmp_path / "mine.toml"
    event = '[[events]]\nkind = "mains_cut"\nat_s = 1\nlasting_s = 1\ndistrict = 99\n'
    file.write_text(SCENARIO.replace("[faults]\nrate = 2_000.0\n", event), "utf-8")

    with pytest.raises(CallError, match=r"events\[1\]\.district is 99; allowed in this city: 0 to"):
        call("--scenario", str(file), "--hours", "1")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The trace was opened in vain: nothing of it is left, nor of what stood before it."""
    words = ("--lifts", "2", "--minutes", "1", "--truth", str(tmp_path / "truth.jsonl"))

    with pytest.raises(CallError, match=r"cannot write .*t\.trace"):
        call(*words, "--trace", str(tmp_path / "no" / "t.trace"))

    assert list(tmp_path.iterdir()) == []
