"""The policies of a centre: one that holds everywhere, and one for each region that has its own.

A regional file is a whole policy with a `[region]`, the hours in which others are asked first, and
what changes when much is going on. `effective` makes from it, the local time and the number of
open incidents the one policy that is stamped on an incident, and says which rules applied. Pure
but for `load_book`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from liftward_platform.rescue.policy import (
    ACCEPT_S_SPAN,
    Leg,
    Policy,
    first_levels,
    parse_toml,
    read_policy,
    read_text,
)
from liftward_platform.rescue.policy_reader import PolicyError, Reader
from liftward_platform.rescue.toml_lines import key_lines
from liftward_platform.rescue.travel import Place, haversine_m
from liftward_platform.rescue.week import DAYS, WeekSpan, clock_minute

EVERYWHERE = "everywhere"
_HOURS_KEYS = ("name", "from", "until", "days", "first_levels")
_SURGE_KEYS = ("name", "more_than", "accept_s", "first_levels", "wants_every_team")
_REGION_KEYS = ("name", "districts", "centre_latitude_deg", "centre_longitude_deg", "radius_km")
_RADIUS_KM_SPAN = (0.1, 500.0)
# No city has ever had so many at once; a rule above it never holds.
_MORE_THAN_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Which lifts a policy is for: by district, or by distance from a centre."""

    name: str
    districts: tuple[str, ...] = ()
    centre: Place | None = None
    radius_km: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursRule:
    """Who is asked first in certain hours of the week."""

    name: str
    span: WeekSpan
    first_levels: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgeRule:
    """What changes when more than so many incidents of the region are open."""

    name: str
    more_than: int
    accept_s: float | None
    first_levels: tuple[int, ...] | None
    wants_every_team: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalPolicy:
    """A policy with its region and its rules."""

    region: Region
    policy: Policy
    source: str
    hours: tuple[HoursRule, ...] = ()
    surges: tuple[SurgeRule, ...] = ()  # the largest number first


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was stamped on an incident, and why it is what it is."""

    region: str
    version: str
    open_count: int  # incidents of the region that were open, this one not counted
    hours: str | None = None  # the name of the rule that held
    surge: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """All policies of a centre."""

    default: RegionalPolicy
    regional: tuple[RegionalPolicy, ...] = field(default=())

    @classmethod
    def of(cls, policy: Policy) -> "PolicyBook":
        """Return a book with one policy for every lift."""
        return cls(
            RegionalPolicy(region=Region(name=EVERYWHERE), policy=policy, source=policy.version)
        )

    def for_lift(self, district: str, place: Place) -> RegionalPolicy:
        """Return a lift's policy: its district's, else the nearest centre's within reach."""
        for one in self.regional:
            if district in one.region.districts:
                return one
        reached = [
            (distance_m, one.region.name, one)
            for one in self.regional
            if one.region.centre is not None
            and (distance_m := haversine_m(one.region.centre, place)) <= one.region.radius_km * 1000
        ]
        return min(reached, key=lambda found: found[:2])[2] if reached else self.default


def effective(
    regional: RegionalPolicy, now: datetime, *, open_count: int
) -> tuple[Policy, Applied]:
    """Return the policy of an incident that opens now, and which rules made it."""
    policy = regional.policy
    minute = _local_minute(policy, now)
    hours = next((rule for rule in regional.hours if minute in rule.span), None)
    if hours is not None:
        policy = replace(policy, first_levels=hours.first_levels)
    surge = next((rule for rule in regional.surges if open_count > rule.more_than), None)
    if surge is not None:
        policy = _surged(policy, surge)
    return policy, Applied(
        region=regional.region.name,
        version=policy.version,
        open_count=open_count,
        hours=None if hours is None else hours.name,
        surge=None if surge is None else surge.name,
    )


def _local_minute(policy: Policy, now: datetime) -> int:
    local = now + timedelta(minutes=policy.utc_offset_min)
    return local.weekday() * 1440 + local.hour * 60 + local.minute


def _surged(policy: Policy, surge: SurgeRule) -> Policy:
    changes: dict[str, Any] = {}
    if surge.accept_s is not None:
        accept_s = surge.accept_s
        changes["accept_s"] = min(policy.accept_s, accept_s)
        changes["legs"] = tuple(
            Leg(min(leg.accept_s, accept_s), leg.depart_s) for leg in policy.legs
        )
    if surge.first_levels is not None:
        changes["first_levels"] = surge.first_levels
    if surge.wants_every_team is not None:
        changes["wants_every_team"] = surge.wants_every_team
    return replace(policy, **changes)


def load_book(default: Path | None = None, directory: Path | None = None) -> PolicyBook:
    """Return the policy for everywhere and those of the regions, `*.toml` of a directory.

    Raises
    ------
    PolicyError
        When a file cannot be read or has a hole, or two regions claim the same.
    """
    everywhere = parse_regional(*read_text(default), regional=False)
    if directory is None:
        return PolicyBook(everywhere)
    if not directory.is_dir():
        raise PolicyError(str(directory), "the directory", "not there", "a directory of TOML files")
    regional = [
        parse_regional(*read_text(path), regional=True) for path in sorted(directory.glob("*.toml"))
    ]
    _refuse_claimed_twice(regional)
    return PolicyBook(everywhere, tuple(regional))


def parse_regional(text: str, source: str, *, regional: bool) -> RegionalPolicy:
    """Check the text of a policy file; `regional` tells that it must name its region.

    Raises
    ------
    PolicyError
        At the first hole or wrong value, with its line.
    """
    reader = Reader(parse_toml(text, source), source, lines=key_lines(text))
    policy = read_policy(reader)
    hours, surges = _hours(reader), _surges(reader, policy)
    region = _region(reader) if regional else Region(name=EVERYWHERE)
    reader.refuse_unknown()
    return RegionalPolicy(region=region, policy=policy, source=source, hours=hours, surges=surges)


