"""What a ranking knows of crews, one by one and as columns. Pure; must not know SQL.

A city has thousands of crews and an order must not wait for a loop over them: what is decided for
each is decided over columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.travel import FloatArray, Place

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


class Asked(StrEnum):
    """What this incident already had to do with a crew."""

    NEVER = "never"
    LIVE = "live"
    SILENT = "silent"
    REFUSED = "refused"


class PositionSource(StrEnum):
    """From where a crew's way was reckoned."""

    FIX = "fix"  # its last reported position, young enough
    BASE = "base"  # it never reported one
    BASE_FIX_STALE = "base_fix_stale"  # it did, too long ago to say where it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A crew that may be sent, with what the decision needs."""

    crew_id: str
    level: int
    on_duty: bool
    busy: bool  # on another rescue
    asked: Asked
    asked_count: int = 0  # orders of this incident so far
    load_count: int = 0  # its running orders elsewhere
    in_shift: bool = True  # its working hours, if it has any, cover this moment
    skills: frozenset[str] = frozenset()
    base: Place
    fix: Place | None
    fix_at: datetime | None


def position(candidate: Candidate, *, policy: Policy, now: datetime) -> tuple[Place, bool]:
    """Return where the crew is taken to be, and whether its fix was too old to say so."""
    if candidate.fix is None or candidate.fix_at is None:
        return candidate.base, False
    if now - candidate.fix_at > timedelta(seconds=policy.position_max_age_s):
        return candidate.base, True
    return candidate.fix, False


def position_source(candidate: Candidate, *, policy: Policy, now: datetime) -> PositionSource:
    """Return which of a crew's places was used."""
    place, stale = position(candidate, policy=policy, now=now)
    if stale:
        return PositionSource.BASE_FIX_STALE
    return PositionSource.BASE if place is candidate.base else PositionSource.FIX


@dataclass(frozen=True, slots=True)
class Columns:
    """The candidates as arrays, in their order."""

    crew_id: npt.NDArray[np.str_]
    level: IntArray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    stale: BoolArray
    on_duty: BoolArray
    in_shift: BoolArray
    busy: BoolArray
    live: BoolArray
    refused: BoolArray
    silent: BoolArray
    asked_count: IntArray

    @classmethod
    def of(cls, candidates: Sequence[Candidate], *, policy: Policy, now: datetime) -> "Columns":
        """Lay candidates out, each where it is taken to be at `now`."""
        oldest = now - timedelta(seconds=policy.position_max_age_s)
        known = [one.fix_at is not None and one.fix is not None for one in candidates]
        fresh = [
            fixed and one.fix_at >= oldest  # type: ignore[operator]  # there when `fixed`
            for one, fixed in zip(candidates, known, strict=True)
        ]
        places = [
            one.fix if young else one.base for one, young in zip(candidates, fresh, strict=True)
        ]
        asked = [one.asked for one in candidates]
        return cls(
            crew_id=np.array([one.crew_id for one in candidates], dtype=np.str_),
            level=np.array([one.level for one in candidates], dtype=np.int64),
            latitude_deg=np.array([place.latitude_deg for place in places]),  # type: ignore[union-attr]  # a fix that is fresh is there
            longitude_deg=np.array([place.longitude_deg for place in places]),  # type: ignore[union-attr]  # the same
            stale=np.array(known, dtype=bool) & ~np.array(fresh, dtype=bool),
            on_duty=np.array([one.on_duty for one in candidates], dtype=bool),
            in_shift=np.array([one.in_shift for one in candidates], dtype=bool),
            busy=np.array([one.busy for one in candidates], dtype=bool),
            live=np.array([one is Asked.LIVE for one in asked], dtype=bool),
            refused=np.array([one is Asked.REFUSED for one in asked], dtype=bool),
            silent=np.array([one is Asked.SILENT for one in asked], dtype=bool),
            asked_count=np.array([one.asked_count for one in candidates], dtype=np.int64),
        )
