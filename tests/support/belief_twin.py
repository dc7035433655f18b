"""The belief of the naive twin: plain words and numbers, one question after the other.

Written from the rules in words. `pieces` is a dict: piece of evidence -> how often it counts.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from math import exp, floor, inf, log
from typing import Any

import numpy as np

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
PER_NEPER = 10 / log(10)
ORDER = [
    "place",
    "arrived_not_opened",
    "closed_here",
    "ran_at_speed",
    "crept",
    "automatic_service",
    "out_of_service",
    "sensor_occupied",
    "sensor_flaps",
    "sensor_empty",
    "load_occupied",
    "load_empty",
    "car_calls",
    "no_car_calls",
    "direction_set",
    "doors_unknown",
    "doors_open",
    "door_opening",
    "door_fault",
    "door_retries",
    "more_door_retries",
    "alarm_button",
    "door_open_presses",
    "more_door_open_presses",
    "safety_chain_open",
    "power_lost",
    "controller_code",
]
INNOCENT = [
    "empty",
    "opening",
    "starting",
    "recovering",
    "rescue_device",
    "lingering",
    "technician",
    "sensor_error",
    "empty_stuck",
]
DOCUMENT = tomllib.loads(files("liftward_detection").joinpath("thresholds.toml").read_text("utf-8"))
Pieces = Mapping[str, int]


@dataclass
class Belief:
    """What is known of one stop."""

    between_floors: bool
    pieces: Pieces
    rest_us: int
    door_us: int | None
    press_us: int | None
    alarm_us: int | None
    mains_us: int | None

    def nepers(self, explanation: str, pieces: Pieces) -> float:
        table = DOCUMENT["off_level" if self.between_floors else "at_landing"]
        return sum(
            (
                pieces[piece] * (table.get(piece, {}).get(explanation, 0) * (log(10) / 10))
                for piece in ORDER
                if piece in pieces
            ),
            start=0.0,
        )

    def log_odds(self, explanation: str, pieces: Pieces) -> float:
        return self.nepers(explanation, pieces) - self.nepers("trapped", pieces)

    def clock(self, explanation: str) -> tuple[str, int] | None:
        """Which sojourn runs for an innocent explanation, and since when; None: none does."""
        signs = [us for us in (self.press_us, self.alarm_us) if us is not None]
        if explanation == "opening" and "door_opening" in self.pieces:
            return "opening_door", max(self.rest_us, self.door_us or self.rest_us)
        if explanation == "lingering" and signs:
            return "lingering_sign", max(self.rest_us, min(signs))
        if explanation == "rescue_device" and self.mains_us is not None:
            return explanation, max(self.rest_us, self.mains_us)
        if explanation in {"empty", "empty_stuck", "sensor_error"}:
            return None
        return explanation, self.rest_us

    @cached_property
    def courses(self) -> list[tuple[float, int, float]]:
        """Of each innocent explanation: log-odds, when it begins to run out, with which mean."""
        found = []
        for explanation in INNOCENT:
            log_odds, clock = self.log_odds(explanation, self.pieces), self.clock(explanation)
            if clock is None:
                found.append((log_odds, 0, inf))
            else:
                name, since_us = clock
                times = DOCUMENT["sojourns"]
                runs_out_us = since_us + round(times[f"{name}_certain_s"] * SECOND_US)
                found.append((log_odds, runs_out_us, times[f"{name}_mean_s"] * SECOND_US))
        return found

    def odds_against(self, at_us: int) -> float:
        return sum(
            exp(log_odds - max(0, at_us - runs_out_us) / mean_us)
            for log_odds, runs_out_us, mean_us in self.courses
        )

    def reaches(self, probability: float, from_us: int) -> int | None:
        """The first microsecond with this probability or more: big steps, then ever smaller."""
        limit = (1 - probability) / probability if probability else inf
        if self.odds_against(from_us) <= limit:
            return from_us
        if self.odds_against(from_us + DAY_US) > limit:
            return None
        at_us, step_us = from_us, 1 << 37
        while step_us:
            further = at_us + step_us
            if further <= from_us + DAY_US and self.odds_against(further) > limit:
                at_us = further
            step_us >>= 1
        return at_us + 1

    def explained(self, at_us: int) -> dict[str, Any]:
        """Probability and weights, as they stand in a row."""
        steps = [("prior", DOCUMENT["entrapment"]["prior_decibans"] / PER_NEPER)]
        so_far: dict[str, int] = {}
        for piece in ORDER:
            if piece in self.pieces:
                so_far[piece] = self.pieces[piece]
                odds = sum(exp(self.log_odds(explanation, so_far)) for explanation in INNOCENT)
                steps.append((piece, -log(odds)))
        odds = self.odds_against(at_us)
        steps.append(("time_at_rest", -log(odds)))
        weights, before = {}, 0.0
        for name, belief in steps:
            weight = floor((belief - before) * 10 * PER_NEPER + 0.5) / 10
            before = belief
            if weight:
                weights[name] = weight
        return {"probability": round(float(np.float32(1 / (1 + odds))), 6), "weights": weights}
