from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from liftward_gateway.admit import Admitted, AdmittedSamples, Received, admit
from liftward_gateway.copy_format import COPY_TRAILER, copy_bytes
from liftward_gateway.quarantine import QuarantineReason, entry_of
from liftward_gateway.registry import Registry, ServedLift
from liftward_wire.columns import columns_of, microseconds
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.topics import TopicError, parse_topic
from support.mutations import mutated
from unit.wire.golden_vectors import payload_of, vectors

# The golden vectors were observed then: unharmed ones are to be admitted.
NOW = datetime(2026, 1, 1, 8, 30, 20, tzinfo=UTC)
CASES_PER_SEED = 10_000
SEEDS = range(10)  # a hundred thousand cases in all


# An alarm whose device does not know the year has a way of its own through admission.
OUT_OF_TIME = (
    "liftward/v1/d3/HAND-001/event",
    b'{"observed_at":"1970-01-01T00:00:00Z","boot_id":1,"sequence":0,"kind":"alarm_pressed"}',
)


def golden_messages() -> list[tuple[str, bytes]]:
    found = [case.values[0] for case in vectors()]
    return [*((vector["topic"], payload_of(vector)) for vector in found), OUT_OF_TIME]


def device_of(topic: str) -> str | None:
    try:
        return parse_topic(topic).device_id
    except TopicError:
        return None


def registry() -> Registry:
    """Every device of the golden vectors, each serving its own lift and those an edge names."""
    one = Registry()
    devices = {device for topic, _ in golden_messages() if (device := device_of(topic))}
    lifts = sorted(devices | {"HAND-001", "HAND-002"})
    one.replace(
        ServedLift(device, lift, number)
        for device in sorted(devices)
        for number, lift in enumerate(lifts)
    )
    return one


@pytest.mark.parametrize("seed", SEEDS)
def test_every_mutation_is_admitted_or_refused_with_a_reason(seed: int) -> None:
    """Nothing that arrives makes admission raise, and what is admitted can be written.

    100,000 mutations of the golden vectors in all.
    """
    known, rng = registry(), Random(seed)
    outcomes: Counter[str] = Counter()
    admitted: list[AdmittedSamples] = []
    for number, (topic, payload) in enumerate(mutated(golden_messages(), rng, CASES_PER_SEED)):
        message = Received(topic, payload, microseconds(NOW + timedelta(milliseconds=number)))
        try:
            result = admit(message, known)
            outcomes[checked(message, result)] += 1
        except Exception as error:  # noqa: BLE001 - that it raises at all is the finding
            pytest.fail(f"seed {seed}, case {number}: {topic!r} {payload!r}: {error!r}")
        if isinstance(result, AdmittedSamples):
            admitted.append(result)
    columns = columns_of([(one.message, one.lift_indices, one.received_at_us) for one in admitted])
    rows = copy_bytes(columns, known.keys_array())

    assert outcomes.total() == CASES_PER_SEED
    assert {"admitted", *common_reasons()} <= set(outcomes)
    assert rows.endswith(COPY_TRAILER)


def checked(message: Received, result: Admitted | Rejected) -> str:
    """Return the outcome; a refusal must have a reason, a sentence and a storable entry."""
    if not isinstance(result, Rejected):
        return "admitted"
    entry = entry_of(message, result)
    assert result.reason in {*RejectReason, *QuarantineReason}
    assert result.detail
    entry.topic.encode()
    entry.detail.encode()
    entry.path.encode()
    assert "\0" not in entry.topic + entry.detail + entry.path
    return str(result.reason)


def common_reasons() -> set[str]:
    """Reasons that ten thousand mutations must meet, or the mutations are too tame."""
    return {
        RejectReason.WRONG_TOPIC,
        RejectReason.UNDECODABLE,
        RejectReason.CONTRACT_VIOLATION,
        RejectReason.IMPOSSIBLE_VALUE,
        RejectReason.IDENTITY_MISMATCH,
    }
