"""The naive twin of condition and sensor health: one lift, lists and words, nothing clever.

Written from the rules in words. Stands on the detector's twin for facts, modes and time. Numbers
that the record keeps in single precision are rounded where it keeps them.
"""

import math
from typing import Any

import numpy as np

from liftward_detection.thresholds import Thresholds
from support.detector_twin import SECOND_US, Twin

MINUTE_US = 60 * SECOND_US
DAY_MIN = 1440
METRICS = (
    "door_opening_drift", "door_closing_drift", "door_retries_drift", "levelling_drift",
    "motor_current_drift", "vibration_drift",
)  # fmt: skip
DOORS = METRICS[:2]
NUMBERS = ("position_m", "speed_mps", "load_kg", "motor_current_a", "vibration_mps2")
COMMANDED = {"inspection", "firefighter", "out_of_service"}
Row = dict[str, Any]


def single(value: float) -> float:
    return float(np.float32(value))


class Baseline:
    """One metric: a block that fills, a level with a rhythm, a sum of deviations."""

    def __init__(self, kind: str, limits: Thresholds) -> None:
        self.kind, self.limits = kind, limits
        self.total, self.count, self.began = 0.0, 0, 0
        self.settling = 0
        self.before, self.was_drifting = 0.0, False
        self.forget()

    def forget(self) -> None:
        self.blocks, self.learned = 0, False
        self.level = self.cos = self.sin = self.spread = self.recent = 0.0
        self.up = self.down = 0.0
        self.since: int | None = None

    def observe(self, value: float, minute: int) -> str:
        if self.count == 0 or minute < self.began or minute - self.began > 7 * DAY_MIN:
            self.total, self.count, self.began = 0.0, 0, minute
        self.total, self.count = single(self.total + value), self.count + 1
        needed = round(self.limits.block_observations)
        if self.kind == "door_retries_drift":
            needed *= 4
        if self.count < needed or minute - self.began < round(self.limits.block_s / 60):
            return "still"
        mean, self.count = self.total / self.count, 0
        return self.take(mean, minute)

    def rhythm(self, minute: int) -> tuple[float, float]:
        angle = 2 * math.pi * (minute % DAY_MIN) / DAY_MIN
        return math.cos(angle), math.sin(angle)

    def season(self, minute: int) -> float:
        cos, sin = self.rhythm(minute)
        return self.cos * cos + self.sin * sin

    def learn(self, residual: float, minute: int, share: float) -> None:
        cos, sin = self.rhythm(minute)
        self.level = single(self.level + share * residual)
        self.cos = single(self.cos + 2 * share * residual * cos)
        self.sin = single(self.sin + 2 * share * residual * sin)

    def unit(self) -> float:
        limits, level = self.limits, abs(self.level)
        smallest = {
            "door_opening_drift": level * limits.door_time_change_share,
            "door_closing_drift": level * limits.door_time_change_share,
            "door_retries_drift": limits.retries_change_per_100,
            "levelling_drift": limits.levelling_change_mm,
            "motor_current_drift": level * limits.motor_current_change_share,
            "vibration_drift": level * limits.vibration_change_share,
        }[self.kind]
        return max(1.2533 * self.spread, smallest, 1e-6)

    def take(self, mean: float, minute: int) -> str:
        if not self.learned:
            self.take_in_learning(mean, minute)
            return "still"
        value = mean - self.season(minute)
        if self.settling:
            self.settle(value)
            return "still"
        self.recent = single(self.recent + (value - self.recent) / 6)
        unit = self.unit()
        deviation = min(max((value - self.level) / unit, -4.0), 4.0)
        interval = self.limits.decision_interval
        calm = self.up == 0 and self.down == 0
        self.up = single(min(max(0.0, self.up + deviation - self.limits.allowance), 1.5 * interval))
        if self.kind == "levelling_drift":
            lower = self.down - deviation - self.limits.allowance
            self.down = single(min(max(0.0, lower), 1.5 * interval))
        highest = max(self.up, self.down)
        if calm and highest > 0:
            self.since = self.began
        if highest < interval / 4:
            share = self.limits.adapting_share
            self.learn(deviation * unit, minute, share)
            self.spread = single(self.spread + share * (abs(deviation * unit) - self.spread))
        if highest >= interval:
            return "left"
        return "back" if highest == 0 else "still"

    def take_in_learning(self, mean: float, minute: int) -> None:
        self.blocks += 1
        if self.blocks == 1:
            self.since, self.level = minute, single(mean)
        else:
            residual = mean - self.level - self.season(minute)
            if self.blocks > 10:
                residual = min(max(residual, -4 * self.unit()), 4 * self.unit())
            share = max(1 / self.blocks, 1 / 64)
            self.learn(residual, minute, share)
            self.spread = single(self.spread + share * (abs(residual) - self.spread))
        assert self.since is not None
        self.since = min(self.since, minute) if self.blocks > 1 else minute
        # The clock may have been set back meanwhile: elapsed time counts from before it was.
        days = (minute - self.since) / DAY_MIN
        if self.blocks < self.limits.learning_blocks or days < self.limits.learning_days:
            return
        if self.kind in DOORS and self.level < 0.05:
            self.forget()
            return
        self.learned, self.recent, self.since = True, self.level, None
        self.up = self.down = 0.0

    def settle(self, value: float) -> None:
        done = 6 - self.settling
        self.recent = single(self.recent + (value - self.recent) / (done + 1))
        self.settling -= 1
        if self.settling:
            return
        moved, drift, noticeable = (
            self.recent - self.level,
            self.before - self.level,
            0.6 * self.unit(),
        )
        untouched = abs(self.recent - self.before) <= noticeable
        mended = abs(moved) <= noticeable
        half = moved * drift > 0 and abs(moved) >= 0.5 * abs(drift)
        if not (untouched or mended or (self.was_drifting and half)):
            self.level = self.recent


