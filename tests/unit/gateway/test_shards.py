import pytest

from liftward_gateway.shards import ShardRange


def test_a_range_is_written_as_it_is_read() -> None:
    """Two hex digits each, both ends included."""
    part = ShardRange.parse("7e-80")

    assert (str(part), list(part.shards), 0x80 in part, 0x81 in part) == (
        "7e-80",
        [0x7E, 0x7F, 0x80],
        True,
        False,
    )


@pytest.mark.parametrize("text", ["", "00", "00-100", "80-7f", "0-f", "00-FF", "00-ff\n", "gg-ff"])
def test_anything_else_is_refused(text: str) -> None:
    """A worker with a misread range would leave lifts unwatched."""
    with pytest.raises(ValueError, match=r"is not two shards|not a range"):
        ShardRange.parse(text)
