"""What the truth file may say: one type for each kind of line. The schema is made from these.

A thing that lasts has a line when it begins and one when it ends; both have the same subject and
`from`. What is only counted or measured has one line, `whole`. Times are UTC. Must not know worlds
or files.
"""

from datetime import datetime
from typing import Literal

import msgspec

RecordKind = Literal["begin", "end"]
EndedByWord = Literal["freed", "self_freed"]


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One line of the file."""


class _Lasting(_Line, frozen=True, kw_only=True):
    """Something that begins and ends; `to` is null at the begin."""

    record: RecordKind
    from_at: datetime = msgspec.field(name="from")
    to_at: datetime | None = msgspec.field(name="to", default=None)


class Rescue(msgspec.Struct, frozen=True, kw_only=True):
    """How far a rescue had got when the people were out; null for what had not happened by then.

    Only in runs without a platform. Level 1 is the contracted firm, 2 a network rescue station, 3
    public rescue.
    """

    known_at: datetime | None = None  # somebody has called the rescue centre
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    level: int
    party_id: str


class EntrapmentRecord(_Lasting, frozen=True, kw_only=True, tag="entrapment"):
    """People in a car that does not move and does not open.

    `from` is the moment it stopped for good, `to` the moment the last one had left. `behaviour` is
    what the people inside do. The causes, and who is responsible, are those of the fault.
    """

    lift_id: str
    persons: int
    cause: str
    ended_by: EndedByWord | None = None
    closing_code: str | None = None
    mechanism: str | None = None
    responsible: str | None = None
    behaviour: str | None = None
    rescue: Rescue | None = None


class FaultRecord(_Lasting, frozen=True, kw_only=True, tag="fault"):
    """A fault of the lift, whether it trapped anybody or not; it ends when the lift works again.

    `persons` were aboard when it struck. `trapped` is null until it is over.
    """

    lift_id: str
    cause: str
    family: str
    mechanism: str
    closing_code: str
    responsible: str
    persons: int
    trapped: bool | None = None


class PowerCutRecord(_Lasting, frozen=True, kw_only=True, tag="power_cut"):
    """The lift is without mains; a rescue device may still bring it to a floor."""

    lift_id: str


class ModeRecord(_Lasting, frozen=True, kw_only=True, tag="mode"):
    """A service mode other than normal."""

    lift_id: str
    mode: str


class LookAlikeRecord(_Lasting, frozen=True, kw_only=True, tag="look_alike"):
    """Something that looks like an entrapment and is none; `look_alike` says what it is."""

    lift_id: str
    look_alike: str


class CityEventRecord(_Lasting, frozen=True, kw_only=True, tag="city_event"):
    """Something that hits many lifts at once."""

    event: str
    lifts_count: int | None = None


class _DeviceLine(_Lasting, frozen=True, kw_only=True):
    """Trouble of a device or its link: nothing that the lift does. `detail` is the kind of it."""

    device_id: str
    detail: str


class SensorDefectRecord(_DeviceLine, frozen=True, kw_only=True, tag="sensor_defect"):
    """A sensor, or the controller's interface, tells what is not."""


class LinkOutageRecord(_DeviceLine, frozen=True, kw_only=True, tag="link_outage"):
    """What the device says does not arrive, or not until later."""


class ClockErrorRecord(_DeviceLine, frozen=True, kw_only=True, tag="clock_error"):
    """The device's clock is wrong."""


class RebootRecord(_DeviceLine, frozen=True, kw_only=True, tag="reboot"):
    """The device starts again."""


class WearRecord(_Line, frozen=True, kw_only=True, tag="wear"):
    """A component wears towards a failure: `half` is told when half the way is gone.

    It ends with the failure, or when somebody mends it before. `fails_at` is when it will fail if
    nobody does, `leads_to` the cause of that fault.
    """

    record: Literal["begin", "half", "end"]
    lift_id: str
    from_at: datetime = msgspec.field(name="from")
    to_at: datetime | None = msgspec.field(name="to", default=None)
    component: str
    leads_to: str | None = None
    fails_at: datetime | None = None


class ActivityRecord(_Line, frozen=True, kw_only=True, tag="activity"):
    """What a lift really did in an hour; a lift that did nothing has no line."""

    record: Literal["whole"] = "whole"
    lift_id: str
    from_at: datetime = msgspec.field(name="from")
    to_at: datetime = msgspec.field(name="to")
    trips: int
    door_cycles: int
    run_time_s: float
    persons_carried: int


TruthRecord = (
    EntrapmentRecord
    | FaultRecord
    | PowerCutRecord
    | ModeRecord
    | LookAlikeRecord
    | CityEventRecord
    | SensorDefectRecord
    | LinkOutageRecord
    | ClockErrorRecord
    | RebootRecord
    | WearRecord
    | ActivityRecord
)