class ConditionTwin:
    """The condition of one lift: doors, trips, baselines, visits."""

    def __init__(self, limits: Thresholds) -> None:
        self.limits = limits
        self.base = Twin(0, limits)
        self.metrics = {kind: Baseline(kind, limits) for kind in METRICS}
        self.open: dict[str, int] = {}
        self.door, self.retries, self.told_retries = "unknown", 0, 0
        self.door_since_us: int | None = None
        self.sampled_us: int | None = None
        self.visited, self.top_mps = False, 0.0
        self.trip: Row | None = None
        self.out: list[Row] = []

    def take_sample(self, row: Row) -> list[Row]:
        self.out = []
        row = {k: single(v) if isinstance(v, float) else v for k, v in row.items()}
        self.base.take_sample(row)
        self.take_mode(row.get("service_mode", "unknown"), row["at_us"])
        measuring = self.base.effective_mode() not in COMMANDED
        self.take_motion(row, measuring=measuring)
        door = row.get("car_door", "unknown")
        if door != self.door:
            self.move_door(door, row["at_us"], measuring=measuring)
        self.sampled_us = row["at_us"]
        return self.out

    def take_mode(self, mode: str, at_us: int) -> None:
        if mode == "unknown":
            return
        if mode == "inspection":
            self.visited = True
        elif self.visited:
            self.visited = False
            for kind, metric in self.metrics.items():
                self.after_visit(kind, metric, at_us)

    def after_visit(self, kind: str, metric: Baseline, at_us: int) -> None:
        metric.count = 0
        if not metric.learned:
            return
        half = self.limits.decision_interval / 2
        metric.was_drifting = kind in self.open or metric.up >= half or metric.down >= half
        metric.before = metric.recent
        if kind in self.open:
            self.write(kind, "ended", "maintenance_visit", at_us)
            del self.open[kind]
        metric.settling, metric.up, metric.down = 6, 0.0, 0.0

    def take_motion(self, row: Row, *, measuring: bool) -> None:
        speed = row.get("speed_mps")
        if speed is not None and abs(speed) > self.limits.relevelling_speed_mps:
            if self.trip is None:
                self.trip = {"top": 0.0, "looks": 0, "currents": [], "vibrations": []}
            elif self.trip["looks"] >= 6:
                return
            self.trip["top"] = max(self.trip["top"], abs(speed))
            if self.top_mps > 0 and abs(speed) >= 0.95 * self.top_mps:
                self.trip["looks"] += 1
                for name, signal in (
                    ("currents", "motor_current_a"),
                    ("vibrations", "vibration_mps2"),
                ):
                    if row.get(signal) is not None:
                        self.trip[name].append(row[signal])
        elif self.trip is not None and self.base.facts.stationary:
            if measuring:
                self.measure_mean("motor_current_drift", self.trip["currents"], row["at_us"])
                self.measure_mean("vibration_drift", self.trip["vibrations"], row["at_us"])
                if row.get("levelling_error_mm") is not None:
                    self.measure("levelling_drift", row["levelling_error_mm"], row["at_us"])
            top, self.trip = self.trip["top"], None
            if self.top_mps == 0 or top <= self.top_mps:
                self.top_mps = single(max(self.top_mps * 0.998, top))
            else:
                self.top_mps = single(min(top, self.top_mps * 1.2))

    def measure_mean(self, kind: str, values: list[float], at_us: int) -> None:
        if values:
            total = 0.0
            for value in values:
                total = single(total + value)
            self.measure(kind, total / len(values), at_us)

    def move_door(self, door: str, at_us: int, *, measuring: bool) -> None:
        before, self.door = self.door, door
        near = (
            self.sampled_us is not None
            and at_us - self.sampled_us <= self.limits.health_gap_s_max * SECOND_US
        )
        passed_us = None if self.door_since_us is None else at_us - self.door_since_us
        timed_s = None
        if near and passed_us is not None and 0 <= passed_us <= 60 * SECOND_US:
            timed_s = passed_us / SECOND_US
        kind, value = {
            ("opening", "open"): ("door_opening_drift", timed_s),
            ("closed", "open"): ("door_opening_drift", 0.0 if near else None),
            ("closing", "closed"): ("door_closing_drift", timed_s),
            ("open", "closed"): ("door_closing_drift", 0.0 if near else None),
        }.get((before, door), ("", None))
        if kind and value is not None and measuring:
            self.measure(kind, value, at_us)
        turned_back = before == "closing" and door in {"opening", "open"}
        self.retries += turned_back
        if door == "closed" and before in {"open", "closing"}:
            if measuring:
                value = 100.0 * max(self.retries, self.told_retries)
                self.measure("door_retries_drift", value, at_us)
            self.retries = self.told_retries = 0
        odd = turned_back or (before == "opening" and door == "closing")
        known = before in {"closed", "opening", "open", "closing"}
        self.door_since_us = at_us if known and not odd else None

    def measure(self, kind: str, value: float, at_us: int) -> None:
        outcome = self.metrics[kind].observe(value, at_us // MINUTE_US)
        if outcome == "left" and kind not in self.open:
            since = self.metrics[kind].since
            assert since is not None
            self.open[kind] = min(since, at_us // MINUTE_US) * MINUTE_US
            self.write(kind, "began", "drifted", at_us)
        elif outcome == "back" and kind in self.open:
            self.write(kind, "ended", "condition_cleared", at_us)
            del self.open[kind]

    def write(self, kind: str, transition: str, reason: str, at_us: int) -> None:
        metric = self.metrics[kind]
        figures = {"baseline_value": metric.level, "current_value": metric.recent}
        days = None if metric.since is None else (at_us // MINUTE_US - metric.since) / DAY_MIN
        if days is not None and days >= 0.5:
            trend = (metric.recent - metric.level) / days
            figures["trend_per_day"] = trend
            limit = {
                "levelling_drift": self.limits.levelling_limit_mm,
                "vibration_drift": self.limits.vibration_limit_mps2,
            }.get(kind)
            if limit is not None and abs(metric.recent) >= limit:
                figures["days_to_limit"] = 0.0
            elif limit is not None and trend != 0:
                aim = limit if trend > 0 else -limit
                figures["days_to_limit"] = (aim - metric.recent) / trend
        self.out.append(
            {
                "kind": kind,
                "transition": transition,
                "reason": reason,
                "onset_at_us": self.open[kind],
                "detected_at_us": max(at_us, self.open[kind]),
                "figures": figures,
            }
        )
