"""The contract page's five commands, run in a shell, through the real detector."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.events import EventColumns, EventRow
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from liftward_wire.codec import decode
from liftward_wire.columns import columns_of, microseconds
from liftward_wire.messages import Event, Message, Sample
from liftward_wire.rejection import Rejected
from liftward_wire.topics import parse_topic

PAGE = Path(__file__).parents[3] / "docs" / "contract.md"
# Prints topic and message where the real one would send them.
PUBLISHER = """
set -eu
mosquitto_pub() {
    while [ "$1" != -t ]; do shift; done
    printf '%s\\037' "$2"
    cat
    printf '\\036'
}
"""
SECOND_US = 1_000_000


@pytest.fixture(scope="module")
def story() -> list[Message]:
    """Birth, moving, stopped, alarm: what the first five blocks of the page publish."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    script = PUBLISHER + "\n".join(blocks[:5])
    output = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True)
    messages = []
    for record in output.stdout.split("\x1e")[:-1]:
        topic, payload = record.split("\x1f")
        message = decode(parse_topic(topic), payload.encode())
        assert not isinstance(message, Rejected), message
        messages.append(message)
    return messages


def entrapments(messages: list[Message], *, seconds_later: int) -> list[dict[str, Any]]:
    """What the detector says of one lift's messages, with ticks each second afterwards."""
    state, thresholds = FleetState.empty(1), default_thresholds()
    rows: list[dict[str, Any]] = []
    received_us = 0
    for message in messages:
        if isinstance(message, Sample):
            received_us = microseconds(message.observed_at)
            columns = columns_of([(message, [0], received_us)])
            rows += observe(state, columns, thresholds).rows()
        elif isinstance(message, Event):
            received_us = microseconds(message.observed_at)
            event = EventRow(
                0, received_us, received_us, message.boot_id, message.sequence, message.kind
            )
            rows += take_events(state, EventColumns.from_rows([event]), thresholds).rows()
    for second in range(1, seconds_later + 1):
        rows += tick(state, received_us + second * SECOND_US, thresholds).rows()
    return [row for row in rows if row["kind"] == "entrapment"]


def told(rows: list[dict[str, Any]], since_us: int) -> list[tuple[str, float]]:
    """Return the levels of these rows, and how many seconds after a moment each was reached."""
    return [(row["level"], (row["detected_at_us"] - since_us) / SECOND_US) for row in rows]


def test_levels_follow_the_press(story: list[Message]) -> None:
    """Nobody sends anything more, and the lift is judged to hold someone, level by level."""
    alarm = story[-1]
    assert isinstance(alarm, Event)

    rows = entrapments(story, seconds_later=20)
    levels = told(rows, microseconds(alarm.observed_at))

    assert [level for level, _ in levels] == ["suspected", "probable", "confirmed"]
    assert [after_s for _, after_s in levels] == pytest.approx([6.0, 13.0, 13.0], abs=1.0)
    assert rows[-1]["reason"] == "second_source"


def test_without_the_press_it_takes_longer(story: list[Message]) -> None:
    """Without the alarm event the same story is probable within twenty seconds of the stop."""
    stopped = story[-2]
    assert isinstance(stopped, Sample)

    levels = told(entrapments(story[:-1], seconds_later=25), microseconds(stopped.observed_at))

    assert [level for level, _ in levels] == ["suspected", "probable"]
    assert [after_s for _, after_s in levels] == pytest.approx([9.0, 17.0], abs=0.2)
