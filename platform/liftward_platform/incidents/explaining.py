"""Why the detector said so, for people and machines, and the picture of what it saw. Reads only.

The words and the picture are the detector's own (`liftward_detection.explain`, `evidence_plot`);
this module brings them the stored row, its episode and the samples around it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_detection.evidence_plot.lanes import Step
from liftward_detection.evidence_plot.plot import Picture, Window, draw
from liftward_detection.explain import ENTRAPMENT, Verdict, explanation, sentence
from liftward_detection.explain_words import Language
from liftward_platform.access.model import Actor
from liftward_platform.errors import ForbiddenError, NotFoundError
from liftward_platform.history import evidence
from liftward_platform.history import service as history
from liftward_platform.history.model import SampleWindow
from liftward_platform.incidents import store
from liftward_platform.rescue import reading

Connection = AsyncConnection[DictRow]

# Enough to see how the car came to stand, and what it did in the moment after the verdict.
BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=1)
# An hour of samples is drawn at most: what led to a verdict of days is its last hour.
LENGTH_MAX = timedelta(hours=1)
# An episode has a row for each level and its end; its incidents are one after the other.
EPISODE_ROWS_MAX, INCIDENTS_MAX = 20, 50
NOTICES_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How somebody wants the picture."""

    language: Language
    width_px: int
    utc_offset_min: int


async def told(connection: Connection, detection_id: int, actor: Actor) -> DictRow:
    """Return a detection with its lift; a crew sees those of the incidents it was asked for.

    Raises
    ------
    NotFoundError
        When there is no such detection.
    ForbiddenError
        When the actor is a crew that has no order for any of its incidents.
    """
    row = await store.detection_told(connection, detection_id)
    if row is None:
        raise NotFoundError("detection_unknown", f"no detection {detection_id}")
    if actor.crew_id is not None:
        await _check_crew(connection, row, actor)
    return row


async def _check_crew(connection: Connection, row: DictRow, actor: Actor) -> None:
    refused = ForbiddenError("not_your_incident", "your crew has no order for this incident")
    for incident_id in await store.detection_incidents(connection, row, INCIDENTS_MAX):
        try:
            await reading.check_may_see(connection, incident_id, actor)
        except ForbiddenError as error:
            refused = error
        else:
            return
    raise refused


def verdict_of(row: Mapping[str, Any]) -> Verdict:
    """Return the verdict that a row of `detection` holds."""
    return Verdict(
        kind=row["kind"],
        transition=row["transition"],
        level=row["level"],
        reason=row["reason"],
        evidence=row["evidence"] if isinstance(row["evidence"], Mapping) else {},
        lasted_s=row["lasted_s"],
    )


def explained(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole explanation of a row, as HTTP shows it."""
    named = ("detection_id", "onset_at", "detected_at")
    return {**explanation(verdict_of(row)), **{name: row[name] for name in named}}


async def picture(connection: Connection, row: DictRow, look: Look, now: datetime) -> str:
    """Return the SVG of the evidence around a detection."""
    start = max(row["onset_at"] - BEFORE, row["detected_at"] + AFTER - LENGTH_MAX)
    end = row["detected_at"] + AFTER
    window, kept = await _samples(connection, row, start, end)
    steps = []
    if row["kind"] == ENTRAPMENT:
        steps = [_step(one) for one in await store.episode(connection, row, end, EPISODE_ROWS_MAX)]
    asked = Window(
        lift_id=row["lift_id"],
        times_s=[at.timestamp() for at in window.observed_at],
        signals=window.signals,
        from_s=start.timestamp(),
        to_s=end.timestamp(),
        known_until_s=min(now, end).timestamp(),
        kept=kept,
        complete=window.complete,
    )
    wanted = Picture(
        language=look.language,
        utc_offset_min=look.utc_offset_min,
        drawn_at_s=now.timestamp(),
        description=sentence(verdict_of(row), look.language),
        width_px=look.width_px,
        onset_s=row["onset_at"].timestamp(),
    )
    # In a thread: an hour of samples takes some tens of milliseconds.
    return await asyncio.to_thread(draw, asked, steps, wanted)


async def _samples(
    connection: Connection, row: DictRow, start: datetime, end: datetime
) -> tuple[SampleWindow, bool]:
    """Return what is there of the window: raw while it is kept, else what an incident pinned."""
    limit = history.SAMPLES_MAX
    if await evidence.samples_kept(connection, start):
        raw = await history.window(connection, row["lift_key"], start=start, end=end, limit=limit)
        return raw, True
    for incident_id in await store.detection_incidents(connection, row, INCIDENTS_MAX):
        pinned = await evidence.pinned_window(
            connection, incident_id, start=start, end=end, limit=limit
        )
        if pinned is not None:
            return pinned, True
    return SampleWindow(observed_at=(), signals={}, complete=True), False


def _step(row: Mapping[str, Any]) -> Step:
    given = row["evidence"].get("probability") if isinstance(row["evidence"], Mapping) else None
    return Step(
        row["detected_at"].timestamp(),
        row["transition"],
        row["level"],
        float(given) if isinstance(given, int | float) else None,
    )


async def warnings(connection: Connection, lift_key: int, now: datetime) -> list[dict[str, Any]]:
    """Return what the detector sees now at a lift besides entrapment, newest first."""
    return [explained(row) for row in await store.warnings(connection, lift_key, now)]
