"""What a scenario document may say: tables, keys, defaults and ranges.

Shares are between 0 and 1, times seconds from the begin unless their names say otherwise. A key
that is not here is refused. Must not know files, worlds or devices.
"""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from liftward_simulator.city.parts import COMPONENTS
from liftward_simulator.city.scale import LIFT_COUNT_MAX, LIFTS_PER_EDGE_MAX
from liftward_simulator.crews.response_times import (
    PUBLISHED_REFUSE_SHARE,
    PUBLISHED_SILENT_SHARE,
)
from liftward_simulator.devices.clocks import ClockKind
from liftward_simulator.devices.defects import DefectKind
from liftward_simulator.devices.gateway_types import GATEWAY_TYPES
from liftward_simulator.devices.links import DEVICE_SPOOL_MESSAGES_MAX, FORWARD_PER_S
from liftward_simulator.devices.outages import OutageKind
from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.city_events import CityEventKind
from liftward_simulator.faults.traps import TrapHabits
from liftward_wire.signals import SIGNALS

# A factor beyond this is a slip of the pen: a million times 0.065 entrapments a lift-year would be
# one at every lift every eight minutes.
FACTOR_MAX = 1_000_000.0
HOURS_MAX = 8_784.0  # a leap year
LINK_DELAY_S_MAX = 3_600.0
USUAL_HABITS = TrapHabits()
ALWAYS_S = float("inf")

