"""How often a device speaks of a car that stands shut with people in it: what its silence means.

A device that speaks every second and has said nothing for some of its periods is cut off, and what
it would have said is not known; one that speaks every half minute is as usual. So the usual
interval is learned, as a slowly falling maximum, between samples that both find the car so: an
interval that a change has cut short says little. A longer one at most doubles it, because a lost
link is not a rhythm; lost single samples are forgotten soon. Must not know what grows meanwhile.
"""

from liftward_detection.compiling import helper
from liftward_detection.facts import NO, YES, Facts
from liftward_detection.fleet import (
    BYTE,
    EVENTS_AHEAD,
    HEARD_CHANGE,
    PRESSED_UNSEEN,
    STANDS_SHUT,
    Record,
)
from liftward_detection.thresholds import Limits

# It falls by 1/16 of the time that passes, as the allowance for lateness does.
_FALL_SHIFT = 4


@helper
def usual_interval_us(record: Record, limits: Limits) -> int:
    """Return the learned interval, or the one that is assumed of a device not yet known."""
    interval_us = record["interval_us"]
    return limits.unknown_interval_us if interval_us == 0 else int(interval_us)


@helper
def is_gap(record: Record, passed_us: int, limits: Limits) -> bool:
    """Tell whether so much passed since the last sample that nobody knows what happened meanwhile.

    A lost link, or a clock that was set forward. A device that speaks about once a minute, or less
    often, is always heard so.
    """
    usual_us = usual_interval_us(record, limits)
    if usual_us >= limits.grows_in_silence_us:
        return False
    expected_us = int(limits.silence_intervals * usual_us)
    return passed_us > max(expected_us, limits.grows_in_silence_us)


@helper
def learn_interval(record: Record, passed_us: int, limits: Limits) -> None:
    """Learn from the time between two samples of which both find the car standing shut."""
    if passed_us <= 0:
        return
    usual_us = usual_interval_us(record, limits)
    bounded_us = min(passed_us, limits.grows_in_silence_us)
    fallen_us = usual_us - (passed_us >> _FALL_SHIFT)
    if bounded_us > usual_us:
        record["interval_us"] = min(bounded_us, 2 * usual_us)
    elif record["interval_us"] == 0:
        record["interval_us"] = bounded_us
    else:
        record["interval_us"] = max(bounded_us, fallen_us)


@helper
def note_rhythm(record: Record, facts: Facts, passed_us: int, limits: Limits) -> None:
    """Note, after a sample with news, whether the car stands shut and is not known to be empty."""
    stands = facts.stationary == YES and not facts.displaced
    stands = stands and facts.shut != NO and not facts.door_struggles and record["aboard"] != NO
    if not stands:
        record["seen"] &= BYTE ^ STANDS_SHUT
        return
    if record["seen"] & STANDS_SHUT:
        learn_interval(record, passed_us, limits)
    record["seen"] |= STANDS_SHUT


@helper
def silent_from_us(record: Record, limits: Limits) -> int:
    """Return the instant from which on nothing may be concluded from hearing nothing.

    At a landing every stop looks like the beginning of a trap, and the next word tells. Between
    floors no stop is ordinary, and what has stopped the car may have silenced its device; nor is a
    sample waited for where somebody presses. Another event long after the last sample, or one of a
    backlog before its samples, is no word of how the car stands. A device that has said one thing
    only is not known to live: it never fell silent.
    """
    pressed_unseen = record["flags"] & PRESSED_UNSEEN != 0
    heard_us = record["observed_us"]
    after_us = (
        record["event_observed_us"] - heard_us if record["event_observed_us"] > heard_us else 0
    )
    ahead = record["seen"] & EVENTS_AHEAD != 0
    if pressed_unseen or not (ahead or is_gap(record, after_us, limits)):
        heard_us += after_us
    if not record["seen"] & HEARD_CHANGE:
        return heard_us  # type: ignore[no-any-return]  # records are untyped
    longest_us = limits.grows_in_silence_us
    if record["at_level"] == NO or pressed_unseen:
        return heard_us + longest_us  # type: ignore[no-any-return]  # records are untyped
    expected_us = int(limits.silence_intervals * usual_interval_us(record, limits))
    return heard_us + min(expected_us, longest_us)  # type: ignore[no-any-return]  # records are untyped
