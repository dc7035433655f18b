"""The messages of liftward/v1, as they stand on the wire.

Unknown fields are ignored, so that a newer device can talk to an older platform; what a maker wants
kept goes under `extension`, which is stored unread. A field may be added in v1; none is ever
renamed, re-typed or given another unit: that is v2, on topics of its own.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from liftward_wire.signals import COUNTER_MAX, limits
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
DEFAULT_VOCABULARY = "gbt24476-2017"

# Rows in one batch message: 60 s of 50 lifts at 5 samples a second would still be two messages.
BATCH_ROWS_MAX = 10_000
# Lifts in one edge's batch: the largest estates have a few hundred behind one edge.
BATCH_LIFTS_MAX = 1_000
# How long one batch may last: a longer outage is told in several, each with its own start.
OFFSET_MS_MAX = 86_400_000
# Bytes in one message: a full batch with every signal is near 1 MB.
PAYLOAD_BYTES_MAX = 2_000_000
EXTENSION_BYTES_MAX = 4_096
# Objects within objects in `extension`: more is a mistake, and a database has a limit too.
EXTENSION_DEPTH_MAX = 16
# Names in a birth's `signals`: ten times what this contract has.
SIGNAL_NAMES_MAX = 256

# "$" alone would let a final line feed through.
DEVICE_ID_PATTERN = r"^[A-Za-z0-9_-]{1,32}$(?!\n)"
# No control characters: a database refuses NUL in text, a terminal obeys the rest.
TEXT_PATTERN = r"^[^\u0000-\u001f\u007f]*$(?!\n)"
# A table of `liftward_wire.codes`, or a maker's own as `x-...`, which is stored and not acted on.
VOCABULARY_PATTERN = r"^[a-z0-9][a-z0-9.-]{0,63}$(?!\n)"

Timestamp = Annotated[datetime, Meta(tz=True, description="RFC 3339 with offset or Z")]
BootId = Annotated[
    int,
    Meta(
        ge=0,
        le=COUNTER_MAX,
        description="larger at every start of the device: a stored counter, or seconds since 1970",
    ),
]
Sequence = Annotated[
    int,
    Meta(
        ge=0,
        le=COUNTER_MAX,
        description="counts this device's samples, or events, from 0 since its start",
    ),
]
DeviceId = Annotated[str, Meta(pattern=DEVICE_ID_PATTERN)]
ShortText = Annotated[str, Meta(max_length=200, pattern=TEXT_PATTERN)]
Vocabulary = Annotated[str, Meta(pattern=VOCABULARY_PATTERN)]
OffsetMs = Annotated[int, Meta(ge=0, le=OFFSET_MS_MAX)]
LiftPosition = Annotated[int, Meta(ge=0, lt=BATCH_LIFTS_MAX)]
PeriodS = Annotated[float, Meta(gt=0, le=86_400)]


class FromDevice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every message of a device may repeat: whose it is. The topic decides; a difference is
    refused as `identity_mismatch`, for it means that two devices' settings were mixed up.
    """

    device_id: str | None = None
    lift_id: str | None = None


class Sample(FromDevice, frozen=True, kw_only=True, omit_defaults=True):
    """One observation of one lift (topic kind `telemetry`)."""

    observed_at: Timestamp
    boot_id: BootId
    sequence: Sequence
    service_mode: ServiceMode = ServiceMode.UNKNOWN
    position_m: Annotated[float, limits("position_m")] | None = None
    floor: Annotated[int, limits("floor")] | None = None
    speed_mps: Annotated[float, limits("speed_mps")] | None = None
    direction: Direction = Direction.UNKNOWN
    car_door: DoorState = DoorState.UNKNOWN
    landing_door: DoorState = DoorState.UNKNOWN
    door_zone: DoorZone = DoorZone.UNKNOWN
    levelling_error_mm: Annotated[float, limits("levelling_error_mm")] | None = None
    load_kg: Annotated[float, limits("load_kg")] | None = None
    occupancy: Occupancy = Occupancy.UNKNOWN
    alarm_button: Button = Button.UNKNOWN
    power_source: PowerSource = PowerSource.UNKNOWN
    safety_chain: Circuit = Circuit.UNKNOWN
    brake: Brake = Brake.UNKNOWN
    car_calls_count: Annotated[int, limits("car_calls_count")] | None = None
    door_open_presses_count: Annotated[int, limits("door_open_presses_count")] | None = None
    motor_current_a: Annotated[float, limits("motor_current_a")] | None = None
    motor_temperature_degc: Annotated[float, limits("motor_temperature_degc")] | None = None
    machine_room_temperature_degc: (
        Annotated[float, limits("machine_room_temperature_degc")] | None
    ) = None
    vibration_mps2: Annotated[float, limits("vibration_mps2")] | None = None
    trips_count: Annotated[int, limits("trips_count")] | None = None
    door_cycles_count: Annotated[int, limits("door_cycles_count")] | None = None
    run_time_h: Annotated[float, limits("run_time_h")] | None = None


