from datetime import UTC, datetime, timedelta
from typing import Any

from liftward_runtime.demo.legs import LEG_NAMES, Trapped, first_after, incident_of, legs

ONSET = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)


def at(seconds: float) -> str:
    return (ONSET + timedelta(seconds=seconds)).isoformat()


def story(**changes: Any) -> dict[str, Any]:
    incident = {"opened_at": at(31), "arrived_at": at(60), "freed_at": at(90), "closed_at": at(95)}
    return {
        "incident": incident | changes,
        "detections": [{"recorded_at": at(45)}, {"recorded_at": at(30)}],
        "orders": [
            {"state": "refused", "sent_at": at(32), "answered_at": at(34)},
            {"state": "done", "sent_at": at(35), "answered_at": at(38)},
        ],
    }


def test_legs_count_from_the_moment_the_people_were_trapped() -> None:
    """A refused order is an order, and no acceptance."""
    measured = legs(Trapped("DEMO-001", ONSET, 2), story())

    assert measured == {
        "detected": 30, "incident": 31, "ordered": 32, "accepted": 38,
        "arrived": 60, "freed": 90, "closed": 95,
    }  # fmt: skip
    assert tuple(measured) == LEG_NAMES


def test_a_leg_that_has_not_happened_has_no_time() -> None:
    """Absent is not zero."""
    assert legs(Trapped("DEMO-001", ONSET, 2), story(closed_at=None))["closed"] is None


def test_the_first_entrapment_after_the_start_is_the_one_that_counts() -> None:
    """Older records of the truth file belong to nobody's stopwatch."""
    records = [
        {"lift_id": "A", "kind": "entrapment", "from": at(-5), "persons": 1},
        {"lift_id": "C", "kind": "entrapment", "from": at(9), "persons": 1},
        {"lift_id": "B", "kind": "entrapment", "from": at(3), "persons": 2},
        {"lift_id": "D", "kind": "mode_change", "from": at(1), "persons": 0},
    ]

    assert first_after(records, ONSET) == Trapped("B", ONSET + timedelta(seconds=3), 2)
    assert first_after([], ONSET) is None


def test_an_incident_of_the_same_lift_before_the_onset_is_another_one() -> None:
    """A lift may trap people twice in a demo."""
    incidents = [
        {"lift": {"lift_id": "B"}, "opened_at": at(-60)},
        {"lift": {"lift_id": "B"}, "opened_at": at(40)},
        {"lift": {"lift_id": "A"}, "opened_at": at(20)},
    ]

    found = incident_of(Trapped("B", ONSET, 2), incidents)

    assert found is incidents[1]
