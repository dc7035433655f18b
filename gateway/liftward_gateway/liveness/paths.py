"""How the two ways from the broker to the database stand, in the listening clock's terms."""

from collections.abc import Sequence
from math import inf, isinf

from liftward_gateway.liveness.hearing import Line
from liftward_gateway.mqtt import MqttSource
from liftward_gateway.pipeline import Pipeline
from liftward_gateway.ticking import BEHIND_MESSAGES

# A batch takes milliseconds; one that takes this long holds back what was received after it.
BUSY_S_MAX = 2.0


def line_of(paths: Sequence[tuple[MqttSource, Pipeline]], now_s: float) -> Line:
    """Return how well devices are heard over all of these paths at a time of the event loop."""
    ages_s = [source.subscribed_for_s(now_s) for source, _ in paths]
    return Line(
        subscribed_for_s=inf if any(map(isinf, ages_s)) else min(ages_s),
        behind=any(_is_behind(source, pipeline, now_s) for source, pipeline in paths),
    )


def _is_behind(source: MqttSource, pipeline: Pipeline, now_s: float) -> bool:
    if source.waiting_count >= BEHIND_MESSAGES or pipeline.store_lost_reason is not None:
        return True
    return pipeline.busy_since_s is not None and now_s - pipeline.busy_since_s > BUSY_S_MAX
