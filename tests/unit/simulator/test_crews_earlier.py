"""What crews find at a lift after the simulator was killed and started again."""

from datetime import UTC, datetime, timedelta

from liftward_simulator.crews.earlier import RememberedScene
from liftward_simulator.faults.causes import Cause
from liftward_simulator.outputs.truth import Episode
from liftward_simulator.world import SceneReport, SceneState

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
LOOK_BACK = NOW - timedelta(minutes=10)


class NewWorld:
    """A world just begun: it knows the people of one lift alone."""

    def release(self, lift_id: str) -> bool:
        return lift_id == "DEMO-001"

    def report(self, lift_id: str, *, since: datetime) -> SceneReport:
        if lift_id == "DEMO-001" and since == LOOK_BACK:
            return SceneReport(state=SceneState.TRAPPED, persons=3, cause=Cause.MAINS_CUT)
        return SceneReport(state=SceneState.NOTHING)


def episode(lift_id: str, *, ended_min_ago: float | None, ended_by: str | None) -> Episode:
    return Episode(
        lift_id=lift_id,
        kind="entrapment",
        from_at=NOW - timedelta(minutes=30),
        to_at=None if ended_min_ago is None else NOW - timedelta(minutes=ended_min_ago),
        persons=2,
        cause="door_operator",
        ended_by=ended_by,
    )


def report(*episodes: Episode, lift_id: str = "DEMO-002") -> SceneReport:
    return RememberedScene(NewWorld(), episodes).report(lift_id, since=LOOK_BACK)


def test_people_freed_just_before_the_kill_are_still_known() -> None:
    """The crew can report them freed, with their number and the cause."""
    found = report(episode("DEMO-002", ended_min_ago=5, ended_by="freed"))

    assert found == SceneReport(state=SceneState.FREED, persons=2, cause=Cause.DOOR_OPERATOR)


def test_people_who_freed_themselves_are_still_known() -> None:
    """And told apart from those a crew freed."""
    assert report(episode("DEMO-002", ended_min_ago=5, ended_by="self_freed")).state is (
        SceneState.SELF_FREED
    )


def test_old_stories_and_other_lifts_are_not_mistaken_for_this_one() -> None:
    """Ended before one looks back, another lift's, or not ended: nothing is found here."""
    assert report(episode("DEMO-002", ended_min_ago=11, ended_by="freed")).state is (
        SceneState.NOTHING
    )
    assert report(episode("DEMO-003", ended_min_ago=5, ended_by="freed")).state is (
        SceneState.NOTHING
    )
    assert report(episode("DEMO-002", ended_min_ago=None, ended_by=None)).state is (
        SceneState.NOTHING
    )


def test_what_the_world_knows_comes_first() -> None:
    """People who are trapped now are not hidden by an older story; rescuers reach the world."""
    scene = RememberedScene(NewWorld(), [episode("DEMO-001", ended_min_ago=5, ended_by="freed")])

    assert scene.report("DEMO-001", since=LOOK_BACK).state is SceneState.TRAPPED
    assert scene.release("DEMO-001")
    assert not scene.release("DEMO-002")
