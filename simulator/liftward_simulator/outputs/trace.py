"""A trace file: every message of a simulated while, as fast as possible and without a broker.

JSON Lines of `{"topic", "received_at", "payload"}` in order of arrival. The network is a good one:
each message arrives a little later than it was sent, and in order. Same seed, same bytes.
"""

from datetime import datetime, timedelta
from typing import IO

import msgspec
import numpy as np

from liftward_simulator.devices.devices import Publication
from liftward_simulator.stage import Stage, trace_times

NETWORK_DELAY_S = (0.02, 0.12)  # a mobile network on a good day; less than one tick


class _Line(msgspec.Struct):
    topic: str
    received_at: datetime
    payload: msgspec.Raw


def write_trace(
    stage: Stage,
    file: IO[bytes],
    rng: np.random.Generator,
    *,
    started_at: datetime,
    minutes: float,
) -> int:
    """Play the stage for so many minutes and return how many messages were written."""
    encoder = msgspec.json.Encoder()
    births = [stage.devices.birth(device_id, started_at) for device_id in stage.devices.device_ids]
    written_count = _write(file, encoder, births, [started_at] * len(births))
    for now in trace_times(started_at, minutes):
        published = stage.tick(now)
        delays_s = np.sort(rng.uniform(*NETWORK_DELAY_S, len(published))).tolist()
        times = [now + timedelta(seconds=delay_s) for delay_s in delays_s]
        written_count += _write(file, encoder, published, times)
    return written_count


def _write(
    file: IO[bytes],
    encoder: msgspec.json.Encoder,
    published: list[Publication],
    times: list[datetime],
) -> int:
    lines = (
        _Line(topic=message.topic, received_at=received_at, payload=msgspec.Raw(message.payload))
        for message, received_at in zip(published, times, strict=True)
    )
    file.write(encoder.encode_lines(lines))
    return len(published)
