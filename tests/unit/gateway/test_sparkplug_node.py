"""A node's births, count, aliases and held values: what each message comes to, in any order."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_gateway.admit import (
    Admitted,
    AdmittedEvent,
    AdmittedSamples,
    AdmittedStatus,
    Received,
)
from liftward_gateway.sparkplug.node import Node, take
from liftward_gateway.sparkplug.readings import EVENTS, TELEMETRY, events_of, samples_of
from liftward_wire.columns import microseconds
from liftward_wire.messages import EventKind, Presence, Sample
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.sparkplug.payload import DataType, Told, decode_payload
from liftward_wire.sparkplug.topics import parse_sparkplug
from support.sparkplug_node import NodeSender, metric

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LIFTS = {"NODE-1": 0, "LIFT-2": 1}
SPEED, DOOR, ALARM = "Lift/speed_mps", "Lift/car_door", "Lift/alarm_button"
FAULT = "Lift/fault_active/04"
Message = tuple[str, bytes]


class Path:
    """One path's view of one node."""

    def __init__(self, *, events: bool = False) -> None:
        self._reading, self._make = (EVENTS, events_of) if events else (TELEMETRY, samples_of)
        self.node: Node | None = None
        self.wants_rebirth = False

    def hear(self, message: Message) -> list[Admitted | Rejected]:
        topic, payload = parse_sparkplug(message[0]), decode_payload(message[1])
        assert not isinstance(payload, Rejected)
        taken = take(self.node, topic, payload, self._reading)
        received = Received(message[0], message[1], microseconds(NOW + timedelta(minutes=15)))
        results: list[Admitted | Rejected] = list(self._make(taken, topic, received, LIFTS))
        self.node, self.wants_rebirth = taken.node, taken.wants_rebirth
        return results

    def sample(self, message: Message) -> Sample:
        [admitted] = self.hear(message)
        assert isinstance(admitted, AdmittedSamples), admitted
        assert isinstance(admitted.message, Sample)
        return admitted.message

    def refusal(self, message: Message) -> Rejected:
        [refused] = self.hear(message)
        assert isinstance(refused, Rejected), refused
        return refused

    def events(self, message: Message) -> list[tuple[EventKind, str | None, int]]:
        return [
            (one.event.kind, one.event.code, one.event.sequence)
            for one in self.hear(message)
            if isinstance(one, AdmittedEvent)
        ]


def sender() -> NodeSender:
    return NodeSender("NODE-1", NOW)


def aliased(name: str, alias: int, value: Any) -> Told:
    return metric(name, value, alias=alias)


def by_alias(alias: int, value: Any, datatype: DataType = DataType.DOUBLE) -> Told:
    return Told(alias=alias, value=value, datatype=datatype)


def test_a_birth_is_the_first_sample_and_the_boot() -> None:
    """Number 0 of a boot named by the birth's time, with every value it tells."""
    node, path = sender(), Path()

    sample = path.sample(node.birth([aliased(SPEED, 7, 1.5), aliased(DOOR, 8, "closed")]))

    assert (sample.boot_id, sample.sequence) == (node.at_ms, 0)
    assert (sample.speed_mps, sample.car_door) == (1.5, "closed")
    assert sample.observed_at == node.at


def test_what_is_not_told_is_what_it_was() -> None:
    """Report by exception: data by alias alone move one value, the others hold."""
    node, path = sender(), Path()
    path.sample(node.birth([aliased(SPEED, 7, 1.5), aliased(DOOR, 8, "closed")]))

    moved = path.sample(node.data(by_alias(7, 0.0)))
    opened = path.sample(node.data(by_alias(8, "open", DataType.STRING)))
    nulled = path.sample(node.data(by_alias(7, None)))

    assert [
        (one.sequence, one.speed_mps, str(one.car_door)) for one in (moved, opened, nulled)
    ] == [
        (1, 0.0, "closed"),
        (2, 0.0, "open"),
        (3, None, "open"),
    ]


def test_the_count_goes_on_past_255() -> None:
    """seq begins again after 255; our sequence does not."""
    node, path = sender(), Path()
    path.sample(node.birth([metric(SPEED, 0.0)]))

    numbers = [path.sample(node.data(metric(SPEED, 1.0))).sequence for _ in range(600)]

    assert numbers == list(range(1, 601))
    assert not path.wants_rebirth


