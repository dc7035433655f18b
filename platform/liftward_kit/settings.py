"""Settings from the environment, checked once, each mistake named in one sentence.

Each process has one frozen dataclass of settings built from these readers; nothing reads the
environment at import.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")

Environ = Mapping[str, str]


class SettingError(Exception):
    """A setting is missing or wrong: names the setting, the value and what is allowed."""

    def __init__(self, name: str, value: str | None, allowed: str) -> None:
        self.name, self.value, self.allowed = name, value, allowed
        given = "is not set" if value is None else f"is {value!r}"
        super().__init__(f"{name} {given}; allowed: {allowed}")


def process_environ() -> Environ:
    """Return this process's environment (the edge; everything else takes it as a parameter)."""
    return os.environ


def read(
    environ: Environ, name: str, *, default: Value, parse: Callable[[str], Value], allowed: str
) -> Value:
    """Return the parsed setting, or the default when it is absent or empty.

    Raises
    ------
    SettingError
        When `parse` raises ValueError.
    """
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        return parse(text)
    except ValueError:
        raise SettingError(name, text, allowed) from None


def number_between(low: float, high: float) -> Callable[[str], float]:
    """Return a parser for a finite number within [low, high]."""

    def parse(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


def count_between(low: int, high: int) -> Callable[[str], int]:
    """Return a parser for a whole number within [low, high]."""

    def parse(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that never shows itself in logs or error messages."""

    reveal: str

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__
