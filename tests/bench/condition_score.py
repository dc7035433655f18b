"""How early wear is warned of, and how often for nothing, against the simulator's own wear.

    python tests/bench/condition_score.py --seeds 1 2 3 --lifts 200 --days 120 --json out.json

Months of samples of every car at five looks a second would take days. So the drifts are those of
the simulator (`faults/wear.py`, true leads of weeks), the lifts and their gateways are the
simulator's, and what a gateway tells of one trip (moving, at speed, stopped, door phases) is
written down directly, trip by trip, with its noise, a daily rhythm and look-alikes (doors held or
slow for a while). Visits come every fifteen days, at repairs and when wear is mended in time.
Thresholds were set on seeds 1000 to 1999; the seeds that are reported are 1 to 9.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.stats import beta, chi2

from liftward_detection.detector import observe
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import CONDITION_KINDS
from liftward_detection.thresholds import default_thresholds
from liftward_simulator.city.scale import CityShape
from liftward_simulator.city.town import build_town
from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.faults.wear import COMPONENT_OF, Component, Wear
from liftward_simulator.physics.lifts import TRIPS_PER_DAY, LiftTable
from liftward_simulator.physics.patterns import SITE_TYPES, hour_curves
from liftward_simulator.rates.lift_rates import published_cause_shares
from liftward_wire.columns import ABSENT, DTYPES
from liftward_wire.signals import SIGNALS
from liftward_wire.states import DoorState, DoorZone, ServiceMode

HOUR_S, DAY_S = 3600.0, 86_400.0
START_S = 1_767_571_200.0  # 2026-01-05, a Monday
WEAR_CAUSES = [cause for cause, part in COMPONENT_OF.items() if part is not Component.COOLING]
EFFECTS = (
    "door_factor", "door_reopen_share", "levelling_drift_mm", "vibration_factor", "current_factor",
)  # fmt: skip
NEUTRAL = {"door_factor": 1.0, "vibration_factor": 1.0, "current_factor": 1.0}
VISIT_EVERY_DAYS, VISIT_S = 15.0, 1800.0
SLOW_DOOR_PER_DAY = 0.02  # look-alike: doors two and a half times as slow for up to an hour
PASSENGER_RETRY_SHARE = 0.02  # somebody steps between the doors
# The rhythm that a baseline has to live with: stiff grease in cold nights, full cars in rush hours.
DOOR_RHYTHM, CURRENT_RHYTHM, VIBRATION_RHYTHM = 0.02, 0.04, 0.05
CURRENT_LOAD_SPREAD = 0.06  # of one trip, by the load


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One drift: whom, what, from when to its failure or its mending."""

    lift: int
    component: str
    began_s: float
    fails_s: float
    ended_s: float
    fails: bool


def drifts(
    rng: np.random.Generator, lifts: int, days: float
) -> tuple[dict[str, Any], list[Course]]:
    """Let the simulator's wear run hour by hour; return its effects and its courses."""
    count = round(lifts * 0.4)
    weights = published_cause_shares()[[list(Cause).index(cause) for cause in WEAR_CAUSES]]
    causes = rng.choice(len(WEAR_CAUSES), count, p=weights / weights.sum())
    at_s = np.sort(rng.uniform(30 * DAY_S, days * DAY_S, count))
    occurrences = Occurrences(
        at_s=at_s,
        lift=rng.permutation(lifts)[:count].astype(np.int64),
        cause=np.array([list(Cause).index(WEAR_CAUSES[c]) for c in causes], np.int16),
        traps=np.zeros(count, np.bool_),
    )
    cars = SimpleNamespace(phase=np.zeros(lifts), machine_room_rise_degc=np.zeros(lifts))
    for name in EFFECTS:
        setattr(cars, name, np.full(lifts, NEUTRAL.get(name, 0.0)))
    chronicle = SimpleNamespace(tell=lambda *_args, **_kwargs: None)
    faults: Any = SimpleNamespace(cars=cars, chronicle=chronicle)
    wear = Wear.leading_to(faults, occurrences, rng, 1.0)
    components = tuple(Component)
    courses = [
        Course(
            lift=int(wear.lift[i]),
            component=components[wear.component[i]].value,
            began_s=float(wear.began_s[i]),
            fails_s=float(wear.fails_s[i]),
            ended_s=float(min(wear.fails_s[i] + 6 * HOUR_S, wear.mended_s[i])),
            fails=bool(np.isinf(wear.mended_s[i])),
        )
        for i in range(wear.lift.size)
    ]
    hours = int(days * 24)
    effects = {name: np.empty((hours, lifts), np.float32) for name in EFFECTS}
    repairs = [(c.ended_s, c.lift, wear.cause[i]) for i, c in enumerate(courses) if c.fails]
    for hour in range(hours):
        now_s = hour * HOUR_S
        wear.next_s = now_s
        wear.advance(now_s)
        for ended_s, lift, cause in repairs:
            if now_s - HOUR_S <= ended_s < now_s:
                wear.mend(lift, list(Cause)[cause])
        for name in EFFECTS:
            effects[name][hour] = getattr(cars, name)
    return effects, courses