def test_a_repeat_has_the_number_it_had() -> None:
    """Redelivered after a kill, also around the turn of seq: the mark will know the number."""
    node, path = sender(), Path()
    path.sample(node.birth([metric(SPEED, 0.0)]))
    sent = [node.data(metric(SPEED, float(number % 20))) for number in range(300)]
    first = [path.sample(message).sequence for message in sent]

    again = [path.sample(message).sequence for message in sent[-100:]]

    assert again == first[-100:]
    assert path.sample(node.data(metric(SPEED, 1.0))).sequence == 301


def test_a_gap_makes_what_is_held_unknown_and_asks_for_a_birth() -> None:
    """The lost message may have opened the door: absent is not what it was."""
    node, path = sender(), Path()
    path.sample(node.birth([metric(SPEED, 1.5), metric(DOOR, "closed")]))
    lost = node.data(metric(DOOR, "open"))

    after = path.sample(node.data(metric(SPEED, 0.0)))
    asked = path.wants_rebirth
    late = path.sample(lost)

    assert (after.sequence, after.speed_mps, after.car_door) == (2, 0.0, "unknown")
    assert asked
    assert (late.sequence, late.car_door, late.speed_mps) == (1, "open", None)


def test_late_data_rewind_nothing() -> None:
    """A late message has its own values and number; the next one holds the newer value."""
    node, path = sender(), Path()
    path.sample(node.birth([metric(SPEED, 1.5)]))
    late = node.data(metric(SPEED, 9.0))
    path.sample(node.data(metric(SPEED, 0.0)))
    path.sample(late)

    held = path.sample(node.data(metric(DOOR, "open")))

    assert (held.speed_mps, held.car_door, held.sequence) == (0.0, "open", 3)


def test_data_of_an_earlier_birth_are_not_read_with_the_aliases_of_this_one() -> None:
    """The known trap: alias 7 was the speed, and is the load now."""
    node, path = sender(), Path()
    path.sample(node.birth([aliased(SPEED, 7, 1.5)]))
    old = node.data(by_alias(7, 2.0))
    path.sample(node.birth([aliased("Lift/load_kg", 7, 150.0)], again=True))

    refused = path.refusal(old)
    held = path.sample(node.data(metric(DOOR, "open")))

    assert refused.reason is RejectReason.BIRTH_MISSING
    assert (held.load_kg, held.speed_mps) == (150.0, None)


def test_data_without_a_birth_are_kept_and_a_birth_is_asked_for() -> None:
    """Nobody knows what the aliases mean; neither of the node, nor of a lift below it."""
    node, path = sender(), Path()
    early = path.refusal(node.data(metric(SPEED, 1.0)))
    asked = path.wants_rebirth
    path.sample(node.birth([metric(SPEED, 1.0)]))
    below = path.refusal(node.data(metric(SPEED, 1.0), lift_id="LIFT-2"))

    assert early.reason is below.reason is RejectReason.BIRTH_MISSING
    assert asked
    assert path.wants_rebirth


def test_every_birth_is_a_boot_of_its_own_even_if_the_clock_went_back() -> None:
    """A larger boot at every birth, or the node would look like its own past for ever."""
    node, path = sender(), Path()
    first = path.sample(node.birth([metric(SPEED, 0.0)]))
    node.at -= timedelta(days=2)

    second = path.sample(node.birth([metric(SPEED, 0.0)]))
    repeated = path.sample(node.sent[-1])

    assert second.boot_id == first.boot_id + 1
    assert (repeated.boot_id, repeated.sequence) == (second.boot_id, 0)


def test_a_lift_below_a_node_has_its_own_values_in_the_nodes_count() -> None:
    """DBIRTH, DDATA and DDEATH share seq with the node; a death makes its values unknown."""
    node, path = sender(), Path()
    path.hear(node.birth([metric(SPEED, 0.0)]))
    born = path.hear(node.lift_birth("LIFT-2", [aliased(SPEED, 3, 1.0), aliased(DOOR, 4, "open")]))
    moved = path.hear(node.data(by_alias(3, 2.0), lift_id="LIFT-2"))
    dead = path.hear(node.lift_death("LIFT-2"))
    after = path.refusal(node.data(by_alias(3, 2.0), lift_id="LIFT-2"))

    seen = [
        (one.lift_indices, one.message.sequence, one.message.speed_mps, str(one.message.car_door))
        for [one] in (born, moved, dead)
        if isinstance(one, AdmittedSamples) and isinstance(one.message, Sample)
    ]
    assert seen == [((1,), 1, 1.0, "open"), ((1,), 2, 2.0, "open"), ((1,), 3, None, "unknown")]
    assert after.reason is RejectReason.BIRTH_MISSING


