"""The oracle of a kill evening: content with what is right, and never with what was corrupted.

Evenings are made up from a seed; each corruption is something that a kill could do to a history.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.evening_oracle import (
    DeadlineRow,
    Delivery,
    DetectionRow,
    End,
    Evening,
    IncidentRow,
    LogRow,
    MessageRow,
    OrderRow,
    Trouble,
    account,
)

BEGIN = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
NOW = BEGIN + timedelta(hours=2)
SECOND = timedelta(seconds=1)


class Writer:
    """Writes the history of an evening in which everything went right."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.rows: dict[str, list[Any]] = {name: [] for name in Evening.__dataclass_fields__}
        self._ids: Counter[str] = Counter()

    def number(self, name: str) -> int:
        self._ids[name] += 1
        return self._ids[name]

    def evening(self) -> Evening:
        return Evening(**self.rows)

    def entrapment(self, end: End) -> None:
        """Write one entrapment from the first sign to its end."""
        number = self.number("trouble")
        lift_id, from_at = f"LIFT-{number}", BEGIN + number * timedelta(minutes=1)
        detected_at = from_at + self.rng.uniform(5, 30) * SECOND
        persons = 0 if end is End.FALSE else self.rng.randint(1, 5)
        incident_id = self.number("incident")
        self.opened()
        at = detected_at + SECOND
        orders = [self.order(incident_id, f"crew-{n}", at + n * 20 * SECOND) for n in range(3)]
        # The first refused, the second stayed silent and was asked again, and the last one came.
        again = self.order(incident_id, "crew-1", at + 60 * SECOND)
        out_at = None if end is End.STILL_OPEN else at + 300 * SECOND
        closed_at = None if out_at is None else out_at + 60 * SECOND
        ends = [*(one.sent_at + 10 * SECOND for one in orders[:2]), out_at, out_at]
        for order, ended_at in zip((*orders, again), ends, strict=True):
            self.rows["orders"].append(replace(order, ended_at=ended_at))
        self.limits(incident_id, [*orders, again], closed_at)
        self.rows["detections"].append(
            DetectionRow(
                lift_id=lift_id,
                level="probable",
                onset_at=from_at + SECOND,
                recorded_at=detected_at,
                handling="opened",
                incident_id=incident_id,
            )
        )
        self.rows["incidents"].append(
            IncidentRow(
                incident_id=incident_id,
                lift_id=lift_id,
                opened_at=at,
                over_at=out_at,
                closed_at=closed_at,
                outcome=None if closed_at is None else str(end),
                persons_count=None if closed_at is None else persons,
            )
        )
        self.rows["troubles"].append(
            Trouble(lift_id=lift_id, from_at=from_at, to_at=out_at, persons_count=persons, end=end)
        )

    def opened(self) -> None:
        """Write the message that an incident was opened, delivered once."""
        message_id = self.number("message")
        self.rows["messages"].append(
            MessageRow(
                message_id=message_id,
                number=message_id,
                order_id=None,
                channel="webhook",
                recipient="configured",
                subject="incident_opened",
                sent=True,
                given_up=False,
            )
        )
        self.rows["deliveries"].append(
            Delivery(
                message_id=message_id,
                order_id=None,
                subject="incident_opened",
                crew_id="",
            )
        )

    def order(self, incident_id: int, crew_id: str, sent_at: datetime) -> OrderRow:
        """Write an order's messages and deliveries; return the order, which is not over."""
        order_id = self.number("order")
        for channel, recipient in (("crew", crew_id), ("webhook", "configured")):
            message_id = self.number("message")
            message = MessageRow(
                message_id=message_id,
                number=message_id,
                order_id=order_id,
                channel=channel,
                recipient=recipient,
                subject="order_sent",
                sent=True,
                given_up=False,
            )
            self.rows["messages"].append(message)
        delivery = Delivery(
            message_id=message.message_id,
            order_id=order_id,
            subject="order_sent",
            crew_id=crew_id,
        )
        self.rows["deliveries"] += [delivery] * self.rng.choice((1, 1, 2))
        return OrderRow(
            order_id=order_id,
            incident_id=incident_id,
            crew_id=crew_id,
            sent_at=sent_at,
            recorded_at=sent_at,
            ended_at=None,
        )

    def limits(self, incident_id: int, orders: list[OrderRow], closed_at: datetime | None) -> None:
        """Write the limits to answer, of which the second fired, and the limit to arrive."""
        for number, order in enumerate(orders):
            due_at = order.sent_at + 10 * SECOND
            fired = number == 1
            self.rows["deadlines"].append(
                self.limit(
                    incident_id,
                    order_id=order.order_id,
                    kind="accept",
                    due_at=due_at,
                    fired_at=due_at + self.rng.uniform(0, 5) * SECOND if fired else None,
                    cancelled_at=None if fired else order.sent_at + 5 * SECOND,
                    result="no_answer" if fired else "accepted",
                )
            )
            self.rows["log"] += [
                LogRow(order_id=order.order_id, event=event, count=1)
                for event in ("order_sent", *(("order_no_answer",) if fired else ()))
            ]
        self.rows["deadlines"].append(
            self.limit(
                incident_id,
                order_id=None,
                kind="arrive",
                due_at=NOW + timedelta(minutes=5),
                fired_at=None,
                cancelled_at=closed_at,
                result=None if closed_at is None else "arrived",
            )
        )

    def limit(self, incident_id: int, **values: Any) -> DeadlineRow:
        return DeadlineRow(deadline_id=self.number("deadline"), incident_id=incident_id, **values)


