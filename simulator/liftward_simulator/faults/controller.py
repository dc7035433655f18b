"""What a controller raises and clears, and what that does to power and safety chain."""

from dataclasses import dataclass, field

from liftward_simulator.physics.cars import Cars
from liftward_wire.messages import EventKind
from liftward_wire.states import PowerSource, ServiceMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing a device tells at once: becomes an event message."""

    lift: int
    kind: EventKind
    code: str | None = None
    mode: ServiceMode | None = None


@dataclass(slots=True)
class Faults:
    """Codes now raised at each lift, and the happenings not yet told."""

    cars: Cars
    told: list[Happening] = field(default_factory=list)
    raised: dict[int, list[str]] = field(default_factory=dict)

    def tell(self, lift: int, kind: EventKind) -> None:
        self.told.append(Happening(lift=lift, kind=kind))

    def raise_codes(self, lift: int, codes: tuple[str, ...]) -> None:
        """Raise codes of GB/T 24476-2017; one that is up already is not raised again."""
        up = self.raised.setdefault(lift, [])
        for code in codes:
            if code not in up:
                up.append(code)
                self.told.append(Happening(lift=lift, kind=EventKind.FAULT_RAISED, code=code))

    def clear(self, lift: int) -> None:
        """Clear all codes; mains and safety chain are whole again."""
        for code in self.raised.pop(lift, []):
            self.told.append(Happening(lift=lift, kind=EventKind.FAULT_CLEARED, code=code))
        self.cars.power[lift] = PowerSource.MAINS.code
        self.cars.chain_broken[lift] = False

    def set_mode(self, lift: int, mode: ServiceMode) -> None:
        if self.cars.mode[lift] != mode.code:
            self.cars.mode[lift] = mode.code
            self.told.append(Happening(lift=lift, kind=EventKind.MODE_CHANGED, mode=mode))

    def take(self) -> list[Happening]:
        """Return what happened since the last call."""
        told, self.told = self.told, []
        return told
