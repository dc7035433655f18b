"""The metrics of a lift: their names, data types, and what they are in our words, both ways.

`Lift/{signal}` for every signal of the contract: a String with our word, or a number in our unit.
`Lift/fault_active/{code}` for every fault and event code of GB/T 24476-2017: a Boolean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec

from liftward_wire import gbt24476
from liftward_wire.code_table import CodeClass
from liftward_wire.contract_tables import table
from liftward_wire.messages import Sample
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.signals import SIGNALS, Signal, SignalType
from liftward_wire.sparkplug.payload import DataType, Metric, Told

PREFIX = "Lift/"
FAULT_PREFIX = f"{PREFIX}fault_active/"
ALARM = f"{PREFIX}alarm_button"
BIRTH_SEQUENCE = "bdSeq"
REBIRTH = "Node Control/Rebirth"

_WHOLE = frozenset(
    (
        *(DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64),
        *(DataType.UINT8, DataType.UINT16, DataType.UINT32, DataType.UINT64),
    )
)
_TYPES: Mapping[SignalType, frozenset[DataType]] = MappingProxyType(
    {
        SignalType.FLOAT: _WHOLE | {DataType.FLOAT, DataType.DOUBLE},
        SignalType.COUNT: _WHOLE,
        SignalType.STATE: frozenset((DataType.STRING, DataType.TEXT)),
    }
)
_WRITTEN_AS: Mapping[SignalType, DataType] = MappingProxyType(
    {
        SignalType.FLOAT: DataType.DOUBLE,
        SignalType.COUNT: DataType.INT64,
        SignalType.STATE: DataType.STRING,
    }
)

SIGNAL_BY_METRIC: Mapping[str, Signal] = MappingProxyType(
    {f"{PREFIX}{signal.name}": signal for signal in SIGNALS}
)
CODE_BY_METRIC: Mapping[str, str] = MappingProxyType(
    {
        f"{FAULT_PREFIX}{row.code}": row.code
        for row in gbt24476.CODES
        if row.code_class is not CodeClass.ALARM
    }
)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a birth says of a metric."""

    name: str
    datatype: int | None


def read_signal(name: str, metric: Metric, datatype: int | None, path: str) -> Any:  # noqa: ANN401 - a signal's value
    """Return our value of a signal's metric, None for null, or why it is refused."""
    signal = SIGNAL_BY_METRIC[name]
    value = _typed(name, metric, datatype, _TYPES[signal.type], path)
    if value is None or isinstance(value, Rejected):
        return value
    if signal.states is not None:
        if value in list(signal.states):
            return value
        reason = RejectReason.CONTRACT_VIOLATION
    else:
        assert signal.low is not None
        assert signal.high is not None
        if signal.low <= value <= signal.high:
            return float(value) if signal.type is SignalType.FLOAT else value
        reason = RejectReason.IMPOSSIBLE_VALUE
    return Rejected(reason, f"{name} is {str(value)[:60]!r}, allowed is {signal.allowed}", path)


def read_fault(name: str, metric: Metric, datatype: int | None, path: str) -> Any:  # noqa: ANN401 - as above
    """Return whether the fault is there, None for null, or why the metric is refused."""
    return _typed(name, metric, datatype, frozenset((DataType.BOOLEAN,)), path)


def _typed(
    name: str, metric: Metric, datatype: int | None, allowed: frozenset[DataType], path: str
) -> Any:  # noqa: ANN401 - a value of any allowed type
    if metric.raw is None:
        return None
    if datatype not in allowed:
        names = ", ".join(sorted(kind.name for kind in allowed))
        detail = f"{name} has the datatype {datatype}, allowed are {names}"
        return Rejected(RejectReason.CONTRACT_VIOLATION, detail, path)
    try:
        return metric.value(datatype)
    except ValueError as error:
        return Rejected(RejectReason.CONTRACT_VIOLATION, f"{name}: {error}", path)


def metrics_of(sample: Sample) -> list[Told]:
    """Return a sample of ours as metrics by name; what it does not say is left out."""
    said = msgspec.to_builtins(sample)
    return [
        Told(name=name, value=said[signal.name], datatype=_WRITTEN_AS[signal.type])
        for name, signal in SIGNAL_BY_METRIC.items()
        if signal.name in said
    ]


def page_table() -> str:
    """Return the table of docs/profiles.md."""

    def rows() -> Iterator[tuple[str, str, str, str]]:
        for name, signal in SIGNAL_BY_METRIC.items():
            written = {
                SignalType.FLOAT: "Float, Double or a whole number",
                SignalType.COUNT: "a whole number (Int8 to UInt64)",
                SignalType.STATE: "String",
            }
            yield f"`{name}`", written[signal.type], f"`{signal.name}`", _allowed(signal)
        for name, code in CODE_BY_METRIC.items():
            yield f"`{name}`", "Boolean", f"event `{code}`", "true: raised, false: cleared"

    return table(("metric", "datatype", "ours", "allowed"), rows())


def _allowed(signal: Signal) -> str:
    return "its words" if signal.states is not None else signal.allowed
