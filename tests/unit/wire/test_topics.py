"""Topics and shards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_wire.topics import (
    SHARD_COUNT,
    Topic,
    TopicError,
    TopicKind,
    parse_topic,
    shard_of,
    subscriptions,
)

device_ids = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)


@pytest.mark.parametrize(
    ("device_id", "shard"),
    [("HAND-001", 0xD3), ("DEMO-001", 0x30), ("EDGE-HAND-1", 0xBF), ("a", 0x43)],
)
def test_shards_are_those_of_the_contract_page(device_id: str, shard: int) -> None:
    """The shard of a device is the low byte of the CRC-32 of its id."""
    assert shard_of(device_id) == shard


@given(device_ids, st.sampled_from(TopicKind))
def test_topics_survive_writing_and_reading(device_id: str, kind: TopicKind) -> None:
    """A topic that was written is read as itself."""
    topic = Topic(device_id, kind)

    assert parse_topic(str(topic)) == topic
    assert topic.shard == shard_of(device_id)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "topic is not"),
        ("liftward/v1/d3/HAND-001", "topic is not"),
        ("liftward/v1/d3/HAND-001/telemetry/x", "topic is not"),
        ("liftward/v2/d3/HAND-001/telemetry", "topic is not"),
        ("/liftward/v1/d3/HAND-001/telemetry", "topic is not"),
        ("liftward/v1/D3/HAND-001/telemetry", "shard of this device id is d3"),
        ("liftward/v1/00/HAND-001/telemetry", "shard of this device id is d3"),
        ("liftward/v1/d3/HAND 001/telemetry", "device id"),
        ("liftward/v1/00//telemetry", "device id"),
        ("liftward/v1/00/电梯/telemetry", "device id"),
        ("liftward/v1/00/HAND-001\n/telemetry", "device id"),
        (f"liftward/v1/00/{'A' * 33}/telemetry", "device id"),
        ("liftward/v1/d3/HAND-001/door", "kind is none of telemetry, batch"),
        ("liftward/v1/d3/HAND-001/", "kind is none of"),
    ],
)
def test_a_wrong_topic_says_which_part_is_wrong(text: str, said: str) -> None:
    """Every other text is refused with the part at fault."""
    with pytest.raises(TopicError, match=said):
        parse_topic(text)


@given(st.text())
def test_any_text_is_a_topic_or_an_error_of_ours(text: str) -> None:
    """No text makes the parser fail in another way."""
    try:
        topic = parse_topic(text)
    except TopicError as error:
        assert str(error)  # noqa: PT017 - either outcome is right, each is checked
    else:
        assert str(topic) == text


def test_all_shards_are_one_filter_for_each_kind() -> None:
    """A worker that owns everything subscribes with wildcards, in the order of kinds given."""
    filters = subscriptions(range(SHARD_COUNT), [TopicKind.EVENT, TopicKind.TELEMETRY])

    assert filters == ["liftward/v1/+/+/event", "liftward/v1/+/+/telemetry"]


def test_some_shards_are_one_filter_each() -> None:
    """A worker that owns a range subscribes to each shard once, sorted."""
    assert subscriptions([0x0A, 0, 0], [TopicKind.EVENT]) == [
        "liftward/v1/00/+/event",
        "liftward/v1/0a/+/event",
    ]
