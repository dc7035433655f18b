"""One minute of a device that does everything right, told so that a test can break one thing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import msgspec

from liftward_gateway.device_check.observation import Heard, Observation
from liftward_wire.codec import encode
from liftward_wire.columns import microseconds
from liftward_wire.messages import (
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
from liftward_wire.states import Button, DoorState, DoorZone, Occupancy
from liftward_wire.topics import Topic, TopicKind
from support.virtual_time import START

LIFT = "HAND-001"
BOOT = 1_760_000_000
WATCH_S = 60.0
SIGNALS = [
    "speed_mps", "position_m", "door_zone", "car_door", "occupancy", "load_kg", "alarm_button",
]  # fmt: skip
_COMMAND_AT_S, _PRESSED_AT_S = 20.0, 30.0
_MOVING_FROM_S, _MOVING_UNTIL_S = 5.0, 25.0


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and how it came. `payload` and `topic` override what would be right."""

    at_s: float
    kind: TopicKind
    message: Message | None = None
    qos: int = 1
    retained: bool = False
    payload: bytes | None = None
    topic: str | None = None

    def observation(self) -> Observation:
        payload = self.payload
        if payload is None:
            assert self.message is not None
            payload = encode(self.message)
        return Observation(
            topic=self.topic or str(Topic(LIFT, self.kind)),
            payload=payload,
            received_us=microseconds(START + timedelta(seconds=self.at_s)),
            qos=self.qos,
            retained=self.retained,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What varies: the periods the device keeps, and how late its clock says it is."""

    moving_period_s: float = 1.0
    rest_period_s: float = 5.0
    clock_behind_s: float = 0.0
    signals: list[str] = field(default_factory=lambda: list(SIGNALS))

    def told(self) -> list[Said]:
        """Return all that is heard in the watch, in order."""
        said = [
            Said(0.0, TopicKind.STATUS, self.birth(), retained=True),
            *self.telemetry(),
            *self.events(),
            *self.asked(),
            Said(54.0, TopicKind.STATUS, Status(presence=Presence.OFFLINE, boot_id=BOOT)),
            Said(55.0, TopicKind.STATUS, self.birth()),
            Said(WATCH_S + 0.5, TopicKind.STATUS, self.birth(), retained=True),
        ]
        return sorted(said, key=lambda one: one.at_s)

    def birth(self, **changes: Any) -> Status:
        birth = Status(
            presence=Presence.ONLINE, boot_id=BOOT, observed_at=START, maker="Sample Lifts Ltd",
            model="SL-1", firmware="1.0.3", signals=self.signals, sampling_period_s=1.0,
            heartbeat_period_s=5.0,
        )  # fmt: skip
        return msgspec.structs.replace(birth, **changes)

    def sample(self, at_s: float, sequence: int) -> Sample:
        moves = _MOVING_FROM_S <= at_s < _MOVING_UNTIL_S
        values: dict[str, Any] = {
            "speed_mps": 1.5 if moves else 0.0,
            "position_m": 3.0 + at_s / 10,
            "door_zone": DoorZone.OUTSIDE if moves else DoorZone.INSIDE,
            "car_door": DoorState.CLOSED,
            "occupancy": Occupancy.OCCUPIED,
            "load_kg": 75.0,
            "alarm_button": Button.PRESSED if at_s > _PRESSED_AT_S else Button.RELEASED,
        }
        return Sample(
            observed_at=self.device_time(at_s),
            boot_id=BOOT,
            sequence=sequence,
            **{name: value for name, value in values.items() if name in self.signals},
        )

    def telemetry(self) -> list[Said]:
        """Samples at their periods, one of them twice, and the last three rows in a batch."""
        said: list[Said] = []
        at_s, sequence = 0.5, 0
        while at_s < WATCH_S - 5.0:
            said.append(Said(at_s + 0.1, TopicKind.TELEMETRY, self.sample(at_s, sequence)))
            moves = _MOVING_FROM_S <= at_s < _MOVING_UNTIL_S
            at_s += self.moving_period_s if moves else self.rest_period_s
            sequence += 1
        said.append(replace(said[2], at_s=said[2].at_s + 0.2))
        columns: dict[str, list[Any]] = {
            "speed_mps": [0.0, None, 0.0],
            "car_door": ["closed", "closed", None],
        }
        batch = Batch(
            started_at=self.device_time(at_s - 2.0), boot_id=BOOT, sequence=sequence,
            offset_ms=[0, 1_000, 2_000],
            columns={name: column for name, column in columns.items() if name in self.signals},
        )  # fmt: skip
        said.append(Said(min(at_s, WATCH_S - 0.5) + 0.1, TopicKind.TELEMETRY, batch))
        return said

    def events(self) -> list[Said]:
        kinds = (EventKind.ALARM_PRESSED, EventKind.ALARM_RELEASED, EventKind.TEST_CALL)
        return [
            Said(
                _PRESSED_AT_S + number + 0.1,
                TopicKind.EVENT,
                Event(
                    observed_at=self.device_time(_PRESSED_AT_S + number), boot_id=BOOT,
                    sequence=number, kind=kind,
                ),
            )
            for number, kind in enumerate(kinds)
        ]  # fmt: skip

    def asked(self) -> list[Said]:
        """A snapshot command of the platform, and the answer."""
        deadline_at = START + timedelta(seconds=_COMMAND_AT_S + 10)
        command = Command(command_id="c-1", kind=CommandKind.SNAPSHOT, deadline_at=deadline_at)
        reply = Reply(
            command_id="c-1", result=ReplyResult.DONE,
            observed_at=self.device_time(_COMMAND_AT_S + 0.5),
            snapshot=self.sample(_COMMAND_AT_S, 7),
        )  # fmt: skip
        return [
            Said(_COMMAND_AT_S, TopicKind.COMMAND, command),
            Said(_COMMAND_AT_S + 0.6, TopicKind.REPLY, reply),
        ]

    def device_time(self, at_s: float) -> Any:
        return START + timedelta(seconds=at_s - self.clock_behind_s)


def heard_of(said: Iterable[Said], *, edge_id: str | None = None) -> Heard:
    """Return what the checker makes of it."""
    return Heard.of(
        [one.observation() for one in said],
        lift_id=LIFT,
        edge_id=edge_id,
        started_us=microseconds(START),
        ended_us=microseconds(START + timedelta(seconds=WATCH_S)),
    )


def changed(said: Iterable[Said], kind: TopicKind, change: Callable[[Any], Any]) -> list[Said]:
    """Return the story with every message of a kind changed; None leaves it out."""
    found: list[Said] = []
    for one in said:
        message = change(one.message) if one.kind is kind else one.message
        if message is not None:
            found.append(replace(one, message=message))
    return found