def visits_of(rng: np.random.Generator, lift: int, days: float, courses: list[Course]) -> Any:
    """Return when somebody is at the lift: routine, repairs, and what was mended in time."""
    routine = np.arange(rng.uniform(0, VISIT_EVERY_DAYS), days, VISIT_EVERY_DAYS) * DAY_S
    mended = [course.ended_s for course in courses if course.lift == lift]
    every = np.sort(np.concatenate([routine, mended]))
    return every[(every > 0) & (every < days * DAY_S - HOUR_S)]


def trips_of(rng: np.random.Generator, table: LiftTable, lift: int, days: float) -> Any:
    """Return the times of a lift's trips, by its building's hours, at least 40 s apart."""
    site = SITE_TYPES[table.site_type[lift]]
    curve = hour_curves()[table.site_type[lift]]
    weekend = 0.4 if site == "office" else 0.9
    per_hour = TRIPS_PER_DAY[site] / 24 * curve
    day = np.arange(int(days))
    factor = np.where(day % 7 >= 5, weekend, 1.0)
    counts = rng.poisson(np.outer(factor, per_hour).ravel())
    at_s = np.repeat(np.arange(counts.size) * HOUR_S, counts) + rng.uniform(0, HOUR_S, counts.sum())
    at_s = np.sort(at_s)
    keep = np.concatenate([[True], np.diff(at_s) > 40.0])
    while not keep.all():
        at_s = at_s[keep]
        keep = np.concatenate([[True], np.diff(at_s) > 40.0])
    return at_s[at_s < days * DAY_S - HOUR_S]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What of a lift's trips is told: one column for each trip, one row for each sample of it."""

    offsets: Any  # seconds from the trip's begin
    place: Any  # 0 accelerating, 1 at speed, 2 stopped, 3.. the phases of the door
    keep: Any
    order: Any
    told_us: Any

    def pick(self, values: Any) -> Any:
        """Return what belongs to each sample, in order of time."""
        return np.broadcast_to(values, self.offsets.shape).T[self.keep.T][self.order]


def phases_of(
    rng: np.random.Generator, table: LiftTable, lift: int, now: dict[str, Any], at_s: Any
) -> Any:
    """Return when each phase of each trip is over, in seconds from its begin."""
    count = at_s.size
    slow = np.ones(count)
    for start in rng.uniform(0, at_s[-1], rng.poisson(SLOW_DOOR_PER_DAY * at_s[-1] / DAY_S)):
        slow[(at_s >= start) & (at_s < start + rng.uniform(600, 3600))] = 2.5
    rhythm = 1 + DOOR_RHYTHM * np.cos(2 * np.pi * (at_s % DAY_S) / DAY_S - 1.0)
    door = now["door_factor"] * slow * rhythm * (1 + 0.02 * rng.standard_normal((2, count)))
    opening, closing = table.door_open_s[lift] * door[0], table.door_close_s[lift] * door[1]
    retry = rng.random(count) < now["door_reopen_share"] + PASSENGER_RETRY_SHARE
    dwell = np.full(count, float(table.dwell_s[lift]))
    again = np.where(retry, 1.0, 0.0)
    # Accelerating, at speed, stopped, opening, open, closing, (opening, open, closing), at rest.
    spans = np.stack([
        np.full(count, 2.0), rng.uniform(6.0, 15.0, count), np.full(count, 0.4), opening, dwell,
        np.where(retry, 0.5 * closing, closing), again * 0.5 * opening, again * dwell,
        again * closing, np.full(count, 5.0),
    ])  # fmt: skip
    return np.concatenate([np.zeros((1, count)), np.cumsum(spans, axis=0)])


def told_of(edges: Any, at_s: Any, period_s: float) -> Told:
    """Return when samples are taken; `period_s` 0: at each change, else only so often."""
    if period_s == 0:
        # Each change, at the next look of a fifth of a second; two samples at speed.
        offsets = np.stack([
            np.ones(at_s.size), edges[1] + 1.0, edges[1] + 3.0, edges[2] + 0.2, *edges[3:10],
        ])  # fmt: skip
        offsets = np.ceil((at_s + offsets) / 0.2) * 0.2 + 1e-6 - at_s
    else:
        steps = int(np.ceil(edges[-1].max() / period_s)) + 1
        offsets = period_s - at_s % period_s + period_s * np.arange(-1, steps)[:, None]
    place = (offsets[:, None, :] >= edges[None, 1:, :]).sum(axis=1)
    keep = offsets < np.append(at_s[1:], np.inf) - at_s
    keep[1:] &= np.diff(offsets, axis=0) > 1e-7
    times_s = (START_S + at_s + offsets).T[keep.T]
    order = np.argsort(times_s, kind="stable")
    told_us = np.rint(times_s[order] * 1e6).astype(np.int64)
    return Told(offsets=offsets, place=place, keep=keep, order=order, told_us=told_us)


