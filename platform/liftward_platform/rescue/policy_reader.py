"""Reads the keys of a policy document, and complains with file, line, key and what is allowed.

Pure. Remembers which keys were asked for: one that nobody reads is a misspelled one, or a unit that
the program does not know.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from liftward_platform.rescue.toml_lines import line_of


class PolicyError(Exception):
    """A policy with a hole or a wrong value: names file, line, key, value and what is allowed."""

    def __init__(
        self, source: str, key: str, value: object, allowed: str, *, line: int | None = None
    ) -> None:
        self.source, self.key, self.value, self.allowed = source, key, value, allowed
        self.line = line
        given = "is missing" if value is None else f"is {value!r}"
        place = source if line is None else f"{source}, line {line}"
        super().__init__(f"{place}: {key} {given}; allowed: {allowed}")


def is_number(value: object) -> bool:
    """Tell whether a value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


class Reader:
    """Reads dotted keys of a nested document, or of one row of it."""

    def __init__(
        self,
        document: Mapping[str, Any],
        source: str,
        *,
        lines: Mapping[str, int],
        prefix: str = "",
    ) -> None:
        self.document, self.source, self.lines, self.prefix = document, source, lines, prefix
        self.asked: set[str] = set()

    def error(self, key: str, value: object, allowed: str) -> PolicyError:
        """Return the complaint about a key; a missing one is placed where its table stands."""
        whole = f"{self.prefix}{key}"
        return PolicyError(self.source, whole, value, allowed, line=line_of(self.lines, whole))

    def has(self, key: str) -> bool:
        """Tell whether a key that may be missing is there."""
        self.asked.add(key)
        return self._found(key) is not None

    def value(self, key: str, allowed: str) -> Any:  # noqa: ANN401 - whatever the document holds
        """Return a key's value; it must be there."""
        self.asked.add(key)
        found = self._found(key)
        if found is None:
            raise self.error(key, None, allowed)
        return found

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        text = self.checked(key, "a text", lambda value: isinstance(value, str) and bool(value))
        return str(text)

    def number(self, key: str, low: float, high: float) -> Any:  # noqa: ANN401 - int stays int
        """Return a number of a range."""

        def fits(value: object) -> bool:
            return is_number(value) and low <= value <= high  # type: ignore[operator]  # a number

        return self.checked(key, f"a number from {low:g} to {high:g}", fits)

    def flag(self, key: str, *, usual: bool) -> bool:
        """Return true or false; `usual` when the key is missing."""
        if not self.has(key):
            return usual
        return bool(self.checked(key, "true or false", lambda value: isinstance(value, bool)))

    def rows(self, key: str, allowed: str) -> list["Reader"]:
        """Return a reader for each table of an array; the array must be there."""
        values = self.value(key, allowed)
        if not isinstance(values, list) or not all(isinstance(row, Mapping) for row in values):
            raise self.error(key, values, allowed)
        return [
            Reader(row, self.source, lines=self.lines, prefix=f"{self.prefix}{key}[{number}].")
            for number, row in enumerate(values)
        ]

    def checked(self, key: str, allowed: str, fits: Callable[[object], bool]) -> Any:  # noqa: ANN401 - as found
        """Return a key's value if it fits."""
        value = self.value(key, allowed)
        if not fits(value):
            raise self.error(key, value, allowed)
        return value

    def refuse_unknown(self) -> None:
        """Refuse keys that nobody asked for."""
        self.refuse_other_than(sorted(self.asked))

    def refuse_other_than(self, known: Sequence[str]) -> None:
        """Refuse keys that are none of these."""
        for key, value in _leaves(self.document):
            if key not in known:
                raise self.error(key, value, ", ".join(known))

    def _found(self, key: str) -> Any:  # noqa: ANN401 - whatever the document holds
        found: Any = self.document
        for part in key.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found


def _leaves(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    leaves: list[tuple[str, object]] = []
    for name, value in document.items():
        if isinstance(value, Mapping):
            leaves += _leaves(value, f"{prefix}{name}.")
        else:
            leaves.append((f"{prefix}{name}", value))
    return leaves
