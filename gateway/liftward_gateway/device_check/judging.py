"""All clauses over all that was heard.

Pure: composes the judges; decides nothing itself.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from liftward_gateway.device_check import (
    messages_judged,
    numbers_judged,
    presence_judged,
    signals_judged,
)
from liftward_gateway.device_check.findings import Clause, Result
from liftward_gateway.device_check.observation import Heard

JUDGES: Mapping[Clause, Callable[[Heard], Result]] = MappingProxyType(
    {
        Clause.TOPIC: messages_judged.judge_topic,
        Clause.QOS: messages_judged.judge_qos,
        Clause.RETAIN: messages_judged.judge_retain,
        Clause.SIZE: messages_judged.judge_size,
        Clause.JSON: messages_judged.judge_json,
        Clause.SHAPE: messages_judged.judge_shape,
        Clause.BATCH: messages_judged.judge_batch,
        Clause.NAMES: messages_judged.judge_names,
        Clause.VALUES: messages_judged.judge_values,
        Clause.IDENTITY: messages_judged.judge_identity,
        Clause.BIRTH_RETAINED: presence_judged.judge_birth_retained,
        Clause.BIRTH_COMPLETE: presence_judged.judge_birth_complete,
        Clause.WILL: presence_judged.judge_will,
        Clause.BOOT: numbers_judged.judge_boot,
        Clause.TELEMETRY_SEQUENCE: numbers_judged.judge_telemetry_sequence,
        Clause.EVENT_SEQUENCE: numbers_judged.judge_event_sequence,
        Clause.REPEATS: numbers_judged.judge_repeats,
        Clause.CLOCK: numbers_judged.judge_clock,
        Clause.SIGNALS: signals_judged.judge_signals,
        Clause.SAMPLING: signals_judged.judge_sampling,
        Clause.HEARTBEAT: signals_judged.judge_heartbeat,
        Clause.ENTRAPMENT: signals_judged.judge_entrapment,
        Clause.EVENT_PATH: signals_judged.judge_event_path,
        Clause.REPLY: presence_judged.judge_reply,
    }
)


def judge(heard: Heard) -> list[Result]:
    """Return a result for every clause, in their order."""
    return [JUDGES[clause](heard) for clause in Clause]
