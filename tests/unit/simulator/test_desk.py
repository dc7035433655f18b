"""When and how the desk closes an incident."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from liftward_simulator.crews.desk import (
    Closing,
    CrewsWord,
    IncidentLift,
    IncidentView,
    LogView,
    Outcome,
    WaitReason,
    decide_closing,
    freed_by_crew,
)
from liftward_simulator.faults.causes import Cause
from liftward_simulator.world import SceneReport, SceneState

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


def incident(
    state: str, *, freed_s_ago: float | None = None, release_seen: bool = False
) -> IncidentView:
    return IncidentView(
        incident_id=5,
        state=state,
        lift=IncidentLift(lift_id="DEMO-001"),
        persons_count=2,
        cause_code="door.contact",
        release_method="hand_wind",
        release_seen_at=NOW if release_seen else None,
        freed_at=None if freed_s_ago is None else NOW - timedelta(seconds=freed_s_ago),
    )


def decide(
    view: IncidentView,
    report: SceneReport | None = None,
    *,
    time_scale: float = 20.0,
    freed: frozenset[int] = frozenset({5}),
) -> Closing | WaitReason:
    found = {} if report is None else {5: report}
    word = CrewsWord(lift_ids=frozenset({"DEMO-001"}), freed=freed, found=found)
    return decide_closing(view, word, now=NOW, time_scale=time_scale)


def test_a_rescue_is_closed_after_the_call_back_with_what_the_crew_said() -> None:
    """With the release seen and the people called back, cause, method and count are repeated."""
    closing = decide(incident("freed", freed_s_ago=4.0, release_seen=True))

    assert isinstance(closing, Closing)
    assert closing.body() == {
        "outcome": "freed",
        "cause_code": "door.contact",
        "release_method": "hand_wind",
        "persons_count": 2,
        "note": "release confirmed by call-back",
        "confirmed_by": "passenger",
        "confirmed_how": "telephone",
        "lift_made_safe": True,
    }


@pytest.mark.parametrize(
    ("freed_s_ago", "release_seen", "reason"),
    [
        (1.0, True, WaitReason.CALLING_BACK),
        (10.0, False, WaitReason.RELEASE_NOT_SEEN),
    ],
)
def test_the_desk_waits_for_confirmation(
    freed_s_ago: float,
    release_seen: bool,  # noqa: FBT001 - a column of the table
    reason: WaitReason,
) -> None:
    """Neither a crew's word alone nor a fresh release closes an incident at once."""
    assert decide(incident("freed", freed_s_ago=freed_s_ago, release_seen=release_seen)) is reason


def test_a_lift_that_stays_silent_does_not_keep_an_incident_open() -> None:
    """After a while the people's word is enough."""
    assert isinstance(decide(incident("freed", freed_s_ago=16.0)), Closing)


def test_a_rescue_without_a_cause_is_left_to_people() -> None:
    """Where somebody reported freed without a cause, the desk does not invent one."""
    view = msgspec.structs.replace(
        incident("freed", freed_s_ago=60.0, release_seen=True), cause_code=None
    )

    assert decide(view) is WaitReason.CAUSE_NOT_TOLD


def test_the_call_back_takes_its_time_at_lifes_speed() -> None:
    """Without a time scale a freed incident is not closed within the first minute."""
    view = incident("freed", freed_s_ago=30.0, release_seen=True)

    assert decide(view, time_scale=1.0) is WaitReason.CALLING_BACK


@pytest.mark.parametrize(
    ("state", "outcome"),
    [(SceneState.SELF_FREED, Outcome.SELF_FREED), (SceneState.NOTHING, Outcome.FALSE)],
)
def test_a_crew_that_found_nobody_lets_the_desk_close(state: SceneState, outcome: Outcome) -> None:
    """People who freed themselves and false alarms are told apart by the word from the scene."""
    closing = decide(incident("arrived"), SceneReport(state=state, cause=Cause.MAINS_CUT))

    assert isinstance(closing, Closing)
    assert closing.outcome is outcome


def test_without_word_from_the_scene_nothing_is_closed() -> None:
    """Not even when the detector has seen the doors open: only people confirm."""
    assert decide(incident("arrived", release_seen=True)) is WaitReason.CREW_AT_WORK
    trapped = SceneReport(state=SceneState.TRAPPED, persons=1)
    assert decide(incident("arrived"), trapped) is WaitReason.CREW_AT_WORK


def test_what_a_person_reported_freed_is_left_to_people() -> None:
    """However long ago the people were freed: no crew of the desk's own said so."""
    view = incident("freed", freed_s_ago=3600.0, release_seen=True)

    assert decide(view, freed=frozenset()) is WaitReason.FREED_BY_PEOPLE


@pytest.mark.parametrize("state", ["arrived", "freed"])
def test_a_lift_without_a_simulated_device_is_left_to_people(state: str) -> None:
    """Neither a report of freed people nor an empty scene lets the desk close such an incident."""
    view = msgspec.structs.replace(
        incident(state, freed_s_ago=3600.0, release_seen=True),
        lift=IncidentLift(lift_id="HAND-001"),
    )

    assert decide(view, SceneReport(state=SceneState.NOTHING)) is WaitReason.NOT_SIMULATED


@pytest.mark.parametrize(
    ("actor", "event", "is_own"),
    [
        ("crew-1", "persons_freed", True),
        ("dispatcher", "persons_freed", False),
        ("crew-1", "crew_arrived", False),
    ],
)
def test_a_log_tells_which_account_reported_the_people_freed(
    actor: str,
    event: str,
    is_own: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Only the report itself counts, and only from an account of the simulated crews."""
    log = [LogView(actor="detector", event="opened"), LogView(actor=actor, event=event)]

    assert freed_by_crew(log, frozenset({"crew-1"})) is is_own


def test_an_incident_that_nobody_reported_freed_was_freed_by_no_crew() -> None:
    """An empty log says nothing."""
    assert not freed_by_crew([], frozenset({"crew-1"}))
