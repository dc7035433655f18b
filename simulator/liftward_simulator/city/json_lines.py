"""On which line of a JSON text an entry stands, for complaints that people can follow.

Knows JSON. Must not know what the text is about.
"""

import json
import re

from liftward_simulator.city.document import DocumentPath

_BETWEEN = re.compile(r"[ \t\r\n,:]*")
_decoder = json.JSONDecoder()


def line_of(text: str, path: DocumentPath) -> int:
    """Return the line, from 1, where the entry at `path` begins; its parent's if it is not there.

    Parameters
    ----------
    text : str
        A well-formed JSON text.
    path : tuple
        Keys of objects and positions in arrays, from the root.
    """
    at = _skip(text, 0)
    for step in path:
        child = _child(text, at, step)
        if child is None:
            break
        at = child
    return text.count("\n", 0, at) + 1


def _skip(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    assert match is not None, "the pattern matches the empty text"
    return match.end()


def _child(text: str, at: int, step: str | int) -> int | None:
    """Return where a member of the object or array at `at` begins; None when it has none such."""
    if text[at] not in "[{":
        return None
    in_array = text[at] == "["
    at, position = _skip(text, at + 1), 0
    while text[at] not in "]}":
        key: str | int = position
        begin = at
        if not in_array:
            key, at = _decoder.raw_decode(text, at)
            at = _skip(text, at)
            begin = at
        if key == step:
            return begin
        _, at = _decoder.raw_decode(text, at)
        at, position = _skip(text, at), position + 1
    return None
