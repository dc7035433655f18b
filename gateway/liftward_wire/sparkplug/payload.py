"""The Sparkplug B payload (org.eclipse.tahu.protobuf.Payload): bytes to values and back.

The message types are built from the table of field numbers below; data sets, templates and property
sets are skipped unread. Must not know names of metrics.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from liftward_wire.messages import PAYLOAD_BYTES_MAX
from liftward_wire.rejection import Rejected, RejectReason

# A birth names every metric once; a lift's has some tens.
METRICS_MAX = 2_000


class DataType(IntEnum):
    """The basic data types; all others are only passed over."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14


_Field = descriptor_pb2.FieldDescriptorProto
# (number, name, type): proto2, all optional.
_PAYLOAD = (
    (1, "timestamp", _Field.TYPE_UINT64),
    (3, "seq", _Field.TYPE_UINT64),
    (4, "uuid", _Field.TYPE_STRING),
    (5, "body", _Field.TYPE_BYTES),
)
_METRIC = (
    (1, "name", _Field.TYPE_STRING),
    (2, "alias", _Field.TYPE_UINT64),
    (3, "timestamp", _Field.TYPE_UINT64),
    (4, "datatype", _Field.TYPE_UINT32),
    (5, "is_historical", _Field.TYPE_BOOL),
    (6, "is_transient", _Field.TYPE_BOOL),
    (7, "is_null", _Field.TYPE_BOOL),
    (10, "int_value", _Field.TYPE_UINT32),
    (11, "long_value", _Field.TYPE_UINT64),
    (12, "float_value", _Field.TYPE_FLOAT),
    (13, "double_value", _Field.TYPE_DOUBLE),
    (14, "boolean_value", _Field.TYPE_BOOL),
    (15, "string_value", _Field.TYPE_STRING),
)
_METRICS_NUMBER = 2
_PACKAGE = "org.eclipse.tahu.protobuf"

_VALUE_FIELD: Mapping[DataType, str] = {
    **dict.fromkeys(
        (
            *(DataType.INT8, DataType.INT16, DataType.INT32),
            *(DataType.UINT8, DataType.UINT16, DataType.UINT32),
        ),
        "int_value",
    ),
    **dict.fromkeys((DataType.INT64, DataType.UINT64, DataType.DATETIME), "long_value"),
    DataType.FLOAT: "float_value",
    DataType.DOUBLE: "double_value",
    DataType.BOOLEAN: "boolean_value",
    DataType.STRING: "string_value",
    DataType.TEXT: "string_value",
}
_VALUE_NAMES = tuple(dict.fromkeys(_VALUE_FIELD.values()))
# Signed numbers stand in unsigned fields, as two's complement of this many bits.
_SIGNED_BITS: Mapping[DataType, int] = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
}


def _message_class() -> Any:  # noqa: ANN401 - made at run time
    file = descriptor_pb2.FileDescriptorProto(
        name="liftward/sparkplug_b.proto", package=_PACKAGE, syntax="proto2"
    )
    payload = file.message_type.add(name="Payload")
    metric = payload.nested_type.add(name="Metric")
    for holder, fields in ((payload, _PAYLOAD), (metric, _METRIC)):
        for number, name, kind in fields:
            holder.field.add(number=number, name=name, type=kind, label=_Field.LABEL_OPTIONAL)
    payload.field.add(
        number=_METRICS_NUMBER,
        name="metrics",
        type=_Field.TYPE_MESSAGE,
        type_name=f".{_PACKAGE}.Payload.Metric",
        label=_Field.LABEL_REPEATED,
    )
    # A pool of our own: another library may have registered the same names in the default one.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


_Payload: Any = _message_class()

Value = int | float | bool | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric as it came. `raw` has the value's field and content, or is None for null."""

    name: str | None = None
    alias: int | None = None
    at_ms: int | None = None
    datatype: int | None = None
    historical: bool = False
    raw: tuple[str, Value] | None = None

    def value(self, datatype: int | None) -> Value:
        """Return the value by a data type.

        Raises
        ------
        ValueError
            When the field that holds it is not that data type's.
        """
        if self.raw is None:
            return None
        field, value = self.raw
        try:
            kind = DataType(0 if datatype is None else datatype)
        except ValueError:
            raise ValueError(f"datatype {datatype} is none of {_basic_types()}") from None
        if field != _VALUE_FIELD[kind]:
            raise ValueError(f"a {kind.name} is in {_VALUE_FIELD[kind]}, this one is in {field}")
        bits = _SIGNED_BITS.get(kind)
        if bits is None or not isinstance(value, int):
            return value
        value &= (1 << bits) - 1  # some senders extend the sign to the whole field, some do not
        return value - (1 << bits) if value >> (bits - 1) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    at_ms: int | None
    seq: int | None
    metrics: tuple[Metric, ...]


def _basic_types() -> str:
    return ", ".join(f"{kind.value} ({kind.name})" for kind in DataType)


def decode_payload(payload: bytes) -> Payload | Rejected:
    """Return what these bytes say, or why they are refused. Never raises."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        detail = f"payload has {len(payload)} bytes, allowed are {PAYLOAD_BYTES_MAX}"
        return Rejected(RejectReason.OVERSIZE, detail)
    message = _Payload()
    try:
        message.ParseFromString(payload)
        count = len(message.metrics)
        if count > METRICS_MAX:
            detail = f"payload has {count} metrics, allowed are {METRICS_MAX}"
            return Rejected(RejectReason.OVERSIZE, detail)
        return Payload(
            at_ms=_there(message, "timestamp"),
            seq=_there(message, "seq"),
            metrics=tuple(map(_metric, message.metrics)),
        )
    except (DecodeError, UnicodeDecodeError) as error:
        return Rejected(RejectReason.UNDECODABLE, f"payload is no Sparkplug B payload: {error}")


def _there(message: Any, name: str) -> Any:  # noqa: ANN401 - made at run time
    return getattr(message, name) if message.HasField(name) else None


def _metric(metric: Any) -> Metric:  # noqa: ANN401 - made at run time
    raw = None
    if not metric.is_null:
        raw = next(
            ((name, getattr(metric, name)) for name in _VALUE_NAMES if metric.HasField(name)), None
        )
    return Metric(
        name=_there(metric, "name"),
        alias=_there(metric, "alias"),
        at_ms=_there(metric, "timestamp"),
        datatype=_there(metric, "datatype"),
        historical=metric.is_historical,
        raw=raw,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A metric to be written. Without a name it goes by its alias alone."""

    value: Value
    datatype: DataType
    name: str | None = None
    alias: int | None = None
    at_ms: int | None = None
    historical: bool = False


def encode_payload(metrics: Iterable[Told], *, at_ms: int | None, seq: int | None) -> bytes:
    """Return the bytes of a payload."""
    message = _Payload()
    if at_ms is not None:
        message.timestamp = at_ms
    if seq is not None:
        message.seq = seq
    for told in metrics:
        metric = message.metrics.add()
        known = {"name": told.name, "alias": told.alias, "timestamp": told.at_ms}
        for name, value in known.items():
            if value is not None:
                setattr(metric, name, value)
        metric.datatype = told.datatype
        if told.historical:
            metric.is_historical = True
        if told.value is None:
            metric.is_null = True
        else:
            setattr(metric, _VALUE_FIELD[told.datatype], _unsigned(told))
    encoded: bytes = message.SerializeToString()
    return encoded


def _unsigned(told: Told) -> Value:
    bits = _SIGNED_BITS.get(told.datatype)
    if bits is None or not isinstance(told.value, int):
        return told.value
    return told.value & ((1 << bits) - 1)
