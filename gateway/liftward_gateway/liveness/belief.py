"""What is believed of each device: live, quiet or dark; arrays over the devices of a worker.

Knows arrivals, wills, promises and thresholds. Must not know messages, SQL, MQTT or the wall clock;
of time in which nobody listened it is not told (see `hearing`).

live → quiet → dark as silence grows; any arrival leads back to live. Dark ends by an arrival only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from liftward_gateway.liveness.limits import LivenessLimits
from liftward_gateway.liveness.rhythm import SECONDS_OF_CODE, Codes, Rhythms, code_of

Indices = npt.NDArray[np.intp]
Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

NONE_US = -(2**62)  # never; far from every time, and differences with it do not overflow
FAR_US = 2**62
NO_BOOT = -1
ROOM_STEP = 1_024


class Belief(IntEnum):
    """The value is the code in the arrays. UNTOLD: the database has no row of it yet."""

    UNTOLD = 0
    NEVER = 1
    LIVE = 2
    QUIET = 3
    DARK = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Reason(StrEnum):
    """Why a device is believed to be what it is."""

    NEVER_HEARD = "never_heard"
    HEARD = "heard"
    WITHIN_RHYTHM = "within_rhythm"  # silent, and that is usual at this hour
    LONGER_THAN_USUAL = "longer_than_usual"
    FAR_LONGER_THAN_USUAL = "far_longer_than_usual"
    HEARTBEAT_LATE = "heartbeat_late"
    HEARTBEAT_MISSED = "heartbeat_missed"
    LAST_WILL = "last_will"
    SAID_GOODBYE = "said_goodbye"


REASONS = tuple(Reason)
_CODE: Mapping[Reason, int] = {reason: code for code, reason in enumerate(REASONS)}
# What proves an outage by itself: such silence teaches no rhythm.
PROVEN = (Reason.HEARTBEAT_MISSED, Reason.LAST_WILL, Reason.SAID_GOODBYE)

_FIELDS: Mapping[str, tuple[Any, Any]] = {
    "heard_us": (np.int64, NONE_US),  # last arrival, by the gateway's clock
    "heard_listened_us": (np.int64, 0),  # the same by the listening clock
    "returned_us": (np.int64, NONE_US),  # first arrival since it was believed anything but live
    "since_us": (np.int64, NONE_US),  # of the belief; for quiet and dark the last arrival
    "will_us": (np.int64, NONE_US),  # arrival of the will that nothing has answered yet
    "will_listened_us": (np.int64, FAR_US),
    "boot_id": (np.int64, NO_BOOT),
    "quiet_after_us": (np.int64, FAR_US),
    "dark_after_us": (np.int64, FAR_US),
    "heartbeat_s": (np.float32, 0.0),  # 0: not promised
    "sampling_s": (np.float32, 0.0),
    "belief": (np.uint8, Belief.UNTOLD),
    "reason": (np.uint8, _CODE[Reason.NEVER_HEARD]),
    "goodbye": (np.bool_, False),  # the will was said in person
    "active": (np.bool_, False),  # registered
}


@dataclass(frozen=True, slots=True)
class Changes:
    """Devices whose belief changes, and to what. `since_us` as in the arrays."""

    indices: Indices
    belief: npt.NDArray[np.uint8]
    reason: npt.NDArray[np.uint8]
    since_us: Times

    def __len__(self) -> int:
        return self.indices.size

    def part(self, places: slice | Mask) -> "Changes":
        """Return some of them."""
        return Changes(
            self.indices[places], self.belief[places], self.reason[places], self.since_us[places]
        )


class Beliefs:
    """The devices of a worker by index, with room for more."""

    heard_us: Times
    heard_listened_us: Times
    returned_us: Times
    since_us: Times
    will_us: Times
    will_listened_us: Times
    boot_id: Times
    quiet_after_us: Times
    dark_after_us: Times
    heartbeat_s: npt.NDArray[np.float32]
    sampling_s: npt.NDArray[np.float32]
    belief: npt.NDArray[np.uint8]
    reason: npt.NDArray[np.uint8]
    goodbye: Mask
    active: Mask

    def __init__(self, limits: LivenessLimits) -> None:
        self.rhythms = Rhythms()
        self._limits = limits
        self._many_wills_until_us = 0
        for name, (kind, blank) in _FIELDS.items():
            setattr(self, name, np.full(0, blank, dtype=kind))

    @property
    def room(self) -> int:
        return self.belief.size

    def make_room(self, count: int) -> None:
        """Have room for `count` devices, and for a quarter more, so that growing is rare."""
        if count <= self.room:
            return
        room = count + max(ROOM_STEP, count // 4)
        for name, (kind, blank) in _FIELDS.items():
            more = np.full(room - self.room, blank, dtype=kind)
            if name != "belief":  # it gives `room` its meaning: last
                setattr(self, name, np.concatenate([getattr(self, name), more]))
        self.rhythms.make_room(room)
        blank_beliefs = np.full(room - self.room, Belief.UNTOLD, dtype=np.uint8)
        self.belief = np.concatenate([self.belief, blank_beliefs])

    def heard(self, indices: Indices, received_us: Times, listened_us: Times) -> None:
        """Take arrivals in their order; a device may be among them more than once."""
        before_us = self.heard_listened_us[indices]
        proven = np.isin(self.reason[indices], [_CODE[one] for one in PROVEN])
        teaches = (self.heard_us[indices] != NONE_US) & ~proven
        silence_s = np.maximum(listened_us - before_us, 0)[teaches] / 1e6
        self.rhythms.heard(indices[teaches], silence_s)
        # Backwards, so that of several arrivals the first one is what stays.
        backwards, first_us = indices[::-1], received_us[::-1]
        returns = (self.belief[backwards] != Belief.LIVE) & (self.returned_us[backwards] == NONE_US)
        self.returned_us[backwards[returns]] = first_us[returns]
        self.heard_us[indices] = np.maximum(self.heard_us[indices], received_us)
        self.heard_listened_us[indices] = np.maximum(before_us, listened_us)
        self._answer_wills(indices)

    def said_offline(
        self, index: int, received_us: int, listened_us: int, *, boot_id: int, goodbye: bool
    ) -> None:
        """Take a last will, or a goodbye; one that something later has answered is stale."""
        if boot_id < self.boot_id[index] or received_us <= self.heard_us[index]:
            return
        if self.will_us[index] == NONE_US:
            self.will_us[index], self.will_listened_us[index] = received_us, listened_us
            self.goodbye[index] = goodbye
        self.boot_id[index] = boot_id

    def said_online(
        self, index: int, *, boot_id: int, heartbeat_s: float | None, sampling_s: float | None
    ) -> None:
        """Take what a birth promises; whether it also was an arrival, the caller knows."""
        self.boot_id[index] = boot_id
        self.heartbeat_s[index] = heartbeat_s or 0.0
        self.sampling_s[index] = sampling_s or 0.0
        self.will_us[index], self.will_listened_us[index] = NONE_US, FAR_US
        self.goodbye[index] = False

    def set_thresholds(self, hour: int, indices: Indices | slice = slice(None)) -> None:
        """Work out from when on silence is too long in this hour of the week."""
        limits = self._limits
        heartbeat_s = self.heartbeat_s[indices]
        usual_s = self.usual_s(hour, indices)
        promised = heartbeat_s > 0
        promise_s = np.maximum(
            heartbeat_s * np.float32(limits.promise_multiple_min),
            np.clip(
                heartbeat_s * np.float32(limits.heartbeats_missed),
                limits.promised_dark_s_min,
                limits.dark_s_max,
            ),
        )
        habit_s = np.clip(
            usual_s * np.float32(limits.dark_multiple), limits.dark_s_min, limits.dark_s_max
        )
        dark_s = np.where(promised, promise_s, habit_s)
        quiet_s = np.minimum(
            np.maximum(usual_s * np.float32(limits.quiet_multiple), limits.quiet_s_min),
            dark_s * np.float32(limits.quiet_share_of_dark),
        )
        self.dark_after_us[indices] = (dark_s * 1e6).astype(np.int64)
        self.quiet_after_us[indices] = (quiet_s * 1e6).astype(np.int64)

    def usual_s(self, hour: int, indices: Indices | slice = slice(None)) -> npt.NDArray[np.float32]:
        """Return what silence is usual in this hour of the week, in seconds."""
        return SECONDS_OF_CODE[self.rhythms.usual_codes(hour, self._prior(indices), indices)]

    def end_hour(self, hour: int, listened_us: int, *, learns: bool) -> None:
        """Let the rhythms learn from an hour that is over, if we listened to enough of it."""
        if not learns:
            self.rhythms.forget_hour()
            return
        proven = np.isin(self.reason, [_CODE[one] for one in PROVEN])
        who = self.active & (self.heard_us != NONE_US) & ~proven
        silence_s = np.maximum(listened_us - self.heard_listened_us, 0) / 1e6
        self.rhythms.end_hour(hour, silence_s, learns=who, prior=self._prior())

    def judged(self, listened_us: int, *, is_listening: bool) -> Changes:
        """Return the devices whose belief is to change at this reading of the listening clock.

        While nobody listens, devices come back, and none goes.
        """
        unheard = self.heard_us == NONE_US
        if not is_listening:
            back = self.active & (self.returned_us != NONE_US) & ~unheard
            back &= self.belief != Belief.LIVE
            return self._changes(back, np.full(self.room, Belief.LIVE, np.uint8))
        silence_us = listened_us - self.heard_listened_us
        has_will = self.will_us != NONE_US
        many = self._many_wills(listened_us, has_will)
        grace_s = self._limits.many_wills_grace_s if many else self._limits.will_grace_s
        by_will = self.will_listened_us <= listened_us - int(grace_s * 1e6)
        stays = (self.belief == Belief.DARK) & (self.heard_us <= self.since_us)
        by_silence = silence_us >= self.dark_after_us
        if many:  # what cut them off also keeps them from saying anything: only the grace counts
            by_silence &= ~has_will
        dark = stays | by_will | by_silence
        quiet = (silence_us >= self.quiet_after_us) | has_will
        wanted = np.full(self.room, Belief.LIVE, dtype=np.uint8)
        wanted[quiet] = Belief.QUIET
        wanted[dark] = Belief.DARK
        wanted[unheard] = Belief.NEVER
        changing = self.active & (wanted != self.belief)
        return self._changes(changing, wanted, by_will=by_will, silence_us=silence_us)

    def still_true(self, changes: Changes) -> Changes:
        """Leave out devices that were to be less than live and were heard since."""
        heard_since = self.heard_us[changes.indices] > changes.since_us
        return changes.part((changes.belief == Belief.LIVE) | ~heard_since)

    def apply(self, changes: Changes) -> None:
        """Believe what was judged, once it is stored."""
        self.belief[changes.indices] = changes.belief
        self.reason[changes.indices] = changes.reason
        self.since_us[changes.indices] = changes.since_us
        live = changes.indices[changes.belief == Belief.LIVE]
        self.returned_us[live] = NONE_US

    def counts(self) -> dict[Belief, int]:
        """Return how many registered devices are believed to be what."""
        found = np.bincount(self.belief[self.active], minlength=len(Belief))
        counts: dict[Belief, int] = {
            belief: int(found[belief]) for belief in Belief if belief is not Belief.UNTOLD
        }
        counts[Belief.NEVER] += int(found[Belief.UNTOLD])
        return counts

    def _changes(
        self,
        changing: Mask,
        wanted: npt.NDArray[np.uint8],
        *,
        by_will: Mask | None = None,
        silence_us: Times | None = None,
    ) -> Changes:
        indices = np.flatnonzero(changing)
        belief = wanted[indices]
        back_us = np.where(
            self.returned_us[indices] == NONE_US, self.heard_us[indices], self.returned_us[indices]
        )
        since_us = np.where(belief == Belief.LIVE, back_us, self.heard_us[indices])
        willed = np.zeros(indices.size, np.bool_) if by_will is None else by_will[indices]
        silent_us = np.zeros(indices.size) if silence_us is None else silence_us[indices]
        reason = self._reasons(indices, belief, willed, silent_us)
        return Changes(indices, belief, reason, since_us)

    def _reasons(
        self, indices: Indices, belief: npt.NDArray[np.uint8], by_will: Mask, silence_us: Array
    ) -> npt.NDArray[np.uint8]:
        heard = self.returned_us[indices] != NONE_US
        heartbeat_us = self.heartbeat_s[indices] * 1e6
        promised = heartbeat_us > 0
        has_will = (self.will_us[indices] != NONE_US) & ((belief == Belief.QUIET) | by_will)
        cases = [
            (belief == Belief.NEVER, Reason.NEVER_HEARD),
            ((belief == Belief.LIVE) & heard, Reason.HEARD),
            (belief == Belief.LIVE, Reason.WITHIN_RHYTHM),
            (has_will & self.goodbye[indices], Reason.SAID_GOODBYE),
            (has_will, Reason.LAST_WILL),
            ((belief == Belief.DARK) & promised, Reason.HEARTBEAT_MISSED),
            (belief == Belief.DARK, Reason.FAR_LONGER_THAN_USUAL),
            (promised & (silence_us >= heartbeat_us), Reason.HEARTBEAT_LATE),
        ]
        return np.select(
            [mask for mask, _ in cases],
            [np.uint8(_CODE[reason]) for _, reason in cases],
            np.uint8(_CODE[Reason.LONGER_THAN_USUAL]),
        ).astype(np.uint8)

    def _many_wills(self, listened_us: int, has_will: Mask) -> bool:
        """Tell whether so many wills came lately that they have one cause."""
        limits = self._limits
        waiting = int(np.count_nonzero(has_will & self.active & (self.belief != Belief.DARK)))
        many = max(limits.many_wills_count, limits.many_wills_share * self.active.sum())
        if waiting >= many:
            self._many_wills_until_us = listened_us + int(limits.many_wills_grace_s * 1e6)
        return listened_us < self._many_wills_until_us

    def _answer_wills(self, indices: Indices) -> None:
        answered = indices[self.heard_us[indices] > self.will_us[indices]]
        self.will_us[answered] = NONE_US
        self.will_listened_us[answered] = FAR_US
        self.goodbye[answered] = False

    def _prior(self, indices: Indices | slice = slice(None)) -> Codes:
        """Return the guess for devices that were never listened to for an hour."""
        limits = self._limits
        heartbeat_s, sampling_s = self.heartbeat_s[indices], self.sampling_s[indices]
        guess_s = sampling_s * np.float32(limits.usual_sampling_periods)
        told_s = np.where(sampling_s > 0, guess_s, np.float32(limits.usual_s_default))
        return code_of(np.where(heartbeat_s > 0, heartbeat_s, told_s))


def reason_of(code: int) -> Reason:
    """Return the reason behind a code of the arrays."""
    return REASONS[code]


def code_of_reason(reason: Reason) -> int:
    """Return the code of a reason in the arrays."""
    return _CODE[reason]