def test_a_lift_that_the_node_does_not_serve_is_refused() -> None:
    """As for an edge of the contract."""
    node, path = sender(), Path()
    path.hear(node.birth([]))

    refused = path.refusal(node.lift_birth("OTHER-9", [metric(SPEED, 0.0)]))

    assert refused.reason is RejectReason.UNKNOWN_DEVICE


def test_a_refused_message_makes_what_is_held_unknown() -> None:
    """What else it said is lost with it: the door may have been in it."""
    node, path = sender(), Path()
    path.sample(node.birth([metric(SPEED, 0.0), metric(DOOR, "closed")]))

    refused = path.refusal(node.data(metric(DOOR, "open"), metric(SPEED, 175.0)))
    asked = path.wants_rebirth
    after = path.sample(node.data(metric("Lift/load_kg", 75.0)))

    assert (refused.reason, refused.path) == (RejectReason.IMPOSSIBLE_VALUE, "$.metrics[1]")
    assert asked
    assert (after.sequence, after.car_door, after.speed_mps) == (2, "unknown", None)
    assert not path.wants_rebirth


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (metric(DOOR, "ajar"), RejectReason.CONTRACT_VIOLATION),
        (metric(DOOR, 1), RejectReason.CONTRACT_VIOLATION),
        (metric(DOOR, True), RejectReason.CONTRACT_VIOLATION),
        (metric(SPEED, "fast"), RejectReason.CONTRACT_VIOLATION),
        (metric(SPEED, float("nan")), RejectReason.IMPOSSIBLE_VALUE),
        (metric("Lift/floor", 1.0), RejectReason.CONTRACT_VIOLATION),
        (metric("Lift/floor", -128, DataType.INT8), RejectReason.IMPOSSIBLE_VALUE),
        (metric(SPEED, 1.0, at_ms=5), RejectReason.OBSERVED_TOO_LONG_AGO),
        (metric(SPEED, 1.0, at_ms=2**63), RejectReason.OBSERVED_IN_FUTURE),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_its_place(
    told: Told, reason: RejectReason
) -> None:
    """Data types and words as the table has them."""
    node, path = sender(), Path()
    path.sample(node.birth([metric("Lift/load_kg", 0.0)]))

    refused = path.refusal(node.data(told))

    assert refused.reason is reason
    assert refused.path.startswith("$.metrics[0]")


