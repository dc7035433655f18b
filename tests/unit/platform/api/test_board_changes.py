"""Which rows of the board are worth sending."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liftward_platform.api.board_changes import DATA_AGE_STEP, changed_ids, gone_ids, noticed_ids

SEEN_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def row(state: str = "open", age_s: float | None = 0.0) -> dict[str, Any]:
    observed = None if age_s is None else (SEEN_AT + timedelta(seconds=age_s)).isoformat()
    return {"state": state, "last_observed_at": observed}


def test_new_and_changed_rows_are_news() -> None:
    """A new incident and a changed one are sent, an unchanged one is not."""
    sent = {1: row(), 2: row()}
    current = {1: row(), 2: row("ordered"), 3: row()}

    assert changed_ids(sent, current) == [2, 3]


@pytest.mark.parametrize(
    ("before_s", "after_s", "is_news"),
    [
        (0.0, 0.0, False),
        (0.0, DATA_AGE_STEP.total_seconds() - 0.001, False),
        (0.0, DATA_AGE_STEP.total_seconds(), True),
        (None, 0.0, True),
        (0.0, None, True),
        (None, None, False),
    ],
)
def test_a_sample_alone_is_news_only_now_and_then(
    before_s: float | None, after_s: float | None, *, is_news: bool
) -> None:
    """The age of a lift's data is passed on in steps, its coming and going at once."""
    assert changed_ids({1: row(age_s=before_s)}, {1: row(age_s=after_s)}) == [1] * is_news


def test_closed_incidents_have_gone() -> None:
    """What is no longer on the board is found, in order."""
    assert gone_ids({3: row(), 1: row(), 2: row()}, {2: row()}) == [1, 3]


def test_notices_change_with_who_is_there_and_how_sure() -> None:
    """An age that grows in a sentence is no news; a new row or another level is."""
    before = {"detection_id": 7, "level": "suspected", "sentence": "for 14 s"}

    assert noticed_ids([before]) == noticed_ids([{**before, "sentence": "for 15 s"}])
    assert noticed_ids([before]) != noticed_ids([{**before, "level": "probable"}])
    assert noticed_ids([before]) != noticed_ids([])