def samples_of(  # noqa: PLR0917 - everything that one lift's story is made of
    rng: np.random.Generator,
    table: LiftTable,
    lift: int,
    effects: dict[str, Any],
    at_s: Any,
    visits: Any,
    period_s: float,
) -> Any:
    """Return what the gateway tells of each trip."""
    hour = (at_s / HOUR_S).astype(int)
    now = {name: values[hour, lift] for name, values in effects.items()}
    told = told_of(phases_of(rng, table, lift, now, at_s), at_s, period_s)
    busy = np.cos(2 * np.pi * (at_s % DAY_S) / DAY_S - 4.5)
    speed = float(table.speed_mps[lift])
    load = 1 + CURRENT_LOAD_SPREAD * rng.standard_normal(at_s.size)
    current = (8 + 4 * speed) * now["current_factor"] * load * (1 + CURRENT_RHYTHM * busy)
    vibration = 0.12 * now["vibration_factor"] * (1 + VIBRATION_RHYTHM * busy)
    scatter = rng.uniform(-1.5, 1.5, at_s.size)
    level = table.sill_offset_mm[lift] + now["levelling_drift_mm"] + scatter
    place, before = told.pick(told.place), told.pick(told.offsets < 0)
    at_speed, moving = (place == 1) & ~before, (place <= 1) & ~before
    phases = [DoorState.OPENING.code, DoorState.OPEN.code, DoorState.CLOSING.code]
    words = np.array([DoorState.CLOSED.code] * 3 + phases * 2 + [DoorState.CLOSED.code] * 2)
    count = place.size
    noise = rng.standard_normal((3, count))
    signals: dict[str, Any] = {
        "service_mode": mode_of(told.told_us, visits),
        "speed_mps": np.where(at_speed, speed, np.where(moving, 0.5 * speed, 0.0)),
        "car_door": np.where(before, DoorState.CLOSED.code, words[place]),
        "door_zone": np.where(moving, DoorZone.OUTSIDE.code, DoorZone.INSIDE.code),
        "levelling_error_mm": np.where(
            moving, np.nan, np.round(told.pick(level) + 0.3 * noise[0], 1)
        ),
        "motor_current_a": np.where(moving, np.round(told.pick(current) + 0.2 * noise[1], 1), 0.0),
        "vibration_mps2": np.abs(np.where(moving, told.pick(vibration), 0.01) + 0.005 * noise[2]),
    }
    return told.told_us, signals


def mode_of(told_us: Any, visits: Any) -> Any:
    """Return the service mode of each sample: inspection while somebody is there."""
    mode = np.full(told_us.size, ServiceMode.NORMAL.code, np.int8)
    for start in visits:
        edges_us = [(START_S + start) * 1e6, (START_S + start + VISIT_S) * 1e6]
        began, ended = np.searchsorted(told_us, edges_us)
        mode[began : max(ended, min(began + 3, told_us.size))] = ServiceMode.INSPECTION.code
    return mode


def columns_of(lift: int, told_us: Any, signals: dict[str, Any]) -> Any:
    n = told_us.size
    full = {}
    for signal in SIGNALS:
        dtype, values = DTYPES[signal.type], signals.get(signal.name)
        absent = np.full(n, ABSENT[signal.type], dtype)
        full[signal.name] = absent if values is None else values.astype(dtype)
    return SimpleNamespace(
        lift_index=np.zeros(n, np.int32),
        observed_at_us=told_us,
        received_at_us=told_us,
        boot_id=np.ones(n, np.int64),
        sequence=np.arange(n, dtype=np.int64),
        signals=full,
    )


METRIC_OF = {
    Component.DOOR_ROLLERS.value: {
        "door_opening_drift",
        "door_closing_drift",
        "door_retries_drift",
    },
    Component.BRAKE_LINING.value: {"levelling_drift", "motor_current_drift"},
    Component.GUIDE_SHOES.value: {"vibration_drift"},
    Component.ENCODER.value: {"levelling_drift"},
    Component.MOTOR_BEARING.value: {"vibration_drift", "motor_current_drift"},
}
LEARNED_AFTER_S = 8 * DAY_S


