"""On which line of a TOML text each key stands, for complaints that can be found. Pure.

tomllib keeps no lines. This reads headers and keys only, of a text that tomllib has accepted.
"""

import re
from collections.abc import Mapping

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*([A-Za-z0-9_.-]+|"[^"]*"|'[^']*')\s*=(.*)$""")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')


def key_lines(text: str) -> Mapping[str, int]:
    """Return the line, from 1, of every table and key: `limits.accept_s`, `levels[2].party`."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, depth = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if depth > 0:  # inside an array that goes over several lines
            depth += _brackets(line)
            continue
        if header := _HEADER.match(line):
            name = header[2]
            if header[1] == "[[":
                lines.setdefault(name, number)
                name = f"{name}[{counts.setdefault(name, 0)}]"
                counts[header[2]] += 1
            table = f"{name}."
            lines[name] = number
        elif key := _KEY.match(line):
            lines[f"{table}{key[1].strip(chr(34) + chr(39))}"] = number
            depth = _brackets(key[2])
    return lines


def line_of(lines: Mapping[str, int], key: str) -> int | None:
    """Return the line of a key, or of the table it would stand in; None when neither is there."""
    while key:
        if key in lines:
            return lines[key]
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return None


def _brackets(text: str) -> int:
    """Return how many arrays a piece of a line leaves open."""
    bare = _QUOTED.sub("", text).partition("#")[0]
    return bare.count("[") - bare.count("]")
