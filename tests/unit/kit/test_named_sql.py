import pytest

from liftward_kit.named_sql import parse_queries

TEXT = """-- A file may begin with a comment.

-- open_incident --
-- Open one.
INSERT INTO incident DEFAULT VALUES

-- close_incident --
-- Close one.
UPDATE incident SET state = 'closed'
"""


def test_queries_are_split_by_their_headers() -> None:
    """Each query is the text under its name, comment and all."""
    queries = parse_queries(TEXT, source="example")

    assert list(queries) == ["open_incident", "close_incident"]
    assert queries["open_incident"].endswith("DEFAULT VALUES")
    assert "UPDATE" not in queries["open_incident"]


@pytest.mark.parametrize(
    "text", ["-- twice --\nSELECT 1\n-- twice --\nSELECT 2\n", "-- empty --\n"]
)
def test_a_name_that_stands_twice_or_for_nothing_is_refused(text: str) -> None:
    """A mistake in an SQL file is found when it is loaded, and the file is named."""
    with pytest.raises(ValueError, match="example"):
        parse_queries(text, source="example")