def play(seed: int, lifts: int, days: float, period_s: float, out: dict[str, Any]) -> None:
    """Play the months of one city and match warnings with wear."""
    rng = np.random.default_rng([seed, 46])
    town = build_town(rng, lifts, shape=CityShape.of_size(lifts))
    table = LiftTable.from_town(town, rng, without=frozenset())
    effects, courses = drifts(rng, table.count, days)
    kinds = {kind.value for kind in CONDITION_KINDS}
    for lift in range(table.count):
        visits = visits_of(rng, lift, days, courses)
        at_s = trips_of(rng, table, lift, days)
        told_us, signals = samples_of(rng, table, lift, effects, at_s, visits, period_s)
        state = FleetState.empty(1)
        found = observe(state, columns_of(lift, told_us, signals), default_thresholds())
        out["samples"] += told_us.size
        rows = [
            (row["kind"], row["transition"], row["detected_at_us"] / 1e6 - START_S,
             row["onset_at_us"] / 1e6 - START_S, row["evidence"])
            for row in found.rows() if row["kind"] in kinds
        ]  # fmt: skip
        judge(lift, rows, [course for course in courses if course.lift == lift], days, out)
    out["lift_days"] += table.count * days


def judge(lift: int, rows: Any, courses: list[Course], days: float, out: dict[str, Any]) -> None:
    began = [row for row in rows if row[1] == "began"]
    explained = np.zeros(len(began), np.bool_)
    for course in courses:
        mine = [
            k
            for k, row in enumerate(began)
            if row[0] in METRIC_OF[course.component]
            and course.began_s <= row[2] <= course.ended_s + 3 * DAY_S
        ]
        explained[mine] = True
        until_s = min(course.fails_s, course.ended_s)
        early = [began[k][2] for k in mine if began[k][2] < until_s]
        seen_whole = course.began_s > LEARNED_AFTER_S
        if course.fails and course.fails_s < days * DAY_S - HOUR_S:
            name = course.component + ("" if seen_whole else " (drifting before it was watched)")
            lead = (course.fails_s - min(early)) / DAY_S if early else None
            share = (
                (min(early) - course.began_s) / (course.fails_s - course.began_s) if early else None
            )
            out["failures"].append([name, (course.fails_s - course.began_s) / DAY_S, lead, share])
        elif not course.fails:
            out["mended"].append([course.component, bool(early), seen_whole])
    for k, row in enumerate(began):
        if not explained[k]:
            out["false"].append([row[0], lift, round(row[2] / DAY_S, 1), row[4]])


def interval(count: int, of: int) -> list[float]:
    """Exact (Clopper-Pearson) 95 % interval of a share."""
    low = 0.0 if count == 0 else float(beta.ppf(0.025, count, of - count + 1))
    high = 1.0 if count == of else float(beta.ppf(0.975, count + 1, of - count))
    return [round(low, 3), round(high, 3)]


def rate_interval(count: int, exposure: float) -> list[float]:
    """Exact 95 % interval of a Poisson rate."""
    low = 0.0 if count == 0 else float(chi2.ppf(0.025, 2 * count) / 2)
    return [
        round(low / exposure, 3),
        round(float(chi2.ppf(0.975, 2 * count + 2) / 2) / exposure, 3),
    ]


def summary(out: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    lines = []
    for name in sorted({row[0] for row in out["failures"]}):
        rows = [row for row in out["failures"] if row[0] == name]
        leads = [row[2] for row in rows if row[2] is not None]
        line = f"{name}: {len(leads)}/{len(rows)} {interval(len(leads), len(rows))}"
        if leads:
            gone = np.median([row[3] for row in rows if row[3] is not None])
            line += f" lead {np.median(leads):.1f} d of {np.median([row[1] for row in rows]):.1f}"
            line += f", after {gone:.2f} of it"
        lines.append(line)
    mended = [row for row in out["mended"] if row[2]]
    exposure = out["lift_days"] / 1000
    false_count = len(out["false"])
    return [
        *lines,
        f"mended in time: warned {sum(row[1] for row in mended)} of {len(mended)}",
        f"false {false_count} in {out['lift_days']:.0f} lift-days",
        f"false for 1,000 lift-days: {rate_interval(false_count, exposure)}",
        f"samples {out['samples']}",
        *(str(row) for row in out["false"][:12]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[1000])
    parser.add_argument("--lifts", type=int, default=50)
    parser.add_argument("--days", type=float, default=120.0)
    parser.add_argument("--period-s", type=float, default=0.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    out: dict[str, Any] = {
        "lift_days": 0.0,
        "samples": 0,
        "failures": [],
        "mended": [],
        "false": [],
    }
    for seed in arguments.seeds:
        play(seed, arguments.lifts, arguments.days, arguments.period_s, out)
    if arguments.json:
        arguments.json.write_text(json.dumps(out))
    sys.stdout.write("\n".join(summary(out)) + "\n")


if __name__ == "__main__":
    main()
