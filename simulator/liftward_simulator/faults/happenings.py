"""What really happened, for the truth and nobody else: records of the world, not of devices.

A fault, a power cut, a look-alike and a worn component each begin and end; a service mode changes.
Entrapments have records of their own (`traps.Entrapment`). Must not know files or times of day.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from liftward_simulator.faults.causes import CAUSES, Cause, Responsible
from liftward_wire.states import ServiceMode


class TrueKind(StrEnum):
    FAULT = "fault"  # `name` is a Cause
    POWER_CUT = "power_cut"  # `name` is "mains_cut"
    MODE = "mode"  # `name` is a ServiceMode; only ever `changed`
    LOOK_ALIKE = "look_alike"  # `name` is a LookAlike
    WEAR = "wear"  # `name` is a Component
    CITY_EVENT = "city_event"  # `name` is a CityEventKind; `lift` is None


class Edge(StrEnum):
    BEGAN = "began"
    CHANGED = "changed"  # a mode, or wear that is half way to failure
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEvent:
    """One true thing, at `at_s` of the world's clock.

    A thing that began at a lift ends there under the same kind and name, and only one of a kind and
    name is open at a lift at a time. `cause` says why a fault is there, or which failure wear leads
    to; `persons` were aboard; `lifts_count` is how many lifts a city event hits.
    """

    kind: TrueKind
    edge: Edge
    name: str
    at_s: float
    lift: int | None = None  # index in the lift table
    persons: int = 0
    cause: Cause | None = None
    fails_at_s: float | None = None  # wear: when the component will fail if nobody mends it
    lifts_count: int | None = None

    @property
    def responsible(self) -> Responsible | None:
        """Return who answers for it, where a cause is named."""
        return None if self.cause is None else CAUSES[self.cause].responsible


@dataclass(slots=True)
class Chronicle:
    """True events not yet taken: whoever steps the world takes them, or they pile up."""

    now_s: float = 0.0
    events: list[TrueEvent] = field(default_factory=list)

    def tell(
        self,
        kind: TrueKind,
        edge: Edge,
        name: str,
        lift: int | None,
        *,
        persons: int = 0,
        cause: Cause | None = None,
        fails_at_s: float | None = None,
        lifts_count: int | None = None,
    ) -> None:
        self.events.append(
            TrueEvent(
                kind=kind,
                edge=edge,
                name=name,
                at_s=self.now_s,
                lift=lift,
                persons=persons,
                cause=cause,
                fails_at_s=fails_at_s,
                lifts_count=lifts_count,
            )
        )

    def mode_changed(self, lift: int, mode: ServiceMode) -> None:
        self.tell(TrueKind.MODE, Edge.CHANGED, mode.value, lift)

    def take(self) -> list[TrueEvent]:
        """Return what happened since the last call, in order."""
        taken, self.events = self.events, []
        return taken
