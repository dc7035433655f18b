"""On which line of a TOML text each key, table and array element stands, for complaints.

Knows TOML's shape, and trusts that the text is well formed: `tomllib` has read it before. Must not
know what the text is about.
"""

import re
import tomllib

TomlPath = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BETWEEN_ELEMENTS = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# Longer quotes first: three quotes would else be read as an empty text and the begin of another.
_TEXT = re.compile(
    r"\"\"\"(?:\\.|[^\\])*?\"{3,5}|'''.*?'{3,5}|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'", re.DOTALL
)
_PLAIN_VALUE = re.compile(r"[^,\]}\r\n#]+")


def toml_lines(text: str) -> dict[TomlPath, int]:
    """Return the line, from 1, where each entry of a well-formed TOML text begins.

    Paths are keys, and positions in arrays, from the root: `("events", 1, "at_s")`.
    """
    return _Scanner(text).scan()


def line_of(lines: dict[TomlPath, int], path: TomlPath) -> int:
    """Return the line of an entry, or of the nearest table around it that stands in the text."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scanner:
    """Walks through the text once and notes where entries begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[TomlPath, int] = {}
        self._counts: dict[TomlPath, int] = {}  # elements of each array of tables

    def scan(self) -> dict[TomlPath, int]:
        table: TomlPath = ()
        self._skip(_BETWEEN)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BETWEEN)
        return self._lines

    def _header(self) -> TomlPath:
        """Note `[table]` or `[[array]]` and return its path."""
        start = self._at
        brackets = 2 if self._text.startswith("[[", start) else 1
        self._at += brackets
        keys = self._keys()
        self._at += brackets
        path: TomlPath = ()
        for key in keys[:-1]:
            path = self._in_last((*path, key))
            self._note(path, start)
        path = (*path, keys[-1])
        if brackets == 2:  # noqa: PLR2004 - two brackets: an element of an array of tables
            self._note(path, start)
            self._counts[path] = self._counts.get(path, 0) + 1
            path = self._in_last(path)
        self._note(path, start)
        return path

    def _in_last(self, path: TomlPath) -> TomlPath:
        """Return the last element so far when the path is an array of tables, else the path."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _pair(self, table: TomlPath) -> None:
        """Note `key = value`, also with dotted keys."""
        start = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self._skip(_BLANK)
        self._at += len("=")
        self._skip(_BLANK)
        self._value(path)

    def _value(self, path: TomlPath) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._elements(path)
        elif opening == "{":
            self._members(path)
        elif not self._skip(_TEXT):
            self._skip(_PLAIN_VALUE)

    def _elements(self, path: TomlPath) -> None:
        self._at += len("[")
        position = 0
        while not self._ends("]"):
            self._note((*path, position), self._at)
            self._value((*path, position))
            position += 1

    def _members(self, path: TomlPath) -> None:
        self._at += len("{")
        while not self._ends("}"):
            self._pair(path)

    def _ends(self, closing: str) -> bool:
        """Go on to the next element; tell whether there is none, and then step behind the end."""
        self._skip(_BETWEEN_ELEMENTS)
        if not self._text.startswith(closing, self._at):
            return False
        self._at += len(closing)
        return True

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_BLANK)
            start = self._at
            if self._skip(_TEXT):
                keys.append(str(tomllib.loads(f"key = {self._text[start : self._at]}")["key"]))
            else:
                self._skip(_BARE_KEY)
                keys.append(self._text[start : self._at])
            self._skip(_BLANK)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += len(".")

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self._text, self._at)
        if match is None:
            return False
        self._at = match.end()
        return True

    def _note(self, path: TomlPath, at: int) -> None:
        self._lines.setdefault(path, self._text.count("\n", 0, at) + 1)
