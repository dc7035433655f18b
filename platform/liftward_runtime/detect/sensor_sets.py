"""What a device does not tell: sensor sets made by leaving signals out of what it told.

The lifts of a city are dealt out to the reduced sets, one after the other, so that one more pass of
the detector plays them all. Pure; must not know detectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liftward_detection.events import EventArrays, EventColumns
from liftward_wire.columns import ABSENT, SampleColumns
from liftward_wire.signals import SIGNAL_BY_NAME

FULL = "full"
# By set: the signals it lacks. Where the level is not told, neither is the error at it.
WITHOUT: dict[str, frozenset[str]] = {
    "no_occupancy": frozenset({"occupancy"}),
    "no_load": frozenset({"load_kg"}),
    "no_occupancy_no_load": frozenset({"occupancy", "load_kg"}),
    "no_door_zone": frozenset({"door_zone", "levelling_error_mm"}),
    "no_mode": frozenset({"service_mode"}),
    "no_events": frozenset(),  # and no event of the controller either
}
_WITHOUT_EVENTS = frozenset({"no_events"})
# Types of gateways that are fitted: each is played in cities of its own.
GATEWAY_SETS = ("factory", "car_top", "machine_room", "single_box")
REDUCED_SETS = tuple(WITHOUT)
ALL_SETS = (FULL, *REDUCED_SETS, *GATEWAY_SETS)


@dataclass(frozen=True, slots=True)
class Deal:
    """Which reduced set each lift has; the sets are dealt out in turn."""

    sets: Sequence[str]

    def set_of(self, lift: int) -> str:
        return self.sets[lift % len(self.sets)]

    def lifts_count(self, name: str, lift_count: int) -> int:
        """Return how many of so many lifts have a set."""
        return len(range(self.sets.index(name), lift_count, len(self.sets)))

    def samples(self, columns: SampleColumns) -> SampleColumns:
        """Return the samples without what each lift's set lacks."""
        turn = columns.lift_index % len(self.sets)
        signals = dict(columns.signals)
        for name in frozenset().union(*(WITHOUT[one] for one in self.sets)):
            lacks = np.array([name in WITHOUT[one] for one in self.sets])[turn]
            column = signals[name]
            absent = np.array(ABSENT[SIGNAL_BY_NAME[name].type], column.dtype)
            signals[name] = np.where(lacks, absent, column)
        return SampleColumns(
            lift_index=columns.lift_index,
            observed_at_us=columns.observed_at_us,
            received_at_us=columns.received_at_us,
            boot_id=columns.boot_id,
            sequence=columns.sequence,
            signals=signals,
        )

    def events(self, columns: EventColumns) -> EventColumns:
        """Return the events of lifts whose set has any; without a mode where it lacks it."""
        if not len(columns):
            return columns
        turn = columns.lift_index % len(self.sets)
        mute = np.array([one in _WITHOUT_EVENTS for one in self.sets])[turn]
        modeless = np.array(["service_mode" in WITHOUT[one] for one in self.sets])[turn]
        kept = EventColumns(**{name: getattr(columns, name)[~mute] for name in EventArrays._fields})
        kept.service_mode[modeless[~mute]] = 0
        return kept
