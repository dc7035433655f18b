"""Measure the derived faults: simulated days on full gateways whose controllers report no code.

    python tests/bench/fault_figures.py --seeds 1000-1003 --lifts 400 --hours 24 --factor 600
    python tests/bench/fault_figures.py --seeds 1100-1101 --lifts 1000 --hours 24 --factor 1

The first counts which kinds follow which mechanism (recall), the second what is derived where
nothing is wrong (false episodes per 1,000 lift-days). Seeds 1000 to 1999 are those that thresholds
were tuned on.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from liftward_detection.catalogue import CATALOGUE, Category
from liftward_detection.detector import observe, take_events, tick
from liftward_detection.events import EventColumns, EventRow
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import DetectionKind
from liftward_detection.thresholds import default_thresholds
from liftward_detection.transitions import Transitions
from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.commands.preparation import Preparation
from liftward_simulator.devices.observed import PackedRows, packed, unpacked
from liftward_simulator.faults.causes import CAUSES
from liftward_simulator.faults.controller import Happening
from liftward_simulator.faults.happenings import Edge, TrueEvent, TrueKind
from liftward_simulator.scenarios.casting import shape_of
from liftward_simulator.scenarios.library import load_scenario
from liftward_wire.columns import microseconds
from liftward_wire.messages import EventKind

SECOND_US = 1_000_000
STEP_S = 0.2
START_HOUR = 7  # most of what happens to lifts happens by day
FREED_AFTER_S = 900.0  # as long as a rescue takes
BEFORE_S, AFTER_S = 5.0, 60.0  # what is derived so near a true fault is derived from it
ROWS_PER_CALL = 5_000
TOLD = (EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED)
TRUE_KINDS = (TrueKind.FAULT, TrueKind.POWER_CUT, TrueKind.WEAR)
# Kinds that are judged: those that say a lift has a fault.
JUDGED = {
    kind.value
    for kind in DetectionKind
    if CATALOGUE[kind].category in {Category.FAULT, Category.CONDITION}
}


@dataclass
class Span:
    """A true fault of one lift."""

    lift: int
    mechanism: str
    trapping: bool
    from_s: float
    to_s: float = np.inf
    kinds: set[str] = field(default_factory=set)


@dataclass
class Course:
    """What one seed gave."""

    lift_days: float
    spans: list[Span]
    false: Counter[str]
    began: Counter[str]


class Listener:
    """Feeds a detector with what full gateways measure, codes left out."""

    def __init__(self, prepared: Preparation) -> None:
        self.world = prepared.world()
        self.start_us = microseconds(prepared.starts_at)
        self.devices, _ = prepared.devices(self.world.table, prepared.starts_at)
        table = self.world.table
        self.state = FleetState.empty(table.count)
        self.state.set_nameplates(
            np.arange(table.count, dtype=np.int32),
            rated_speed_mps=table.speed_mps.astype(np.float32),
            rated_load_kg=table.rated_load_kg.astype(np.float32),
            floors_count=table.floors_count,
        )
        self.thresholds = default_thresholds()
        self.waiting: list[PackedRows] = []
        self.waiting_count = 0
        self.event_number = 0
        self.found: list[Transitions] = []

    def step(self) -> list[TrueEvent]:
        world = self.world
        told = world.step(STEP_S)
        now_us = self.now_us
        rows = self.devices.rows(world.cars, clock_s=world.clock_s, now_us=now_us)
        self.waiting.append(packed(rows))
        self.waiting_count += len(rows)
        events = [self._event(one, now_us) for one in told if one.kind not in TOLD]
        if events or self.waiting_count > ROWS_PER_CALL:
            self.flush()
        if events:
            columns = EventColumns.from_rows(events)
            self.found.append(take_events(self.state, columns, self.thresholds))
        return world.take_true_events()

    def flush(self) -> None:
        if self.waiting_count:
            columns = unpacked(self.waiting).columns(self.now_us)
            # Each row was received when it was observed, not when this call is made.
            live = replace(columns, received_at_us=columns.observed_at_us)
            self.found.append(observe(self.state, live, self.thresholds))
        self.waiting, self.waiting_count = [], 0
        self.found.append(tick(self.state, self.now_us, self.thresholds))

    @property
    def now_us(self) -> int:
        return self.start_us + round(self.world.clock_s * SECOND_US)

    def _event(self, one: Happening, now_us: int) -> EventRow:
        self.event_number += 1
        return EventRow(
            lift_index=one.lift,
            observed_at_us=now_us,
            received_at_us=now_us,
            boot_id=1,
            sequence=self.event_number,
            kind=one.kind,
            service_mode=0 if one.mode is None else one.mode.code,
        )


def play(seed: int, lifts: int, hours: float, factor: float) -> Course:
    """Let one town live and compare what was derived with what was true."""
    scenario = load_scenario("quiet_day")
    faults = msgspec.structs.replace(scenario.faults, rate_factor=factor)
    gateways = msgspec.structs.replace(scenario.gateways, mix={"full": 1.0}, edge_share=0.0)
    starts_at = scenario.starts_at.replace(hour=START_HOUR)
    scenario = msgspec.structs.replace(
        scenario, faults=faults, gateways=gateways, starts_at=starts_at
    )
    shape = shape_of(scenario.gateways, lifts)
    town = town_from(make_town(np.random.default_rng(seed), lifts, shape=shape))
    prepared = Preparation(name="faults", scenario=scenario, town=town, seed=seed, hours=hours)
    listener = Listener(prepared)
    world = listener.world
    spans: list[Span] = []
    open_spans: dict[tuple[int, str], Span] = {}
    releases: list[tuple[float, str]] = []
    while world.clock_s < hours * 3600:
        for event in listener.step():
            _note(event, spans, open_spans)
        for begun in world.take_begun():
            lift_id = world.table.lift_ids[begun.lift]
            releases.append((world.clock_s + FREED_AFTER_S, lift_id))
            for span in open_spans.values():
                span.trapping = span.trapping or span.lift == begun.lift
        world.take_ended()
        while releases and releases[0][0] <= world.clock_s:
            world.release(releases.pop(0)[1])
    listener.flush()
    return _compare(listener, spans, world.table.count * hours / 24)


def _note(event: TrueEvent, spans: list[Span], open_spans: dict[tuple[int, str], Span]) -> None:
    if event.kind not in TRUE_KINDS or event.lift is None:
        return
    key = (event.lift, event.name)
    if event.edge is Edge.BEGAN and key not in open_spans:
        cause = event.cause
        mechanism = "power_cut" if cause is None else CAUSES[cause].mechanism.value
        if event.kind is TrueKind.WEAR:
            mechanism = f"wear of {event.name}"
        open_spans[key] = span = Span(event.lift, mechanism, trapping=False, from_s=event.at_s)
        spans.append(span)
    elif event.edge is Edge.ENDED and key in open_spans:
        open_spans.pop(key).to_s = event.at_s


def _compare(listener: Listener, spans: list[Span], lift_days: float) -> Course:
    of_lift: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        of_lift[span.lift].append(span)
    false: Counter[str] = Counter()
    began: Counter[str] = Counter()
    for row in (row for part in listener.found for row in part.rows()):
        if row["transition"] != "began" or row["kind"] not in JUDGED:
            continue
        began[row["kind"]] += 1
        at_s = (row["onset_at_us"] - listener.start_us) / SECOND_US
        near = [
            span
            for span in of_lift[row["lift_index"]]
            if span.from_s - BEFORE_S <= at_s <= span.to_s + AFTER_S
        ]
        for span in near:
            span.kinds.add(row["kind"])
        if not near:
            false[row["kind"]] += 1
    return Course(lift_days, spans, false, began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1000-1000", help="FIRST-LAST")
    parser.add_argument("--lifts", type=int, default=400)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--factor", type=float, default=1.0, help="of the published rates")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    courses = [
        play(seed, arguments.lifts, arguments.hours, arguments.factor)
        for seed in range(first, last + 1)
    ]
    spans = [span for course in courses for span in course.spans]
    found: dict[str, dict[str, object]] = {}
    for mechanism in sorted({span.mechanism for span in spans}):
        for trapping in (True, False):
            those = [s for s in spans if s.mechanism == mechanism and s.trapping is trapping]
            kinds = Counter(kind for span in those for kind in span.kinds)
            if those:
                name = f"{mechanism}, {'trapping' if trapping else 'nobody trapped'}"
                any_kind = sum(bool(span.kinds) for span in those)
                found[name] = {"faults": len(those), "any": any_kind, **dict(kinds.most_common())}
    lift_days = sum(course.lift_days for course in courses)
    false = sum((course.false for course in courses), Counter())
    per_1000 = {kind: round(count / lift_days * 1000, 2) for kind, count in false.most_common()}
    figures = {
        "lift_days": lift_days,
        "found": found,
        "false": dict(false),
        "false_per_1000_lift_days": per_1000,
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
