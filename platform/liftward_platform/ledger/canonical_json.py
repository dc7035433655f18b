"""Canonical JSON (RFC 8785, JCS): one text for one value, so that its hash means something.

Numbers are written as ECMAScript writes them. Every binary64 number has an exact shortest text that
way, so floats are allowed; what RFC 8785 cannot carry is refused: NaN, infinities, whole numbers
beyond 2**53 - 1, and texts with half of a surrogate pair.
"""

import json
import math
from collections.abc import Mapping, Sequence

from liftward_platform.ledger.model import Json

WHOLE_NUMBER_MAX = 2**53 - 1  # beyond it a binary64 reader would see another number
_DEPTH_MAX = 32  # our bodies are flat; a deep one is a mistake, not a reason to overflow a stack

# ECMAScript Number::toString switches to exponents outside these decimal positions.
_PLAIN_POINT_MIN, _PLAIN_POINT_MAX = -5, 21


class NotCanonicalError(ValueError):
    """The value has no canonical JSON text; the message says which part and why."""


def canonical_json(value: Json) -> str:
    """Return the canonical text of a JSON value.

    Raises
    ------
    NotCanonicalError
        For a value RFC 8785 cannot carry, or a type that is not JSON.
    """
    return _text(value, "$", _DEPTH_MAX)


def _text(value: Json, path: str, depth_left: int) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return quoted(value, path)
    if isinstance(value, int):
        if abs(value) > WHOLE_NUMBER_MAX:
            raise NotCanonicalError(f"{path}: {value} is beyond 2**53 - 1; write it as text")
        return str(value)
    if isinstance(value, float):
        return _number(value, path)
    if depth_left == 0:
        raise NotCanonicalError(f"{path}: nested deeper than {_DEPTH_MAX}")
    return _container(value, path, depth_left - 1)


def _container(value: Json, path: str, depth_left: int) -> str:
    if isinstance(value, Mapping):
        pairs = (
            f"{quoted(key, path)}:{_text(value[key], f'{path}.{key}', depth_left)}"
            for key in sorted(value, key=_utf16)
        )
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | str):
        items = (_text(item, f"{path}[{at}]", depth_left) for at, item in enumerate(value))
        return "[" + ",".join(items) + "]"
    raise NotCanonicalError(f"{path}: {type(value).__name__} is not JSON")


def quoted(text: object, path: str = "$") -> str:
    """Return the JSON text of a string: only what must be escaped is escaped."""
    if not isinstance(text, str):
        raise NotCanonicalError(f"{path}: {text!r} cannot be a key; keys are texts")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise NotCanonicalError(f"{path}: half of a surrogate pair")
    return json.dumps(text, ensure_ascii=False)


def _utf16(key: str) -> bytes:
    """Sort key of RFC 8785 section 3.2.3: UTF-16 code units."""
    if not isinstance(key, str):
        raise NotCanonicalError(f"{key!r} cannot be a key; keys are texts")
    return key.encode("utf-16-be", "surrogatepass")


def _number(value: float, path: str) -> str:
    """Return a binary64 number as Number::toString does (ECMA-262 section 6.1.6.1.20)."""
    if not math.isfinite(value):
        raise NotCanonicalError(f"{path}: {value} is not a JSON number")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, point = _shortest(abs(value))
    count = len(digits)
    if count <= point <= _PLAIN_POINT_MAX:
        return f"{sign}{digits}{'0' * (point - count)}"
    if 0 < point <= _PLAIN_POINT_MAX:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if _PLAIN_POINT_MIN <= point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def _shortest(value: float) -> tuple[str, int]:
    """Return the shortest digits that read back as `value`, and where the decimal point stands."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + ("" if fraction == "0" else fraction)
    point = len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    return stripped.rstrip("0"), point - (len(digits) - len(stripped))
