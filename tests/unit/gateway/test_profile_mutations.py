from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from liftward_gateway.admit import AdmittedSamples, Received, admit
from liftward_gateway.copy_format import COPY_TRAILER, copy_bytes
from liftward_gateway.registry import Registry, ServedLift
from liftward_gateway.sparkplug.node import Node, Reading, take
from liftward_gateway.sparkplug.readings import EVENTS, TELEMETRY, events_of, samples_of
from liftward_wire.columns import columns_of, microseconds
from liftward_wire.rejection import Rejected
from liftward_wire.sparkplug.payload import decode_payload
from liftward_wire.sparkplug.topics import parse_sparkplug
from liftward_wire.topics import TopicError
from support.mutations import mutated
from support.sparkplug_node import NodeSender, metric
from unit.gateway.test_mutations import checked
from unit.wire.profile_cases import PROFILE_NAMES, golden

NOW = datetime(2026, 1, 1, 8, 30, 20, tzinfo=UTC)
CASES = 5_000
SEED = 1


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_every_mutation_of_a_profiles_vectors_is_admitted_or_refused(
    profile: str,
) -> None:
    """Nothing in another vocabulary makes admission raise; what is admitted can be written."""
    known, rng = Registry(), Random(SEED)
    lifts = ("HAND-001", "HAND-002")
    known.replace(
        ServedLift(device, lift, number, profile)
        for device in ("HAND-001", "EDGE-HAND-1")
        for number, lift in enumerate(lifts)
    )
    outcomes: Counter[str] = Counter()
    admitted: list[AdmittedSamples] = []
    vectors = [(str(topic), payload) for topic, payload in golden(profile)]
    for number, (topic, payload) in enumerate(mutated(vectors, rng, CASES)):
        message = Received(topic, payload, microseconds(NOW + timedelta(milliseconds=number)))
        try:
            result = admit(message, known)
            outcomes[checked(message, result)] += 1
        except Exception as error:  # noqa: BLE001 - that it raises at all is the finding
            pytest.fail(f"seed {SEED}, case {number}: {topic!r} {payload!r}: {error!r}")
        if isinstance(result, AdmittedSamples):
            admitted.append(result)
    columns = columns_of([(one.message, one.lift_indices, one.received_at_us) for one in admitted])

    assert outcomes.total() == CASES
    assert {"admitted", "undecodable", "contract_violation", "wrong_topic"} <= set(outcomes)
    assert copy_bytes(columns, known.keys_array()).endswith(COPY_TRAILER)


def sparkplug_story() -> list[tuple[str, bytes]]:
    """A node with a lift below it, told by name and by alias, born twice."""
    node = NodeSender("NODE-1", NOW - timedelta(minutes=2))
    for _ in range(2):
        node.birth(
            [
                metric("Lift/speed_mps", 1.5, alias=1),
                metric("Lift/car_door", "closed", alias=2),
                metric("Lift/alarm_button", "released", alias=3),
                metric("Lift/fault_active/04", False, alias=4),
            ]
        )
        node.lift_birth("LIFT-2", [metric("Lift/floor", -1, alias=5)])
        node.data(metric("Lift/alarm_button", "pressed"), metric("Lift/speed_mps", None))
        node.data(metric("Lift/floor", 3), lift_id="LIFT-2")
        node.sent.append(node.will())
        node.lift_death("LIFT-2")
    return node.sent


@pytest.mark.parametrize(("reading", "make"), [(TELEMETRY, samples_of), (EVENTS, events_of)])
def test_every_mutation_of_a_nodes_messages_is_taken_or_refused(
    reading: Reading, make: object
) -> None:
    """Damaged births, data and wills in any order: the state goes on, and nothing raises."""
    assert callable(make)
    rng, lifts = Random(SEED), {"NODE-1": 0, "LIFT-2": 1}
    node: Node | None = None
    outcomes: Counter[str] = Counter()
    admitted: list[AdmittedSamples] = []
    for number, (text, payload) in enumerate(mutated(sparkplug_story(), rng, CASES)):
        try:
            topic, decoded = parse_sparkplug(text), decode_payload(payload)
        except TopicError:
            outcomes["wrong_topic"] += 1
            continue
        if isinstance(decoded, Rejected):
            outcomes[str(decoded.reason)] += 1
            continue
        message = Received(text, payload, microseconds(NOW))
        try:
            taken = take(node, topic, decoded, reading)
            results = list(make(taken, topic, message, lifts))
        except Exception as error:  # noqa: BLE001 - that it raises at all is the finding
            pytest.fail(f"seed {SEED}, case {number}: {text!r} {payload!r}: {error!r}")
        node = taken.node
        outcomes.update(checked(message, result) for result in results)
        admitted += [result for result in results if isinstance(result, AdmittedSamples)]
    columns = columns_of([(one.message, one.lift_indices, one.received_at_us) for one in admitted])
    rows = copy_bytes(columns, Registry.with_lifts([7, 8]).keys_array())

    assert {"admitted", "undecodable", "wrong_topic"} <= set(outcomes)
    assert rows.endswith(COPY_TRAILER)
    assert (reading is EVENTS) == (admitted == [])
