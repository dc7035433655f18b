"""What silence a device's own history makes usual."""

from collections.abc import Callable

import numpy as np
import pytest

from liftward_gateway.liveness.belief import Beliefs
from liftward_gateway.liveness.limits import LIMITS
from liftward_gateway.liveness.rhythm import (
    HOUR_US,
    HOURS_PER_WEEK,
    SAVED_BYTES,
    SECONDS_OF_CODE,
    Rhythms,
    code_of,
    hour_of_week,
)

ONE = np.array([0], dtype=np.intp)
NIGHT = frozenset(range(6))


class Life:
    """One device, whose gaps are given by the hour; no promise."""

    def __init__(self) -> None:
        self.beliefs = Beliefs(LIMITS)
        self.beliefs.make_room(1)
        self.beliefs.active[0] = True
        self.now_us, self.hour = 4 * HOUR_US * 24, 0  # 1970-01-05, a Monday
        self.speak_at_us = self.now_us

    def weeks(self, count: int, gap_s: Callable[[int], float]) -> None:
        """Live so long; `gap_s` says, for an hour of the week, how long the device is silent."""
        for _ in range(count * HOURS_PER_WEEK):
            self.an_hour(gap_s(self.hour))

    def an_hour(self, gap_s: float) -> None:
        end_us = self.now_us + HOUR_US
        self.speak_at_us = min(self.speak_at_us, self.now_us + round(gap_s * 1e6))
        while self.speak_at_us < end_us:
            at_us = np.array([self.speak_at_us])
            self.beliefs.heard(ONE, at_us, at_us)
            self.speak_at_us += round(gap_s * 1e6)
        self.now_us = end_us
        self.beliefs.end_hour(self.hour, end_us, learns=True)
        self.hour = (self.hour + 1) % HOURS_PER_WEEK

    def usual_s(self, hour: int) -> float:
        return float(self.beliefs.usual_s(hour)[0])

    def dark_after_s(self, hour: int) -> float:
        self.beliefs.set_thresholds(hour)
        return float(self.beliefs.dark_after_us[0]) / 1e6


def busy(_hour: int) -> float:
    return 300.0


def sleeps_at_night(hour: int) -> float:
    return 4_000.0 if hour % 24 in NIGHT else 300.0


def test_hours_of_the_week_begin_on_monday() -> None:
    """In UTC, the same for every worker."""
    assert hour_of_week(0) == 72  # 1970-01-01 was a Thursday
    assert hour_of_week(4 * 24 * HOUR_US) == 0
    assert hour_of_week(4 * 24 * HOUR_US - 1) == 167


def test_codes_and_seconds_belong_together() -> None:
    """One byte from a second to three days, never off by more than 5 %, never too short."""
    codes = np.arange(1, 256)
    silences_s = np.geomspace(1.0, 250_000.0, 1_000)
    read_s = SECONDS_OF_CODE[code_of(silences_s)]

    assert code_of(SECONDS_OF_CODE[codes]).tolist() == codes.tolist()
    assert (read_s >= silences_s * 0.9999).all()
    assert (read_s <= silences_s * 1.0515).all()
    assert (code_of([0.0, -5.0, 1e12]).tolist()) == [1, 1, 255]


def test_an_unknown_device_is_given_the_usual_of_what_it_tells() -> None:
    """A heartbeat, else three sampling periods, else a minute."""
    beliefs = Beliefs(LIMITS)
    beliefs.make_room(3)
    beliefs.said_online(1, boot_id=1, heartbeat_s=30.0, sampling_s=1.0)
    beliefs.said_online(2, boot_id=1, heartbeat_s=None, sampling_s=100.0)

    usual_s = beliefs.usual_s(5)[:3]

    assert usual_s == pytest.approx([60.0, 30.0, 300.0], rel=0.06)


def test_a_nightly_silence_becomes_usual_and_the_day_stays_watched() -> None:
    """A device that sleeps at night without a promise is not dark each night for ever."""
    life = Life()
    life.weeks(8, sleeps_at_night)

    assert life.usual_s(27) >= 3_000.0  # Tuesday, three o'clock
    assert life.dark_after_s(27) >= 12_000.0
    assert life.usual_s(36) <= 330.0  # Tuesday noon
    assert life.dark_after_s(36) == pytest.approx(4 * life.usual_s(36))


def test_one_long_outage_teaches_at_most_a_doubling_and_is_forgotten_in_two_weeks() -> None:
    """However long it was."""
    life = Life()
    life.weeks(4, busy)
    before_s = life.usual_s(36)
    for _ in range(36):
        life.an_hour(300.0)
    life.speak_at_us += 30 * HOUR_US
    for _ in range(HOURS_PER_WEEK):
        life.speak_at_us = max(life.speak_at_us, life.now_us)
        silent = life.speak_at_us >= life.now_us + HOUR_US
        life.an_hour(1e9 if silent else 300.0)
    after_s = life.usual_s(40)
    life.weeks(2, busy)

    assert before_s < after_s <= 2.1 * before_s
    assert life.usual_s(40) == pytest.approx(before_s, rel=0.06)


def test_an_outage_that_a_broken_promise_proves_teaches_nothing() -> None:
    """The silence of a device that is dark for a missed heartbeat is no rhythm."""
    life = Life()
    life.beliefs.said_online(0, boot_id=1, heartbeat_s=100.0, sampling_s=None)
    life.weeks(2, busy)
    before = life.beliefs.rhythms.saved(0)
    life.beliefs.set_thresholds(0)
    silent_us = life.now_us + HOUR_US
    life.beliefs.apply(life.beliefs.judged(silent_us, is_listening=True))
    life.beliefs.end_hour(0, silent_us, learns=True)
    life.beliefs.heard(ONE, np.array([silent_us]), np.array([silent_us]))
    life.beliefs.apply(life.beliefs.judged(silent_us, is_listening=True))
    life.beliefs.end_hour(1, silent_us, learns=True)

    overall_moved = life.beliefs.rhythms.saved(0)[-1] - before[-1]
    assert life.beliefs.rhythms.saved(0)[0] == before[0]
    assert overall_moved <= 0


def test_an_hour_we_hardly_listened_to_teaches_nothing() -> None:
    """Our own absence is not the device's silence."""
    life = Life()
    life.weeks(1, busy)
    before = life.beliefs.rhythms.saved(0)
    life.beliefs.end_hour(3, life.now_us + 9 * HOUR_US, learns=False)

    assert life.beliefs.rhythms.saved(0) == before


def test_a_rhythm_survives_being_stored_and_a_foreign_one_is_forgotten() -> None:
    """169 bytes: the hours, then the overall one."""
    life = Life()
    life.weeks(1, sleeps_at_night)
    saved = life.beliefs.rhythms.saved(0)
    again, foreign = Rhythms(1), Rhythms(1)
    again.restore(0, saved)
    foreign.restore(0, saved[:-1])

    assert len(saved) == SAVED_BYTES
    assert again.saved(0) == saved
    assert foreign.saved(0) == bytes(SAVED_BYTES)
