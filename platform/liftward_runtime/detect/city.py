"""A simulated city played in this process, as the detector would get it from a gateway.

    city = City(CityPlan(scenario="evening_peak", seed=1000, lifts=2_000, hours=2.0))
    for batch in city.batches():                             # one a second of platform time
        transitions = observe(state, batch.samples, thresholds)
        transitions = take_events(state, batch.events, thresholds)
        transitions = tick(state, batch.now_us, thresholds)
    city.truth()                                             # list of matching.TrueEntrapment

`scoring.score_city` does this with several detectors and sensor sets at once, and matches.

Samples stay arrays from the sensors to the detector; delays, overtaking, outages, store and
forward, wrong clocks and reboots are those of a trace of the same preparation. What a gateway
refuses for its time is refused here, too. Times of the truth and `received_at_us` are platform
time, microseconds since 1970. Must not know detectors.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from liftward_detection.events import EventColumns, EventRow
from liftward_gateway.admit import AHEAD_S_MAX, BEHIND_S_MAX, AdmittedEvent, Received, admit
from liftward_gateway.detecting import event_row
from liftward_gateway.registry import Registry, ServedLift
from liftward_runtime.detect.matching import TrueEntrapment
from liftward_runtime.detect.truth import EntrapmentKey, TruthInMemory
from liftward_simulator.city.town import build_town
from liftward_simulator.commands.preparation import Preparation
from liftward_simulator.devices.links import Arrival
from liftward_simulator.devices.row_links import ArrivedRows
from liftward_simulator.outputs.truth_keeping import TruthKeeper
from liftward_simulator.row_stage import RowStage
from liftward_simulator.scenarios.casting import shape_of
from liftward_simulator.scenarios.library import load_scenario
from liftward_simulator.stage import TICK_S
from liftward_wire.columns import SampleColumns, microseconds
from liftward_wire.topics import TopicKind

BATCH_S = 1.0  # a worker's batches are shorter: what is measured here is never better than there
_TICKS_PER_BATCH = round(BATCH_S / TICK_S)
_US = 1_000_000
_SECONDS_PER_DAY = 86_400.0
_SECONDS_PER_HOUR = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPlan:
    """Which city is played.

    Attributes
    ----------
    scenario : a name of `liftward simulate list`, or a TOML file
    lifts, hours : None: the scenario's
    gateway_type : what every lift has; None: the mix that the scenario and the city's size give
    fault_rate_factor, look_alike_rate_factor : None: the scenario's
    starts_hour : time of day at which it begins; None: the scenario's
    """

    scenario: str
    seed: int
    lifts: int | None = None
    hours: float | None = None
    gateway_type: str | None = "full"
    fault_rate_factor: float | None = None
    look_alike_rate_factor: float | None = None
    starts_hour: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a gateway's worker has got in a second, before its tick at `now_us`."""

    samples: SampleColumns
    events: EventColumns
    now_us: int
    messages: tuple[Received, ...] = ()  # what the events were made from, as it arrived


def preparation_of(plan: CityPlan) -> Preparation:
    """Return what the simulator plays for a plan.

    Raises
    ------
    ScenarioError
        When there is no such scenario.
    """
    scenario = load_scenario(plan.scenario)
    replace = msgspec.structs.replace
    faults, look_alikes, gateways = scenario.faults, scenario.look_alikes, scenario.gateways
    if plan.fault_rate_factor is not None:
        faults = replace(faults, rate_factor=plan.fault_rate_factor)
    if plan.look_alike_rate_factor is not None:
        look_alikes = replace(look_alikes, rate_factor=plan.look_alike_rate_factor)
    if plan.gateway_type is not None:
        gateways = replace(gateways, mix={plan.gateway_type: 1.0})
    starts_at = scenario.starts_at
    if plan.starts_hour is not None:
        starts_at = starts_at.replace(hour=0, minute=0) + timedelta(hours=plan.starts_hour)
    lifts = scenario.lifts if plan.lifts is None else plan.lifts
    return Preparation(
        name=plan.scenario,
        scenario=replace(
            scenario,
            lifts=lifts,
            starts_at=starts_at,
            faults=faults,
            look_alikes=look_alikes,
            gateways=gateways,
        ),
        town=build_town(np.random.default_rng(plan.seed), lifts, shape=shape_of(gateways, lifts)),
        seed=plan.seed,
        hours=scenario.hours if plan.hours is None else plan.hours,
    )


