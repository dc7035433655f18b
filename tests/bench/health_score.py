"""How well sensor health finds the sensors that lie: recall, time to find, false findings.

    python tests/bench/health_score.py --seeds 1000 --scenario flapping_sensors --json out.json

Plays a scenario of the simulator and feeds what its gateways measure, before it becomes messages,
to the detector. A defect counts where the lift's gateway has the signal. Thresholds were set on
seeds 1000 to 1999; the seeds that are reported are 1 to 9.
"""

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from liftward_detection.detector import observe
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import DEVICE_HEALTH_KINDS
from liftward_detection.thresholds import default_thresholds
from liftward_simulator.city.town import build_town
from liftward_simulator.commands.preparation import Preparation
from liftward_simulator.devices.defects import DefectKind
from liftward_simulator.scenarios import casting
from liftward_simulator.scenarios.library import load_scenario
from liftward_simulator.stage import TICK_S
from liftward_wire.columns import microseconds

# What each defect is found as: kind and signal; None: any signal.
FOUND_AS: dict[DefectKind, tuple[str, str | None]] = {
    DefectKind.OCCUPANCY_FLAPPING: ("sensor_flapping", "occupancy"),
    DefectKind.OCCUPANCY_STUCK_OCCUPIED: ("sensor_stuck", "occupancy"),
    DefectKind.OCCUPANCY_STUCK_EMPTY: ("sensor_stuck", "occupancy"),
    DefectKind.OCCUPANCY_INVERTED: ("sensor_inverted", "occupancy"),
    DefectKind.DOOR_ZONE_INVERTED: ("sensor_inverted", "door_zone"),
    DefectKind.DOOR_SWITCH_MISSET: ("sensor_skewed", "car_door"),
    DefectKind.LOAD_OFFSET: ("sensor_skewed", "load_kg"),
    DefectKind.LOAD_DRIFT: ("sensor_skewed", "load_kg"),
    DefectKind.LEVELLING_DEAD: ("sensor_stuck", "levelling_error_mm"),
    DefectKind.VALUES_FROZEN: ("values_frozen", None),
    DefectKind.VALUES_MISSING: ("values_missing", None),
}
_SIGNAL_OF = {kind: signal or "position_m" for kind, (_, signal) in FOUND_AS.items()}
_HEALTH = frozenset(kind.value for kind in DEVICE_HEALTH_KINDS)


@dataclass(slots=True)
class Tally:
    defects: int = 0
    by_kind: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    minutes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missed: list[list[str]] = field(default_factory=list)
    false: list[list[Any]] = field(default_factory=list)
    other_name: list[list[Any]] = field(default_factory=list)
    lift_days: float = 0.0


def play(options: argparse.Namespace, seed: int, tally: Tally) -> None:
    """Play one city and count what was found."""
    scenario_name, lifts, hours = options.scenario, options.lifts, options.hours
    scenario = msgspec.structs.replace(load_scenario(scenario_name), lifts=lifts)
    begins_s = options.defects_from_h * 3600.0
    defects = tuple(msgspec.structs.replace(one, from_s=begins_s) for one in scenario.defects)
    scenario = msgspec.structs.replace(scenario, defects=defects)
    shape = casting.shape_of(scenario.gateways, lifts)
    town = build_town(np.random.default_rng(seed), lifts, shape=shape)
    preparation = Preparation(
        name=scenario_name, scenario=scenario, town=town, seed=seed, hours=hours
    )
    world = preparation.world()
    now = preparation.starts_at
    devices, _ = preparation.devices(world.table, now)
    state, thresholds = FleetState.empty(world.table.count), default_thresholds()
    rows: list[dict[str, Any]] = []
    for _ in range(round(hours * 3600 / TICK_S)):
        now += timedelta(seconds=TICK_S)
        world.step(TICK_S)
        world.take_true_events()
        world.take_begun()
        world.take_ended()
        devices._advance(world.clock_s, now)
        now_us = microseconds(now)
        said = devices.rows(world.cars, clock_s=world.clock_s, now_us=now_us)
        if len(said):
            found = observe(state, said.columns(now_us), thresholds)
            rows += [row | {"clock_s": world.clock_s} for row in found.rows()]
    count(rows, devices, tally, hours)


def count(rows: list[dict[str, Any]], devices: Any, tally: Tally, hours: float) -> None:
    """Match findings with the defects there are."""
    spans = devices.defects.timeline.spans
    words = list(spans.kinds)
    defects = [
        (words[int(kind)], int(lift), float(from_s))
        for kind, lift, from_s in zip(spans.kind, spans.subject, spans.from_s, strict=True)
    ]
    began = [row for row in rows if row["kind"] in _HEALTH and row["transition"] == "began"]
    gateways = devices.gateways
    tally.lift_days += devices.table.count * hours / 24
    explained: dict[int, list[tuple[str, str | None]]] = defaultdict(list)
    for kind, lift, from_s in defects:
        name = gateways.names[gateways.type_of[lift]]
        if kind not in FOUND_AS:
            continue
        explained[lift].append(FOUND_AS[kind])
        if not gateways.sees[_SIGNAL_OF[kind]][gateways.type_of[lift]]:
            continue
        want_kind, want_signal = FOUND_AS[kind]
        hits = [
            row["clock_s"]
            for row in began
            if row["lift_index"] == lift
            and row["kind"] == want_kind
            and want_signal in (None, row["evidence"].get("signal"))
        ]
        tally.by_kind[kind.value][1] += 1
        if hits:
            tally.by_kind[kind.value][0] += 1
            tally.minutes[kind.value].append((min(hits) - from_s) / 60)
        else:
            tally.missed.append([kind.value, name])
    for row in began:
        signal = row["evidence"].get("signal")
        lift = row["lift_index"]
        line = [row["kind"], signal, gateways.names[gateways.type_of[lift]], lift]
        line.append(round(row["clock_s"] / 60))
        known = explained[lift]
        if any(kind == row["kind"] and want in (None, signal) for kind, want in known):
            continue
        frozen = any(kind == "values_frozen" for kind, _ in known)
        if frozen or any(want == signal for _, want in known):
            tally.other_name.append([*line, [kind for kind, _ in known]])
        else:
            tally.false.append([*line, [kind for kind, _ in known]])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenario", default="flapping_sensors")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1000])
    parser.add_argument("--lifts", type=int, default=500)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--defects-from-h", type=float, default=0.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    tally = Tally()
    for seed in arguments.seeds:
        play(arguments, seed, tally)
    result: dict[str, Any] = {
        "lift_days": tally.lift_days,
        "found": {
            kind: {
                "found": found,
                "of": of,
                "median_min": round(float(np.median(tally.minutes[kind])), 1) if found else None,
            }
            for kind, (found, of) in sorted(tally.by_kind.items())
        },
        "false": tally.false,
        "other_name": tally.other_name,
        "missed": tally.missed,
    }
    text = json.dumps(result)
    if arguments.json:
        arguments.json.write_text(text)
    lines = [f"{kind} {figures}" for kind, figures in result["found"].items()]
    lines.append(f"lift days {tally.lift_days:.1f}, false findings {len(tally.false)}")
    lines += [f"false {line}" for line in tally.false[:40]]
    lines += [f"by another name {line}" for line in tally.other_name[:30]]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
