"""The machine-readable contract."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from liftward_wire import schema
from liftward_wire.codec import encode
from liftward_wire.examples import EXAMPLES
from liftward_wire.messages import Message
from liftward_wire.topics import Topic, TopicKind
from unit.wire.golden_vectors import vectors

COMMITTED = Path(__file__).parents[3] / "docs" / "asyncapi.json"

# Refused by the decoder for what a schema cannot say, or what JSON Schema allows.
BEYOND_SCHEMA = {
    "a count with a point",
    "a clock that was never set",
    "a clock in another age",
    "another lift's identity",
    "another device's identity",
    "another device's birth",
    "another lift's alarm",
    "rows out of time order",
    "a column too short",
    "a start that was never set",
    "an index too short",
    "an index beyond the lifts",
    "a lift named twice",
    "a time without a zone",
    "a code the table has not",
    "no fault is no code",
    "a vocabulary nobody knows",
    "NUL within the extension",
    "an extension too deep",
    "a snapshot of another lift",
}


def readable_vectors() -> list[Any]:
    """The vectors that are JSON: a schema has nothing to say about the others."""
    return [case for case in vectors() if reason_of(case.values[0]) != "undecodable"]


def reason_of(vector: dict[str, Any]) -> str | None:
    reason: str | None = vector.get("refused", {}).get("reason")
    return reason


@cache
def document() -> dict[str, Any]:
    return schema.document()


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    )


def schema_names(topic: Topic) -> list[str]:
    channel = document()["channels"][topic.kind]
    return list(channel["messages"])


def is_valid(topic: Topic, payload: Any) -> bool:
    return any(validator(name).is_valid(payload) for name in schema_names(topic))


def test_the_committed_document_is_the_generated_one() -> None:
    """docs/asyncapi.json follows the types: run `python -m liftward_wire.schema` after a change."""
    assert COMMITTED.read_text("utf-8") == schema.text()


def test_every_schema_is_a_schema() -> None:
    """Each component is valid JSON Schema, and every reference in the document leads somewhere."""
    for component in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(component)
    for reference in references(document()):
        target: Any = document()
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert target


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return []


def test_every_message_of_the_document_has_examples_that_fit_it() -> None:
    """The examples in the document are valid against the schema they stand beside."""
    messages = document()["components"]["messages"]

    for name, message in messages.items():
        assert message["examples"]
        for example in message["examples"]:
            validator(name).validate(example["payload"])


@pytest.mark.parametrize(("topic", "message"), EXAMPLES)
def test_every_example_fits_the_schema_of_its_topic(topic: Topic, message: Message) -> None:
    """What our encoder writes is what the schema describes."""
    assert is_valid(topic, json.loads(encode(message)))


@pytest.mark.parametrize("vector", readable_vectors())
def test_schema_and_decoder_agree(vector: dict[str, Any]) -> None:
    """The schema allows what the decoder accepts and forbids what it refuses, as far as it can."""
    topic = parse(vector["topic"])
    payload = json.loads(vector["payload"])

    valid = is_valid(topic, payload)

    assert valid == ("accepted" in vector or vector["name"] in BEYOND_SCHEMA)


def parse(text: str) -> Topic:
    *_, device_id, kind = text.split("/")
    return Topic(device_id, TopicKind(kind))


def test_every_channel_has_the_address_and_service_of_the_contract() -> None:
    """All kinds are there; only status is retained, only commands are sent by the platform."""
    channels, operations = document()["channels"], document()["operations"]

    assert set(channels) == set(operations) == {str(k) for k in TopicKind}
    for kind, operation in operations.items():
        assert operation["bindings"]["mqtt"]["qos"] == 1
        assert operation["bindings"]["mqtt"]["retain"] == (kind == "status")
        assert operation["action"] == ("send" if kind == "command" else "receive")
        assert channels[kind]["address"].endswith(f"/{kind}")
