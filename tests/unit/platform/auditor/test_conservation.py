"""Each promise, kept and broken: a checker that cannot complain proves nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from liftward_platform.auditor.conservation import check
from liftward_platform.auditor.model import (
    Seen,
    SeenDeadline,
    SeenDetection,
    SeenEntry,
    SeenIncident,
    SeenOrder,
    SeenStep,
    TrueEntrapment,
    ViolationKind,
)

ONSET = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LATER = ONSET + timedelta(hours=1)


def after(seconds: float) -> datetime:
    return ONSET + timedelta(seconds=seconds)


TRUTH = TrueEntrapment(lift_id="DEMO-001", from_at=ONSET, to_at=after(600), persons_count=2)
DETECTION = SeenDetection(
    detection_id=1,
    lift_id="DEMO-001",
    level="probable",
    onset_at=after(1),
    recorded_at=after(31),
    handling="opened",
    incident_id=7,
)
INCIDENT = SeenIncident(
    incident_id=7,
    lift_id="DEMO-001",
    state="closed",
    onset_at=after(1),
    opened_at=after(32),
    closed_at=after(660),
    outcome="freed",
    persons_count=2,
    orders_count=1,
    is_held=False,
)
ORDER = SeenOrder(order_id=3, incident_id=7, crew_id="crew-1", is_live=False)
ENTRIES = (
    SeenEntry(incident_id=7, kind="incident_opened", count=1),
    SeenEntry(incident_id=7, kind="order_sent", count=1),
    SeenEntry(incident_id=7, kind="incident_closed", count=1),
)
SEEN = Seen(detections=[DETECTION], incidents=[INCIDENT], orders=[ORDER], entries=ENTRIES)
OPEN = replace(INCIDENT, state="arrived", closed_at=None, outcome=None, persons_count=None)
STILL_IN = replace(TRUTH, to_at=None)


def kinds(
    seen: Seen, *, truths: tuple[TrueEntrapment, ...] = (TRUTH,), now: datetime = LATER
) -> list[ViolationKind]:
    return [violation.kind for violation in check(truths, seen, now=now)]


def test_a_rescue_as_it_should_be_gives_no_complaint() -> None:
    """Trapped, detected, one incident, freed, closed, recorded: nothing to say."""
    assert kinds(SEEN) == []


def test_an_open_rescue_in_good_order_gives_no_complaint() -> None:
    """Still open is one of the endings that conserve people."""
    seen = replace(SEEN, incidents=[OPEN], entries=ENTRIES[:2])

    assert kinds(seen, truths=(STILL_IN,), now=after(120)) == []


def test_people_nobody_noticed_are_found() -> None:
    """An empty platform and a true entrapment: the one thing that must never pass."""
    assert kinds(Seen()) == [ViolationKind.NOT_DETECTED]


def test_people_who_were_out_before_any_timer_are_not_owed_a_detection() -> None:
    """A car that stops for a minute and goes on has trapped nobody that anyone could help."""
    brief = replace(TRUTH, to_at=after(60))

    assert kinds(Seen(), truths=(brief,)) == []


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            replace(
                SEEN,
                detections=[replace(DETECTION, incident_id=None)],
                incidents=[],
                orders=[],
                entries=[],
            ),
            [ViolationKind.NO_INCIDENT],
        ),
        (
            replace(SEEN, incidents=[replace(INCIDENT, outcome="false")]),
            [ViolationKind.DECLARED_FALSE],
        ),
        (
            replace(SEEN, incidents=[replace(INCIDENT, persons_count=1)]),
            [ViolationKind.PEOPLE_DO_NOT_ADD_UP],
        ),
        (
            replace(SEEN, incidents=[replace(INCIDENT, closed_at=after(300))]),
            [ViolationKind.CLOSED_WITH_PEOPLE_INSIDE],
        ),
        (
            replace(SEEN, detections=[replace(DETECTION, handling=None)]),
            [ViolationKind.DETECTION_NOT_HANDLED],
        ),
        (
            replace(
                SEEN,
                orders=[
                    replace(ORDER, order_id=3, is_live=True),
                    replace(ORDER, order_id=4, is_live=True),
                ],
            ),
            [ViolationKind.ORDER_DOUBLED],
        ),
        (replace(SEEN, entries=ENTRIES[:2]), [ViolationKind.NOT_IN_LEDGER]),
        (
            replace(SEEN, entries=(replace(ENTRIES[0], count=2), *ENTRIES[1:])),
            [ViolationKind.DOUBLED_IN_LEDGER],
        ),
    ],
    ids=lambda value: value[0].value if isinstance(value, list) else "",
)
def test_each_broken_promise_is_named(seen: Seen, expected: list[ViolationKind]) -> None:
    """One thing wrong, one complaint, of the right kind."""
    assert kinds(seen) == expected


def test_one_entrapment_with_two_incidents_is_doubled() -> None:
    """Two crews' stories about one car would count its people twice."""
    second = replace(INCIDENT, incident_id=8)
    seen = replace(
        SEEN,
        detections=[DETECTION, replace(DETECTION, detection_id=2, incident_id=8)],
        incidents=[INCIDENT, second],
        entries=[*ENTRIES, *(replace(entry, incident_id=8) for entry in ENTRIES)],
    )

    assert kinds(seen) == [ViolationKind.SEVERAL_INCIDENTS]


