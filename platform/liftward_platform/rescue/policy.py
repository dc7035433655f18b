"""The rescue policy: who is asked in what order, and how long each has.

A validated document. It is checked once when it is loaded, and stamped as JSON on each incident
that opens; a running incident never sees a later edit. Which policy an incident gets, by its
region, the hour and how much is going on, is policy_book.py. Pure but for `load`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from liftward_platform.rescue.policy_reader import PolicyError, Reader, is_number
from liftward_platform.rescue.toml_lines import key_lines

__all__ = ["DEFAULT_SOURCE", "LEVELS", "LevelParty", "Policy", "PolicyError", "load", "parse"]

DEFAULT_SOURCE = "liftward_platform/rescue/policies/default.toml"
HOURS_A_DAY = 24
LEVELS = (1, 2, 3)
_DAY_S = 86_400


class LevelParty(StrEnum):
    """Who stands behind a response level."""

    CONTRACTED_MAINTAINER = "contracted_maintainer"
    RESCUE_STATION = "rescue_station"
    PUBLIC_RESCUE = "public_rescue"


@dataclass(frozen=True, slots=True)
class Leg:
    """How long a crew of one level may take."""

    accept_s: float  # from the order to the answer
    depart_s: float  # from the answer to the departure


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRule:
    """When a likely late arrival is acted upon before it is one."""

    act_above: float  # P(late) from which one more crew is sent
    clear_below: float  # P(late) under which the next crossing counts as a new one
    every_s: float  # looked at again so often
    act_again_s: float  # no two crews by prediction within this, whatever P(late) says


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A checked policy. Build it with `parse` or `load`."""

    version: str
    levels: tuple[LevelParty, ...]  # index 0 is level 1
    legs: tuple[Leg, ...]  # by level, as `levels`
    first_levels: tuple[int, ...]  # asked at once when the rescue begins
    wants_every_team: bool  # a level asked at once is replaced until it has a crew that said yes
    prediction: PredictionRule
    accept_s: float
    arrive_s: float
    arrive_repeat_s: float
    unanswered_repeat_s: float
    release_report_s: float
    confirm_release_s: float
    grace_s: float
    position_max_age_s: float
    check_in_s: float
    check_in_repeat_s: float
    detour_factor: float
    utc_offset_min: int
    speed_kmh: tuple[float, ...]  # by local hour

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.grace_s)

    def level_of(self, party: LevelParty) -> int:
        """Return the response level of a kind of party, 1 to 3."""
        return self.levels.index(party) + 1

    def leg(self, level: int) -> Leg:
        """Return how long a crew of this level may take."""
        return self.legs[level - 1]

    def document(self) -> dict[str, Any]:
        """Return the document again, as it is stamped on an incident."""
        return {
            "version": self.version,
            "levels": [
                {
                    "level": level,
                    "party": str(party),
                    "accept_s": self.leg(level).accept_s,
                    "depart_s": self.leg(level).depart_s,
                }
                for level, party in enumerate(self.levels, start=1)
            ],
            "asking": {
                "first_levels": list(self.first_levels),
                "wants_every_team": self.wants_every_team,
            },
            "limits": {name: getattr(self, name) for name in (*_LIMITS, *_LATER_LIMITS)},
            "prediction": {name: getattr(self.prediction, name) for name in _PREDICTION},
            "travel": {
                "detour_factor": self.detour_factor,
                "utc_offset_min": self.utc_offset_min,
                "speed_kmh": list(self.speed_kmh),
            },
        }


# key -> (lowest, highest) in seconds. No limit may be zero: a delay of zero is a storm, a missing
# one is a rescue that waits for ever.
_LIMITS: Mapping[str, tuple[float, float]] = {
    "accept_s": (10, 1800),
    "arrive_s": (60, 4 * 3600),
    "arrive_repeat_s": (30, 3600),
    "unanswered_repeat_s": (10, 600),
    "release_report_s": (60, 4 * 3600),
    "confirm_release_s": (30, _DAY_S),
    "grace_s": (60, _DAY_S),
    "position_max_age_s": (60, _DAY_S),
}
# Younger than policies that running incidents keep: key -> (lowest, highest, when it is missing).
_LATER_LIMITS: Mapping[str, tuple[float, float, float]] = {
    "check_in_s": (60, 4 * 3600, 600),
    "check_in_repeat_s": (30, 3600, 120),
}
ACCEPT_S_SPAN = _LIMITS["accept_s"]
_DEPART_S_SPAN = (10.0, 3600.0)
# What a policy of an incident that opened under an older program has: key -> usual value. A crew
# leaves within five minutes: draft of Hangzhou 2024 for social rescue units.
_DEPART_S = 300.0
# key -> (lowest, highest, usual). The thresholds and intervals are ours.
_PREDICTION: Mapping[str, tuple[float, float, float]] = {
    "act_above": (0.05, 0.95, 0.5),
    "clear_below": (0.01, 0.94, 0.3),
    "every_s": (10, 600, 60),
    "act_again_s": (60, 3600, 300),
}
_LEVEL_KEYS = ("level", "party", "accept_s", "depart_s")


def load(path: Path | None = None) -> Policy:
    """Return the policy of a TOML file, or the one that comes with the program.

    Raises
    ------
    PolicyError
        When the file cannot be read, is no TOML, or has a hole.
    """
    text, source = read_text(path)
    document = parse_toml(text, source)
    return parse(document, source=source, lines=key_lines(text))


