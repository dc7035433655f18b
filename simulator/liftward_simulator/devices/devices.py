"""The devices of the town: which samples and events they send, and the messages themselves.

Pure: takes readings and a time, returns publications. A lift's own gateway sends single samples; a
building edge collects rows of its lifts and sends a batch every few seconds. Events go out at once
under the lift's own id. Must not know brokers, connections or files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.city.town import Town
from liftward_simulator.devices.readings import SIGNAL_NAMES, STATE_NAMES, Readings
from liftward_simulator.devices.sample_rows import rows_of
from liftward_simulator.faults.controller import Happening
from liftward_simulator.physics.lifts import BoolArray, LiftTable
from liftward_simulator.physics.motion import FloatArray
from liftward_wire.codec import encode
from liftward_wire.messages import (
    BATCH_ROWS_MAX,
    Batch,
    Event,
    Message,
    Presence,
    Sample,
    Status,
)
from liftward_wire.states import Direction, DoorState
from liftward_wire.topics import Topic, TopicKind

SAMPLING_PERIOD_S = 1.0  # while a car moves, its doors move or someone is inside
IDLE_PERIOD_S = 5.0  # closed, empty and at rest: only to say that it is alive
BATCH_PERIOD_S = 5.0
MAKER, MODEL, FIRMWARE = "Demo Gateway Maker", "Demo Gateway 1", "sim-1"
_TICK_S = 1e-6  # a period that is over but for rounding is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One MQTT message to send, QoS 1."""

    device_id: str
    kind: TopicKind
    payload: bytes
    retain: bool = False

    @property
    def topic(self) -> str:
        return str(Topic(self.device_id, self.kind))


