"""The contract as an AsyncAPI 3 document with JSON Schemas, generated from the types.

`python -m liftward_wire.schema > docs/asyncapi.json` writes the committed copy; a test fails when
that differs from what the types say.
"""

import json
import sys
from inspect import cleandoc
from typing import Any

from msgspec import to_builtins
from msgspec.json import schema_components

from liftward_wire.batch_shape import BatchShape
from liftward_wire.codes import VOCABULARIES
from liftward_wire.examples import EXAMPLES
from liftward_wire.messages import (
    EXTENSION_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    Batch,
    Command,
    Event,
    Reply,
    Sample,
    Status,
)
from liftward_wire.topics import DEVICE_ID, PREFIX, TopicKind

# AsyncAPI looks from the platform: it receives what devices say and sends commands.
_MESSAGES: dict[TopicKind, tuple[str, ...]] = {
    TopicKind.TELEMETRY: ("Sample", "LiftBatch"),
    TopicKind.BATCH: ("EdgeBatch",),
    TopicKind.EVENT: ("Event",),
    TopicKind.STATUS: ("Status",),
    TopicKind.COMMAND: ("Command",),
    TopicKind.REPLY: ("Reply",),
}
_PURPOSES: dict[TopicKind, str] = {
    TopicKind.TELEMETRY: "Samples of one lift, single or in a batch.",
    TopicKind.BATCH: "Samples of many lifts behind one building edge.",
    TopicKind.EVENT: "What happened, told once; never held up by telemetry.",
    TopicKind.STATUS: "Birth and last will; retained.",
    TopicKind.COMMAND: "Asked of a device. No command can move a car or open a door.",
    TopicKind.REPLY: "What became of a command.",
}
_OF_LIFT = {"not": {"anyOf": [{"required": ["lift_ids"]}, {"required": ["lift_index"]}]}}
_OF_EDGE = {"required": ["lift_ids", "lift_index"]}


def _schemas() -> dict[str, Any]:
    types = (Sample, BatchShape, Event, Status, Command, Reply)
    _, schemas = schema_components(types, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    batch = schemas["Batch"] = schemas.pop("BatchShape")
    batch |= {"title": "Batch", "description": cleandoc(Batch.__doc__ or "")}
    batch["properties"]["columns"]["default"] = {}
    schemas["LiftBatch"] = _batch_with(_OF_LIFT)
    schemas["EdgeBatch"] = _batch_with(_OF_EDGE)
    event, command = schemas["Event"], schemas["Command"]
    event["properties"]["vocabulary"]["examples"] = [*VOCABULARIES, "x-example"]
    event["allOf"] = [
        _needs("kind", ["fault_raised", "fault_cleared"], "code"),
        _needs("kind", ["mode_changed"], "service_mode"),
    ]
    command["allOf"] = [_needs("kind", ["set_sampling_period"], "sampling_period_s")]
    return schemas


def _batch_with(condition: dict[str, Any]) -> dict[str, Any]:
    return {"allOf": [{"$ref": "#/components/schemas/Batch"}, condition]}


def _needs(field: str, values: list[str], needed: str) -> dict[str, Any]:
    """Return the rule that with one of these values another field is there, and not null."""
    return {
        "if": {"properties": {field: {"enum": values}}},
        "then": {"required": [needed], "properties": {needed: {"not": {"type": "null"}}}},
    }


def _name_of(message: object, kind: TopicKind) -> str:
    if isinstance(message, Batch):
        return "EdgeBatch" if kind is TopicKind.BATCH else "LiftBatch"
    return type(message).__name__


def _message(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": [
            {"payload": to_builtins(message)}
            for topic, message in EXAMPLES
            if _name_of(message, topic.kind) == name
        ],
    }


def _channel(kind: TopicKind) -> dict[str, Any]:
    return {
        "address": f"{PREFIX}/{{shard}}/{{device_id}}/{kind}",
        "description": _PURPOSES[kind],
        "parameters": {
            "shard": {"description": "low byte of CRC-32 of device_id, two lower-case hex digits"},
            "device_id": {"description": f"the lift's id or the edge's: {DEVICE_ID.pattern}"},
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _MESSAGES[kind]},
    }


def _operation(kind: TopicKind) -> dict[str, Any]:
    return {
        "action": "send" if kind is TopicKind.COMMAND else "receive",
        "channel": {"$ref": f"#/channels/{kind}"},
        "bindings": {
            "mqtt": {"qos": 1, "retain": kind is TopicKind.STATUS, "bindingVersion": "0.2.0"}
        },
    }


def document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    names = [name for names in _MESSAGES.values() for name in names]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Liftward device contract",
            "version": "1.0.0",
            "description": "What lifts and building edges say over MQTT: see docs/contract.md",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"demo": {"host": "127.0.0.1:1883", "protocol": "mqtt"}},
        "channels": {str(kind): _channel(kind) for kind in TopicKind},
        "operations": {f"{kind}": _operation(kind) for kind in TopicKind},
        "components": {
            "messages": {name: _message(name) for name in names},
            "schemas": _schemas(),
        },
        "x-payload-bytes-max": PAYLOAD_BYTES_MAX,
        "x-extension-bytes-max": EXTENSION_BYTES_MAX,
    }


def text() -> str:
    """Return the document as the committed file has it."""
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
