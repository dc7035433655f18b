"""Messages, payloads and topics for property tests, drawn from the table of signals."""

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from liftward_wire.messages import (
    OFFSET_MS_MAX,
    Batch,
    Command,
    CommandKind,
    Event,
    EventKind,
    Message,
    Presence,
    Reply,
    ReplyResult,
    Sample,
    Status,
)
from liftward_wire.signals import COUNTER_MAX, SIGNALS, Signal, SignalType
from liftward_wire.states import ServiceMode
from liftward_wire.topics import Topic, TopicKind, parse_topic
from unit.wire.golden_vectors import payload_of, vectors

# Drawing a sample takes 24 draws: slow on a busy machine, and no fault of what is tested.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LIFT = "HAND-001"
EDGE = "EDGE-HAND-1"

counters = st.integers(0, COUNTER_MAX)
zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(minutes=210))])
moments = st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31), timezones=zones)  # noqa: DTZ001 - the zone is drawn
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200)
extensions = st.dictionaries(
    texts.filter(lambda text: len(text) < 20),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("aé升😀", max_size=5),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)


def cells(signal: Signal) -> st.SearchStrategy[Any]:
    """Values of one signal, absent excluded."""
    if signal.states is not None:
        return st.sampled_from(list(signal.states))
    assert signal.low is not None
    assert signal.high is not None
    if signal.type is SignalType.FLOAT:
        return st.floats(signal.low, signal.high)
    return st.integers(int(signal.low), int(signal.high))


samples = st.builds(
    Sample,
    device_id=st.none() | st.just(LIFT),
    observed_at=moments,
    boot_id=counters,
    sequence=counters,
    **{
        signal.name: cells(signal) if signal.states else st.none() | cells(signal)
        for signal in SIGNALS
    },
)


@st.composite
def batches(draw: st.DrawFn, *, of_edge: bool) -> Batch:
    offsets = sorted(draw(st.lists(st.integers(0, OFFSET_MS_MAX), min_size=1, max_size=6)))
    names = draw(st.lists(st.sampled_from(SIGNALS), unique=True, max_size=6))
    rows = len(offsets)
    columns = {
        signal.name: draw(st.lists(st.none() | cells(signal), min_size=rows, max_size=rows))
        for signal in names
    }
    lift_ids, lift_index = None, None
    if of_edge:
        lift_ids = draw(st.lists(st.sampled_from(["A", "B", "C"]), unique=True, min_size=1))
        position = st.integers(0, len(lift_ids) - 1)
        lift_index = draw(st.lists(position, min_size=rows, max_size=rows))
    return Batch(
        started_at=draw(moments),
        boot_id=draw(counters),
        sequence=draw(counters),
        offset_ms=offsets,
        columns=columns,
        lift_ids=lift_ids,
        lift_index=lift_index,
    )


events = st.builds(
    Event,
    observed_at=moments,
    boot_id=counters,
    sequence=counters,
    kind=st.sampled_from(EventKind),
    code=st.sampled_from(["01", "08", "47", "90"]),
    service_mode=st.sampled_from(ServiceMode),
    note=st.none() | texts,
    extension=st.none() | extensions,
) | st.builds(
    Event,
    observed_at=moments,
    boot_id=counters,
    sequence=counters,
    kind=st.just(EventKind.FAULT_RAISED),
    code=texts,
    vocabulary=st.just("x-sample"),
)
periods = st.none() | st.floats(0.001, 86_400)
statuses = st.builds(
    Status,
    presence=st.sampled_from(Presence),
    boot_id=counters,
    observed_at=st.none() | moments,
    maker=st.none() | texts,
    signals=st.none() | st.lists(texts, max_size=3),
    sampling_period_s=periods,
    extension=st.none() | extensions,
)
commands = st.builds(
    Command,
    command_id=st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True),
    kind=st.sampled_from(CommandKind),
    deadline_at=moments,
    sampling_period_s=st.floats(0.001, 3_600),
)
replies = st.builds(
    Reply,
    command_id=st.just("c-1"),
    result=st.sampled_from(ReplyResult),
    observed_at=moments,
    reason=st.none() | texts,
    snapshot=st.none() | samples,
)


def on(device_id: str, kind: TopicKind, messages: Any) -> st.SearchStrategy[tuple[Topic, Message]]:
    return st.tuples(st.just(Topic(device_id, kind)), messages)


topics_and_messages = st.one_of(
    on(LIFT, TopicKind.TELEMETRY, samples | batches(of_edge=False)),
    on(EDGE, TopicKind.BATCH, batches(of_edge=True)),
    on(LIFT, TopicKind.EVENT, events),
    on(LIFT, TopicKind.STATUS, statuses),
    on(LIFT, TopicKind.COMMAND, commands),
    on(LIFT, TopicKind.REPLY, replies),
)
topics = st.sampled_from([Topic(LIFT, kind) for kind in TopicKind])


@cache
def golden_payloads() -> list[tuple[Topic, bytes]]:
    found = [case.values[0] for case in vectors()]
    return [(parse_topic(vector["topic"]), payload_of(vector)) for vector in found]


@st.composite
def damaged_payloads(draw: st.DrawFn) -> tuple[Topic, bytes]:
    """A golden payload with some stretches of bytes cut, replaced or doubled."""
    topic, payload = draw(st.sampled_from(golden_payloads()))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(payload)))
        end = draw(st.integers(start, min(len(payload), start + 12)))
        patch = draw(st.binary(max_size=6) | st.just(payload[start:end] * 2))
        payload = payload[:start] + patch + payload[end:]
    return topic, payload


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@st.composite
def payloads_with_one_wrong_value(draw: st.DrawFn) -> tuple[Topic, bytes]:
    """A golden object in which one value, at any depth, is replaced by any JSON."""
    objects = [
        (topic, json.loads(payload)) for topic, payload in golden_payloads() if is_object(payload)
    ]
    topic, document = draw(st.sampled_from(objects))
    holder = document
    while True:
        key = draw(
            st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder)))
        )
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            holder[key] = draw(anything)
            return topic, json.dumps(document).encode()
        holder = inner


def is_object(payload: bytes) -> bool:
    try:
        document = json.loads(payload)
    except ValueError:
        return False
    return isinstance(document, dict) and document != {}
