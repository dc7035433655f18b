"""A batch as decoder and schema see it: each column typed and limited as SIGNALS says.

`Batch` is what the rest of the code holds; this shape exists so that a wrong cell is found by the
decoder itself, at its own path, and not in a loop over rows.
"""

from typing import Annotated, Any

from msgspec import NODEFAULT, Struct, defstruct
from msgspec.structs import fields

from liftward_wire.messages import Batch
from liftward_wire.signals import SIGNALS, Signal, SignalType, limits


def _column_type(signal: Signal) -> Any:  # noqa: ANN401 - a type, built from the table
    cell: Any = signal.states
    if signal.type is SignalType.FLOAT:
        cell = Annotated[float, limits(signal.name)]
    elif signal.type is SignalType.COUNT:
        cell = Annotated[int, limits(signal.name)]
    return list[cell | None]


# A column left out is None; columns with other names are skipped unread.
BatchColumns: type[Struct] = defstruct(
    "BatchColumns",
    [(signal.name, _column_type(signal) | None, None) for signal in SIGNALS],
    frozen=True,
    kw_only=True,
)


def _field(name: str, declared: Any, default: Any) -> tuple[str, Any, Any]:  # noqa: ANN401 - as above
    if name == "columns":
        return name, BatchColumns, BatchColumns()
    return name, declared, default


BatchShape: type[Struct] = defstruct(
    "BatchShape",
    [
        _field(field.name, field.type, NODEFAULT if field.required else field.default)
        for field in fields(Batch)
    ],
    frozen=True,
    kw_only=True,
)

_COLUMN_NAMES = tuple(signal.name for signal in SIGNALS)
_OTHER_NAMES = tuple(field.name for field in fields(Batch) if field.name != "columns")


def as_batch(shape: Any) -> Batch:  # noqa: ANN401 - an instance of BatchShape
    """Return the message with the columns that are there."""
    cells = shape.columns
    return Batch(
        columns={
            name: column for name in _COLUMN_NAMES if (column := getattr(cells, name)) is not None
        },
        **{name: getattr(shape, name) for name in _OTHER_NAMES},
    )
