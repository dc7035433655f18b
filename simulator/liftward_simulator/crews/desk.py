"""How the simulated dispatcher closes incidents: after confirming, never on a detector's word.

It closes only what its own simulated crews brought to an end: incidents whose people one of them
reported freed, and those where one of them stood before the lift and found nobody trapped any more
(the people had got out by themselves) or at all. What a person reported, and every lift without a
simulated device, is for people to close. Pure: must not know HTTP or the clock.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from liftward_simulator.crews.habits import CAUSE_CODES, SELF_FREED_CODE
from liftward_simulator.world import SceneReport, SceneState

# The dispatcher calls back whoever was freed before closing; divided by the crews' time scale.
CALL_BACK = timedelta(seconds=60)
# Without a word from the lift itself, the people's word must do after so long: real time.
NO_RELEASE_SEEN = timedelta(seconds=15)
RELEASED_STATES = ("freed", "confirmed")  # the second when somebody else called back first
FREED_EVENT = "persons_freed"  # in an incident's log: a crew reported everybody out


class Outcome(StrEnum):
    FREED = "freed"
    SELF_FREED = "self_freed"
    FALSE = "false"


class IncidentLift(msgspec.Struct, frozen=True, kw_only=True):
    lift_id: str


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """An open incident as the desk's board shows it; more fields are ignored."""

    incident_id: int
    state: str
    lift: IncidentLift
    persons_count: int | None = None
    release_seen_at: datetime | None = None
    freed_at: datetime | None = None
    cause_code: str | None = None
    release_method: str | None = None


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an incident's story; more fields are ignored."""

    actor: str
    event: str


class WaitReason(StrEnum):
    CREW_AT_WORK = "crew_at_work"  # nobody has told the desk anything yet
    CALLING_BACK = "calling_back"
    RELEASE_NOT_SEEN = "release_not_seen"
    CAUSE_NOT_TOLD = "cause_not_told"  # the desk does not invent one: a person closes it
    NOT_SIMULATED = "not_simulated"  # a lift that a person plays
    FREED_BY_PEOPLE = "freed_by_people"  # a person reported it: a person closes it


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewsWord:
    """What the desk has from its own simulated crews, by incident id."""

    lift_ids: AbstractSet[str]  # of the simulated world; all other lifts are people's
    freed: AbstractSet[int]  # an own crew reported everybody out
    found: Mapping[int, SceneReport]  # an own crew stood before the lift and freed nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the desk writes when it closes an incident."""

    outcome: Outcome
    cause_code: str | None = None
    release_method: str | None = None
    persons_count: int | None = None
    note: str | None = None
    confirmed_by: str | None = None  # whom the desk called back
    confirmed_how: str | None = None
    lift_made_safe: bool | None = None

    def body(self) -> dict[str, object]:
        values = {
            "cause_code": self.cause_code,
            "release_method": self.release_method,
            "persons_count": self.persons_count,
            "note": self.note,
            "confirmed_by": self.confirmed_by,
            "confirmed_how": self.confirmed_how,
            "lift_made_safe": self.lift_made_safe,
        }
        return {"outcome": self.outcome.value} | {k: v for k, v in values.items() if v is not None}


def decide_closing(
    incident: IncidentView,
    word: CrewsWord,
    *,
    now: datetime,
    time_scale: float,
) -> Closing | WaitReason:
    """Return how to close an incident now, or why it is not yet time or not the desk's to do."""
    if incident.lift.lift_id not in word.lift_ids:
        return WaitReason.NOT_SIMULATED
    if incident.state in RELEASED_STATES and incident.freed_at is not None:
        if incident.incident_id not in word.freed:
            return WaitReason.FREED_BY_PEOPLE
        return _close_freed(incident, now - incident.freed_at, CALL_BACK / time_scale)
    report = word.found.get(incident.incident_id)
    if report is None or report.state is SceneState.TRAPPED:
        return WaitReason.CREW_AT_WORK
    if report.state is SceneState.NOTHING:
        return Closing(
            outcome=Outcome.FALSE, persons_count=0, note="crew on the scene found nobody trapped"
        )
    return Closing(
        outcome=Outcome.SELF_FREED,
        cause_code=SELF_FREED_CODE,
        persons_count=report.persons,
        note="crew on the scene found the car empty; the people had got out by themselves",
        confirmed_by="dispatcher",
        confirmed_how="on_site",
    )


def _close_freed(
    incident: IncidentView, since_freed: timedelta, call_back: timedelta
) -> Closing | WaitReason:
    if since_freed < call_back:
        return WaitReason.CALLING_BACK
    if incident.release_seen_at is None and since_freed < NO_RELEASE_SEEN:
        return WaitReason.RELEASE_NOT_SEEN
    if incident.cause_code is None or incident.persons_count is None:
        return WaitReason.CAUSE_NOT_TOLD
    return Closing(
        outcome=Outcome.FREED,
        cause_code=incident.cause_code,
        release_method=incident.release_method,
        persons_count=incident.persons_count,
        note="release confirmed by call-back",
        confirmed_by="passenger",
        confirmed_how="telephone",
        lift_made_safe=True,
    )


def freed_by_crew(log: Sequence[LogView], crew_account_ids: AbstractSet[str]) -> bool:
    """Tell whether one of these accounts reported the people of an incident freed.

    A log cannot tell a simulated crew from a person who is signed in as one: it is asked only about
    what an earlier run left. Of what happens in a run, the desk is told by the crews themselves.
    """
    return any(entry.event == FREED_EVENT and entry.actor in crew_account_ids for entry in log)


def cause_code_of(report: SceneReport) -> str | None:
    """Return the closing code of what a crew found."""
    return None if report.cause is None else CAUSE_CODES[report.cause]