def evening_of(seed: int) -> Evening:
    """Return a good evening: each end once at least, and up to six more."""
    rng = Random(seed)
    writer = Writer(rng)
    for end in (*End, *rng.choices(list(End), k=rng.randint(0, 6))):
        writer.entrapment(end)
    return writer.evening()


def only(evening: Evening, name: str, rng: Random, wanted: Callable[[Any], bool]) -> Any:
    """Return any row of a table that is wanted."""
    return rng.choice([row for row in getattr(evening, name) if wanted(row)])


def changed(evening: Evening, name: str, row: Any, *others: Any) -> Evening:
    """Return the evening with other rows, or none, in place of one."""
    rows = list(getattr(evening, name))
    place = next(place for place, one in enumerate(rows) if one is row)
    return replace(evening, **{name: [*rows[:place], *others, *rows[place + 1 :]]})


def any_row(_row: Any) -> bool:
    return True


# What a kill could do: table, which rows can suffer it, and what the row becomes (or rows).
Corruption = tuple[str, Callable[[Any], bool], Callable[[Any], tuple[Any, ...]]]
CORRUPTIONS: dict[str, Corruption] = {
    "a detection is lost": ("detections", any_row, lambda _: ()),
    "a detection opens nothing": (
        "detections", any_row, lambda row: (replace(row, incident_id=None),)),
    "an incident is lost": ("incidents", any_row, lambda _: ()),
    "an entrapment has two incidents": (
        "detections", any_row, lambda row: (row, replace(row, incident_id=9_999))),
    "an incident is about nobody": (
        "incidents", any_row, lambda row: (row, replace(row, incident_id=9_999))),
    "people are declared false": (
        "incidents", lambda row: row.outcome == "freed",
        lambda row: (replace(row, outcome="false"),)),
    "a closed incident is a duplicate": (
        "incidents", lambda row: row.closed_at, lambda row: (replace(row, outcome="duplicate"),)),
    "people are closed over": (
        "incidents", lambda row: not row.closed_at,
        lambda row: (replace(row, closed_at=NOW, over_at=NOW, outcome="self_freed"),)),
    "a closing is lost": (
        "incidents", lambda row: row.closed_at,
        lambda row: (replace(row, closed_at=None, outcome=None),)),
    "a person is lost": (
        "incidents", lambda row: row.outcome == "freed",
        lambda row: (replace(row, persons_count=row.persons_count - 1),)),
    "it was closed too early": (
        "incidents", lambda row: row.outcome == "freed",
        lambda row: (replace(row, closed_at=row.opened_at),)),
    "an order is lost": ("orders", any_row, lambda _: ()),
    "an order is doubled": (
        "orders", any_row, lambda row: (row, replace(row, order_id=9_999))),
    "an order outlives its rescue": (
        "orders", lambda row: row.crew_id == "crew-2" and row.ended_at,
        lambda row: (replace(row, ended_at=None),)),
    "an order goes out when all are out": (
        "orders", lambda row: row.crew_id == "crew-2" and row.ended_at,
        lambda row: (replace(row, sent_at=row.ended_at + SECOND),)),
    "a crew is asked again while it is asked": (
        "orders", lambda row: row.crew_id == "crew-0",
        lambda row: (row, replace(row, order_id=9_999, sent_at=row.sent_at + SECOND))),
    "a message is lost": ("messages", any_row, lambda _: ()),
    "a message goes to another crew": (
        "messages", lambda row: row.channel == "crew",
        lambda row: (replace(row, recipient="crew-9"),)),
    "a message is doubled": (
        "messages", any_row, lambda row: (row, replace(row, message_id=9_999))),
    "a message is never sent": ("messages", any_row, lambda row: (replace(row, sent=False),)),
    "a message is marked sent on hope": (
        "deliveries",
        lambda row: row.subject == "incident_opened",
        lambda _: (),
    ),
    "a message comes under a new number": (
        "deliveries", any_row, lambda row: (row, replace(row, message_id=9_999))),
    "a message comes again as another": (
        "deliveries", any_row, lambda row: (row, replace(row, crew_id="crew-9"))),
    "a limit is lost": ("deadlines", lambda row: row.order_id, lambda _: ()),
    "a limit is doubled": (
        "deadlines", lambda row: row.order_id,
        lambda row: (row, replace(row, deadline_id=9_999))),
    "a limit fires and is cancelled": (
        "deadlines", lambda row: row.fired_at,
        lambda row: (replace(row, cancelled_at=row.fired_at),)),
    "a limit is forgotten": (
        "deadlines", lambda row: row.order_id,
        lambda row: (replace(row, fired_at=None, cancelled_at=None),)),
    "a limit fires before it is due": (
        "deadlines", lambda row: row.fired_at,
        lambda row: (replace(row, fired_at=row.due_at - SECOND),)),
    "a limit fires far too late": (
        "deadlines", lambda row: row.fired_at,
        lambda row: (replace(row, fired_at=row.due_at + 60 * SECOND),)),
    "nothing came of a limit": (
        "deadlines", lambda row: row.fired_at, lambda row: (replace(row, result="firing"),)),
    "a crew is called silent twice": (
        "log", lambda row: row.event == "order_no_answer",
        lambda row: (replace(row, count=2),)),
    "a crew is called silent for nothing": (
        "log", lambda row: row.event == "order_sent",
        lambda row: (row, replace(row, event="order_no_answer", order_id=9_999))),
}  # fmt: skip


