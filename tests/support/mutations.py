"""Ways in which a message can be damaged on its way or by a careless programmer. Seeded.

Bytes are cut, doubled, swapped and replaced; values of a JSON document are replaced by values that
break programs; keys are dropped, doubled and renamed; topics lose and gain parts.
"""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Message = tuple[str, bytes]

# Each has broken some program: limits of integers and floats, texts no database takes, wrong types.
NASTY_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3.0, 1e308, -1e308, 5e-324, 2**31, 2**53, 2**63, -(2**63), 2**64,
    10**400, "", "0", "unknown", "null", "closed", "\0", "\ud800", "\u202e", "a" * 300, "9" * 40,
    "2026-01-01T08:30:00Z", "2026-02-30T08:30:00Z", "9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z",
    "2026-01-01T08:30:60Z", "2026-01-01T08:30:00+99:99", "../../etc", "x-", "'; DROP TABLE sample",
    [], {}, [None], [[]], {"": None}, [0] * 300, {"a": {"b": {"c": [1, [2, [3]]]}}},
)  # fmt: skip
_NASTY_BYTES = (
    b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"NaN", b"Infinity", b"-0", b"1e999", b'"', b"\\", b"{",
    b"}", b"[", b"]", b",", b":", b"\xef\xbb\xbf", b"//", b"[" * 3_000, b"\\u0000", b"0123",
)  # fmt: skip


def mutated(messages: list[Message], rng: Random, count: int) -> Iterator[Message]:
    """Yield `count` messages, each made from one of `messages` by one to three mutations."""
    for number in range(count):
        topic, payload = messages[number % len(messages)]
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            topic, payload = rng.choice(_MUTATIONS)(topic, payload, rng)
        yield topic, payload


def _span(payload: bytes, rng: Random) -> tuple[int, int]:
    start = rng.randint(0, len(payload))
    return start, min(len(payload), start + rng.choice((0, 1, 1, 2, 8, 40)))


def _replace_bytes(topic: str, payload: bytes, rng: Random) -> Message:
    start, end = _span(payload, rng)
    patch = rng.choice((rng.randbytes(end - start or 1), rng.choice(_NASTY_BYTES), b""))
    return topic, payload[:start] + patch + payload[end:]


def _double_bytes(topic: str, payload: bytes, rng: Random) -> Message:
    start, end = _span(payload, rng)
    return topic, payload[:end] + payload[start:]


def _cut(topic: str, payload: bytes, rng: Random) -> Message:
    return topic, payload[: rng.randint(0, len(payload))]


def _change_topic(topic: str, payload: bytes, rng: Random) -> Message:
    parts = topic.split("/")
    place = rng.randrange(len(parts))
    patch = rng.choice(["", "00", "ff", "status", "batch", "x" * 40, "+", "#", "Ü", "\0", "LIFT/"])
    parts[place : place + 1] = rng.choice(([], [patch], [parts[place], patch]))
    return "/".join(parts), payload


def _edit_document(
    edit: Callable[[Any, Random], None],
) -> Callable[[str, bytes, Random], Message]:
    """Return a mutation of the JSON document; what is no document is left as it is."""

    def mutate(topic: str, payload: bytes, rng: Random) -> Message:
        try:
            document = json.loads(payload)
        except (ValueError, RecursionError):
            return topic, payload
        if not isinstance(document, dict) or not document:
            return topic, payload
        edit(_holder(document, rng), rng)
        text = json.dumps(document, ensure_ascii=rng.random() < 0.5)  # NaN is written as NaN
        return topic, text.encode("utf-8", "surrogatepass")

    return mutate


def _holder(document: Any, rng: Random) -> Any:
    """Return the document or a container within it that has at least one item."""
    while True:
        items = document.values() if isinstance(document, dict) else document
        inner = [item for item in items if isinstance(item, dict | list) and item]
        if not inner or rng.random() < 0.5:
            return document
        document = rng.choice(inner)


def _place(holder: Any, rng: Random) -> Any:
    return rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))


def _replace_value(holder: Any, rng: Random) -> None:
    holder[_place(holder, rng)] = rng.choice(NASTY_VALUES)


def _drop(holder: Any, rng: Random) -> None:
    del holder[_place(holder, rng)]


def _rename_or_swap(holder: Any, rng: Random) -> None:
    first, second = _place(holder, rng), _place(holder, rng)
    if isinstance(holder, dict) and rng.random() < 0.5:
        holder[f"{first}{rng.choice(['', '_', 's', chr(0)])}"] = holder.pop(first)
    else:
        holder[first], holder[second] = holder[second], holder[first]


def _grow(holder: Any, rng: Random) -> None:
    if isinstance(holder, dict):
        holder[rng.choice(["x", "offset_ms", "lift_id", "columns", "sequence", ""])] = rng.choice(
            NASTY_VALUES
        )
    else:
        holder.extend(rng.choice(([rng.choice(NASTY_VALUES)], list(holder))))


_MUTATIONS: tuple[Callable[[str, bytes, Random], Message], ...] = (
    _replace_bytes,
    _double_bytes,
    _cut,
    _change_topic,
    *(_edit_document(edit) for edit in (_replace_value, _drop, _rename_or_swap, _grow)),
    _edit_document(_replace_value),  # the mistakes of programmers are the commonest
)