def test_history_goes_into_history() -> None:
    """Historical values have their own time and move nothing; several moments are refused."""
    node, path = sender(), Path()
    path.sample(node.birth([metric(SPEED, 1.0)]))
    then_ms = node.at_ms - 60_000

    past = path.sample(node.data(metric(SPEED, 2.0, at_ms=then_ms, historical=True)))
    held = path.sample(node.data(metric(DOOR, "open")))
    mixed = path.refusal(
        node.data(metric(SPEED, 2.0, at_ms=then_ms, historical=True), metric(DOOR, "open"))
    )

    assert (microseconds(past.observed_at) // 1000, past.speed_mps) == (then_ms, 2.0)
    assert held.speed_mps == 1.0
    assert mixed.reason is RejectReason.CONTRACT_VIOLATION


def test_births_and_deaths_are_statuses() -> None:
    """Online with the birth; offline with the death that has the birth's bdSeq, and no other."""
    node, path = sender(), Path(events=True)
    stale = sender()
    stale.birth_sequence = 6
    node.birth_sequence = 6
    born = path.hear(node.birth([metric(SPEED, 0.0)]))

    ignored = path.hear(stale.will())
    died = path.hear(node.will())
    again = path.hear(node.will())

    assert [one.status.presence for one in (*born, *died) if isinstance(one, AdmittedStatus)] == [
        *(Presence.ONLINE, Presence.OFFLINE),
    ]
    assert ignored == again == []


def test_a_change_of_the_button_is_an_event_and_a_repeat_is_none() -> None:
    """Pressed, still pressed, released; counted from 0 without a hole; faults alike."""
    node, path = sender(), Path(events=True)
    quiet = path.events(node.birth([metric(ALARM, "released"), metric(FAULT, False)]))
    told = [
        path.events(node.data(metric(ALARM, "pressed"), metric(FAULT, True))),
        path.events(node.data(metric(ALARM, "pressed"))),
        path.events(node.data(metric(SPEED, 99.0))),
        path.events(node.data(metric(ALARM, "released"), metric(FAULT, False))),
    ]

    assert quiet == []
    assert told == [
        [(EventKind.ALARM_PRESSED, None, 0), (EventKind.FAULT_RAISED, "04", 1)],
        [],
        [],
        [(EventKind.ALARM_RELEASED, None, 2), (EventKind.FAULT_CLEARED, "04", 3)],
    ]


def test_a_press_that_only_a_birth_tells_is_not_lost() -> None:
    """Pressed while we were away, or before the first birth: the birth is the press."""
    node, path = sender(), Path(events=True)

    first = path.events(node.birth([metric(ALARM, "pressed")]))
    same = path.events(node.birth([metric(ALARM, "pressed")], again=True))
    path.events(node.data(metric(ALARM, "released")))
    missed = path.events(node.birth([metric(ALARM, "pressed")]))

    assert [first, same, missed] == [
        [(EventKind.ALARM_PRESSED, None, 0)],
        [],
        [(EventKind.ALARM_PRESSED, None, 0)],
    ]


def test_an_alarm_is_told_whatever_else_the_message_says() -> None:
    """A load out of range refuses the sample and not the press."""
    node, telemetry, events = sender(), Path(), Path(events=True)
    for path in (telemetry, events):
        path.hear(node.sent[0] if node.sent else node.birth([metric(ALARM, "released")]))
    message = node.data(metric("Lift/load_kg", -5.0), metric(ALARM, "pressed"))

    assert isinstance(telemetry.hear(message)[0], Rejected)
    assert events.events(message) == [(EventKind.ALARM_PRESSED, None, 0)]


def test_a_repeated_press_is_not_pressed_again() -> None:
    """Redelivered after a kill: the state says that its number was taken."""
    node, path = sender(), Path(events=True)
    path.hear(node.birth([metric(ALARM, "released")]))
    pressed, released = node.data(metric(ALARM, "pressed")), node.data(metric(ALARM, "released"))
    first = [path.events(pressed), path.events(released)]

    again = [path.events(pressed), path.events(released)]

    assert [len(one) for one in first] == [1, 1]
    assert again == [[], []]


@given(seed=st.integers(0, 2**32), count=st.integers(1, 400))
def test_any_order_and_any_repeats_give_each_message_its_own_number(seed: int, count: int) -> None:
    """Shuffled within half a turn and repeated: numbers stay those of the order of sending."""
    rng = Random(seed)
    node, path = sender(), Path()
    path.sample(node.birth([metric(SPEED, 0.0)]))
    sent = [(number, node.data(metric(SPEED, 1.0))) for number in range(1, count + 1)]
    arriving = sorted(sent * 2, key=lambda one: one[0] + rng.randrange(60))

    seen = [(number, path.sample(message).sequence) for number, message in arriving]

    assert all(number == sequence for number, sequence in seen), f"seed {seed}"


def test_the_state_is_unchanged_by_what_is_made_of_it() -> None:
    """A batch that the database refuses is judged again from the same state."""
    node, path = sender(), Path()
    path.hear(node.birth([metric(SPEED, 0.0)]))
    before = path.node
    assert before is not None
    kept = before.copy()
    lift = kept.own("NODE-1")

    path.hear(node.data(metric(SPEED, 2.0)))

    assert before == kept
    assert lift == before.lifts["NODE-1"]


def test_a_press_is_not_lost_to_a_wrong_clock() -> None:
    """It counts as of its arrival; samples of such a node are refused until its clock is set."""
    node = NodeSender("NODE-1", datetime(1970, 1, 1, tzinfo=UTC))
    telemetry, events = Path(), Path(events=True)
    birth = node.birth([metric(ALARM, "released"), metric(FAULT, False)])
    pressed = node.data(metric(ALARM, "pressed"), metric(FAULT, True))

    refused = [telemetry.refusal(message).reason for message in (birth, pressed)]
    events.hear(birth)
    [alarm] = events.hear(pressed)

    assert refused == [RejectReason.OBSERVED_TOO_LONG_AGO] * 2
    assert isinstance(alarm, AdmittedEvent)
    assert alarm.event.kind is EventKind.ALARM_PRESSED
    assert alarm.observed_us == alarm.received_at_us