@given(st.integers(0, 2**32))
def test_a_good_evening_is_accounted_for_to_the_last_person(seed: int) -> None:
    """No complaint, and as many ends of each kind as there were entrapments."""
    evening = evening_of(seed)

    found = account(evening, now=NOW)

    assert found.faults == []
    assert found.ends == Counter(trouble.end for trouble in evening.troubles)
    assert len(found.detection_to_order_s) == len(evening.troubles)
    assert found.detection_to_order_s == pytest.approx([1.0] * len(evening.troubles))
    repeated = len(evening.deliveries) - len(evening.orders) - len(evening.incidents)
    assert found.deliveries_repeated == repeated


@pytest.mark.parametrize("name", CORRUPTIONS)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_no_corrupted_evening_passes(name: str, seed: int) -> None:
    """Whichever row of whichever evening suffers it, the oracle has something to say."""
    table, wanted, becomes = CORRUPTIONS[name]
    evening = evening_of(seed)
    row = only(evening, table, Random(seed), wanted)

    found = account(changed(evening, table, row, *becomes(row)), now=NOW)

    assert found.faults != []


def test_people_who_were_out_before_anybody_could_be_sent_are_counted_as_such() -> None:
    """A decision that it was over is an end; the same for people who stay inside is not."""
    evening = evening_of(1)
    freed = next(one for one in evening.troubles if one.end is End.SELF_FREED)
    over = DetectionRow(
        lift_id="LIFT-X",
        level="probable",
        onset_at=freed.from_at,
        recorded_at=NOW,
        handling="ended_before_handling",
        incident_id=None,
    )
    quick = replace(freed, lift_id="LIFT-X")
    inside = replace(quick, end=End.STILL_OPEN, to_at=None)

    good, bad = (
        account(
            replace(
                evening,
                troubles=[*evening.troubles, trouble],
                detections=[*evening.detections, over],
            ),
            now=NOW,
        )
        for trouble in (quick, inside)
    )

    assert (good.faults, good.over_before_anybody_was_sent) == ([], 1)
    assert ["vanished" in fault for fault in bad.faults] == [True]


def test_a_yes_after_the_limit_may_outlive_a_second_question() -> None:
    """Called silent, asked again, and the first yes came late: nobody was asked twice at once."""
    evening = evening_of(3)
    silent = next(row.order_id for row in evening.log if row.event == "order_no_answer")
    order = next(one for one in evening.orders if one.order_id == silent)
    late = replace(order, ended_at=order.sent_at + timedelta(minutes=4))

    found = account(changed(evening, "orders", order, late), now=NOW)

    assert found.faults == []


def test_the_wait_for_an_order_begins_with_more_than_a_suspicion() -> None:
    """A suspicion sends nobody by rule; how long the order took is measured from what followed."""
    evening = evening_of(4)
    sure = evening.detections[0]
    suspicion = replace(sure, level="suspected", recorded_at=sure.recorded_at - 40 * SECOND)

    found = account(replace(evening, detections=[suspicion, *evening.detections]), now=NOW)

    assert found.faults == []
    assert max(found.detection_to_order_s) == pytest.approx(1.0)