class City:
    """Mutable: plays once."""

    def __init__(self, plan: CityPlan) -> None:
        preparation = preparation_of(plan)
        assert preparation.hours is not None, "a city that is scored ends"
        self.plan = plan
        self.records = TruthInMemory()
        self.refused_count = 0  # rows and events with a time that a gateway refuses
        self._hours = preparation.hours
        self._stage: RowStage = preparation.row_stage(
            now=preparation.starts_at,
            truth=lambda lift_ids: TruthKeeper(writer=self.records, lift_ids=lift_ids),
        )
        self.lift_ids = self._stage.world.table.lift_ids
        self._index = {lift_id: index for index, lift_id in enumerate(self.lift_ids)}
        self.started_us = self.now_us = microseconds(preparation.starts_at)
        self._registry = _registry_of(self.lift_ids)
        self._hearing = Hearing(len(self.lift_ids))

    @property
    def lift_days(self) -> float:
        """Lift-days played so far."""
        return len(self.lift_ids) * (self.now_us - self.started_us) / _US / _SECONDS_PER_DAY

    def truth(self) -> list[TrueEntrapment]:
        """Return the entrapments that have begun so far, in order of their begin."""
        return self.records.entrapments(self._index, self._hearing.first_heard_us)

    def devices_of(self, lift: int) -> tuple[str, ...]:
        """Return the ids under which something may be known of a lift: its own, its edge's."""
        devices = self._stage.devices
        assert devices is not None, "a city that is scored speaks"
        sender = int(devices.edges.sender_of[lift])
        return tuple(dict.fromkeys((self.lift_ids[lift], devices.device_ids[sender])))

    def batches(self) -> Iterator[Batch]:
        """Play the city, and yield one batch a second."""
        stage = self._stage
        started_at = stage.now
        stage.open(started_at)
        for second in range(1, round(self._hours * _SECONDS_PER_HOUR / BATCH_S) + 1):
            for _ in range(_TICKS_PER_BATCH):
                clock_s = round(stage.world.clock_s + TICK_S, 6)
                stage.tick(started_at + timedelta(seconds=clock_s))
            rows, others = stage.arrived(second * BATCH_S)
            self.now_us = self.started_us + round(second * BATCH_S * _US)
            yield self._batch(rows, others)

    def _batch(self, rows: ArrivedRows, others: Sequence[Arrival]) -> Batch:
        received_us = self.started_us + np.rint(rows.arrived_s * _US).astype(np.int64)
        messages, events = self._events(others)
        self._hear(rows, received_us, events)
        samples = SampleColumns(
            lift_index=rows.columns.lift_index,
            observed_at_us=rows.columns.observed_at_us,
            received_at_us=received_us,
            boot_id=rows.columns.boot_id,
            sequence=rows.columns.sequence,
            signals=rows.columns.signals,
        )
        admitted = _has_plausible_time(samples)
        if not admitted.all():
            self.refused_count += int((~admitted).sum())
            samples = samples.select(admitted)
        return Batch(
            samples=samples,
            events=EventColumns.from_rows(events),
            now_us=self.now_us,
            messages=tuple(messages),
        )

    def _events(self, arrivals: Sequence[Arrival]) -> tuple[list[Received], list[EventRow]]:
        """Return the event messages, and the rows of those that a gateway admits."""
        messages, events = [], []
        for arrival in arrivals:
            message = arrival.publication
            if message.kind is not TopicKind.EVENT:
                continue
            received_us = self.started_us + round(arrival.arrived_s * _US)
            received = Received(message.topic, message.payload, received_us)
            messages.append(received)
            admitted = admit(received, self._registry)
            if isinstance(admitted, AdmittedEvent):
                events.append(event_row(admitted))
            else:
                self.refused_count += 1
        return messages, events

    def _hear(
        self, rows: ArrivedRows, received_us: NDArray[np.int64], events: Sequence[EventRow]
    ) -> None:
        """Note which of the lifts with trapped people can be heard of.

        What is refused for its time is not heard: nobody could act on it.
        """
        for record in self.records.take_entrapments():
            lift = self._index[record.lift_id]
            if record.to_at is None:
                self._hearing.begun(record.lift_id, lift, microseconds(record.from_at))
            else:
                self._hearing.ended(lift)
        plausible = _plausible(rows.columns.observed_at_us, received_us)
        sent_us = self.started_us + np.rint(rows.sent_s * _US).astype(np.int64)
        self._hearing.hear(rows.columns.lift_index, sent_us, received_us, plausible)
        for event in events:
            self._hearing.hear_one(event.lift_index, event.received_at_us, event.received_at_us)


class Hearing:
    """Since when, after the begin of an entrapment, its lift could be heard of."""

    def __init__(self, lift_count: int) -> None:
        self.first_heard_us: dict[EntrapmentKey, int] = {}
        self._waiting = np.zeros(lift_count, np.bool_)
        self._begun: dict[int, EntrapmentKey] = {}

    def begun(self, lift_id: str, lift: int, begin_us: int) -> None:
        """Begin to listen for a lift."""
        self._waiting[lift] = True
        self._begun[lift] = (lift_id, begin_us)

    def ended(self, lift: int) -> None:
        """Stop listening: what comes now came too late."""
        self._waiting[lift] = False
        self._begun.pop(lift, None)

    def hear(
        self,
        lift: NDArray[np.int32],
        sent_us: NDArray[np.int64],
        received_us: NDArray[np.int64],
        plausible: NDArray[np.bool_],
    ) -> None:
        """Take rows that have arrived."""
        if not self._begun:
            return
        for row in np.flatnonzero(self._waiting[lift] & plausible).tolist():
            self.hear_one(int(lift[row]), int(sent_us[row]), int(received_us[row]))

    def hear_one(self, lift: int, sent_us: int, received_us: int) -> None:
        """Take one row or event."""
        key = self._begun.get(lift)
        if key is not None and sent_us >= key[1]:
            self.first_heard_us[key] = received_us
            self.ended(lift)


def _registry_of(lift_ids: Sequence[str]) -> Registry:
    """Return a registration in which each lift has its own device and its index as its key."""
    registry = Registry()
    registry.replace(ServedLift(lift_id, lift_id, index) for index, lift_id in enumerate(lift_ids))
    return registry


def _has_plausible_time(samples: SampleColumns) -> NDArray[np.bool_]:
    return _plausible(samples.observed_at_us, samples.received_at_us)


def _plausible(observed_us: NDArray[np.int64], received_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    ahead_us = observed_us - received_us
    plausible: NDArray[np.bool_] = (ahead_us <= AHEAD_S_MAX * _US) & (
        ahead_us >= -BEHIND_S_MAX * _US
    )
    return plausible
