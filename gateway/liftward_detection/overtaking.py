"""Events that come before the samples of their time: what is of later does not count yet.

Events have a path of their own and pass samples: on a link that works by a moment, after an outage
by hours. What an event told is remembered at once; a sample is read with what had been told by its
time. Must not know what an event means.
"""

from liftward_detection.compiling import constant, helper
from liftward_detection.fleet import NONE_US, Record

# On a link that works, events pass the last samples only. No belief grows within such a time.
OVERTAKEN_US = constant(3_000_000)

# As much as a gateway admits of a clock that runs ahead; a slower one is taken for a backlog.
SLOW_CLOCK_US = constant(300_000_000)

# As much as delays alone bring between the two paths; beyond, the clock of the events runs ahead.
AHEAD_BY_DELAY_US = constant(10_000_000)


@helper
def is_awaited(record: Record, at_us: int) -> bool:
    """Tell whether an event was told that is of later than a sample of `at_us`."""
    return record["event_observed_us"] > at_us + OVERTAKEN_US  # type: ignore[no-any-return]  # records are untyped


@helper
def has_come(record: Record, since_us: int, at_us: int) -> bool:
    """Tell whether what an event told of `since_us` counts at `at_us`.

    With no event ahead, a time that lies ahead was told by a clock that was set back since.
    """
    return since_us <= at_us + OVERTAKEN_US or not is_awaited(record, at_us)


@helper
def is_old(at_us: int, received_us: int) -> bool:
    """Tell whether an event is older than a slow clock would make it: it is of a backlog."""
    return at_us + SLOW_CLOCK_US < received_us


@helper
def is_ahead(record: Record, at_us: int, received_us: int) -> bool:
    """Tell whether an event of `at_us` is from a backlog whose samples are still under way.

    It is older than a slow clock would make it, and they have not come so far: how the car stood
    when it happened is not known yet, and they will tell. A press that comes in time is heard
    although no sample does.
    """
    if record["observed_us"] == NONE_US or at_us <= record["observed_us"] + OVERTAKEN_US:
        return False
    return is_old(at_us, received_us)


@helper
def happened_us(record: Record, at_us: int, received_us: int) -> int:
    """Return when an event that dates itself `at_us` happened, by the clock of the samples.

    What is told now has not happened later than now. Events may come from a device of its own whose
    clock runs minutes ahead: by that clock a belief would wait as long before it grows.
    """
    if record["observed_us"] == NONE_US or is_old(at_us, received_us):
        return at_us
    behind_us = record["received_us"] - record["observed_us"]
    if behind_us > SLOW_CLOCK_US:  # the last sample is of a backlog and says nothing of a clock
        behind_us = 0
    return min(at_us, received_us - behind_us + AHEAD_BY_DELAY_US)  # type: ignore[no-any-return]  # records are untyped
