"""The devices of the town: which samples and events they send, and the messages themselves.

Pure: takes the world and a time, returns publications. A lift's own gateway sends single samples; a
building edge collects rows of its lifts and sends a batch every few seconds. Events go out at once
under the lift's own id. Must not know brokers, connections or files; what becomes of a message on
its way is for `links`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from liftward_simulator.city.town import Town
from liftward_simulator.devices.clocks import NO_CLOCK_ERRORS, ClockKind, Clocks
from liftward_simulator.devices.defects import NO_DEFECTS, DefectKind, Defects
from liftward_simulator.devices.edges import Edges
from liftward_simulator.devices.encoding import moment, sample_messages, samples
from liftward_simulator.devices.firmware import said
from liftward_simulator.devices.gateway_types import GatewayArrays
from liftward_simulator.devices.observed import ObservedRows
from liftward_simulator.devices.outages import NO_OUTAGES, OFF_KINDS, OutageKind
from liftward_simulator.devices.publications import Publication, publication
from liftward_simulator.devices.readings import Look
from liftward_simulator.devices.sensing import Sensing
from liftward_simulator.devices.spans import (
    IntArray,
    Kind,
    Spans,
    Timeline,
    TrueEvent,
    TrueKind,
    true_events,
)
from liftward_simulator.faults.controller import Happening
from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.lifts import BoolArray, LiftTable
from liftward_wire.columns import microseconds
from liftward_wire.messages import DEFAULT_VOCABULARY, Event, Presence, Sample, Status
from liftward_wire.topics import TopicKind

MAKER, FIRMWARE = "Demo Gateway Maker", "sim-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOptions:
    """What the devices are like; the default is the laboratory's: all signals, nothing wrong.

    Attributes
    ----------
    gateway_types : names of `gateway_types.toml`, one per lift of the table; None: as the town says
    vocabularies : names of `liftward_wire.codes`, one per lift; None: the national one everywhere
    without : signals that nobody sees, on top of what the types leave out
    defects : spans whose subject is a lift's index
    clocks, outages : spans whose subject is a device's index (`Devices.device_ids`)
    """

    gateway_types: Sequence[str] | None = None
    vocabularies: Sequence[str] | None = None
    without: frozenset[str] = frozenset()
    defects: Spans[DefectKind] = NO_DEFECTS
    clocks: Spans[ClockKind] = NO_CLOCK_ERRORS
    outages: Spans[OutageKind] = NO_OUTAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """What all devices have to say at a tick, in the order of saying it.

    Attributes
    ----------
    first : births after a start, events, births of wedged devices
    rows : of lifts whose own gateway sends each row by itself
    edge_rows : of edges whose turn it is; `encoding.by_batch` tells the batches in each
    """

    first: list[Publication]
    rows: ObservedRows
    edge_rows: list[ObservedRows]


@dataclass(slots=True, kw_only=True)
class Devices:
    """All devices; mutable: sequences, boots, rows to be sent, and what each lift said last."""

    table: LiftTable
    device_ids: list[str]
    gateways: GatewayArrays
    vocabularies: Sequence[str]
    sensing: Sensing
    defects: Defects
    clocks: Clocks
    outages: Timeline[OutageKind]
    edges: Edges
    boot_id: IntArray  # by device
    running: BoolArray  # by device: it has power
    sample_sequence: IntArray  # by device
    event_sequence: IntArray  # by device
    _index_of: dict[str, int] = field(init=False)
    _status_only: IntArray = field(init=False)  # wedged lifts that are due at this tick
    _clock_s: float = 0.0
    _true_events: list[TrueEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._index_of = {device_id: index for index, device_id in enumerate(self.device_ids)}
        self._status_only = np.zeros(0, np.int64)

    @classmethod
    def of_town(
        cls,
        town: Town,
        table: LiftTable,
        *,
        boot_id: int,
        rng: np.random.Generator,
        options: DeviceOptions = DeviceOptions(),
    ) -> "Devices":
        """Return the devices of the town's lifts that are in the table.

        Raises
        ------
        GatewayTypeError
            When a gateway type or a signal is unknown.
        """
        edges = Edges.of_town(town, table)
        device_ids = [*table.lift_ids, *edges.device_ids]
        type_of = {lift.lift_id: lift.gateway_type for lift in town.lifts}
        types = options.gateway_types or [type_of[lift_id] for lift_id in table.lift_ids]
        gateways = GatewayArrays.of_lifts(types, options.without)
        defects = Defects(options.defects, rng)
        count = len(device_ids)
        return cls(
            table=table,
            device_ids=device_ids,
            gateways=gateways,
            vocabularies=options.vocabularies or [DEFAULT_VOCABULARY] * table.count,
            sensing=Sensing.of(table, gateways, defects, rng),
            defects=defects,
            clocks=Clocks(count, options.clocks),
            outages=Timeline(options.outages),
            edges=edges,
            boot_id=np.full(count, boot_id, np.int64),
            running=np.ones(count, np.bool_),
            sample_sequence=np.zeros(count, np.int64),
            event_sequence=np.zeros(count, np.int64),
        )

    def index(self, device_id: str) -> int | None:
        """Return the index of a device; None when it is none of ours."""
        return self._index_of.get(device_id)

    def is_alive(self, device: int) -> bool:
        """Tell whether a device has power and is not wedged."""
        return bool(self.running[device]) and not np.any(self.defects.wedged_lifts == device)

    def sites(self) -> list[IntArray]:
        """Return the device indices that share a line and a fuse: see `outages.draw_outages`."""
        alone = np.flatnonzero(self.edges.sender_of == np.arange(self.table.count))
        return [*(np.array([lift]) for lift in alone.tolist()), *self.edges.sites()]

    def birth(self, device_id: str, now: datetime) -> Publication:
        """Return the retained birth of a device, sent whenever it connects."""
        return self._status(self._index_of[device_id], Presence.ONLINE, now)

    def births(self, now: datetime) -> list[Publication]:
        """Return the births of all devices."""
        return self._births(range(len(self.device_ids)), now)

    def farewells(self, now: datetime) -> list[Publication]:
        """Return the retained offline status of every device, for a clean end."""
        return [
            self._status(device, Presence.OFFLINE, now) for device in range(len(self.device_ids))
        ]

    def will(self, device_id: str) -> Publication:
        """Return the last will of a device: written before it happens, so without a time."""
        return self._status(self._index_of[device_id], Presence.OFFLINE, None)

    def observe(
        self, cars: Cars, told: Iterable[Happening], *, clock_s: float, now: datetime
    ) -> list[Publication]:
        """Return what is published now: births after a start, events, samples, full batches."""
        noticed = self.notice(cars, told, clock_s=clock_s, now=now)
        published = noticed.first + samples(noticed.rows, self.table.lift_ids)
        for rows in noticed.edge_rows:
            published += self.edges.batches(rows)
        return published

    def notice(
        self, cars: Cars, told: Iterable[Happening], *, clock_s: float, now: datetime
    ) -> Noticed:
        """Return what is to be published now, with samples still as rows."""
        self._clock_s = clock_s
        first = self._advance(clock_s, now)
        first += self.events(told, now)
        rows = self.rows(cars, clock_s=clock_s, now_us=microseconds(now))
        first += self._births(self._status_only.tolist(), now)
        from_edge = rows.sender >= self.table.count
        if from_edge.any():
            self.edges.collect(rows.select(from_edge))
            rows = rows.select(~from_edge)
        return Noticed(first=first, rows=rows, edge_rows=self.edges.due(clock_s))

    def rows(self, cars: Cars, *, clock_s: float, now_us: int) -> ObservedRows:
        """Return what the gateways that speak now measure, numbered, before it becomes messages."""
        seen = self.sensing.look(cars, clock_s)
        lifts = self.sensing.due(seen, self.running[self.edges.sender_of], clock_s)
        wedged = np.isin(lifts, self.defects.wedged_lifts)
        self._status_only = lifts[wedged]
        return self._rows_of(lifts[~wedged], cars, seen, clock_s, now_us)

    def snapshot(self, cars: Cars, lift: int, now: datetime) -> tuple[Publication, Sample] | None:
        """Return a sample of one lift now, to send and as such; None: an edge sends its samples."""
        if self.edges.sender_of[lift] != lift:
            return None
        seen = self.sensing.look(cars, self._clock_s)
        rows = self._rows_of(np.array([lift]), cars, seen, self._clock_s, microseconds(now))
        return samples(rows, self.table.lift_ids)[0], sample_messages(rows)[0]

    def set_sampling_period(self, device: int, period_s: float) -> bool:
        """Let a device sample more or less often; False when it sends no samples."""
        lifts = np.flatnonzero(self.edges.sender_of == device)
        self.sensing.sampling_period_s[lifts] = period_s
        self.sensing.idle_period_s[lifts] = np.maximum(self.sensing.idle_period_s[lifts], period_s)
        return bool(lifts.size)

    def _rows_of(
        self, lifts: IntArray, cars: Cars, seen: Look, clock_s: float, now_us: int
    ) -> ObservedRows:
        senders = self.edges.sender_of[lifts]
        return ObservedRows(
            lift=lifts,
            sender=senders,
            observed_at_us=now_us + self.clocks.offsets_us(senders, clock_s, now_us),
            boot_id=self.boot_id[senders],
            sequence=_numbered(self.sample_sequence, senders),
            signals=self.sensing.measure(cars, seen, lifts, clock_s),
        )

    def flush(self) -> list[Publication]:
        """Return the batches of all edges that have rows."""
        return self.edges.flush()

    def take_true_events(self) -> list[TrueEvent]:
        """Return what was really wrong with sensors, clocks and devices since the last call."""
        taken, self._true_events = self._true_events, []
        return taken

    def _advance(self, clock_s: float, now: datetime) -> list[Publication]:
        """Begin and end defects, clock errors and outages; return the births of who starts."""
        lift_ids = self.table.lift_ids
        passed = self.defects.advance(clock_s)
        self._tell(self.defects.timeline, passed, TrueKind.SENSOR_DEFECT, lift_ids)
        passed = self.clocks.advance(clock_s)
        self._tell(self.clocks.timeline, passed, TrueKind.CLOCK_ERROR, self.device_ids)
        passed = begun, ended = self.outages.advance(clock_s)
        if not begun.size and not ended.size:
            return []
        for kind in OFF_KINDS:
            true_kind = TrueKind.LINK_OUTAGE if kind is OutageKind.DARK else TrueKind.REBOOT
            of_kind = (self.outages.only(begun, kind), self.outages.only(ended, kind))
            self._tell(self.outages, of_kind, true_kind, self.device_ids)
        return self._births(self._switch(ended, clock_s).tolist(), now)

    def _switch(self, ended: IntArray, clock_s: float) -> IntArray:
        """Turn devices off and on as their outages say; return those that have started."""
        were_running = self.running.copy()
        self.running[:] = True
        for kind in OFF_KINDS:
            self.running[self.outages.subjects(kind)] = False
        self.edges.forget(np.flatnonzero(were_running & ~self.running))
        started = np.flatnonzero(self.running & ~were_running)
        self.boot_id[started] += 1
        self.sample_sequence[started] = 0
        self.event_sequence[started] = 0
        without_time = self.outages.only(ended, OutageKind.REBOOT_1970)
        self.clocks.forget(self.outages.spans.subject[without_time], clock_s)
        return started

    def _tell(
        self,
        timeline: Timeline[Kind],
        passed: tuple[IntArray, IntArray],
        kind: TrueKind,
        names: Sequence[str],
    ) -> None:
        self._true_events += true_events(timeline, *passed, kind, names)

    def events(self, told: Iterable[Happening], now: datetime) -> list[Publication]:
        """Return the event messages of what the lifts' own devices tell now."""
        published = []
        for happening in told:
            lift = happening.lift
            if not self.running[lift] or self.defects.silences_events(lift):
                continue
            mislabels = self.defects.mislabels(lift)
            words = said(happening, self.gateways, self.vocabularies[lift], mislabels=mislabels)
            if words is not None:
                published.append(self._event(*words, self.time_of(lift, now)))
        return published

    def time_of(self, device: int, now: datetime) -> datetime:
        """Return what a device's own clock says."""
        now_us = microseconds(now)
        offset_us = self.clocks.offsets_us(np.array([device]), self._clock_s, now_us)
        return moment(now_us + int(offset_us[0]))

    def _event(self, happening: Happening, vocabulary: str, at: datetime) -> Publication:
        lift = happening.lift
        event = Event(
            observed_at=at,
            boot_id=int(self.boot_id[lift]),
            sequence=int(self.event_sequence[lift]),
            kind=happening.kind,
            code=happening.code,
            vocabulary=vocabulary,
            service_mode=happening.mode,
        )
        self.event_sequence[lift] += 1
        return publication(self.table.lift_ids[lift], TopicKind.EVENT, event)

    def _births(self, devices: Iterable[int], now: datetime) -> list[Publication]:
        return [self._status(device, Presence.ONLINE, now) for device in devices]

    def _status(self, device: int, presence: Presence, now: datetime | None) -> Publication:
        device_id, boot_id = self.device_ids[device], int(self.boot_id[device])
        if presence is Presence.OFFLINE:
            status = Status(presence=presence, boot_id=boot_id, observed_at=now)
            return publication(device_id, TopicKind.STATUS, status, retain=True)
        lift = device if device < self.table.count else int(self.edges.lifts_of(device)[0])
        assert now is not None, "a birth is told when it happens"
        status = Status(
            presence=presence,
            boot_id=boot_id,
            observed_at=self.time_of(device, now),
            maker=MAKER,
            model=f"Demo Gateway {self.gateways.names[self.gateways.type_of[lift]]}",
            firmware=FIRMWARE,
            signals=self.gateways.signals_of(lift),
            sampling_period_s=float(self.sensing.sampling_period_s[lift]),
            heartbeat_period_s=float(self.sensing.idle_period_s[lift]),
        )
        return publication(device_id, TopicKind.STATUS, status, retain=True)


def _numbered(next_number: IntArray, senders: IntArray) -> IntArray:
    """Return each row's sequence number, and count on: the rows of one sender follow on another."""
    order = np.argsort(senders, kind="stable")
    ordered = senders[order]
    rank = np.arange(senders.size) - np.searchsorted(ordered, ordered, side="left")
    numbers = np.empty_like(senders)
    numbers[order] = next_number[ordered] + rank
    np.add.at(next_number, senders, 1)
    return numbers
