"""What the devices of a kill soak have to say: samples, edges' batches, events, entrapments.

Each device has a connection and a store of its own. Lifts whose name begins with TRAP shut people
in again and again, longer than an outage lasts, and press the alarm: each of these episodes has to
be found exactly once, whatever is killed meanwhile.
"""

import asyncio
import threading
from collections import Counter
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Any

from liftward_kit.clock import monotonic_s, utc_now
from liftward_wire.codec import encode
from liftward_wire.messages import Batch, Event, EventKind, Sample
from liftward_wire.topics import Topic, TopicKind
from support.brokers import RunningBroker
from support.contract_device import ContractDevice, Key, Publication, RepeatRule

BOOT_ID = 1
TELEMETRY, EVENT = "telemetry", "event"
_STEP_S = 0.05
_SINGLE_PERIOD_S = 0.1
_TRAP_PERIOD_S = 0.5
_EDGE_PERIOD_S = 0.5
_EVENT_PERIOD_S = 1.0
_EDGE_LIFTS_COUNT = 20

# An episode: so long moving, then shut in, then the way out is open.
_FREE_S, _TRAPPED_S, _OPEN_S = 3.0, 17.0, 4.0
_CYCLE_S = _FREE_S + _TRAPPED_S + _OPEN_S

MOVING: dict[str, Any] = {
    "service_mode": "normal", "speed_mps": 1.5, "direction": "up", "car_door": "closed",
    "landing_door": "closed", "door_zone": "outside", "occupancy": "occupied", "load_kg": 80.0,
    "alarm_button": "released",
}  # fmt: skip
SHUT_IN: dict[str, Any] = MOVING | {
    "speed_mps": 0.0, "direction": "none", "alarm_button": "pressed"
}  # fmt: skip
OPEN: dict[str, Any] = SHUT_IN | {
    "car_door": "open", "landing_door": "open", "door_zone": "inside", "occupancy": "empty",
    "load_kg": 0.0, "alarm_button": "released",
}  # fmt: skip


