"""Which lift a caller means: exact codes first, then near codes and words, each with its reasons.

Pure: takes what was said and the lifts that could be meant, returns them in order. Must not know
SQL or HTTP.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# What a caller reads out is short; more is a letter that somebody pasted.
QUERY_CHARACTERS_MAX = 100
WORDS_MAX = 8
# Longer codes do not stand on a sign in a car; the variants of one grow with its length.
NEAR_CODE_CHARACTERS_MAX = 20
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"
_CODE = re.compile(r"[A-Z0-9_-]+")


class MatchReason(StrEnum):
    """Why a lift stands in the list; the weights are ours."""

    RESCUE_CODE = "rescue_code"  # read out exactly
    LIFT_ID = "lift_id"
    REGISTRATION_CODE = "registration_code"
    CODE_ONE_OFF = "code_one_off"  # one character wrong, missing, too many, or two swapped
    BUILDING_BEGINS = "building_begins"
    IN_BUILDING = "in_building"
    IN_ADDRESS = "in_address"
    IN_DISTRICT = "in_district"
    IN_LIFT_ID = "in_lift_id"
    INCIDENT_OPEN = "incident_open"  # people are known to be shut in there


WEIGHTS: dict[MatchReason, int] = {
    MatchReason.RESCUE_CODE: 1000,
    MatchReason.LIFT_ID: 900,
    MatchReason.REGISTRATION_CODE: 900,
    MatchReason.CODE_ONE_OFF: 300,
    MatchReason.BUILDING_BEGINS: 60,
    MatchReason.IN_BUILDING: 40,
    MatchReason.IN_ADDRESS: 30,
    MatchReason.IN_LIFT_ID: 20,
    MatchReason.IN_DISTRICT: 10,
    # More than any word: a call about a house with somebody shut in is about them.
    MatchReason.INCIDENT_OPEN: 100,
}
EXACT = (MatchReason.RESCUE_CODE, MatchReason.LIFT_ID, MatchReason.REGISTRATION_CODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a lift is called."""

    lift_id: str
    rescue_code: str
    registration_code: str | None
    building: str
    address: str
    district: str
    open_incident_id: int | None


@dataclass(frozen=True, slots=True)
class Match:
    """A lift that may be meant, and why."""

    lift_id: str
    reasons: tuple[MatchReason, ...]

    @property
    def weight(self) -> int:
        return sum(WEIGHTS[reason] for reason in self.reasons)

    @property
    def exact(self) -> bool:
        return any(reason in EXACT for reason in self.reasons)


def as_code(query: str) -> str:
    """Return what was said as a code: spaces and case do not count on the telephone."""
    return re.sub(r"\s+", "", query).upper()


def words_of(query: str) -> tuple[str, ...]:
    """Return the words of what was said, lower case, in order, each once."""
    return tuple(dict.fromkeys(query.lower().split()))[:WORDS_MAX]


def near_codes(code: str) -> list[str]:
    """Return every code that is one slip away: one wrong, one missing, one too many, two swapped.

    Empty for what is no code, or is too long or too short to slip in.
    """
    if not _CODE.fullmatch(code) or not 3 <= len(code) <= NEAR_CODE_CHARACTERS_MAX:  # noqa: PLR2004
        return []
    alphabet = _DIGITS if code.isdigit() else _DIGITS + _LETTERS
    splits = [(code[:place], code[place:]) for place in range(len(code) + 1)]
    near = {head + tail[1:] for head, tail in splits if tail}
    near |= {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    near |= {head + one + tail[1:] for head, tail in splits if tail for one in alphabet}
    near |= {head + one + tail for head, tail in splits for one in alphabet}
    return sorted(near - {code})


def rank(query: str, places: Iterable[Place]) -> tuple[Match, ...]:
    """Return the lifts that fit what was said, the likeliest first; ties by id."""
    code, words = as_code(query), words_of(query)
    near = frozenset(near_codes(code))
    found = [
        Match(place.lift_id, reasons)
        for place in places
        if (reasons := _reasons(place, code, near, words))
    ]
    return tuple(sorted(found, key=lambda match: (-match.weight, match.lift_id)))


def _reasons(
    place: Place, code: str, near: frozenset[str], words: tuple[str, ...]
) -> tuple[MatchReason, ...]:
    reasons = _code_reasons(place, code, near) or _word_reasons(place, words)
    if reasons and place.open_incident_id is not None:
        reasons = (*reasons, MatchReason.INCIDENT_OPEN)
    return reasons


def _code_reasons(place: Place, code: str, near: frozenset[str]) -> tuple[MatchReason, ...]:
    exact = (
        (MatchReason.RESCUE_CODE, place.rescue_code),
        (MatchReason.LIFT_ID, place.lift_id),
        (MatchReason.REGISTRATION_CODE, place.registration_code or ""),
    )
    reasons = tuple(reason for reason, value in exact if code and value.upper() == code)
    if reasons:
        return reasons
    codes = {place.rescue_code.upper(), place.lift_id.upper()}
    return (MatchReason.CODE_ONE_OFF,) if codes & near else ()


def _word_reasons(place: Place, words: tuple[str, ...]) -> tuple[MatchReason, ...]:
    """Every word must be somewhere; where it is tells how well it fits."""
    fields = (
        (MatchReason.IN_BUILDING, place.building.lower()),
        (MatchReason.IN_ADDRESS, place.address.lower()),
        (MatchReason.IN_LIFT_ID, place.lift_id.lower()),
        (MatchReason.IN_DISTRICT, place.district.lower()),
    )
    if not words or not all(any(word in text for _, text in fields) for word in words):
        return ()
    found = [reason for reason, text in fields if any(word in text for word in words)]
    begins = place.building.lower().startswith(words[0])
    return (*((MatchReason.BUILDING_BEGINS,) if begins else ()), *found)
