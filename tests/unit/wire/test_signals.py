"""The table of signals, and everything that must follow it."""

import re
import typing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from liftward_wire.batch_shape import BatchColumns
from liftward_wire.codec import decode
from liftward_wire.messages import FromDevice, Sample
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, Signal, SignalType
from liftward_wire.states import CodedState
from liftward_wire.topics import Topic, TopicKind

ROOT = Path(__file__).parents[3]
OBSERVATIONS = ROOT / "platform/liftward_platform/migrations/0002_observations.sql"
SQL_TYPES = {SignalType.FLOAT: "real", SignalType.COUNT: "bigint", SignalType.STATE: "smallint"}
NOT_SIGNALS = {"observed_at", "boot_id", "sequence", *FromDevice.__struct_fields__}
SQL_NOT_SIGNALS = [
    "lift_key",
    "observed_at",
    "received_at",
    "recorded_at",
    "boot_id",
    "sequence",
]
TOPIC = Topic("HAND-001", TopicKind.TELEMETRY)
NUMBERS = [signal for signal in SIGNALS if signal.states is None]


def wire_type(signal: Signal) -> object:
    if signal.states is not None:
        return signal.states
    return (float if signal.type is SignalType.FLOAT else int) | None


def test_a_sample_has_exactly_the_signals_of_the_table() -> None:
    """Names, order and types of a sample's signals are the table's."""
    types = typing.get_type_hints(Sample)
    names = [name for name in Sample.__struct_fields__ if name not in NOT_SIGNALS]

    assert names == [signal.name for signal in SIGNALS]
    assert {name: types[name] for name in names} == {
        signal.name: wire_type(signal) for signal in SIGNALS
    }


def test_a_batch_has_exactly_the_columns_of_the_table() -> None:
    """A column that the table lacks is unknown, one that it has is read."""
    assert BatchColumns.__struct_fields__ == tuple(signal.name for signal in SIGNALS)


def test_every_absent_signal_of_a_sample_is_unknown_or_none() -> None:
    """The default of a state is UNKNOWN with code 0, of a number None: never zero."""
    sample = Sample(observed_at=datetime(2026, 1, 1, tzinfo=UTC), boot_id=0, sequence=0)

    for signal in SIGNALS:
        value = getattr(sample, signal.name)
        assert value is None if signal.states is None else value.code == 0


def test_the_sample_table_has_exactly_the_signals_of_the_table() -> None:
    """The columns of the database's `sample`, in order, are the table's signals and types."""
    table = re.search(
        r"CREATE TABLE sample \((.*?)\n\);", OBSERVATIONS.read_text("utf-8"), re.DOTALL
    )
    assert table is not None
    columns = [line.split()[:2] for line in table[1].strip().splitlines()]

    assert [name for name, _ in columns[: len(SQL_NOT_SIGNALS)]] == SQL_NOT_SIGNALS
    assert [(name, kind.rstrip(",")) for name, kind in columns[len(SQL_NOT_SIGNALS) :]] == [
        (signal.name, SQL_TYPES[signal.type]) for signal in SIGNALS
    ]


@pytest.mark.parametrize("signal", NUMBERS, ids=lambda signal: signal.name)
def test_the_decoder_has_the_limits_of_the_table(signal: Signal) -> None:
    """At its limits a number is accepted, in samples and batches; one step beyond it is not."""
    assert signal.low is not None
    assert signal.high is not None
    assert signal.low < signal.high
    step = 0.5 if signal.type is SignalType.FLOAT else 1

    for value in (signal.low, signal.high):
        assert not isinstance(decode(TOPIC, sample_with(signal, value)), Rejected)
        assert not isinstance(decode(TOPIC, batch_with(signal, value)), Rejected)
    for value in (signal.low - step, signal.high + step):
        for payload in (sample_with(signal, value), batch_with(signal, value)):
            result = decode(TOPIC, payload)
            assert isinstance(result, Rejected)
            assert result.reason is RejectReason.IMPOSSIBLE_VALUE
            assert signal.name in result.path
            assert signal.unit in result.detail


def sample_with(signal: Signal, value: float) -> bytes:
    fields = {"observed_at": "2026-01-01T08:30:00Z", "boot_id": 1, "sequence": 0}
    return msgspec.json.encode(fields | {signal.name: value})


def batch_with(signal: Signal, value: float) -> bytes:
    fields = {"started_at": "2026-01-01T08:30:00Z", "boot_id": 1, "sequence": 0, "offset_ms": [0]}
    return msgspec.json.encode(fields | {"columns": {signal.name: [value]}})


def test_counts_cannot_be_mistaken_for_absent() -> None:
    """No count that a device may send is the mark for absent."""
    lows = [signal.low for signal in SIGNALS if signal.type is SignalType.COUNT]

    assert all(low is not None and low > COUNT_ABSENT for low in lows)


def test_units_end_the_names_of_numbers() -> None:
    """A signal with a unit says it in its name, and a count says that it counts."""
    suffixes = {
        "m": "_m",
        "m/s": "_mps",
        "mm": "_mm",
        "kg": "_kg",
        "A": "_a",
        "°C": "_degc",
        "m/s²": "_mps2",
        "h": "_h",
    }

    for signal in SIGNALS:
        if signal.type is SignalType.FLOAT:
            assert signal.name.endswith(suffixes[signal.unit])
        elif signal.type is SignalType.COUNT:
            assert signal.name == "floor" or signal.name.endswith("_count")


def test_state_signals_use_coded_states() -> None:
    """Every state signal is a set of words with codes, as msgspec sees it too."""
    for signal in SIGNALS:
        assert (signal.type is SignalType.STATE) == (signal.states is not None)
        if signal.states is not None:
            assert issubclass(signal.states, CodedState)
            assert isinstance(inspect.type_info(signal.states), inspect.EnumType)