class Traffic:
    """The devices, and what each of them has said."""

    def __init__(self, broker: RunningBroker, rule: RepeatRule, rng: Random) -> None:
        self._singles = [f"KILL-{number:02}" for number in range(12)]
        self.traps = [f"TRAP-{number}" for number in range(2)]
        self.edges = {
            f"EDGE-{edge}": [f"E{edge}-{number:02}" for number in range(_EDGE_LIFTS_COUNT)]
            for edge in range(3)
        }
        self.episodes: Counter[str] = Counter()
        self.next_sequence: Counter[tuple[str, str]] = Counter()  # by device and stream
        self._devices = {
            device_id: ContractDevice(broker, rule, Random(rng.random()))
            for device_id in (*self._singles, *self.traps, *self.edges)
        }
        self._rng = rng
        self._due_s: dict[str, float] = {}
        self._phase: dict[str, str] = dict.fromkeys(self.traps, "moving")
        self._stopping, self._ended = threading.Event(), threading.Event()
        self._made_all = threading.Event()

    @property
    def lift_ids(self) -> list[str]:
        """The lifts with a gateway of their own; those of the edges are in `edges`."""
        return [*self._singles, *self.traps]

    @property
    def devices(self) -> list[ContractDevice]:
        return list(self._devices.values())

    @property
    def kept(self) -> set[Key]:
        return set().union(*(device.kept for device in self.devices))

    @property
    def acknowledged(self) -> set[Key]:
        return set().union(*(device.acknowledged for device in self.devices))

    @property
    def is_idle(self) -> bool:
        """Whether nothing more will be said, and all is acknowledged and repeated."""
        return self._made_all.is_set() and all(device.is_idle for device in self.devices)

    def stop_making(self) -> None:
        """Say nothing new, but let people who are shut in be freed first."""
        self._stopping.set()

    def end(self) -> None:
        """End `run`."""
        self._ended.set()

    async def run(self) -> None:
        """Make messages and let the devices send them until `end`."""
        tasks = [asyncio.create_task(device.run()) for device in self.devices]
        started_s = monotonic_s()
        try:
            while not self._ended.is_set():
                for task in tasks:
                    if task.done():
                        task.result()
                self._step(monotonic_s() - started_s)
                await asyncio.sleep(_STEP_S)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    def _step(self, at_s: float) -> None:
        now = utc_now()
        stopping = self._stopping.is_set()
        for number, lift_id in enumerate(self.traps):
            self._trap(lift_id, at_s - number * _STEP_S, now, stopping=stopping)
        if stopping:
            if set(self._phase.values()) == {"moving"}:
                self._made_all.set()
            return
        for lift_id in self._singles:
            if self._is_due(lift_id, at_s, _SINGLE_PERIOD_S):
                self._sample(lift_id, now, MOVING)
            if self._is_due(f"{lift_id} event", at_s, _EVENT_PERIOD_S * self._rng.uniform(0.5, 2)):
                self._event(lift_id, now, EventKind.DOOR_RETRY)
        for edge_id in self.edges:
            if self._is_due(edge_id, at_s, _EDGE_PERIOD_S):
                self._batch(edge_id, now)

    def _trap(self, lift_id: str, at_s: float, now: datetime, *, stopping: bool) -> None:
        in_cycle_s = at_s % _CYCLE_S
        phase = "moving"
        if in_cycle_s >= _FREE_S:
            phase = "shut_in" if in_cycle_s < _FREE_S + _TRAPPED_S else "open"
        before = self._phase[lift_id]
        if stopping and before == "moving":
            return
        self._phase[lift_id] = phase
        if phase == "shut_in" and before != "shut_in":
            self.episodes[lift_id] += 1
            self._event(lift_id, now, EventKind.ALARM_PRESSED)
        if phase == "open" and before == "shut_in":
            self._event(lift_id, now, EventKind.ALARM_RELEASED)
        if phase != before or self._is_due(lift_id, at_s, _TRAP_PERIOD_S):
            signals = {"moving": MOVING, "shut_in": SHUT_IN, "open": OPEN}[phase]
            self._sample(lift_id, now, signals)

    def _is_due(self, what: str, at_s: float, period_s: float) -> bool:
        if at_s < self._due_s.get(what, 0.0):
            return False
        self._due_s[what] = at_s + period_s
        return True

    def _sample(self, lift_id: str, now: datetime, signals: dict[str, Any]) -> None:
        sequence = self._take(lift_id, TELEMETRY, 1)
        sample = Sample(observed_at=now, boot_id=BOOT_ID, sequence=sequence, **signals)
        self._send(lift_id, TopicKind.TELEMETRY, sample, [(lift_id, TELEMETRY, sequence)])

    def _event(self, lift_id: str, now: datetime, kind: EventKind) -> None:
        sequence = self._take(lift_id, EVENT, 1)
        event = Event(observed_at=now, boot_id=BOOT_ID, sequence=sequence, kind=kind)
        self._send(lift_id, TopicKind.EVENT, event, [(lift_id, EVENT, sequence)])

    def _batch(self, edge_id: str, now: datetime) -> None:
        lift_ids = self.edges[edge_id]
        first = self._take(edge_id, TELEMETRY, len(lift_ids))
        rows = range(len(lift_ids))
        batch = Batch(
            started_at=now,
            boot_id=BOOT_ID,
            sequence=first,
            offset_ms=[0 for _ in rows],
            lift_ids=lift_ids,
            lift_index=list(rows),
            columns={name: [value for _ in rows] for name, value in MOVING.items()},
        )
        keys = [(lift_ids[row], TELEMETRY, first + row) for row in rows]
        self._send(edge_id, TopicKind.BATCH, batch, keys)

    def _take(self, device_id: str, stream: str, count: int) -> int:
        first = self.next_sequence[device_id, stream]
        self.next_sequence[device_id, stream] += count
        return first

    def _send(
        self, device_id: str, kind: TopicKind, message: Sample | Event | Batch, keys: list[Key]
    ) -> None:
        publication = Publication(str(Topic(device_id, kind)), encode(message), tuple(keys))
        self._devices[device_id].send(publication)
