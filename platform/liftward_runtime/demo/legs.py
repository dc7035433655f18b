"""The legs of one rescue, in seconds from the moment the people really were trapped.

Takes what the simulator says is true and what the API says happened; reads no clock, no network.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

LEG_NAMES = ("detected", "incident", "ordered", "accepted", "arrived", "freed", "closed")


@dataclass(frozen=True, slots=True)
class Trapped:
    """A true entrapment, as far as the truth file tells it."""

    lift_id: str
    began_at: datetime
    persons_count: int


def first_after(records: Iterable[Mapping[str, Any]], begun_at: datetime) -> Trapped | None:
    """Return the first true entrapment that began at or after `begun_at`."""
    begun = (
        Trapped(str(record["lift_id"]), began_at, int(record["persons"]))
        for record in records
        if record.get("kind") == "entrapment"
        and record.get("from")
        and (began_at := datetime.fromisoformat(record["from"])) >= begun_at
    )
    return min(begun, key=lambda trapped: trapped.began_at, default=None)


def incident_of(
    trapped: Trapped, incidents: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Return the incident that is about this entrapment."""
    about = (
        incident
        for incident in incidents
        if incident["lift"]["lift_id"] == trapped.lift_id
        and datetime.fromisoformat(incident["opened_at"]) >= trapped.began_at
    )
    return min(about, key=lambda incident: str(incident["opened_at"]), default=None)


def legs(trapped: Trapped, story: Mapping[str, Any]) -> dict[str, float | None]:
    """Return seconds from the true onset to each leg; None for a leg that has not happened.

    Every leg is the moment the database recorded it, the detection included: that is when somebody
    could have known.
    """
    incident, orders = story["incident"], story["orders"]
    moments = {
        "detected": _earliest(detection.get("recorded_at") for detection in story["detections"]),
        "incident": incident["opened_at"],
        "ordered": _earliest(order["sent_at"] for order in orders),
        "accepted": _earliest(
            order["answered_at"]
            for order in orders
            if order["state"] not in {"refused", "no_answer"}
        ),
        "arrived": incident["arrived_at"],
        "freed": incident["freed_at"],
        "closed": incident["closed_at"],
    }
    return {name: _seconds_between(trapped.began_at, moments[name]) for name in LEG_NAMES}


def _earliest(texts: Iterable[str | None]) -> str | None:
    return min((text for text in texts if text), default=None)


def _seconds_between(start: datetime, end: str | None) -> float | None:
    if end is None:
        return None
    return round((datetime.fromisoformat(end) - start).total_seconds(), 3)
