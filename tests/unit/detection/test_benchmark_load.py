"""The load of the ingest benchmark, before the detector: it measures storing, not findings."""

from dataclasses import replace

import pytest

from liftward_detection.detector import observe, tick
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import DetectionKind
from liftward_detection.thresholds import default_thresholds
from liftward_wire.codec import decode
from liftward_wire.columns import columns_of
from liftward_wire.messages import Batch, Sample
from liftward_wire.topics import parse_topic
from support.ingest_messages import (
    LIFTS_PER_EDGE,
    Skeleton,
    at_text,
    batch_skeletons,
    single_skeletons,
)

START_US = 1_700_000_000_000_000
DELAY_US = 50_000
LASTING_S = 3_600
SECOND_US = 1_000_000


def conclusions(skeletons: tuple[Skeleton, ...], lifts_count: int, every_us: int) -> list[str]:
    """Return the kinds that the detector concludes in an hour of these messages sent in turn."""
    thresholds = default_thresholds()
    state = FleetState.empty(lifts_count)
    kinds: list[str] = []
    for turn in range(LASTING_S * SECOND_US // every_us):
        at_us = START_US + turn * every_us
        skeleton = skeletons[turn % len(skeletons)]
        payload = skeleton.filled(at_text(at_us), turn * lifts_count, turn)
        assert len(payload) == skeleton.payload_bytes
        message = decode(parse_topic(skeleton.topic), payload)
        assert isinstance(message, (Batch, Sample)), message
        columns = columns_of([(message, range(lifts_count), at_us + DELAY_US)])
        assert len(columns) == lifts_count
        seen = [observe(state, columns, thresholds)]
        ticks_us = range(at_us + DELAY_US, at_us + every_us, SECOND_US)
        seen += [tick(state, now_us, thresholds) for now_us in ticks_us]
        kinds += [row["kind"] for transitions in seen for row in transitions.rows()]
    return kinds


@pytest.mark.parametrize("every_us", [2_000_000, 4_838_710, 13_636_364])
def test_nothing_is_concluded_from_an_hour_of_the_load(every_us: int) -> None:
    """At twice the full rate, at it, and as singles: no finding, so none of 300,000 at once."""
    assert conclusions(batch_skeletons(0, 7), LIFTS_PER_EDGE, every_us) == []
    for lift in range(4):
        assert conclusions(single_skeletons(lift, 7), 1, every_us) == []


def test_a_device_that_says_the_same_for_ever_is_found_out() -> None:
    """The detector watches in this test too: a car that travels stays nowhere."""
    travelling = single_skeletons(0, 7)[0]
    same_place = replace(travelling, places=travelling.places[:1])
    assert DetectionKind.VALUES_FROZEN in conclusions((same_place,), 1, 4_838_710)
