"""The messages of liftward/v1, as they stand on the wire.

Unknown fields are ignored, so that a newer device can talk to an older platform; what a maker wants
kept goes under `extension`, which is stored unread. A field may be added in v1; none is ever
renamed, re-typed or given another unit: that is v2, on topics of its own.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct

from liftward_wire.signals import COUNTER_MAX
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

CONTRACT = "liftward/v1"

# Rows in one batch message: 60 s of 50 lifts at 5 samples a second would still be two messages.
BATCH_ROWS_MAX = 10_000
# Bytes in one message: a full batch with every signal is near 1 MB.
PAYLOAD_BYTES_MAX = 2_000_000
EXTENSION_BYTES_MAX = 4_096

Timestamp = Annotated[datetime, Meta(tz=True)]
# Larger at every start of the device (a stored counter, or seconds since 1970 at start).
BootId = Annotated[int, Meta(ge=0, le=COUNTER_MAX)]
# Counts this device's messages of this kind since its start, from 0, one for each sample or event.
Sequence = Annotated[int, Meta(ge=0, le=COUNTER_MAX)]
DeviceId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
ShortText = Annotated[str, Meta(max_length=200)]


class Sample(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One observation of one lift (topic kind `telemetry`)."""

    observed_at: Timestamp
    boot_id: BootId
    sequence: Sequence
    service_mode: ServiceMode = ServiceMode.UNKNOWN
    position_m: float | None = None
    floor: int | None = None
    speed_mps: float | None = None
    direction: Direction = Direction.UNKNOWN
    car_door: DoorState = DoorState.UNKNOWN
    landing_door: DoorState = DoorState.UNKNOWN
    door_zone: DoorZone = DoorZone.UNKNOWN
    levelling_error_mm: float | None = None
    load_kg: float | None = None
    occupancy: Occupancy = Occupancy.UNKNOWN
    alarm_button: Button = Button.UNKNOWN
    power_source: PowerSource = PowerSource.UNKNOWN
    safety_chain: Circuit = Circuit.UNKNOWN
    brake: Brake = Brake.UNKNOWN
    car_calls_count: int | None = None
    door_open_presses_count: int | None = None
    motor_current_a: float | None = None
    motor_temperature_degc: float | None = None
    machine_room_temperature_degc: float | None = None
    vibration_mps2: float | None = None
    trips_count: int | None = None
    door_cycles_count: int | None = None
    run_time_h: float | None = None


class Batch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Many observations in columns (topic kinds `telemetry`: this lift's own; `batch`: an edge's).

    Row i was observed at `started_at` + `offset_ms[i]` and has sequence number `sequence` + i of the
    device that publishes. `lift_ids` and `lift_index` are for an edge that serves many lifts: row i
    is about `lift_ids[lift_index[i]]`; a lift's own batch leaves both out. Each column is as long
    as `offset_ms`; null in a column means absent. State columns hold the same words as a sample.
    """

    started_at: Timestamp
    boot_id: BootId
    sequence: Sequence
    offset_ms: Annotated[list[int], Meta(min_length=1, max_length=BATCH_ROWS_MAX)]
    columns: dict[str, list[Any]] = {}
    lift_ids: list[DeviceId] | None = None
    lift_index: list[int] | None = None


class EventKind(StrEnum):
    """What happened at a lift, told once, when it happened."""

    FAULT_RAISED = "fault_raised"
    FAULT_CLEARED = "fault_cleared"
    ALARM_PRESSED = "alarm_pressed"
    ALARM_RELEASED = "alarm_released"
    TEST_CALL = "test_call"
    DOOR_RETRY = "door_retry"
    MODE_CHANGED = "mode_changed"


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened (topic kind `event`).

    `code` and `vocabulary` are required for faults: a code of GB/T 24476-2017 (the default) or of
    another table of `liftward_wire.codes`. `service_mode` is required for `mode_changed`.
    """

    observed_at: Timestamp
    boot_id: BootId
    sequence: Sequence
    kind: EventKind
    code: ShortText | None = None
    vocabulary: ShortText = "gbt24476-2017"
    service_mode: ServiceMode | None = None
    note: ShortText | None = None
    extension: dict[str, Any] | None = None


class Presence(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"


class Status(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Birth, and the last will that says offline (topic kind `status`, retained)."""

    presence: Presence
    boot_id: BootId
    observed_at: Timestamp | None = None  # a will is written before it happens: no time
    contract: ShortText = CONTRACT
    maker: ShortText | None = None
    model: ShortText | None = None
    firmware: ShortText | None = None
    signals: list[str] | None = None  # which signals this device has at all
    sampling_period_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    heartbeat_period_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    extension: dict[str, Any] | None = None


class CommandKind(StrEnum):
    """Everything the platform can ask of a device. Nothing here can move a car, open a door or
    change a safety parameter, and nothing ever will.
    """

    PLAY_CALMING_MESSAGE = "play_calming_message"
    SNAPSHOT = "snapshot"
    TEST_CALL = "test_call"
    SET_SAMPLING_PERIOD = "set_sampling_period"


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Platform to device (topic kind `command`). Past its deadline a device must not act on it."""

    command_id: DeviceId
    kind: CommandKind
    deadline_at: Timestamp
    sampling_period_s: Annotated[float, Meta(gt=0, le=3_600)] | None = None


class ReplyResult(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


class Reply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Device to platform, one for each command (topic kind `reply`)."""

    command_id: DeviceId
    result: ReplyResult
    observed_at: Timestamp
    reason: ShortText | None = None
    snapshot: Sample | None = None


Message = Sample | Batch | Event | Status | Command | Reply
