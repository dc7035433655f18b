"""Which metrics each path reads of Sparkplug nodes, and what it makes of them.

Pure: what `node` has taken becomes samples, events and births of the contract, or a refusal.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from liftward_gateway.admit import (
    Admitted,
    AdmittedEvent,
    AdmittedSamples,
    AdmittedStatus,
    Received,
    from_microseconds,
    refused_time,
)
from liftward_gateway.alarm_clock import is_alarm
from liftward_gateway.sparkplug.node import Node, Reading, Taken
from liftward_wire.messages import Event, EventKind, Presence, Sample, Status
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.sparkplug.metrics import (
    ALARM,
    CODE_BY_METRIC,
    SIGNAL_BY_METRIC,
    read_fault,
    read_signal,
)
from liftward_wire.sparkplug.topics import SparkplugTopic
from liftward_wire.states import Button

TELEMETRY = Reading(dict.fromkeys(SIGNAL_BY_METRIC, read_signal), forgets=True)
EVENTS = Reading({ALARM: read_signal, **dict.fromkeys(CODE_BY_METRIC, read_fault)}, forgets=False)
_ACTIVE: Mapping[object, bool] = MappingProxyType(
    {Button.PRESSED.value: True, Button.RELEASED.value: False, True: True, False: False}
)


def samples_of(
    taken: Taken, topic: SparkplugTopic, received: Received, lifts: Mapping[str, int]
) -> Iterator[Admitted | Rejected]:
    """Yield what the telemetry path stores of a message: one sample, with the message's number."""
    if taken.refused is not None:
        yield taken.refused
        return
    if taken.number is None or taken.node is None:
        return
    index = lifts.get(topic.lift_id)
    if index is None:
        # A building's node need not be a lift itself; a device below it must be one it serves.
        if topic.lift_id != topic.node_id:
            yield Rejected(
                RejectReason.UNKNOWN_DEVICE,
                f"node {topic.node_id} is not registered to serve lift {topic.lift_id}",
            )
        return
    at_us = taken.at_ms * 1_000
    signals = {SIGNAL_BY_METRIC[name].name: value for name, value in taken.values.items()}
    sample = msgspec.convert(
        {
            "observed_at": from_microseconds(at_us),
            "boot_id": taken.node.boot_id,
            "sequence": taken.number,
            **signals,
        },
        Sample,
    )
    yield refused_time(at_us, at_us, received) or AdmittedSamples(
        topic.node_id, sample, (index,), received.received_at_us, at_us
    )


def events_of(
    taken: Taken, topic: SparkplugTopic, received: Received, lifts: Mapping[str, int]
) -> Iterator[Admitted]:
    """Yield what the event path stores: births and deaths, and each change of button or fault.

    The refusals are the telemetry path's to tell. A repeat changes nothing. An alarm with a time
    that cannot be counts as of its arrival, as for every device.
    """
    node = taken.node
    if node is None or taken.refused is not None or taken.repeated:
        return
    if taken.born or taken.died:
        yield _status(node, taken, topic, received)
    index = lifts.get(topic.lift_id)
    at_us = taken.at_ms * 1_000
    if index is None or taken.number is None:
        return
    wrong_clock = refused_time(at_us, at_us, received) is not None
    observed_us = received.received_at_us if wrong_clock else at_us
    for name in sorted(taken.told):
        active = _ACTIVE.get(taken.values.get(name))
        known = _ACTIVE.get(taken.before.get(name), False)
        if active is None or active == known:
            continue
        event = _event(name, node, at_us, active=active)
        if wrong_clock and not is_alarm(event):
            continue
        node.events_count += 1
        yield AdmittedEvent(
            topic.node_id, event, index, received.received_at_us, observed_us, at_us
        )


def _status(node: Node, taken: Taken, topic: SparkplugTopic, received: Received) -> AdmittedStatus:
    presence = Presence.ONLINE if taken.born else Presence.OFFLINE
    status = Status(
        presence=presence,
        boot_id=node.boot_id,
        observed_at=from_microseconds(taken.at_ms * 1_000) if taken.born else None,
        extension={"sparkplug_group": topic.group} if taken.born else None,
    )
    return AdmittedStatus(
        topic.node_id, status, retained=False, received_at_us=received.received_at_us
    )


def _event(name: str, node: Node, at_us: int, *, active: bool) -> Event:
    if name == ALARM:
        kind = EventKind.ALARM_PRESSED if active else EventKind.ALARM_RELEASED
    else:
        kind = EventKind.FAULT_RAISED if active else EventKind.FAULT_CLEARED
    return Event(
        observed_at=from_microseconds(at_us),
        boot_id=node.boot_id,
        sequence=node.events_count,
        kind=kind,
        code=CODE_BY_METRIC.get(name),
    )
