"""One good message of each form, shown in the schema and the contract page, pinned in tests.

`HAND-001` stands for a lift that a person plays by hand, `EDGE-HAND-1` for a building edge.
"""

from datetime import UTC, datetime

from liftward_wire.messages import (
    CONTRACT,
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
from liftward_wire.states import (
    Brake,
    Button,
    Circuit,
    Direction,
    DoorState,
    DoorZone,
    Occupancy,
    PowerSource,
    ServiceMode,
)
from liftward_wire.topics import Topic, TopicKind

_LIFT = "HAND-001"
_EDGE = "EDGE-HAND-1"
_BOOT = 1_767_225_600  # seconds since 1970 when the device started
_AT = datetime(2026, 1, 1, 8, 30, 0, tzinfo=UTC)

_MOVING = Sample(
    observed_at=_AT,
    boot_id=_BOOT,
    sequence=0,
    service_mode=ServiceMode.NORMAL,
    position_m=7.42,
    floor=2,
    speed_mps=1.75,
    direction=Direction.UP,
    car_door=DoorState.CLOSED,
    landing_door=DoorState.CLOSED,
    door_zone=DoorZone.OUTSIDE,
    load_kg=150.0,
    occupancy=Occupancy.OCCUPIED,
    alarm_button=Button.RELEASED,
    power_source=PowerSource.MAINS,
    safety_chain=Circuit.CLOSED,
    brake=Brake.RELEASED,
    trips_count=120_345,
)

EXAMPLES: tuple[tuple[Topic, Message], ...] = (
    (Topic(_LIFT, TopicKind.TELEMETRY), _MOVING),
    (
        Topic(_LIFT, TopicKind.TELEMETRY),
        Batch(
            started_at=_AT,
            boot_id=_BOOT,
            sequence=1,
            offset_ms=[0, 1000, 2000],
            columns={
                "service_mode": [ServiceMode.NORMAL] * 3,
                "speed_mps": [1.75, 0.9, 0.0],
                "position_m": [9.2, 10.5, 11.0],
                "car_door": [DoorState.CLOSED, DoorState.CLOSED, None],
                "occupancy": [Occupancy.OCCUPIED] * 3,
            },
        ),
    ),
    (
        Topic(_EDGE, TopicKind.BATCH),
        Batch(
            started_at=_AT,
            boot_id=_BOOT,
            sequence=0,
            offset_ms=[0, 0, 1000, 1000],
            columns={
                "speed_mps": [1.75, 0.0, 1.75, 0.0],
                "door_zone": [DoorZone.OUTSIDE, DoorZone.INSIDE, None, DoorZone.INSIDE],
            },
            lift_ids=["HAND-001", "HAND-002"],
            lift_index=[0, 1, 0, 1],
        ),
    ),
    (
        Topic(_LIFT, TopicKind.EVENT),
        Event(observed_at=_AT, boot_id=_BOOT, sequence=0, kind=EventKind.ALARM_PRESSED),
    ),
    (
        Topic(_LIFT, TopicKind.EVENT),
        Event(
            observed_at=_AT,
            boot_id=_BOOT,
            sequence=1,
            kind=EventKind.FAULT_RAISED,
            code="04",
            note="stopped between landings",
            extension={"controller_code": "E-17"},
        ),
    ),
    (
        Topic(_LIFT, TopicKind.EVENT),
        Event(
            observed_at=_AT,
            boot_id=_BOOT,
            sequence=2,
            kind=EventKind.MODE_CHANGED,
            service_mode=ServiceMode.INSPECTION,
        ),
    ),
    (
        Topic(_LIFT, TopicKind.STATUS),
        Status(
            presence=Presence.ONLINE,
            boot_id=_BOOT,
            observed_at=_AT,
            contract=CONTRACT,
            maker="Sample Lifts Ltd",
            model="SL-1",
            firmware="1.0.3",
            signals=["service_mode", "speed_mps", "car_door", "occupancy"],
            sampling_period_s=1.0,
            heartbeat_period_s=30.0,
        ),
    ),
    (Topic(_LIFT, TopicKind.STATUS), Status(presence=Presence.OFFLINE, boot_id=_BOOT)),
    (
        Topic(_LIFT, TopicKind.COMMAND),
        Command(
            command_id="c-0001",
            kind=CommandKind.SET_SAMPLING_PERIOD,
            deadline_at=_AT,
            sampling_period_s=0.2,
        ),
    ),
    (
        Topic(_LIFT, TopicKind.REPLY),
        Reply(command_id="c-0001", result=ReplyResult.DONE, observed_at=_AT),
    ),
)