def read_text(path: Path | None) -> tuple[str, str]:
    """Return a policy file's text and how it is called in complaints.

    Raises
    ------
    PolicyError
        When the file cannot be read.
    """
    if path is None:
        default = files("liftward_platform.rescue").joinpath("policies/default.toml")
        return default.read_text("utf-8"), DEFAULT_SOURCE
    try:
        return path.read_text("utf-8"), str(path)
    except OSError as error:
        raise PolicyError(str(path), "the file", error.strerror, "a readable TOML file") from None
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), "the file", error.reason, "UTF-8 text") from None


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """Return the document of a text.

    Raises
    ------
    PolicyError
        When it is no TOML; tomllib's complaint names line and column.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(source, "the file", str(error), "a TOML document") from None


def parse(
    document: Mapping[str, Any], *, source: str, lines: Mapping[str, int] | None = None
) -> Policy:
    """Check a document and return the policy; `lines` says where each key stands.

    Raises
    ------
    PolicyError
        At the first hole or wrong value.
    """
    reader = Reader(document, source, lines=lines or {})
    policy = read_policy(reader)
    reader.refuse_unknown()
    return policy


def read_policy(reader: Reader) -> Policy:
    """Read a policy's keys, and leave any others to the caller."""
    limits = {name: reader.number(f"limits.{name}", *span) for name, span in _LIMITS.items()}
    limits |= {
        name: reader.number(f"limits.{name}", low, high) if reader.has(f"limits.{name}") else usual
        for name, (low, high, usual) in _LATER_LIMITS.items()
    }
    rows = level_rows(reader)
    policy = Policy(
        version=reader.text("version"),
        levels=_parties(reader, rows),
        legs=tuple(_leg(row, limits["accept_s"]) for row in rows),
        first_levels=first_levels(reader, "asking.first_levels", usual=(1,)),
        wants_every_team=reader.flag("asking.wants_every_team", usual=False),
        prediction=_prediction(reader),
        detour_factor=reader.number("travel.detour_factor", 1.0, 5.0),
        utc_offset_min=int(reader.number("travel.utc_offset_min", -720, 840)),
        speed_kmh=_speeds(reader),
        **limits,
    )
    for row, leg in zip(rows, policy.legs, strict=True):
        if leg.accept_s >= policy.arrive_s:
            own = row.has("accept_s")
            refusing, key = (row, "accept_s") if own else (reader, "limits.accept_s")
            raise refusing.error(
                key, leg.accept_s, f"less than limits.arrive_s, {policy.arrive_s:g}"
            )
    return policy


def level_rows(reader: Reader) -> list[Reader]:
    """Return the rows of the levels, one for each level in order."""
    allowed = f"one entry for each level {', '.join(map(str, LEVELS))}, in order"
    rows = reader.rows("levels", allowed)
    numbers = [row.document.get("level") for row in rows]
    if numbers != list(LEVELS):
        raise reader.error("levels", numbers, allowed)
    for row in rows:
        row.refuse_other_than(_LEVEL_KEYS)
    return rows


def _parties(reader: Reader, rows: list[Reader]) -> tuple[LevelParty, ...]:
    parties: list[LevelParty] = []
    for row in rows:
        try:
            parties.append(LevelParty(row.value("party", ", ".join(LevelParty))))
        except ValueError:
            raise row.error("party", row.document["party"], ", ".join(LevelParty)) from None
    if len(set(parties)) != len(parties):
        raise reader.error("levels", [str(party) for party in parties], "each party once")
    return tuple(parties)


def _leg(row: Reader, accept_s: float) -> Leg:
    return Leg(
        accept_s=row.number("accept_s", *ACCEPT_S_SPAN) if row.has("accept_s") else accept_s,
        depart_s=row.number("depart_s", *_DEPART_S_SPAN) if row.has("depart_s") else _DEPART_S,
    )


def first_levels(reader: Reader, key: str, *, usual: tuple[int, ...]) -> tuple[int, ...]:
    """Return the levels that are asked at once."""
    if not reader.has(key):
        return usual
    allowed = f"levels of {', '.join(map(str, LEVELS))}, each once, lowest first, at least one"
    values = reader.value(key, allowed)
    right = (
        isinstance(values, list)
        and bool(values)
        and all(type(value) is int and value in LEVELS for value in values)
        and values == sorted(set(values))
    )
    if not right:
        raise reader.error(key, values, allowed)
    return tuple(values)


def _prediction(reader: Reader) -> PredictionRule:
    values = {
        name: reader.number(f"prediction.{name}", low, high)
        if reader.has(f"prediction.{name}")
        else usual
        for name, (low, high, usual) in _PREDICTION.items()
    }
    if values["clear_below"] >= values["act_above"]:
        raise reader.error(
            "prediction.clear_below", values["clear_below"],
            f"less than prediction.act_above, {values['act_above']:g}",
        )  # fmt: skip
    return PredictionRule(**values)


def _speeds(reader: Reader) -> tuple[float, ...]:
    allowed = "24 numbers, one for each hour, 1 to 150 km/h"
    values = reader.value("travel.speed_kmh", allowed)
    right = (
        isinstance(values, list)
        and len(values) == HOURS_A_DAY
        and all(is_number(value) and 1 <= value <= 150 for value in values)  # noqa: PLR2004 - said in `allowed`
    )
    if not right:
        raise reader.error("travel.speed_kmh", values, allowed)
    return tuple(float(value) for value in values)