@dataclass(slots=True, kw_only=True)
class _Edge:
    """A building edge: its lifts, and the rows it has not sent yet."""

    device_id: str
    lift_ids: list[str]
    position_of: dict[int, int]  # lift index -> index in lift_ids
    sequence: int = 0
    started_at: datetime | None = None
    offsets_ms: list[int] = field(default_factory=list)
    lift_index: list[int] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Devices:
    """All devices; mutable: sequences, rows to be sent, and what each lift said last."""

    table: LiftTable
    boot_id: int
    edges: list[_Edge]
    edge_of: dict[int, _Edge]
    sample_sequence: list[int]
    event_sequence: list[int]
    last_sample_s: FloatArray
    last_states: NDArray[np.int8] | None = None
    next_batch_s: float = BATCH_PERIOD_S

    @classmethod
    def of_town(cls, town: Town, table: LiftTable, *, boot_id: int) -> "Devices":
        """Return the devices of the town's lifts that are in the table."""
        index_of = {lift_id: index for index, lift_id in enumerate(table.lift_ids)}
        edges = [
            _Edge(
                device_id=device.device_id,
                lift_ids=device.lift_ids,
                position_of={index_of[lift_id]: i for i, lift_id in enumerate(device.lift_ids)},
            )
            for device in town.devices
            if device.kind == "edge"
        ]
        # Spread over the period, or all idle lifts would speak in the same instant.
        spread_s = np.arange(table.count) / table.count * IDLE_PERIOD_S
        return cls(
            table=table,
            boot_id=boot_id,
            edges=edges,
            edge_of={lift: edge for edge in edges for lift in edge.position_of},
            sample_sequence=[0] * table.count,
            event_sequence=[0] * table.count,
            last_sample_s=spread_s - IDLE_PERIOD_S,
        )

    @property
    def device_ids(self) -> list[str]:
        return [*self.table.lift_ids, *(edge.device_id for edge in self.edges)]

    def birth(self, device_id: str, now: datetime) -> Publication:
        """Return the retained birth of a device, sent whenever it connects."""
        return self._status(device_id, Presence.ONLINE, now)

    def farewells(self, now: datetime) -> list[Publication]:
        """Return the retained offline status of every device, for a clean end."""
        return [self._status(device_id, Presence.OFFLINE, now) for device_id in self.device_ids]

    def will(self, device_id: str) -> Publication:
        """Return the last will of a device: written before it happens, so without a time."""
        return self._status(device_id, Presence.OFFLINE, None)

    def observe(
        self, readings: Readings, told: list[Happening], *, clock_s: float, now: datetime
    ) -> list[Publication]:
        """Return what is to be published now: events first, then samples, then full batches."""
        published = [self._event(happening, now) for happening in told]
        due = np.flatnonzero(self._due(readings, clock_s))
        self.last_sample_s[due] = clock_s
        for lift, row in zip(due.tolist(), rows_of(readings, due), strict=True):
            edge = self.edge_of.get(lift)
            if edge is None:
                published.append(self._sample(lift, row, now))
            elif (full := self._collect(edge, lift, row, now)) is not None:
                published.append(full)
        if clock_s + _TICK_S >= self.next_batch_s:
            self.next_batch_s += BATCH_PERIOD_S
            published += self.flush()
        return published

    def flush(self) -> list[Publication]:
        """Return the batches of all edges that have rows."""
        return [self._batch(edge) for edge in self.edges if edge.rows]

    def _due(self, readings: Readings, clock_s: float) -> BoolArray:
        """Return which lifts send a sample now: a state changed, or their period is over."""
        states = np.stack([readings[name] for name in STATE_NAMES]).astype(np.int8)
        before = states if self.last_states is None else self.last_states
        changed = (states != before).any(axis=0)
        self.last_states = states
        busy = (readings["speed_mps"] != 0) | (readings["load_kg"] != 0)
        busy |= readings["direction"] != Direction.NONE.code
        busy |= readings["car_door"] != DoorState.CLOSED.code
        period_s = np.where(busy, SAMPLING_PERIOD_S, IDLE_PERIOD_S)
        due: BoolArray = changed | (clock_s - self.last_sample_s >= period_s - _TICK_S)
        return due

    def _sample(self, lift: int, row: Mapping[str, Any], now: datetime) -> Publication:
        sequence = self.sample_sequence[lift]
        self.sample_sequence[lift] += 1
        sample = Sample(observed_at=now, boot_id=self.boot_id, sequence=sequence, **row)
        return _publication(self.table.lift_ids[lift], TopicKind.TELEMETRY, sample)

    def _event(self, happening: Happening, now: datetime) -> Publication:
        sequence = self.event_sequence[happening.lift]
        self.event_sequence[happening.lift] += 1
        event = Event(
            observed_at=now,
            boot_id=self.boot_id,
            sequence=sequence,
            kind=happening.kind,
            code=happening.code,
            service_mode=happening.mode,
        )
        return _publication(self.table.lift_ids[happening.lift], TopicKind.EVENT, event)

    def _collect(
        self, edge: _Edge, lift: int, row: dict[str, Any], now: datetime
    ) -> Publication | None:
        """Add a row to an edge's next batch; return the batch when it can take no more."""
        edge.started_at = edge.started_at or now
        edge.offsets_ms.append((now - edge.started_at) // timedelta(milliseconds=1))
        edge.lift_index.append(edge.position_of[lift])
        edge.rows.append(row)
        return self._batch(edge) if len(edge.rows) >= BATCH_ROWS_MAX else None

    def _batch(self, edge: _Edge) -> Publication:
        assert edge.started_at is not None, "a batch has rows"
        columns = {name: [row.get(name) for row in edge.rows] for name in SIGNAL_NAMES}
        batch = Batch(
            started_at=edge.started_at,
            boot_id=self.boot_id,
            sequence=edge.sequence,
            offset_ms=edge.offsets_ms,
            columns=columns,
            lift_ids=edge.lift_ids,
            lift_index=edge.lift_index,
        )
        edge.sequence += len(edge.rows)
        edge.started_at, edge.offsets_ms, edge.lift_index, edge.rows = None, [], [], []
        return _publication(edge.device_id, TopicKind.BATCH, batch)

    def _status(self, device_id: str, presence: Presence, now: datetime | None) -> Publication:
        if presence is Presence.OFFLINE:
            status = Status(presence=presence, boot_id=self.boot_id, observed_at=now)
        else:
            status = Status(
                presence=presence,
                boot_id=self.boot_id,
                observed_at=now,
                maker=MAKER,
                model=MODEL,
                firmware=FIRMWARE,
                signals=list(SIGNAL_NAMES),
                sampling_period_s=SAMPLING_PERIOD_S,
                heartbeat_period_s=IDLE_PERIOD_S,
            )
        return _publication(device_id, TopicKind.STATUS, status, retain=True)


def _publication(
    device_id: str, kind: TopicKind, message: Message, *, retain: bool = False
) -> Publication:
    return Publication(device_id=device_id, kind=kind, payload=encode(message), retain=retain)
