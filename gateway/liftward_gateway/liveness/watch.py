"""The liveness of a worker's devices: admitted messages in, changes of belief out. In memory only.

Knows admitted messages, the registration and time as it is told. Must not know SQL, MQTT or the
wall clock. One call for each committed batch, one for each look at the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from liftward_gateway.admit import AdmittedEvent, AdmittedSamples, AdmittedStatus
from liftward_gateway.liveness.belief import (
    FAR_US,
    NONE_US,
    Belief,
    Beliefs,
    Changes,
    Indices,
    Reason,
    code_of_reason,
)
from liftward_gateway.liveness.hearing import Hearing, Line, ListeningClock
from liftward_gateway.liveness.limits import LATE_LIFTS_MAX, LATE_S, LIMITS, LivenessLimits
from liftward_gateway.liveness.rhythm import HOUR_US, hour_of_week
from liftward_gateway.prepare import Judged
from liftward_gateway.registry import Registry
from liftward_wire.columns import microseconds
from liftward_wire.messages import Batch, Presence

# A reading of the listening clock after which every silence is too long.
_LONG_SILENT_US = -FAR_US
# An hour teaches something when we listened to this much of it.
_LISTENED_SHARE_MIN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDevice:
    """What the database knows of a device at a start. Times in microseconds since 1970, or None."""

    device_id: str
    belief: str | None
    reason: str | None
    since_us: int | None
    heard_us: int | None
    rhythm: bytes | None
    is_offline: bool
    status_us: int | None
    boot_id: int | None
    heartbeat_s: float | None
    sampling_s: float | None


@dataclass(frozen=True, slots=True)
class LateData:
    """Observations of a lift that were stored and forwarded, from the first to the last."""

    lift_key: int
    first_us: int
    last_us: int


class Liveness:
    """One belief for each device of a worker."""

    def __init__(self, limits: LivenessLimits = LIMITS) -> None:
        self.limits = limits
        self.beliefs = Beliefs(limits)
        self.clock = ListeningClock(limits)
        self.device_ids: list[str] = []
        self._index: dict[str, int] = {}
        self._unset: list[int] = []  # devices without thresholds yet: never dark
        self._followed_count = -1
        self._late: dict[int, tuple[int, int]] = {}
        self._hour: int | None = None
        self._listened_at_hour_us = 0

    @property
    def hearing(self) -> Hearing:
        """How well this worker hears its devices now."""
        return self.clock.hearing

    @property
    def hour_of_week(self) -> int:
        """The hour of the week the thresholds are for."""
        return 0 if self._hour is None else hour_of_week(self._hour * HOUR_US)

    def counts(self) -> Mapping[Belief, int]:
        """Return how many devices are believed to be what."""
        return self.beliefs.counts()

    def follow(self, registry: Registry) -> bool:
        """Take the registration as it is now; return whether it changed."""
        if registry.changes_count == self._followed_count:
            return False
        self._followed_count = registry.changes_count
        indices = [self._index_of(device_id) for device_id in registry.device_ids]
        self.beliefs.active[:] = False
        self.beliefs.active[indices] = True
        return True

    def heard(self, judged: Sequence[Judged], registry: Registry) -> None:
        """Take the admitted messages of a batch that is committed, in their order."""
        indices: list[int] = []
        received_us: list[int] = []
        statuses: list[tuple[int, AdmittedStatus]] = []
        for one in judged:
            match one.result:
                case AdmittedStatus() as status:
                    statuses.append((self._index_of(status.device_id), status))
                    if status.retained or status.status.presence is Presence.OFFLINE:
                        continue
                case AdmittedEvent():
                    pass
                case AdmittedSamples() as samples:
                    self._note_late(samples, registry)
                case _:
                    continue
            indices.append(self._index_of(one.result.device_id))
            received_us.append(one.result.received_at_us)
        if indices:
            arrivals = np.array(received_us, dtype=np.int64)
            self.beliefs.heard(np.array(indices, dtype=np.intp), arrivals, self.clock.at(arrivals))
        if statuses:
            self._take_statuses(statuses)

    def look(self, now_us: int, line: Line) -> Changes:
        """Look at the clock: return the devices whose belief is to change now."""
        self.clock.look(now_us, line)
        self._turn_hour(now_us // HOUR_US)
        self._set_new()
        return self.beliefs.judged(self.clock.listened_us, is_listening=self.clock.is_running)

    def take_late(self, count: int) -> list[LateData]:
        """Return late data of some lifts, which are then not returned again."""
        taken = list(islice(self._late, count))
        return [LateData(lift_key, *self._late.pop(lift_key)) for lift_key in taken]

    def restore(self, stored: Sequence[StoredDevice]) -> None:
        """Take what was known at the start; what was heard since stands."""
        indices = [self._index_of(device.device_id) for device in stored]
        for index, device in zip(indices, stored, strict=True):
            self._restore(index, device)
        self.beliefs.set_thresholds(self.hour_of_week, np.array(indices, dtype=np.intp))

    def _restore(self, index: int, device: StoredDevice) -> None:
        beliefs = self.beliefs
        heard_now = beliefs.heard_us[index] != NONE_US
        if not heard_now and device.heard_us is not None:
            beliefs.heard_us[index] = device.heard_us
        if device.rhythm is not None:
            beliefs.rhythms.restore(index, device.rhythm)
        if device.belief is not None and device.since_us is not None:
            beliefs.belief[index] = Belief[device.belief.upper()]
            beliefs.reason[index] = code_of_reason(Reason(device.reason or Reason.HEARD))
            beliefs.since_us[index] = device.since_us
            if beliefs.belief[index] == Belief.DARK and not heard_now:
                # Nothing but an arrival after it turned dark ends it; a kill may have hidden one.
                beliefs.heard_listened_us[index] = _LONG_SILENT_US
                if device.heard_us is not None and device.heard_us > device.since_us:
                    beliefs.returned_us[index] = device.heard_us
                    beliefs.heard_listened_us[index] = self.clock.listened_us
        if device.boot_id is None or beliefs.boot_id[index] > device.boot_id:
            return
        if beliefs.heartbeat_s[index] == 0 and beliefs.sampling_s[index] == 0:
            beliefs.heartbeat_s[index] = device.heartbeat_s or 0.0
            beliefs.sampling_s[index] = device.sampling_s or 0.0
        beliefs.boot_id[index] = device.boot_id
        if device.is_offline and device.status_us is not None:
            listened_us = self.clock.listened_us
            beliefs.said_offline(
                index, device.status_us, listened_us, boot_id=device.boot_id, goodbye=False
            )

    def _index_of(self, device_id: str) -> int:
        index = self._index.get(device_id)
        if index is None:
            index = self._index[device_id] = len(self.device_ids)
            self.device_ids.append(device_id)
            self.beliefs.make_room(index + 1)
            self.beliefs.active[index] = True
            self._unset.append(index)
        return index

    def _set_new(self) -> None:
        """Set the thresholds of devices that are new since the last look, all at once."""
        if self._unset:
            self.beliefs.set_thresholds(self.hour_of_week, np.array(self._unset, dtype=np.intp))
            self._unset.clear()

    def _take_statuses(self, statuses: Sequence[tuple[int, AdmittedStatus]]) -> None:
        for index, admitted in statuses:
            status = admitted.status
            if status.presence is Presence.ONLINE:
                self.beliefs.said_online(
                    index,
                    boot_id=status.boot_id,
                    heartbeat_s=status.heartbeat_period_s,
                    sampling_s=status.sampling_period_s,
                )
            else:
                received_us = np.array([admitted.received_at_us], dtype=np.int64)
                self.beliefs.said_offline(
                    index,
                    admitted.received_at_us,
                    int(self.clock.at(received_us)[0]),
                    boot_id=status.boot_id,
                    # A will is written before it happens, so it has no time.
                    goodbye=status.observed_at is not None,
                )
        changed: Indices = np.array([index for index, _ in statuses], dtype=np.intp)
        self.beliefs.set_thresholds(self.hour_of_week, changed)

    def _note_late(self, samples: AdmittedSamples, registry: Registry) -> None:
        if samples.received_at_us - samples.last_observed_us < LATE_S * 1e6:
            return
        first_us = last_us = samples.last_observed_us
        if isinstance(samples.message, Batch):
            started_us = microseconds(samples.message.started_at)
            first_us = started_us + samples.message.offset_ms[0] * 1_000
        for lift_index in samples.lift_indices:
            if lift_index < 0 or len(self._late) >= LATE_LIFTS_MAX:
                continue
            lift_key = registry.lift_keys[lift_index]
            known = self._late.get(lift_key, (first_us, last_us))
            self._late[lift_key] = (min(known[0], first_us), max(known[1], last_us))

    def _turn_hour(self, hour: int) -> None:
        if hour == self._hour:
            return
        listened_us = self.clock.listened_us
        if self._hour is not None:
            enough_us = _LISTENED_SHARE_MIN * HOUR_US
            self.beliefs.end_hour(
                self.hour_of_week,
                listened_us,
                learns=listened_us - self._listened_at_hour_us >= enough_us,
            )
        self._hour, self._listened_at_hour_us = hour, listened_us
        self.beliefs.set_thresholds(self.hour_of_week)
