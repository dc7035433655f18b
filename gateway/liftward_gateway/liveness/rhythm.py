"""What silence is usual for a device at this hour of the week, learned one byte an hour.

For each of the 168 hours of a week (UTC) and each device stands the longest silence of an ordinary
such hour, on a logarithmic scale: 300,000 devices are 50 MB. At the end of an hour the longest
silence seen in it moves the byte: down by at most the root of two, up by at most twofold. So one
outage, however long, never makes outages usual; what comes back each week does become usual.
Knows codes and arrays. Must not know beliefs, devices or the clock.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

HOURS_PER_WEEK = 168
HOUR_US = 3_600_000_000
# 1970-01-01 was a Thursday: a week begins on Monday 00:00 UTC, 96 hours earlier or 72 later.
_EPOCH_HOUR_OF_WEEK = 72

# Code 0: not learned. Code c: 2 ** ((c - 1) / 14) seconds: 1 s to 3.3 days in steps of 5 %.
# The platform's query `devices` reads the same scale.
STEPS_PER_OCTAVE = 14
UNLEARNED = 0
UP_MAX = STEPS_PER_OCTAVE
DOWN_MAX = STEPS_PER_OCTAVE // 2
OVERALL_DOWN_MAX = 1  # an hour: half a day after an outage the guess for a new hour is as before

SECONDS_OF_CODE = np.exp2((np.arange(256) - 1) / STEPS_PER_OCTAVE).astype(np.float32)
SECONDS_OF_CODE[UNLEARNED] = 0.0

Codes = npt.NDArray[np.uint8]
SAVED_BYTES = HOURS_PER_WEEK + 1  # the hours, then the overall one


def hour_of_week(at_us: int) -> int:
    """Return 0 for Monday 00:00 to 01:00 UTC, up to 167."""
    return (at_us // HOUR_US + _EPOCH_HOUR_OF_WEEK) % HOURS_PER_WEEK


def code_of(seconds: npt.ArrayLike) -> Codes:
    """Return the code of silences; below a second all are one, above 3.3 days too."""
    octaves = np.log2(np.maximum(np.asarray(seconds, dtype=np.float64), 1.0))
    codes: Codes = np.minimum(1 + np.ceil(octaves * STEPS_PER_OCTAVE - 1e-4), 255).astype(np.uint8)
    return codes


def folded(before: Codes, longest: Codes, *, down_max: Any) -> Codes:  # noqa: ANN401 - int or array
    """Return what is usual after an hour whose longest silence was `longest`."""
    step = np.clip(longest.astype(np.int16) - before, -np.asarray(down_max, np.int16), UP_MAX)
    after: Codes = (before + step).astype(np.uint8)
    return after


class Rhythms:
    """The rhythms of devices by index. Arrays have room for more devices than there are.

    Attributes
    ----------
    usual : ndarray of shape (168, room), uint8
        Code of the usual longest silence of each hour of the week; 0 where not learned.
    overall : ndarray of shape (room,), uint8
        The same over all hours: the guess for an hour that was never seen.
    longest : ndarray of shape (room,), uint8
        The longest silence that ended in this hour so far; 0 for none.
    changed : ndarray of shape (room,), bool
        Learned something since it was last saved.
    """

    def __init__(self, room: int = 0) -> None:
        self.usual: Codes = np.zeros((HOURS_PER_WEEK, room), dtype=np.uint8)
        self.overall: Codes = np.zeros(room, dtype=np.uint8)
        self.longest: Codes = np.zeros(room, dtype=np.uint8)
        self.changed = np.zeros(room, dtype=np.bool_)

    def make_room(self, room: int) -> None:
        """Make room for `room` devices; what is known stays."""
        more = Rhythms(room - self.overall.size)
        self.usual = np.concatenate([self.usual, more.usual], axis=1)
        self.overall = np.concatenate([self.overall, more.overall])
        self.longest = np.concatenate([self.longest, more.longest])
        self.changed = np.concatenate([self.changed, more.changed])

    def heard(self, indices: npt.NDArray[np.intp], silence_s: npt.NDArray[np.float64]) -> None:
        """Take silences that have just ended."""
        self.longest[indices] = np.maximum(self.longest[indices], code_of(silence_s))

    def end_hour(
        self,
        hour: int,
        silence_s: npt.NDArray[np.float64],
        *,
        learns: npt.NDArray[np.bool_],
        prior: Codes,
    ) -> None:
        """Learn from an hour that is over.

        `silence_s` is how long each device has been silent now; `learns` leaves out devices whose
        silence is known to be an outage; `prior` stands in where nothing was learned.
        """
        longest = np.maximum(self.longest, code_of(silence_s))
        row = self.usual[hour]
        seen = row != UNLEARNED
        before_overall = np.where(self.overall != UNLEARNED, self.overall, prior)
        before = np.where(seen, row, before_overall)
        after = folded(before, longest, down_max=np.where(seen, DOWN_MAX, 255))
        overall_down = np.where(self.overall != UNLEARNED, OVERALL_DOWN_MAX, 255)
        overall = folded(before_overall, longest, down_max=overall_down)
        self.usual[hour] = np.where(learns, after, row)
        self.overall = np.where(learns, overall, self.overall)
        self.changed |= learns
        self.forget_hour()

    def forget_hour(self) -> None:
        """Begin a new hour; of the last one nothing is learned if `end_hour` was not called."""
        self.longest = np.zeros_like(self.longest)

    def usual_codes(
        self, hour: int, prior: Codes, indices: npt.NDArray[np.intp] | slice = slice(None)
    ) -> Codes:
        """Return what is usual for these devices in this hour; `prior` is theirs."""
        row, overall = self.usual[hour][indices], self.overall[indices]
        return np.where(row != UNLEARNED, row, np.where(overall != UNLEARNED, overall, prior))

    def saved(self, index: int) -> bytes:
        """Return one device's rhythm as it is stored."""
        return self.usual[:, index].tobytes() + bytes([int(self.overall[index])])

    def restore(self, index: int, saved: bytes) -> None:
        """Take what `saved` gave; a rhythm of another length is forgotten."""
        if len(saved) == SAVED_BYTES:
            codes = np.frombuffer(saved, dtype=np.uint8)
            self.usual[:, index] = codes[:HOURS_PER_WEEK]
            self.overall[index] = codes[HOURS_PER_WEEK]
