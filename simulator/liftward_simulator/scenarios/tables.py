"""Typed tables from a TOML text: every complaint names line, key, what was found, what is allowed.

Knows types and lines. Must not know what a scenario is.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from types import UnionType
from typing import Any, NoReturn, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect

from liftward_simulator.scenarios.toml_lines import TomlPath, line_of, toml_lines

Table = TypeVar("Table", bound=msgspec.Struct)
FOUND_CHARACTERS_MAX = 60  # of a wrong value in a complaint: enough to find it


class TableError(ValueError):
    """The text is not what it should be. The message begins with file and line."""


def read_table(text: str, table: type[Table], *, file: str) -> Table:
    """Return the typed table of a TOML text.

    Parameters
    ----------
    text : str
    table : type of a struct
        Keys that it does not have are refused.
    file : str
        What complaints call the text.

    Raises
    ------
    TableError
        At the first entry that is unknown, missing, of another type or out of its range.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"{file}: not TOML: {error}") from None
    _Checker(file, toml_lines(text)).check(document, table, ())
    return msgspec.convert(document, table)


class _Checker:
    def __init__(self, file: str, lines: dict[TomlPath, int]) -> None:
        self._file, self._lines = file, lines

    def check(self, value: Any, kind: Any, path: TomlPath) -> None:  # noqa: ANN401 - TOML, types
        """Go into tables and arrays, and judge what stands there from the inside out."""
        if get_origin(kind) is UnionType:
            kind = next(one for one in get_args(kind) if one is not type(None))
        if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            self._check_struct(value, kind, path)
        elif isinstance(value, dict) and get_origin(kind) is dict:
            key_kind, value_kind = get_args(kind)
            for key, one in value.items():
                self._check_key(key, key_kind, path)
                self.check(one, value_kind, (*path, key))
        elif isinstance(value, list) and get_origin(kind) is tuple and get_args(kind)[-1] is ...:
            for position, one in enumerate(value):
                self.check(one, get_args(kind)[0], (*path, position))
        elif not _fits(value, kind):
            self._complain(path, f"{_name(path)} is {_shown(value)}", allowed_of(kind))

    def _check_struct(
        self, value: Mapping[str, Any], kind: type[msgspec.Struct], path: TomlPath
    ) -> None:
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for key, one in value.items():
            if key not in fields:
                self._complain(
                    (*path, key), f"unknown key {_name((*path, key))}", ", ".join(fields)
                )
            self.check(one, fields[key].type, (*path, key))
        for name, field in fields.items():
            if field.required and name not in value:
                self._complain(path, f"{_name((*path, name))} is missing", allowed_of(field.type))
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            # Each entry is right by itself: what is left is how they fit together.
            raise TableError(f"{self._where(path)}: {_name(path)}: {error}") from None

    def _check_key(self, key: str, kind: Any, path: TomlPath) -> None:  # noqa: ANN401 - a type
        if not _fits(key, kind):
            self._complain((*path, key), f"unknown key {_name((*path, key))}", allowed_of(kind))

    def _complain(self, path: TomlPath, found: str, allowed: str) -> NoReturn:
        raise TableError(f"{self._where(path)}: {found}; allowed: {allowed}")

    def _where(self, path: TomlPath) -> str:
        return f"{self._file}, line {line_of(self._lines, path)}"


def _fits(value: Any, kind: Any) -> bool:  # noqa: ANN401 - TOML, types
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _name(path: TomlPath) -> str:
    """Return `events[1].at_s` of a path; elements are counted from 1, as people do."""
    name = ""
    for step in path:
        if isinstance(step, int):
            name += f"[{step + 1}]"
        else:
            name += f".{step}" if name else step
    return name or "the document"


def _shown(value: Any) -> str:  # noqa: ANN401 - TOML
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    text = str(value) if isinstance(value, date | datetime) else repr(value)
    return text if len(text) <= FOUND_CHARACTERS_MAX else text[:FOUND_CHARACTERS_MAX] + "…"


def allowed_of(kind: Any) -> str:  # noqa: ANN401 - a type
    """Return what a type allows, in words."""
    return _in_words(inspect.type_info(kind))


def _in_words(info: inspect.Type) -> str:  # noqa: PLR0911 - one for each kind of type
    match info:
        case inspect.UnionType(types):
            return _in_words(next(t for t in types if not isinstance(t, inspect.NoneType)))
        case inspect.EnumType(cls):
            return ", ".join(str(member.value) for member in cls)
        case inspect.LiteralType(values):
            return ", ".join(map(str, values))
        case inspect.FloatType():
            return "a number" + _range_of(info)
        case inspect.IntType():
            return "a whole number" + _range_of(info)
        case inspect.TupleType(item_types):
            return f"an array of {len(item_types)}: {_in_words(item_types[0])} each"
        case inspect.VarTupleType(item_type):
            return f"an array, each: {_in_words(item_type)}"
        case inspect.DateTimeType():
            return "a local date and time such as 2026-01-05T17:30:00"
        case inspect.BoolType():
            return "true, false"
        case inspect.StructType(cls):
            return "a table of " + ", ".join(f.encode_name for f in msgspec.structs.fields(cls))
        case inspect.DictType(key_type):
            return f"a table of numbers by name: {_in_words(key_type)}"
        case _:
            return "a text"


def _range_of(info: inspect.FloatType | inspect.IntType) -> str:
    words = [
        text.format(limit)
        for text, limit in (
            (", {:g} or more", info.ge),
            (" above {:g}", info.gt),
            (", {:g} at most", info.le),
            (" below {:g}", info.lt),
        )
        if limit is not None
    ]
    return "".join(words)
