"""The rescue policy: who is asked in what order, and how long each has.

A validated document. It is checked once when it is loaded, and stamped as JSON on each incident
that opens; a running incident never sees a later edit. Pure but for `load`, which reads the file.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

DEFAULT_SOURCE = "liftward_platform/rescue/policies/default.toml"
HOURS_A_DAY = 24
LEVELS = (1, 2, 3)
_DAY_S = 86_400


class LevelParty(StrEnum):
    """Who stands behind a response level."""

    CONTRACTED_MAINTAINER = "contracted_maintainer"
    RESCUE_STATION = "rescue_station"
    PUBLIC_RESCUE = "public_rescue"


class PolicyError(Exception):
    """A policy with a hole or a wrong value: names file, key, value and what is allowed."""

    def __init__(self, source: str, key: str, value: object, allowed: str) -> None:
        self.source, self.key, self.value, self.allowed = source, key, value, allowed
        given = "is missing" if value is None else f"is {value!r}"
        super().__init__(f"{source}: {key} {given}; allowed: {allowed}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A checked policy. Build it with `parse` or `load`."""

    version: str
    levels: tuple[LevelParty, ...]  # index 0 is level 1
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

    def document(self) -> dict[str, Any]:
        """Return the document again, as it is stamped on an incident."""
        return {
            "version": self.version,
            "levels": [
                {"level": level, "party": str(party)}
                for level, party in enumerate(self.levels, start=1)
            ],
            "limits": {name: getattr(self, name) for name in (*_LIMITS, *_LATER_LIMITS)},
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


def load(path: Path | None = None) -> Policy:
    """Return the policy of a TOML file, or the one that comes with the program.

    Raises
    ------
    PolicyError
        When the file cannot be read, is no TOML, or has a hole.
    """
    if path is None:
        text = (
            files("liftward_platform.rescue").joinpath("policies/default.toml").read_text("utf-8")
        )
        return parse(tomllib.loads(text), source=DEFAULT_SOURCE)
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PolicyError(str(path), "the file", error.strerror, "a readable TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(str(path), "the file", str(error), "a TOML document") from None
    return parse(document, source=str(path))


def parse(document: Mapping[str, Any], *, source: str) -> Policy:
    """Check a document and return the policy.

    Raises
    ------
    PolicyError
        At the first hole or wrong value.
    """
    reader = _Reader(document, source)
    limits = {name: reader.number(f"limits.{name}", *span) for name, span in _LIMITS.items()}
    limits |= {
        name: reader.number(f"limits.{name}", low, high) if reader.has(f"limits.{name}") else usual
        for name, (low, high, usual) in _LATER_LIMITS.items()
    }
    policy = Policy(
        version=reader.text("version"),
        levels=_levels(reader),
        detour_factor=reader.number("travel.detour_factor", 1.0, 5.0),
        utc_offset_min=int(reader.number("travel.utc_offset_min", -720, 840)),
        speed_kmh=_speeds(reader),
        **limits,
    )
    reader.refuse_unknown()
    if policy.accept_s >= policy.arrive_s:
        allowed = f"less than limits.arrive_s, {policy.arrive_s:g}"
        raise PolicyError(source, "limits.accept_s", policy.accept_s, allowed)
    return policy


def _levels(reader: "_Reader") -> tuple[LevelParty, ...]:
    allowed = f"one entry for each level {', '.join(map(str, LEVELS))}, in order"
    rows = reader.value("levels", allowed)
    numbers = [row.get("level") if isinstance(row, dict) else None for row in _list(rows)]
    if numbers != list(LEVELS):
        raise PolicyError(reader.source, "levels", numbers, allowed)
    parties: list[LevelParty] = []
    for index, row in enumerate(rows):
        try:
            parties.append(LevelParty(row.get("party")))
        except ValueError:
            key = f"levels[{index}].party"
            raise PolicyError(reader.source, key, row.get("party"), ", ".join(LevelParty)) from None
    if len(set(parties)) != len(parties):
        raise PolicyError(reader.source, "levels", [str(p) for p in parties], "each party once")
    return tuple(parties)


def _speeds(reader: "_Reader") -> tuple[float, ...]:
    allowed = "24 numbers, one for each hour, 1 to 150 km/h"
    values = _list(reader.value("travel.speed_kmh", allowed))
    right = len(values) == HOURS_A_DAY and all(_is_number(v) and 1 <= v <= 150 for v in values)  # noqa: PLR2004 - said in `allowed`
    if not right:
        raise PolicyError(reader.source, "travel.speed_kmh", values, allowed)
    return tuple(float(value) for value in values)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Reader:
    """Reads dotted keys of a nested document and remembers which ones were asked for."""

    def __init__(self, document: Mapping[str, Any], source: str) -> None:
        self.document, self.source = document, source
        self.asked: set[str] = set()

    def value(self, key: str, allowed: str) -> Any:  # noqa: ANN401 - whatever the document holds
        self.asked.add(key)
        found: Any = self.document
        for part in key.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found is None:
            raise PolicyError(self.source, key, None, allowed)
        return found

    def has(self, key: str) -> bool:
        """Tell whether a key that may be missing is there."""
        self.asked.add(key)
        return key in _leaf_keys(self.document)

    def text(self, key: str) -> str:
        text = self._checked(key, "a text", lambda value: isinstance(value, str) and bool(value))
        return str(text)

    def number(self, key: str, low: float, high: float) -> Any:  # noqa: ANN401 - int stays int
        def fits(value: object) -> bool:
            return _is_number(value) and low <= value <= high  # type: ignore[operator]  # a number

        return self._checked(key, f"a number from {low:g} to {high:g}", fits)

    def _checked(self, key: str, allowed: str, fits: Callable[[object], bool]) -> Any:  # noqa: ANN401
        value = self.value(key, allowed)
        if not fits(value):
            raise PolicyError(self.source, key, value, allowed)
        return value

    def refuse_unknown(self) -> None:
        """A key nobody reads is a misspelled one."""
        for key in _leaf_keys(self.document):
            if key not in self.asked:
                raise PolicyError(self.source, key, "there", ", ".join(sorted(self.asked)))


def _leaf_keys(document: Mapping[str, Any], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, value in document.items():
        if isinstance(value, Mapping):
            keys += _leaf_keys(value, f"{prefix}{name}.")
        else:
            keys.append(f"{prefix}{name}")
    return keys
