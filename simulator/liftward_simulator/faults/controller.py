"""What a controller raises and clears, and what that does to power and safety chain."""

from dataclasses import dataclass, field

import numpy as np

from liftward_simulator.faults.happenings import Chronicle
from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.lifts import BoolArray, IntArray
from liftward_wire.gbt24476 import EVENT_BY_MODE
from liftward_wire.messages import EventKind
from liftward_wire.states import PowerSource, ServiceMode

ALARM_CODE = "90"  # GB/T 24476-2017: car alarm button


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing a device tells at once: becomes an event message."""

    lift: int
    kind: EventKind
    code: str | None = None  # GB/T 24476-2017
    mode: ServiceMode | None = None


@dataclass(slots=True)
class Faults:
    """Codes now raised at each lift, and the happenings not yet told."""

    cars: Cars
    chronicle: Chronicle = field(default_factory=Chronicle)
    told: list[Happening] = field(default_factory=list)
    raised: dict[int, list[str]] = field(default_factory=dict)
    dark: BoolArray = field(init=False)  # the town's mains are gone at these lifts

    def __post_init__(self) -> None:
        self.dark = np.zeros(self.cars.phase.size, np.bool_)

    def tell(self, lift: int, kind: EventKind, code: str | None = None) -> None:
        self.told.append(Happening(lift=lift, kind=kind, code=code))

    def raise_codes(self, lift: int, codes: tuple[str, ...]) -> None:
        """Raise codes of GB/T 24476-2017; one that is up already is not raised again."""
        up = self.raised.setdefault(lift, [])
        for code in codes:
            if code not in up:
                up.append(code)
                self.told.append(Happening(lift=lift, kind=EventKind.FAULT_RAISED, code=code))

    def clear_code(self, lift: int, code: str) -> None:
        """Clear one code, where it is up."""
        up = self.raised.get(lift, [])
        if code in up:
            up.remove(code)
            self.told.append(Happening(lift=lift, kind=EventKind.FAULT_CLEARED, code=code))

    def clear(self, lift: int) -> None:
        """Clear all codes; mains and safety chain are whole again."""
        for code in self.raised.pop(lift, []):
            self.told.append(Happening(lift=lift, kind=EventKind.FAULT_CLEARED, code=code))
        self.cars.power[lift] = PowerSource.MAINS.code
        self.cars.chain_broken[lift] = False

    def set_mode(self, lift: int, mode: ServiceMode) -> None:
        """Set the service mode and tell it with its code (40, 42-47), where it has one."""
        if self.cars.mode[lift] != mode.code:
            self.cars.mode[lift] = mode.code
            self.chronicle.mode_changed(lift, mode)
            self.told.append(
                Happening(
                    lift=lift,
                    kind=EventKind.MODE_CHANGED,
                    code=EVENT_BY_MODE.get(mode),
                    mode=mode,
                )
            )

    def fall_silent(self, lift: int) -> None:
        """Lose the mode without a word: a controller that has crashed tells nothing."""
        if self.cars.mode[lift] != ServiceMode.UNKNOWN.code:
            self.cars.mode[lift] = ServiceMode.UNKNOWN.code
            self.chronicle.mode_changed(lift, ServiceMode.UNKNOWN)

    def lose_mains(self, lifts: IntArray) -> None:
        """Cut the mains of these lifts: the gateways live on their batteries and tell code 41."""
        self.cars.power[lifts] = np.int8(PowerSource.BATTERY.code)
        for lift in lifts.tolist():
            self.raise_codes(lift, ("41",))

    def take(self) -> list[Happening]:
        """Return what happened since the last call."""
        told, self.told = self.told, []
        return told
