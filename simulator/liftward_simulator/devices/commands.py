"""How simulated devices answer the platform's commands: none of them can move anything.

Pure: bytes of a command in, publications out. A command that comes twice is done once and answered
twice. Must not know brokers or topics' subscriptions.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from liftward_simulator.devices.devices import Devices
from liftward_simulator.devices.publications import Publication, publication
from liftward_simulator.faults.controller import Happening
from liftward_simulator.physics.cars import Cars
from liftward_wire.codec import decode
from liftward_wire.messages import Command, CommandKind, EventKind, Reply, ReplyResult, Sample
from liftward_wire.topics import DEVICE_ID, Topic, TopicKind

# Replies remembered for repeats: a platform repeats within minutes, not a thousand commands later.
REPLIES_MAX = 1_000


@dataclass(slots=True, kw_only=True)
class Answers:
    """Mutable: what was answered to whom, for a command that comes again."""

    devices: Devices
    _results: "OrderedDict[tuple[str, str], _Result]" = field(default_factory=OrderedDict)

    def answer(
        self, cars: Cars, device_id: str, payload: bytes, *, now: datetime
    ) -> list[Publication]:
        """Return what a device publishes on a command: its reply, and what it was asked to send.

        A device that is not ours, has no power or is wedged says nothing; neither does one that
        cannot even read whose command it is.
        """
        device = self.devices.index(device_id)
        if device is None or not self.devices.is_alive(device):
            return []
        command_id = _command_id(payload)
        if command_id is None:
            return []
        known = self._results.get((device_id, command_id))
        if known is not None:
            return [self._reply(device_id, command_id, known, now)]
        command = decode(Topic(device_id, TopicKind.COMMAND), payload)
        if isinstance(command, Command):
            result, published = self._do(cars, device, command, now)
        else:
            result, published = _Result(ReplyResult.REFUSED, "no command of this contract"), []
        self._results[device_id, command_id] = result
        if len(self._results) > REPLIES_MAX:
            self._results.popitem(last=False)
        return [*published, self._reply(device_id, command_id, result, now)]

    def _do(
        self, cars: Cars, device: int, command: Command, now: datetime
    ) -> tuple["_Result", list[Publication]]:
        devices = self.devices
        result, published = _Result(ReplyResult.DONE), list[Publication]()
        if command.deadline_at < devices.time_of(device, now):
            result = _Result(ReplyResult.EXPIRED)
        elif command.kind is CommandKind.SET_SAMPLING_PERIOD:
            assert command.sampling_period_s is not None, "the codec demands it"
            if not devices.set_sampling_period(device, command.sampling_period_s):
                result = _NO_SAMPLES
        elif device >= devices.table.count:
            result = _Result(ReplyResult.REFUSED, "an edge has no car")
        elif command.kind is CommandKind.TEST_CALL:
            published = devices.events([Happening(lift=device, kind=EventKind.TEST_CALL)], now)
        elif command.kind is CommandKind.SNAPSHOT:
            taken = devices.snapshot(cars, device, now)
            if taken is None:
                result = _NO_SAMPLES
            else:
                published, result = [taken[0]], _Result(ReplyResult.DONE, snapshot=taken[1])
        return result, published  # the calming message is heard in the car alone

    def _reply(
        self, device_id: str, command_id: str, result: "_Result", now: datetime
    ) -> Publication:
        device = self.devices.index(device_id)
        assert device is not None, "it was found before"
        reply = Reply(
            command_id=command_id,
            result=result.result,
            observed_at=self.devices.time_of(device, now),
            reason=result.reason,
            snapshot=result.snapshot,
        )
        return publication(device_id, TopicKind.REPLY, reply)


@dataclass(frozen=True, slots=True)
class _Result:
    result: ReplyResult
    reason: str | None = None
    snapshot: Sample | None = None


_NO_SAMPLES = _Result(ReplyResult.REFUSED, "an edge sends this lift's samples")


class _Envelope(msgspec.Struct):
    command_id: str


def _command_id(payload: bytes) -> str | None:
    """Return whose command it is, also of one that this firmware does not know."""
    try:
        command_id = msgspec.json.decode(payload, type=_Envelope).command_id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return command_id if DEVICE_ID.fullmatch(command_id) else None
