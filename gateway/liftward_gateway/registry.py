"""Who may publish what: devices, the lifts they serve, and each lift's place in the fleet arrays.

Knows identifiers. Must not know where they are stored.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from liftward_wire.profiles.known import SPARKPLUG, Profile, profile_named
from liftward_wire.profiles.names import DEFAULT_PROFILE

# A count and a hash of the registration: it changes when that does.
Fingerprint = tuple[int, str]


class Nameplate(NamedTuple):
    """What a lift was built for; NaN and 0 are not known."""

    rated_speed_mps: float = math.nan
    rated_load_kg: float = math.nan
    floors_count: int = 0


UNKNOWN_NAMEPLATE = Nameplate()


class ServedLift(NamedTuple):
    """One row of the registration: a device, and a lift it serves (None: it serves none yet)."""

    device_id: str
    lift_id: str | None
    lift_key: int | None
    profile: str = DEFAULT_PROFILE
    nameplate: Nameplate = UNKNOWN_NAMEPLATE


@dataclass(slots=True)
class Registry:
    """The devices of a worker's shards.

    A lift keeps its fleet index for the life of the process, also when it is withdrawn: the
    detector's arrays only grow.
    """

    lift_keys: list[int] = field(default_factory=list)
    changes_count: int = 0  # grows whenever devices, or what they serve, change
    _devices: dict[str, dict[str, int]] = field(default_factory=dict)
    # Of the devices that speak another vocabulary than the contract's; mostly few or none.
    _profiles: dict[str, Profile] = field(default_factory=dict)
    _index_by_key: dict[int, int] = field(default_factory=dict)
    # Those that came with the last registrations and that nobody has taken yet, by fleet index.
    _new_nameplates: dict[int, Nameplate] = field(default_factory=dict)
    _keys_array: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    @classmethod
    def with_lifts(cls, lift_keys: Iterable[int]) -> "Registry":
        """Return a registry without devices whose fleet indices are given by a saved state."""
        keys = list(lift_keys)
        return cls(keys, _index_by_key={key: index for index, key in enumerate(keys)})

    @property
    def devices_count(self) -> int:
        return len(self._devices)

    @property
    def device_ids(self) -> Iterable[str]:
        """The ids of all registered devices."""
        return self._devices.keys()

    def lifts_of(self, device_id: str) -> Mapping[str, int] | None:
        """Return lift id -> fleet index of a device, or None for a device nobody registered."""
        return self._devices.get(device_id)

    def profile_of(self, device_id: str) -> Profile | None:
        """Return the profile of a device, or None for one that speaks the contract itself."""
        return self._profiles.get(device_id)

    @property
    def sparkplug_count(self) -> int:
        """How many devices are Sparkplug edge nodes."""
        return sum(profile is SPARKPLUG for profile in self._profiles.values())

    def speaks_sparkplug(self, device_id: str) -> bool:
        return self._profiles.get(device_id) is SPARKPLUG

    def index_of(self, lift_key: int) -> int:
        """Return the fleet index of a lift, giving it the next one when it has none."""
        index = self._index_by_key.get(lift_key)
        if index is None:
            index = self._index_by_key[lift_key] = len(self.lift_keys)
            self.lift_keys.append(lift_key)
        return index

    def keys_array(self) -> npt.NDArray[np.int32]:
        """Return lift keys by fleet index, int32; do not write to it."""
        if len(self._keys_array) != len(self.lift_keys):
            self._keys_array = np.asarray(self.lift_keys, dtype=np.int32)
        return self._keys_array

    def take_nameplates(self) -> dict[int, Nameplate]:
        """Return the nameplates loaded since the last call, by fleet index."""
        taken, self._new_nameplates = self._new_nameplates, {}
        return taken

    def replace(self, rows: Iterable[ServedLift]) -> None:
        """Take these rows as the whole registration."""
        self._profiles = {}
        self._devices = self._grouped(rows)
        self.changes_count += 1

    def update(self, device_ids: Iterable[str], rows: Iterable[ServedLift]) -> None:
        """Take these rows as all there is about these devices."""
        before: dict[str, dict[str, int]] = {}
        for device_id in device_ids:
            self._profiles.pop(device_id, None)
            lifts = self._devices.pop(device_id, None)
            if lifts is not None:
                before[device_id] = lifts
        after = self._grouped(rows)
        self._devices.update(after)
        self.changes_count += before != after

    def _grouped(self, rows: Iterable[ServedLift]) -> dict[str, dict[str, int]]:
        devices: dict[str, dict[str, int]] = {}
        for row in rows:
            lifts = devices.setdefault(row.device_id, {})
            profile = profile_named(row.profile)
            if profile is not None:
                self._profiles[row.device_id] = profile
            if row.lift_id is not None and row.lift_key is not None:
                index = lifts[row.lift_id] = self.index_of(row.lift_key)
                self._new_nameplates[index] = row.nameplate
        return devices
