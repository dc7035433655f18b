"""How loud a missing test call is, against a plain count of the tests missed."""

from datetime import timedelta

import pytest

from liftward_platform.test_calls.model import DUE_AFTER, GRACE, notice_level


@pytest.mark.parametrize("hours", [0, 72, 73, 74, 145, 146, 217, 218, 9_999])
def test_a_level_for_each_missed_test_up_to_three(hours: int) -> None:
    """72 hours and an hour of grace; then one louder for each further 72 hours."""
    since = timedelta(hours=hours)
    missed = 0
    while since > DUE_AFTER * (missed + 1) + GRACE and missed < 3:
        missed += 1

    assert notice_level(since) == missed
