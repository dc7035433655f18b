"""How loudly the silence of a technician who is alone is told. Pure.

No rule of the lift codes that we know fixes an interval: ten minutes, and two between reminders,
are ours (policy `check_in_s`, `check_in_repeat_s`). Lone-worker timers of dispatch systems work
alike: a duration, a warning, and a reset by one button.
"""

from enum import StrEnum


class SilenceReason(StrEnum):
    """What a missing sign of life leads to; each is louder than the one before."""

    CHECK_IN_ASKED = "check_in_asked"  # the crew is asked, the dispatchers see it
    CHECK_IN_MISSED = "check_in_missed"  # phone the technician
    NO_SIGN_OF_LIFE = "no_sign_of_life"  # send somebody: told again and again


_LADDER = (
    SilenceReason.CHECK_IN_ASKED,
    SilenceReason.CHECK_IN_MISSED,
    SilenceReason.NO_SIGN_OF_LIFE,
)


def silence(missed_count: int) -> SilenceReason:
    """Return what so many missed signs in a row mean; it never gets quieter.

    `missed_count` counts from 1.
    """
    assert missed_count > 0
    return _LADDER[min(missed_count, len(_LADDER)) - 1]


def loudness(missed_count: int) -> int:
    """Return how loud it is told, 1 to 3."""
    return _LADDER.index(silence(missed_count)) + 1
