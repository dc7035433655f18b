"""Lifts as crews find them after a restart: what an earlier run of this town knew is not forgotten.

A simulator may be killed after a crew has opened a car and before the crew has said so. The world
begins anew without those people; the truth file still tells who was freed, from where, and when.
Must not know HTTP.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from liftward_simulator.faults.causes import Cause
from liftward_simulator.outputs.truth import Episode
from liftward_simulator.world import SceneReport, SceneState


class Scene(Protocol):
    """What a crew can do and see at a lift."""

    def release(self, lift_id: str) -> bool: ...

    def report(self, lift_id: str, *, since: datetime) -> SceneReport: ...


class RememberedScene:
    """A scene that falls back to the ended entrapments of earlier runs.

    Parameters
    ----------
    episodes : sequence of Episode
        Of the run's truth file as it was at the start; those that had not ended go on in the world.
    """

    def __init__(self, scene: Scene, episodes: Sequence[Episode]) -> None:
        self._scene = scene
        self._last: dict[str, Episode] = {}
        for episode in episodes:
            if episode.ended_by is not None:
                self._last[episode.lift_id] = episode

    def release(self, lift_id: str) -> bool:
        """Let a rescuer open a lift; False when nobody is trapped there."""
        return self._scene.release(lift_id)

    def report(self, lift_id: str, *, since: datetime) -> SceneReport:
        """Return what is found at a lift, or was found by an earlier run not before `since`."""
        report = self._scene.report(lift_id, since=since)
        last = self._last.get(lift_id)
        if report.state is not SceneState.NOTHING or last is None:
            return report
        if last.to_at is None or last.to_at < since or last.ended_by is None:
            return report
        return SceneReport(
            state=SceneState(last.ended_by), persons=last.persons, cause=Cause(last.cause)
        )
