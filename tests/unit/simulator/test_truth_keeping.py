"""From true events to lines: begins and ends that belong together."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from liftward_simulator.devices import spans
from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.happenings import Edge, TrueEvent, TrueKind
from liftward_simulator.faults.traps import EndedBy, Entrapment, Trap
from liftward_simulator.outputs.truth import TruthWriter
from liftward_simulator.outputs.truth_keeping import TruthKeeper, entrapment_record

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def moment(at_s: float) -> datetime:
    return START + timedelta(seconds=at_s)


class Kept:
    """A keeper and the lines it has written."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self.keeper = TruthKeeper(writer=TruthWriter(self._file), lift_ids=("A-0", "A-1"))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self._file.getvalue().splitlines()]


def event(kind: TrueKind, edge: Edge, name: str, at_s: float, **more: Any) -> TrueEvent:
    return TrueEvent(kind=kind, edge=edge, name=name, at_s=at_s, **({"lift": 1} | more))


def test_a_fault_ends_with_its_begin_and_says_whether_it_trapped() -> None:
    """Persons are those aboard when it struck; `trapped` is known at the end, for its own lift."""
    kept = Kept()
    trap = Trap(at_s=1.0, cause=Cause.WATER, lift=1)
    trapped = Entrapment(lift=1, trap=trap, began_s=3.0, persons=2)
    for lift in (0, 1):
        kept.keeper.world(
            [event(TrueKind.FAULT, Edge.BEGAN, "water", 1.0, lift=lift, persons=2)], moment
        )
    kept.keeper.entrapment(entrapment_record(trapped, "A-1", moment(3.0)), 1)
    trapped.ended_by = EndedBy.FREED
    kept.keeper.entrapment(entrapment_record(trapped, "A-1", moment(3.0), moment(60.0)), 1)
    for lift in (0, 1):
        kept.keeper.world(
            [event(TrueKind.FAULT, Edge.ENDED, "water", 99.0, lift=lift, persons=0)], moment
        )

    faults = [line for line in kept.lines if line["kind"] == "fault"]
    assert [(f["lift_id"], f["record"], f["trapped"], f["persons"]) for f in faults] == [
        ("A-0", "begin", None, 2),
        ("A-1", "begin", None, 2),
        ("A-0", "end", False, 2),
        ("A-1", "end", True, 2),
    ]
    assert faults[3]["from"] == faults[1]["from"] == "2026-01-05T08:00:01Z"
    assert faults[3]["to"] == "2026-01-05T08:01:39Z"
    assert faults[0]["responsible"] == "use_unit"
    entrapments = [line for line in kept.lines if line["kind"] == "entrapment"]
    assert [(e["record"], e["ended_by"], e["behaviour"]) for e in entrapments] == [
        ("begin", None, "waits"),
        ("end", "freed", "waits"),
    ]


def test_a_mode_ends_when_another_begins_and_normal_is_no_news() -> None:
    """Inspection, then out of service, then normal: two modes, each with begin and end."""
    kept = Kept()
    for at_s, mode in ((1.0, "inspection"), (5.0, "out_of_service"), (9.0, "normal")):
        kept.keeper.world([event(TrueKind.MODE, Edge.CHANGED, mode, at_s)], moment)

    assert [(line["record"], line["mode"], line["from"][-3:]) for line in kept.lines] == [
        ("begin", "inspection", "01Z"),
        ("end", "inspection", "01Z"),
        ("begin", "out_of_service", "05Z"),
        ("end", "out_of_service", "05Z"),
    ]


def test_wear_is_told_three_times() -> None:
    """Begin, half way, end: with where it leads, and when."""
    kept = Kept()
    for at_s, edge in ((0.0, Edge.BEGAN), (50.0, Edge.CHANGED), (99.0, Edge.ENDED)):
        kept.keeper.world(
            [
                event(
                    TrueKind.WEAR,
                    edge,
                    "encoder",
                    at_s,
                    cause=Cause.POSITION_LOST,
                    fails_at_s=99.0,
                )
            ],
            moment,
        )

    assert [(line["record"], line["leads_to"]) for line in kept.lines] == [
        ("begin", "position_lost"),
        ("half", "position_lost"),
        ("end", "position_lost"),
    ]
    assert {line["from"] for line in kept.lines} == {"2026-01-05T08:00:00Z"}


def test_an_end_nobody_saw_begin_is_no_news() -> None:
    """What began before this run has no begin to go with; what hits a city has no lift."""
    kept = Kept()
    kept.keeper.world([event(TrueKind.POWER_CUT, Edge.ENDED, "mains_cut", 9.0)], moment)
    city = {"lift": None, "lifts_count": 7}
    kept.keeper.world([event(TrueKind.CITY_EVENT, Edge.BEGAN, "mains_cut", 9.0, **city)], moment)

    assert [(line["kind"], line["lifts_count"]) for line in kept.lines] == [("city_event", 7)]


def test_troubles_of_devices_keep_their_words() -> None:
    """Kind, device and detail as the devices tell them, times by the world's clock."""
    kept = Kept()
    told = spans.TrueEvent(
        record="end",
        kind=spans.TrueKind.CLOCK_ERROR,
        device_id="EDGE-01",
        detail="drift",
        from_s=1.0,
        to_s=2.0,
    )
    kept.keeper.devices([told], moment)

    assert kept.lines == [
        {
            "kind": "clock_error",
            "record": "end",
            "from": "2026-01-05T08:00:01Z",
            "to": "2026-01-05T08:00:02Z",
            "device_id": "EDGE-01",
            "detail": "drift",
        }
    ]