class Batch(FromDevice, frozen=True, kw_only=True, omit_defaults=True):
    """Many observations in columns (topic kinds `telemetry`: this lift's own; `batch`: an edge's).

    Row i was observed at `started_at` + `offset_ms[i]` and has sequence number `sequence` + i of
    the device that publishes; rows are in time order, so `offset_ms` never falls. `lift_ids` and
    `lift_index` are for an edge that serves many lifts: row i is about `lift_ids[lift_index[i]]`;
    a lift's own batch leaves both out. Each column is as long as `offset_ms`; null in a column
    means absent. State columns hold the same words as a sample.
    """

    started_at: Timestamp
    boot_id: BootId
    sequence: Sequence
    offset_ms: Annotated[list[OffsetMs], Meta(min_length=1, max_length=BATCH_ROWS_MAX)]
    columns: dict[str, list[Any]] = {}
    lift_ids: Annotated[list[DeviceId], Meta(min_length=1, max_length=BATCH_LIFTS_MAX)] | None = (
        None
    )
    lift_index: Annotated[list[LiftPosition], Meta(max_length=BATCH_ROWS_MAX)] | None = None


class EventKind(StrEnum):
    """What happened at a lift, told once, when it happened."""

    FAULT_RAISED = "fault_raised"
    FAULT_CLEARED = "fault_cleared"
    ALARM_PRESSED = "alarm_pressed"
    ALARM_RELEASED = "alarm_released"
    TEST_CALL = "test_call"
    DOOR_RETRY = "door_retry"
    MODE_CHANGED = "mode_changed"
    # EN 81-28, GB/T 24475: the device held a press back as misuse; somebody on site ended it.
    ALARM_FILTERED = "alarm_filtered"
    ALARM_ENDED = "alarm_ended"


class Event(FromDevice, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened (topic kind `event`).

    `code` is required for faults: a code of `vocabulary`, which is GB/T 24476-2017 unless said
    otherwise. `service_mode` is required for `mode_changed`.
    """

    observed_at: Timestamp
    boot_id: BootId
    sequence: Sequence
    kind: EventKind
    code: ShortText | None = None
    vocabulary: Vocabulary = DEFAULT_VOCABULARY
    service_mode: ServiceMode | None = None
    note: ShortText | None = None
    extension: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        # A default is left out by identity, not by value: equal messages must be equal bytes.
        if self.vocabulary == DEFAULT_VOCABULARY:
            force_setattr(self, "vocabulary", DEFAULT_VOCABULARY)


class Presence(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"


class Status(FromDevice, frozen=True, kw_only=True, omit_defaults=True):
    """Birth, and the last will that says offline (topic kind `status`, retained)."""

    presence: Presence
    boot_id: BootId
    observed_at: Timestamp | None = None  # a will is written before it happens: no time
    contract: ShortText = CONTRACT
    maker: ShortText | None = None
    model: ShortText | None = None
    firmware: ShortText | None = None
    # Which signals this device has at all.
    signals: Annotated[list[ShortText], Meta(max_length=SIGNAL_NAMES_MAX)] | None = None
    sampling_period_s: PeriodS | None = None
    heartbeat_period_s: PeriodS | None = None
    extension: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.contract == CONTRACT:  # as for an event's vocabulary
            force_setattr(self, "contract", CONTRACT)


class CommandKind(StrEnum):
    """Everything the platform can ask of a device. Nothing here can move a car, open a door or
    change a safety parameter, and nothing ever will.
    """

    PLAY_CALMING_MESSAGE = "play_calming_message"
    SNAPSHOT = "snapshot"
    TEST_CALL = "test_call"
    SET_SAMPLING_PERIOD = "set_sampling_period"


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Platform to device (topic kind `command`). Past its deadline a device must not act on it.

    `sampling_period_s` is required for `set_sampling_period`.
    """

    command_id: DeviceId
    kind: CommandKind
    deadline_at: Timestamp
    sampling_period_s: Annotated[float, Meta(gt=0, le=3_600)] | None = None


class ReplyResult(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


class Reply(FromDevice, frozen=True, kw_only=True, omit_defaults=True):
    """Device to platform, one for each command (topic kind `reply`)."""

    command_id: DeviceId
    result: ReplyResult
    observed_at: Timestamp
    reason: ShortText | None = None
    snapshot: Sample | None = None


Message = Sample | Batch | Event | Status | Command | Reply
