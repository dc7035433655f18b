"""Building edges: which lifts each serves, and the rows it has not sent yet.

Edges send in turns spread over the period, so that a town's batches do not all leave in one
instant. Must not know sensors or links.
"""

from dataclasses import dataclass, field

import numpy as np

from liftward_simulator.city.town import Town
from liftward_simulator.devices.encoding import batches
from liftward_simulator.devices.observed import ObservedRows, PackedRows, packed, unpacked
from liftward_simulator.devices.publications import Publication
from liftward_simulator.devices.spans import FloatArray, IntArray
from liftward_simulator.physics.lifts import LiftTable

BATCH_PERIOD_S = 5.0  # what public gateway software does: a report every 5 s
TURNS_COUNT = 25  # one for each tick of 0.2 s in the period
_TICK_S = 1e-6  # a period that is over but for rounding is over


@dataclass(slots=True, kw_only=True)
class Edges:
    """Mutable: rows waiting, by turn."""

    lift_count: int
    device_ids: list[str]
    lift_ids: list[list[str]]  # by edge
    lifts: list[IntArray]  # by edge, indices in the table
    sender_of: IntArray  # by lift: the device that sends its samples
    place_of: IntArray  # by lift: where it stands among its edge's lifts
    turn_of: IntArray  # by edge
    next_s: FloatArray  # by turn
    waiting: list[list[PackedRows]] = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = [[] for _ in range(TURNS_COUNT)]

    @classmethod
    def of_town(cls, town: Town, table: LiftTable) -> "Edges":
        """Return the edges of the town; a lift without one is its own sender."""
        index_of = {lift_id: index for index, lift_id in enumerate(table.lift_ids)}
        devices = [device for device in town.devices if device.kind == "edge"]
        lifts = [
            np.array([index_of[lift_id] for lift_id in device.lift_ids], np.int64)
            for device in devices
        ]
        sender_of = np.arange(table.count)
        place_of = np.zeros(table.count, np.int64)
        for number, served in enumerate(lifts):
            sender_of[served] = table.count + number
            place_of[served] = np.arange(served.size)
        return cls(
            lift_count=table.count,
            device_ids=[device.device_id for device in devices],
            lift_ids=[device.lift_ids for device in devices],
            lifts=lifts,
            sender_of=sender_of,
            place_of=place_of,
            turn_of=np.arange(len(devices)) * TURNS_COUNT // max(len(devices), 1),
            next_s=np.arange(1, TURNS_COUNT + 1) * BATCH_PERIOD_S / TURNS_COUNT,
        )

    def sites(self) -> list[IntArray]:
        """Return, by edge, the devices of its building: its lifts' alarm units and itself."""
        return [
            np.append(served, self.lift_count + number) for number, served in enumerate(self.lifts)
        ]

    def lifts_of(self, device: int) -> IntArray:
        """Return the lifts that an edge serves, by its device index."""
        return self.lifts[device - self.lift_count]

    def collect(self, rows: ObservedRows) -> None:
        """Add rows of edges, measured after all that were added before."""
        turns = self.turn_of[rows.sender - self.lift_count]
        order = np.argsort(turns, kind="stable")
        by_turn, sorted_turns = packed(rows)[order], turns[order]
        present = np.unique(sorted_turns)
        starts = np.searchsorted(sorted_turns, present, side="left").tolist()
        ends = np.searchsorted(sorted_turns, present, side="right").tolist()
        for turn, start, end in zip(present.tolist(), starts, ends, strict=True):
            self.waiting[turn].append(by_turn[start:end])

    def forget(self, devices: IntArray) -> None:
        """Drop the rows of edges that lost their power: they were in memory only."""
        for turn, parts in enumerate(self.waiting):
            kept = [part[~np.isin(part["sender"], devices)] for part in parts]
            self.waiting[turn] = [part for part in kept if part.size]

    def due(self, clock_s: float) -> list[ObservedRows]:
        """Return the rows of the edges whose turn has come, turn by turn."""
        taken: list[ObservedRows] = []
        for turn in np.flatnonzero(clock_s + _TICK_S >= self.next_s).tolist():
            self.next_s[turn] += BATCH_PERIOD_S
            taken += self._take(turn)
        return taken

    def flush(self) -> list[Publication]:
        """Return the batches of all edges that have rows."""
        return [
            message
            for turn in range(TURNS_COUNT)
            for rows in self._take(turn)
            for message in self.batches(rows)
        ]

    def _take(self, turn: int) -> list[ObservedRows]:
        parts, self.waiting[turn] = self.waiting[turn], []
        return [unpacked(parts)] if parts else []

    def batches(self, rows: ObservedRows) -> list[Publication]:
        """Return the batches of rows that leave together."""
        return batches(
            rows,
            lambda sender: self.device_ids[sender - self.lift_count],
            lambda sender: self.lift_ids[sender - self.lift_count],
            self.place_of,
        )
