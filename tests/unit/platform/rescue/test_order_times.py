"""When a crew should be there, and which times are believed."""

from datetime import timedelta
from typing import Any

import pytest

from liftward_platform.errors import InvalidError
from liftward_platform.incidents.service import Happening
from liftward_platform.rescue.ending import check_occurred
from liftward_platform.rescue.schemas import expected_arrival
from support.virtual_time import START

MINUTE = timedelta(minutes=1)
ORDER: dict[str, Any] = {
    "state": "sent", "sent_at": START, "answered_at": None, "under_way_at": None,
    "arrived_at": None, "travel_time_s": 600.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected_min"),
    [
        ({}, 10),
        ({"state": "accepted", "answered_at": START + MINUTE}, 11),
        (
            {
                "state": "under_way",
                "answered_at": START + MINUTE,
                "under_way_at": START + 3 * MINUTE,
            },
            13,
        ),
        ({"state": "arrived", "arrived_at": START + 9 * MINUTE}, None),
        ({"state": "refused", "answered_at": START + MINUTE}, None),
    ],
)
def test_the_arrival_is_expected_from_the_last_report_on(
    changes: dict[str, Any], expected_min: int | None
) -> None:
    """Nobody is expected who is there already or is not coming."""
    expected = None if expected_min is None else START + expected_min * MINUTE

    assert expected_arrival(ORDER | changes) == expected


@pytest.mark.parametrize(
    ("offset_s", "code"),
    [(-3600, "occurred_too_early"), (61, "occurred_in_future")],
)
def test_an_impossible_time_is_refused(offset_s: int, code: str) -> None:
    """Before what it follows, or in the future by more than clocks differ."""
    happening = Happening(now=START, actor="x", occurred_at=START + timedelta(seconds=offset_s))

    with pytest.raises(InvalidError) as caught:
        check_occurred(happening, not_before=START - 30 * MINUTE)
    assert caught.value.code == code


def test_a_word_that_comes_late_keeps_both_times() -> None:
    """Entered ten minutes afterwards: it happened then, and was told now."""
    happening = Happening(now=START, actor="x", occurred_at=START - 10 * MINUTE)

    check_occurred(happening, not_before=START - 30 * MINUTE)

    assert (happening.at, happening.now) == (START - 10 * MINUTE, START)