def test_somebody_freed_who_never_was_trapped_is_a_phantom() -> None:
    """A rescue statistic must not grow by inventing people; a lift without truth is left alone."""
    assert kinds(SEEN, truths=()) == [ViolationKind.FREED_WITHOUT_TRUTH]
    assert check((), SEEN, now=LATER, without_truth=frozenset({"DEMO-001"})) == []


@pytest.mark.parametrize("fired_or_cancelled", [False, True])
def test_a_deadline_that_passed_without_a_trace_is_missed(*, fired_or_cancelled: bool) -> None:
    """Timers survive restarts; one that did not is worse than none."""
    deadline = SeenDeadline(
        deadline_id=1,
        incident_id=7,
        kind="accept",
        due_at=after(212),
        fired_at=after(213) if fired_or_cancelled else None,
        cancelled_at=None,
    )
    seen = replace(SEEN, incidents=[OPEN], entries=ENTRIES[:2], deadlines=[deadline])

    found = kinds(seen, truths=(STILL_IN,), now=after(400))

    assert found == ([] if fired_or_cancelled else [ViolationKind.DEADLINE_MISSED])


def test_a_deadline_must_not_outlive_its_incident() -> None:
    """An alarm about people who are home already is noise that hides the next one."""
    deadline = SeenDeadline(
        deadline_id=1,
        incident_id=7,
        kind="arrive",
        due_at=after(9_000),
        fired_at=None,
        cancelled_at=None,
    )

    assert kinds(replace(SEEN, deadlines=[deadline])) == [ViolationKind.DEADLINE_OUTLIVED]


def test_an_open_incident_without_any_order_is_found() -> None:
    """Known, on the board, and nobody on the way."""
    seen = replace(SEEN, incidents=[replace(OPEN, orders_count=0)], orders=[], entries=ENTRIES[:1])

    assert kinds(seen, truths=(STILL_IN,), now=after(120)) == [ViolationKind.NOBODY_ORDERED]


def test_a_report_that_nobody_believed_yet_owes_nobody_an_order() -> None:
    """An anonymous word is held for a dispatcher, not forgotten: that is no broken promise."""
    held = replace(OPEN, state="open", orders_count=0, is_held=True)
    seen = Seen(incidents=[held], entries=ENTRIES[:1])

    assert kinds(seen, truths=(), now=after(120)) == []


SUSPECTED = replace(DETECTION, level="suspected", handling="deferred_suspected", incident_id=None)
NOTHING_YET = replace(SEEN, detections=[SUSPECTED], incidents=[], orders=[], entries=[])


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (31 + 79, []),
        (31 + 81, [ViolationKind.NO_INCIDENT, ViolationKind.DETECTION_NOT_HANDLED]),
    ],
)
def test_a_suspicion_may_wait_a_minute_and_no_longer(
    seconds: float, expected: list[ViolationKind]
) -> None:
    """While it waits nobody is owed an order; after its minute both silences are complaints."""
    assert kinds(NOTHING_YET, truths=(STILL_IN,), now=after(seconds)) == expected


def test_a_raise_owes_an_incident_at_once() -> None:
    """What was raised to probable may not wait for the suspicion's minute."""
    raised = replace(DETECTION, detection_id=2, recorded_at=after(35), incident_id=None)
    seen = replace(NOTHING_YET, detections=[SUSPECTED, raised])

    assert kinds(seen, truths=(STILL_IN,), now=after(54)) == []
    assert kinds(seen, truths=(STILL_IN,), now=after(56)) == [ViolationKind.NO_INCIDENT]


def test_raised_levels_and_withdrawals_are_in_the_ledger() -> None:
    """A story that says so and a ledger that does not differ."""
    story = (
        SeenStep(incident_id=7, event="level_raised", count=1),
        SeenStep(incident_id=7, event="detection_withdrawn", count=1),
    )
    written = (
        *ENTRIES,
        SeenEntry(incident_id=7, kind="level_raised", count=1),
        SeenEntry(incident_id=7, kind="detection_withdrawn", count=1),
    )

    assert kinds(replace(SEEN, steps=story, entries=written)) == []
    assert kinds(replace(SEEN, steps=story)) == [ViolationKind.NOT_IN_LEDGER] * 2
