"""What silence means for a fleet: who turns quiet and dark, when, and who does not."""

from math import inf

import numpy as np
import pytest

from liftward_gateway.liveness.belief import Belief
from liftward_gateway.liveness.hearing import Hearing
from liftward_gateway.liveness.limits import LIMITS
from support.liveness_fleet import SECOND, WatchedFleet

HUNDRED_THOUSAND = 100_000


def test_a_missed_heartbeat_is_quiet_and_three_are_dark() -> None:
    """Both with their reason, and dark since the last word, not since somebody noticed."""
    fleet = WatchedFleet(3)
    fleet.promise(heartbeat_s=60.0)
    fleet.settle()
    spoke_us = fleet.now_us
    fleet.speak([0, 1])
    fleet.passes(120, every_s=30, who=[1, 2])
    quiet = fleet.with_belief(Belief.QUIET), fleet.reason(0)
    fleet.passes(60, every_s=30, who=[1, 2])

    assert quiet == ({0}, "heartbeat_late")
    assert fleet.with_belief(Belief.DARK) == {0}
    assert fleet.reason(0) == "heartbeat_missed"
    assert fleet.liveness.beliefs.since_us[0] == spoke_us
    assert fleet.went_dark == {0: spoke_us + 180 * SECOND}


def test_never_heard_is_neither_live_nor_dark() -> None:
    """A device that is registered and has not been connected yet is counted by itself."""
    fleet = WatchedFleet(2)
    fleet.passes(100, every_s=10, who=[1])

    assert fleet.with_belief(Belief.NEVER) == {0}
    assert fleet.reason(0) == "never_heard"
    assert fleet.liveness.counts() == {
        Belief.NEVER: 1, Belief.LIVE: 1, Belief.QUIET: 0, Belief.DARK: 0,
    }  # fmt: skip


@pytest.mark.parametrize("when", ["before", "with", "after"])
def test_a_word_in_the_microsecond_of_the_timeout_leaves_the_device_live(when: str) -> None:
    """Whichever of the two is handled first: in the end the device is heard, thus live."""
    fleet = WatchedFleet(1)
    fleet.promise(heartbeat_s=60.0)
    fleet.settle()
    fleet.speak([0])
    fleet.passes(179)
    fleet.now_us += SECOND
    if when == "before":
        fleet.speak([0], at_us=fleet.now_us - 1)
    if when == "with":
        fleet.speak([0])
    fleet.look()
    if when == "after":
        assert fleet.with_belief(Belief.DARK) == {0}
        fleet.speak([0])
        spoke_us = fleet.now_us
        fleet.passes(1)
        assert fleet.liveness.beliefs.since_us[0] == spoke_us

    assert fleet.with_belief(Belief.LIVE) == {0}
    fleet.passes(178 if when != "after" else 177)
    assert fleet.with_belief(Belief.QUIET) == {0}


def test_inactivity_of_a_hundred_thousand_is_noticed_within_the_timeout_and_one_look() -> None:
    """However many fall silent, each at its own time."""
    fleet = WatchedFleet(HUNDRED_THOUSAND)
    fleet.promise(heartbeat_s=60.0)
    fleet.settle()
    fleet.speak(fleet.everyone)
    last_us = np.empty(fleet.count, dtype=np.int64)
    rng = np.random.default_rng(7)
    falls_at_s = rng.integers(1, 30, fleet.count)
    for second in range(30):
        fleet.now_us += SECOND
        speaking = np.flatnonzero(falls_at_s >= second)
        offset_us = int(rng.integers(0, SECOND))
        fleet.speak(speaking, at_us=fleet.now_us - offset_us)
        last_us[speaking] = fleet.now_us - offset_us
        fleet.look()
    fleet.passes(185)

    noticed_us = np.array([fleet.went_dark[index] for index in range(fleet.count)])
    late_s = (noticed_us - last_us) / SECOND - 180.0
    assert late_s.min() >= 0.0
    assert late_s.max() <= LIMITS.tick_s + 1e-6


def test_a_broker_restart_turns_nobody_dark_but_those_who_stay_away() -> None:
    """100,000 lose the broker with us and come back one by one; one in a hundred does not."""
    fleet = WatchedFleet(HUNDRED_THOUSAND)
    fleet.promise(heartbeat_s=30.0)
    fleet.settle()
    fleet.speak(fleet.everyone)
    fleet.subscribed_at_us = None
    fleet.passes(600)
    hearing = [fleet.liveness.hearing]
    fleet.subscribed_at_us = fleet.now_us
    rng = np.random.default_rng(11)
    back_at_s = rng.integers(0, 100, fleet.count)
    gone = rng.random(fleet.count) < 0.01
    for second in range(140):
        fleet.now_us += SECOND
        speaking = (back_at_s <= second) & ((second - back_at_s) % 10 == 0) & ~gone
        fleet.speak(np.flatnonzero(speaking))
        fleet.look()
        if second == 50:
            hearing.append(fleet.liveness.hearing)
    assert fleet.went_dark == {}
    fleet.passes(80, every_s=10, who=np.flatnonzero(~gone))

    assert set(fleet.went_dark) == set(np.flatnonzero(gone).tolist())
    assert {fleet.reason(index) for index in fleet.went_dark} == {"heartbeat_missed"}
    assert hearing == [Hearing.BROKER_AWAY, Hearing.SETTLING_AFTER_BROKER_LOSS]
    latest_us = fleet.subscribed_at_us + round((120 + 90 + 2) * SECOND)
    assert max(fleet.went_dark.values()) <= latest_us


