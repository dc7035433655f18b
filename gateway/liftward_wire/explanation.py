"""From a decoder's error to a sentence an integrator can act on: what, where, what is allowed.

Only refused messages come here, so it may look at the payload a second time.
"""

import re
from typing import Any

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder

from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.signals import SIGNAL_BY_NAME, Signal, SignalType

_ANY: Decoder[Any] = Decoder()
_PATH = re.compile(r" - at `(\$[^`]*)`\Z")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_TOO_LARGE_TO_READ = ("Number out of range", "Integer value out of range")  # as in 1e999
_SENTENCE_CHARACTERS_MAX = 300
_NOT_A_COLUMN = "Expected `array"
_SHOWN_CHARACTERS_MAX = 60  # of a refused value, in a sentence


def has_field(payload: bytes, name: str) -> bool:
    """Whether the payload is a JSON object with this field at its top, if it can be read at all."""
    try:
        document = _ANY.decode(payload)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(document, dict) and name in document


def undecodable(error: Exception) -> Rejected:
    """Return the refusal for a payload that is no JSON that can be read."""
    return Rejected(RejectReason.UNDECODABLE, _plain(f"payload is not UTF-8 JSON: {error}"))


def explain(payload: bytes, error: ValidationError) -> Rejected:
    """Return the refusal for a payload whose decoding failed with this error. Never raises."""
    text = str(error)
    found = _PATH.search(text)
    path = found.group(1) if found else "$"
    sentence = _plain(text[: found.start()] if found else text)
    try:
        value = _value_at(_ANY.decode(payload), path)
    except (DecodeError, UnicodeDecodeError, RecursionError) as unreadable:
        if sentence.startswith(_TOO_LARGE_TO_READ):
            return Rejected(RejectReason.IMPOSSIBLE_VALUE, "number is too large to be read", path)
        return undecodable(unreadable)
    signal = _signal_at(path)
    if signal is not None and not sentence.startswith(_NOT_A_COLUMN):
        return _explain_signal(signal, value, path)
    if value is _NOWHERE:
        return Rejected(RejectReason.CONTRACT_VIOLATION, sentence, path)
    return Rejected(RejectReason.CONTRACT_VIOLATION, f"{sentence}; it is {shown(value)}", path)


def _explain_signal(signal: Signal, value: Any, path: str) -> Rejected:  # noqa: ANN401 - any JSON
    verb = "is" if signal.states is None else "are"
    detail = f"{signal.name} is {shown(value)}, allowed {verb} {signal.allowed}"
    if signal.states is not None:
        return Rejected(RejectReason.CONTRACT_VIOLATION, detail, path)
    if type(value) is int or (type(value) is float and signal.type is SignalType.FLOAT):
        return Rejected(RejectReason.IMPOSSIBLE_VALUE, detail, path)
    kind = "a number" if signal.type is SignalType.FLOAT else "a whole number without a point"
    return Rejected(RejectReason.CONTRACT_VIOLATION, f"{detail}, as {kind}", path)


def _signal_at(path: str) -> Signal | None:
    names = [name for name, _ in _STEP.findall(path) if name]
    return SIGNAL_BY_NAME.get(names[-1]) if names else None


_NOWHERE = object()


def _value_at(document: Any, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what stands at a path, or _NOWHERE: for the whole document, or an unclear path."""
    if path == "$":
        return _NOWHERE
    value = document
    for name, index in _STEP.findall(path):
        if name and isinstance(value, dict) and name in value:
            value = value[name]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return _NOWHERE
    return value


def _plain(text: str) -> str:
    """Return a decoder's sentence without control characters from the payload, and not too long."""
    shown = text if text.isprintable() else ascii(text)
    return shown[:_SENTENCE_CHARACTERS_MAX]


def shown(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a refused value as a sentence shows it: never long, containers by their kind."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS_MAX else f"{text[:_SHOWN_CHARACTERS_MAX]}..."