def refuse_unknown_districts(book: PolicyBook, known: Iterable[str]) -> None:
    """Refuse a region whose districts no lift is registered in: it would never be used.

    Raises
    ------
    PolicyError
        At the first such district.
    """
    districts = set(known)
    for one in book.regional:
        for district in one.region.districts:
            if district not in districts:
                allowed = ", ".join(sorted(districts)) or "none: no lift is registered"
                text, source = read_text(Path(one.source))
                line = key_lines(text).get("region.districts")
                raise PolicyError(source, "region.districts", district, allowed, line=line)


def _region(reader: Reader) -> Region:
    reader.value("region", f"a table with {', '.join(_REGION_KEYS)}")
    name = reader.text("region.name")
    if name == EVERYWHERE:
        raise reader.error("region.name", name, "a name of its own")
    districts: Sequence[str] = ()
    if reader.has("region.districts"):
        districts = reader.checked("region.districts", "names of districts", _is_names)
    centre, radius_km = None, 0.0
    if reader.has("region.centre_latitude_deg") or not districts:
        centre = Place(
            reader.number("region.centre_latitude_deg", -90, 90),
            reader.number("region.centre_longitude_deg", -180, 180),
        )
        radius_km = reader.number("region.radius_km", *_RADIUS_KM_SPAN)
    return Region(name=name, districts=tuple(districts), centre=centre, radius_km=radius_km)


def _is_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(
        isinstance(name, str) and name for name in value
    )  # fmt: skip


def _hours(reader: Reader) -> tuple[HoursRule, ...]:
    rules: list[HoursRule] = []
    if not reader.has("hours"):
        return ()
    for row in reader.rows("hours", f"tables with {', '.join(_HOURS_KEYS)}"):
        row.refuse_other_than(_HOURS_KEYS)
        span = WeekSpan.of(_days(row), _minute(row, "from"), _minute(row, "until"))
        for other in rules:
            if span.overlaps(other.span):
                raise row.error(
                    "from", row.document["from"], f"hours that do not overlap {other.name!r}"
                )
        row.value("first_levels", "the levels that are asked first in these hours")
        asked = first_levels(row, "first_levels", usual=())
        rules.append(HoursRule(name=row.text("name"), span=span, first_levels=asked))
    return tuple(rules)


def _days(row: Reader) -> Sequence[str]:
    if not row.has("days"):
        return DAYS

    def fits(value: object) -> bool:
        return _is_names(value) and set(value) <= set(DAYS)  # type: ignore[call-overload]  # a list of names

    days: Sequence[str] = row.checked("days", f"days of {', '.join(DAYS)}", fits)
    return days


def _minute(row: Reader, key: str) -> int:
    allowed = "a local time, 00:00 to 23:59"
    minute = clock_minute(row.value(key, allowed))
    if minute is None:
        raise row.error(key, row.document[key], allowed)
    return minute


def _surges(reader: Reader, policy: Policy) -> tuple[SurgeRule, ...]:
    if not reader.has("surge"):
        return ()
    rules: list[SurgeRule] = []
    for row in reader.rows("surge", f"tables with {', '.join(_SURGE_KEYS)}"):
        row.refuse_other_than(_SURGE_KEYS)
        rule = SurgeRule(
            name=row.text("name"),
            more_than=int(row.number("more_than", 1, _MORE_THAN_MAX)),
            accept_s=row.number("accept_s", *ACCEPT_S_SPAN) if row.has("accept_s") else None,
            first_levels=first_levels(row, "first_levels", usual=()) or None,
            wants_every_team=row.flag("wants_every_team", usual=False)
            if row.has("wants_every_team")
            else None,
        )
        if any(rule.more_than == other.more_than for other in rules):
            raise row.error("more_than", rule.more_than, "a number that no other surge has")
        if (rule.accept_s, rule.first_levels, rule.wants_every_team) == (None, None, None):
            raise row.error("accept_s", None, f"at least one of {', '.join(_SURGE_KEYS[2:])}")
        if rule.accept_s is not None and rule.accept_s > max(leg.accept_s for leg in policy.legs):
            raise row.error("accept_s", rule.accept_s, "no longer than without a surge")
        rules.append(rule)
    return tuple(sorted(rules, key=lambda rule: -rule.more_than))


def _refuse_claimed_twice(regional: Sequence[RegionalPolicy]) -> None:
    names: dict[str, str] = {}
    districts: dict[str, str] = {}
    for one in regional:
        _claim(names, (one.region.name,), one, "region.name")
        _claim(districts, one.region.districts, one, "region.districts")


def _claim(claimed: dict[str, str], wanted: Iterable[str], one: RegionalPolicy, key: str) -> None:
    for name in wanted:
        if name in claimed:
            text, source = read_text(Path(one.source))
            allowed = f"one that {claimed[name]} does not have"
            raise PolicyError(source, key, name, allowed, line=key_lines(text).get(key))
        claimed[name] = one.source


def as_book(policy: Policy | PolicyBook) -> PolicyBook:
    """Return a book, of one policy if that is what is given."""
    return policy if isinstance(policy, PolicyBook) else PolicyBook.of(policy)


def stamped(applied: Mapping[str, Any]) -> Applied | None:
    """Return what was stamped on an incident; None on one that opened before there were regions."""
    return Applied(**applied) if applied else None