def test_wills_of_a_broken_network_wait_for_the_devices_to_come_back() -> None:
    """The broker tells 100,000 wills within a minute: one cause, so all get the long grace."""
    fleet = WatchedFleet(HUNDRED_THOUSAND)
    fleet.promise(heartbeat_s=30.0)
    fleet.settle()
    fleet.speak(fleet.everyone)
    rng = np.random.default_rng(13)
    gone = rng.random(fleet.count) < 0.01
    dies_at_s = rng.integers(0, 45, fleet.count)
    back_at_s = dies_at_s + rng.integers(20, 110, fleet.count)
    back_at_s[gone] = 10_000
    for second in range(200):
        fleet.now_us += SECOND
        speaking = (second < dies_at_s) | (second >= back_at_s)
        fleet.speak(np.flatnonzero(speaking & (second % 10 == 0) | (second == back_at_s)))
        fleet.will(np.flatnonzero(dies_at_s == second))
        fleet.look()
        false_dark = fleet.with_belief(Belief.DARK) - set(np.flatnonzero(gone).tolist())
        assert false_dark == set(), f"second {second}"

    assert fleet.with_belief(Belief.DARK) == set(np.flatnonzero(gone).tolist())


def test_one_will_is_dark_after_the_grace_and_not_when_the_device_is_back() -> None:
    """A lost socket is not an outage; a device that stays away is, long before its heartbeat."""
    fleet = WatchedFleet(100)
    fleet.promise(heartbeat_s=300.0)
    fleet.settle()
    fleet.speak(fleet.everyone)
    fleet.passes(1)
    fleet.will([3, 4])
    fleet.passes(5)
    assert (fleet.with_belief(Belief.QUIET), fleet.reason(3)) == ({3, 4}, "last_will")
    fleet.speak([4])
    fleet.passes(24)
    assert fleet.with_belief(Belief.DARK) == set()
    fleet.passes(1)

    assert fleet.with_belief(Belief.DARK) == {3}
    assert fleet.with_belief(Belief.QUIET) == set()
    assert fleet.reason(3) == "last_will"


def test_a_will_written_before_the_last_birth_says_nothing() -> None:
    """The broker may tell the will of an old connection after the new one's birth."""
    fleet = WatchedFleet(1)
    fleet.settle()
    beliefs = fleet.liveness.beliefs
    beliefs.said_online(0, boot_id=9, heartbeat_s=300.0, sampling_s=None)
    beliefs.set_thresholds(fleet.liveness.hour_of_week)
    fleet.speak([0])
    fleet.passes(1)
    fleet.will([0], boot_id=8)
    fleet.passes(40)

    assert fleet.with_belief(Belief.LIVE) | fleet.with_belief(Belief.QUIET) == {0}
    assert fleet.reason(0) != "last_will"


def test_a_gateway_behind_its_backlog_turns_nobody_dark() -> None:
    """What a device said waits in line: its silence is ours, however long it lasts."""
    fleet = WatchedFleet(1_000)
    fleet.promise(heartbeat_s=30.0)
    fleet.settle()
    fleet.speak(fleet.everyone)
    fleet.behind = True
    fleet.passes(3_600)
    fleet.speak(np.arange(500))
    assert (fleet.went_dark, fleet.liveness.hearing) == ({}, Hearing.BEHIND)
    fleet.behind = False
    fleet.passes(95, every_s=10, who=np.arange(500))

    assert set(fleet.went_dark) == set(range(500, 1_000))


def test_a_gateway_that_was_stopped_counts_at_most_one_step() -> None:
    """Suspended, or waiting an hour for its database: nobody listened, nobody was silent."""
    fleet = WatchedFleet(10)
    fleet.promise(heartbeat_s=30.0)
    fleet.settle()
    fleet.speak(fleet.everyone)
    fleet.now_us += 3_600 * SECOND
    fleet.look()

    assert fleet.went_dark == {}
    assert fleet.with_belief(Belief.LIVE) == set(range(10))


def test_a_flapping_link_of_ours_does_not_hide_silence_for_ever() -> None:
    """Time in which we did listen adds up over our own interruptions."""
    fleet = WatchedFleet(2)
    fleet.promise(heartbeat_s=60.0)
    fleet.settle()
    for _ in range(12):
        fleet.subscribed_at_us = None
        fleet.passes(5)
        fleet.subscribed_at_us = fleet.now_us
        fleet.passes(140, every_s=10, who=[1])

    assert set(fleet.went_dark) == {0}


def test_a_clock_set_back_makes_nobody_dark_and_nobody_young() -> None:
    """The wall clock may jump; silence is counted in steps."""
    fleet = WatchedFleet(1)
    fleet.promise(heartbeat_s=60.0)
    fleet.settle()
    fleet.speak([0])
    fleet.passes(100)
    fleet.now_us -= 1_000 * SECOND
    fleet.subscribed_at_us = -int(1e15)
    fleet.passes(85)

    assert set(fleet.went_dark) == {0}


def test_more_devices_keep_what_is_known_of_the_others() -> None:
    """Registration grows while the worker runs."""
    fleet = WatchedFleet(2)
    fleet.promise(heartbeat_s=60.0)
    fleet.settle()
    before = fleet.liveness.beliefs.room
    fleet.liveness.beliefs.make_room(before + 1)
    fleet.passes(185, every_s=10, who=[1])

    assert fleet.liveness.beliefs.room > before
    assert set(fleet.went_dark) == {0}
    assert inf > fleet.liveness.beliefs.usual_s(0)[0] > 0
