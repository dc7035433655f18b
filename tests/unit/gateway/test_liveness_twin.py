"""The arrays against the naive twin, on random lives of devices."""

import random
from typing import Any

import numpy as np
import pytest

from liftward_gateway.liveness.belief import NONE_US, Belief, Beliefs, reason_of
from liftward_gateway.liveness.limits import LIMITS
from support.liveness_twin import SECOND, TwinDevice

DEVICES = 12
START_US = 1_790_000_000 * SECOND


class Both:
    """The arrays and the twins, told the same."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.arrays = Beliefs(LIMITS)
        self.arrays.make_room(DEVICES)
        self.arrays.active[:DEVICES] = True
        self.arrays.set_thresholds(0)
        self.twins = [TwinDevice(LIMITS) for _ in range(DEVICES)]
        self.now_us, self.listened_us, self.hour = START_US, 0, 0

    def passes(self, step_us: int, *, listening: bool) -> None:
        self.now_us += step_us
        self.listened_us += step_us if listening else 0

    def some_speak(self) -> None:
        who = [self.rng.randrange(DEVICES) for _ in range(self.rng.randrange(1, 6))]
        times = [self.now_us + place for place in range(len(who))]
        readings = [self.listened_us + place for place in range(len(who))]
        # In a batch every silence is measured from before the batch, so each device speaks once.
        first = {index: place for place, index in reversed(list(enumerate(who)))}
        kept = sorted(first.values())
        self.arrays.heard(
            np.array([who[place] for place in kept], dtype=np.intp),
            np.array([times[place] for place in kept]),
            np.array([readings[place] for place in kept]),
        )
        for place in kept:
            self.twins[who[place]].hears(times[place], readings[place])
        self.now_us += len(who)

    def one_dies(self) -> None:
        index, goodbye = self.rng.randrange(DEVICES), self.rng.random() < 0.3
        boot_id = self.twins[index].boot_id + self.rng.choice([-1, 0, 0, 0, 1])
        told: dict[str, Any] = {"boot_id": boot_id, "goodbye": goodbye}
        self.arrays.said_offline(index, self.now_us, self.listened_us, **told)
        self.twins[index].says_offline(self.now_us, self.listened_us, boot_id, goodbye=goodbye)

    def one_is_born(self) -> None:
        index = self.rng.randrange(DEVICES)
        heartbeat_s = self.rng.choice([0.0, 1.0, 30.0, 600.0, 86_400.0])
        sampling_s = self.rng.choice([0.0, 1.0, 120.0])
        boot_id = self.twins[index].boot_id + 1
        self.arrays.said_online(
            index, boot_id=boot_id, heartbeat_s=heartbeat_s, sampling_s=sampling_s
        )
        self.arrays.set_thresholds(self.hour, np.array([index]))
        self.twins[index].says_online(boot_id, heartbeat_s, sampling_s)

    def hour_ends(self) -> None:
        self.arrays.end_hour(self.hour, self.listened_us, learns=True)
        for twin in self.twins:
            twin.ends_hour(self.hour, self.listened_us)
        self.hour = (self.hour + self.rng.choice([1, 1, 1, 167])) % 168
        self.arrays.set_thresholds(self.hour)

    def judge(self, *, listening: bool) -> None:
        changes = self.arrays.judged(self.listened_us, is_listening=listening)
        self.arrays.apply(changes)
        for twin in self.twins:
            twin.judge(self.hour, self.listened_us, listening=listening, grace_s=30.0)

    def seen(self) -> list[tuple[str, str, int | None]]:
        return [
            (
                Belief(self.arrays.belief[index]).word,
                str(reason_of(int(self.arrays.reason[index]))),
                None if (since := int(self.arrays.since_us[index])) == NONE_US else since,
            )
            for index in range(DEVICES)
        ]


@pytest.mark.parametrize("seed", range(16))
def test_arrays_and_twin_believe_the_same(seed: int) -> None:
    """Whatever devices say, promise and leave unsaid: same belief, reason and beginning."""
    rng = random.Random(seed)
    both = Both(rng)
    listening = False
    seen: set[tuple[str, str]] = set()
    for turn in range(400):
        if rng.random() < 0.05:
            listening = not listening
        step_s = rng.choice([0.3, 1.0, 20.0, 29.9, 30.0, 90.0, 200.0, 4_000.0])
        both.passes(round(step_s * SECOND), listening=listening)
        what = rng.choice([both.some_speak, both.some_speak, both.some_speak, both.one_dies])
        rng.choice([what, what, what, both.one_is_born, both.hour_ends])()
        both.judge(listening=listening)
        expected = [(twin.belief, twin.reason, twin.since_us) for twin in both.twins]
        assert both.seen() == expected, f"seed {seed}, turn {turn}"
        seen |= {(belief, reason) for belief, reason, _ in expected}

    learned = [
        {int(hour): int(both.arrays.rhythms.usual[hour, index]) for hour in twin.usual}
        for index, twin in enumerate(both.twins)
    ]
    assert learned == [twin.usual for twin in both.twins], f"seed {seed}"
    assert {belief for belief, _ in seen} >= {"live", "quiet", "dark"}, f"seed {seed}"