Text = Annotated[str, Meta(min_length=1)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Factor = Annotated[float, Meta(ge=0.0, le=FACTOR_MAX)]
Seconds = Annotated[float, Meta(ge=0.0)]
# The words of tables elsewhere, as types, so that a complaint can list what is allowed.
if TYPE_CHECKING:
    ComponentName = str
    GatewayTypeName = str
    SignalName = str
else:
    ComponentName = StrEnum("ComponentName", {name: name for name in COMPONENTS})
    GatewayTypeName = StrEnum("GatewayTypeName", {name: name for name in GATEWAY_TYPES})
    SignalName = StrEnum("SignalName", {signal.name: signal.name for signal in SIGNALS})


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all tables have in common."""


class _Span(_Struct, frozen=True, kw_only=True):
    """Something that happens to a share of lifts or devices for a while."""

    share: Share
    from_s: Seconds = 0.0
    to_s: Seconds = ALWAYS_S

    def __post_init__(self) -> None:
        if not self.from_s < self.to_s:
            raise ValueError(
                f"from_s is {self.from_s:g} and to_s {self.to_s:g}; allowed: to_s later"
            )


class Traffic(_Struct, frozen=True, kw_only=True):
    factor: Factor = 1.0  # so many times the usual number of people


class BadBatch(_Struct, frozen=True, kw_only=True):
    """One component's largest batch is bad: its lifts fail this way so many times as often."""

    component: ComponentName
    cause: Cause
    factor: Factor


class Faults(_Struct, frozen=True, kw_only=True):
    """How often what goes wrong, against the published rates, and what trapped people do."""

    rate_factor: Factor = 1.0  # 0: nothing but what [story] tells
    cause_factors: dict[Cause, Factor] = {}
    alarm_share: Share = USUAL_HABITS.alarm_share
    recovers_share: Share = USUAL_HABITS.recovers_share
    recovers_after_s: tuple[Seconds, Seconds] = USUAL_HABITS.recovers_after_s
    pries_share: Share = USUAL_HABITS.pries_share
    repair_s: Annotated[float, Meta(gt=0.0)] | None = None  # None: hours, as in life
    wear_lead_factor: Annotated[float, Meta(gt=0.0, le=FACTOR_MAX)] = 1.0  # of the weeks it shows
    bad_batch: BadBatch | None = None

    def __post_init__(self) -> None:
        if not self.recovers_after_s[0] <= self.recovers_after_s[1]:
            raise ValueError("recovers_after_s falls; allowed: [shortest, longest]")


class LookAlikes(_Struct, frozen=True, kw_only=True):
    rate_factor: Factor = 1.0
    visits_every_s: Annotated[float, Meta(gt=0.0)] | None = None  # more short visits, town-wide


class Weather(_Struct, frozen=True, kw_only=True):
    typhoon: bool = False


class Event(_Struct, frozen=True, kw_only=True):
    """Something that hits a whole district, or a share of the city, at once."""

    kind: CityEventKind
    at_s: Seconds
    lasting_s: Annotated[float, Meta(gt=0.0)]
    share: Share = 1.0
    district: Annotated[int, Meta(ge=0)] | None = None  # its number from 0; None: the whole city


class Gateways(_Struct, frozen=True, kw_only=True):
    """What is fitted to the lifts; without a mix, what is usual for a city of the size."""

    mix: dict[GatewayTypeName, Share] | None = None
    edge_share: Share | None = None
    lifts_per_edge_max: Annotated[int, Meta(ge=1, le=LIFTS_PER_EDGE_MAX)] = LIFTS_PER_EDGE_MAX
    without: tuple[SignalName, ...] = ()  # signals that no gateway sees
    regional_share: Share = 0.0  # lifts whose firmware has a regional code list

    def __post_init__(self) -> None:
        if self.mix is not None and abs(sum(self.mix.values()) - 1.0) > 1e-6:  # noqa: PLR2004
            raise ValueError(f"mix sums to {sum(self.mix.values()):g}; allowed: 1")


class Defect(_Span, frozen=True, kw_only=True):
    kind: DefectKind
    amount: float | None = None  # in the unit that the kind names; None: its usual amount


class Outage(_Span, frozen=True, kw_only=True):
    kind: OutageKind


class ClockError(_Span, frozen=True, kw_only=True):
    kind: ClockKind
    amount: Annotated[float, Meta(ge=0.0)] | None = None


class Links(_Struct, frozen=True, kw_only=True):
    """The network between gateways and broker, on such a day."""

    delay_s: tuple[Seconds, Seconds] = (0.02, 0.12)  # a mobile network on a good day
    duplicate_share: Share = 0.0
    held_back_share: Share = 0.0  # messages that later ones of the same device overtake
    held_back_s_max: Annotated[float, Meta(ge=0.0, le=LINK_DELAY_S_MAX)] = 10.0
    spool_messages_max: Annotated[int, Meta(ge=1)] = DEVICE_SPOOL_MESSAGES_MAX
    forward_per_s: Annotated[float, Meta(gt=0.0)] = FORWARD_PER_S

    def __post_init__(self) -> None:
        if not self.delay_s[0] <= self.delay_s[1] <= LINK_DELAY_S_MAX:
            raise ValueError(f"delay_s is {list(self.delay_s)}; allowed: [shortest, longest]")


class Crews(_Struct, frozen=True, kw_only=True):
    """How rescue works in runs without a platform."""

    refuse_share: Share = PUBLISHED_REFUSE_SHARE
    silent_share: Share = PUBLISHED_SILENT_SHARE
    silent_maintainers_count: Annotated[int, Meta(ge=0)] = 0  # the largest firms, all the time
    release_after_s: Annotated[float, Meta(gt=0.0)] | None = None  # instead: a neighbour, always


class Story(_Struct, frozen=True, kw_only=True):
    """Entrapments that are asked for, beside those that the rates bring."""

    first_trap_after_s: Seconds | None = None
    trap_every_s: Annotated[float, Meta(gt=0.0)] | None = None
    traps_max: Annotated[int, Meta(ge=0)] | None = None


class Scenario(_Struct, frozen=True, kw_only=True):
    """The whole document."""

    title: Text
    title_zh: Text
    description: Text
    description_zh: Text
    lifts: Annotated[int, Meta(ge=1, le=LIFT_COUNT_MAX)]
    starts_at: Annotated[datetime, Meta(tz=False)]  # the town's own time
    hours: Annotated[float, Meta(gt=0.0, le=HOURS_MAX)] | None = None  # None: until asked to end
    traffic: Traffic = Traffic()
    faults: Faults = Faults()
    look_alikes: LookAlikes = LookAlikes()
    weather: Weather = Weather()
    events: tuple[Event, ...] = ()
    gateways: Gateways = Gateways()
    defects: tuple[Defect, ...] = ()
    outages: tuple[Outage, ...] = ()
    clock_errors: tuple[ClockError, ...] = ()
    links: Links = Links()
    crews: Crews = Crews()
    story: Story = Story()
