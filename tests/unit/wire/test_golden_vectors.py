"""The bytes of the contract, pinned: what is accepted as what, what is refused and why."""

from typing import Any

import msgspec
import pytest

from liftward_wire.codec import decode, encode
from liftward_wire.rejection import Rejected
from liftward_wire.topics import TopicKind, parse_topic
from unit.wire.golden_vectors import payload_of, vectors


@pytest.mark.parametrize("vector", vectors())
def test_each_payload_is_accepted_or_refused_as_pinned(vector: dict[str, Any]) -> None:
    """A golden payload decodes to the pinned fields, or is refused with the pinned reason."""
    result = decode(parse_topic(vector["topic"]), payload_of(vector))

    if "refused" in vector:
        assert isinstance(result, Rejected)
        pinned = vector["refused"]
        seen = {"reason": result.reason, "path": result.path, "detail": result.detail}
        assert seen == seen | pinned
    else:
        assert not isinstance(result, Rejected), result
        assert type(result).__name__ == vector["accepted"]["type"]
        assert msgspec.to_builtins(result) == vector["accepted"]["fields"]


@pytest.mark.parametrize("vector", [case for case in vectors() if "canonical" in case.values[0]])
def test_canonical_messages_encode_to_the_pinned_bytes(vector: dict[str, Any]) -> None:
    """Decoding a canonical payload and encoding it again gives the very same bytes."""
    payload = payload_of(vector)

    message = decode(parse_topic(vector["topic"]), payload)

    assert not isinstance(message, Rejected)
    assert encode(message) == payload


def test_every_kind_has_accepted_and_refused_vectors() -> None:
    """No message kind is without a golden vector for both outcomes."""
    cases = [case.values[0] for case in vectors()]

    accepted = {parse_topic(case["topic"]).kind for case in cases if "accepted" in case}
    refused = {parse_topic(case["topic"]).kind for case in cases if "refused" in case}

    assert accepted == refused == set(TopicKind)
