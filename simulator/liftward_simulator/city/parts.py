"""Key components of every lift: which batch each came from, as arrays; serials on demand.

Nothing is drawn: maker, day of installation and age decide, so that a town document without parts
has the same parts as one that lists them. Must not know what a bad batch does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.city.document import Part, TownLift
from liftward_simulator.city.sites import AGE_REFERENCE_DAY

IntArray = NDArray[np.int64]

# A supplier changes its process about twice a year: what it made between is one batch [mem].
_BATCHES_PER_YEAR = 2
_MONTHS_PER_BATCH = 12 // _BATCHES_PER_YEAR
_FIRST_YEAR = 1970  # numpy counts months from here


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One group of key components; makers buy it from a few suppliers."""

    suppliers: int  # [mem]
    life_years: int  # replaced when it has served so long


# The groups a lift's file lists by serial: traction machine, brake, governor, safety gear, buffer,
# locks, UCMP, ACOP, controller, with door operator and ropes. Lives: domain notes on component
# lives (ropes 10-15, door operator 5-10, controller 10-15 years; the others with the lift) [weak].
COMPONENTS: dict[str, Component] = {
    "machine": Component(suppliers=4, life_years=20),
    "brake": Component(suppliers=4, life_years=10),
    "governor": Component(suppliers=3, life_years=15),
    "safety_gear": Component(suppliers=3, life_years=20),
    "buffer": Component(suppliers=2, life_years=15),
    "car_door_lock": Component(suppliers=3, life_years=10),
    "landing_door_lock": Component(suppliers=3, life_years=10),
    "ucmp": Component(suppliers=3, life_years=15),
    "acop": Component(suppliers=3, life_years=15),
    "controller": Component(suppliers=5, life_years=12),
    "door_operator": Component(suppliers=3, life_years=8),
    "ropes": Component(suppliers=3, life_years=12),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of all lifts; a batch is (supplier, half-year of making)."""

    maker: IntArray  # (n_lifts,), number of the maker among those of the lifts, from 0
    installed_month: IntArray  # (n_lifts,), months since 1970
    age_months: IntArray  # (n_lifts,), at the reference day

    @classmethod
    def of(cls, lifts: Sequence[TownLift]) -> Self:
        """Return the parts of lifts in their order."""
        makers = sorted({lift.maker_id for lift in lifts})
        number = {maker_id: index for index, maker_id in enumerate(makers)}
        installed = np.array([lift.installed_on[:7] for lift in lifts], "datetime64[M]")
        reference = AGE_REFERENCE_DAY.astype("datetime64[M]").astype(np.int64)
        months = installed.astype(np.int64)
        return cls(
            maker=np.array([number[lift.maker_id] for lift in lifts], np.int64),
            installed_month=months,
            age_months=np.maximum(reference - months, 0),
        )

    def batch_codes(self, component: str) -> IntArray:
        """Return the batch of this component in each lift, shape (n_lifts,): equal is the same."""
        facts = COMPONENTS[component]
        life_months = 12 * facts.life_years
        made = self.installed_month + self.age_months // life_months * life_months
        return made // _MONTHS_PER_BATCH * facts.suppliers + self.maker % facts.suppliers

    def batch_members(self, component: str, batch: str) -> IntArray:
        """Return the lifts whose component is of a batch, in order; none for an unknown batch."""
        codes = self.batch_codes(component)
        named = [code for code in np.unique(codes).tolist() if _name(component, code) == batch]
        return np.flatnonzero(np.isin(codes, named))

    def largest_batch(self, component: str) -> str:
        """Return the batch that most lifts have; the oldest of equals."""
        codes, counts = np.unique(self.batch_codes(component), return_counts=True)
        return _name(component, int(codes[np.argmax(counts)]))

    def of_lift(self, lift: int) -> list[Part]:
        """Return the parts of one lift, in the order of the components."""
        return self.all_lists(range(lift, lift + 1))[0]

    def all_lists(self, lifts: range) -> list[list[Part]]:
        """Return the parts of some lifts."""
        chosen = Parts(
            maker=self.maker[lifts.start : lifts.stop],
            installed_month=self.installed_month[lifts.start : lifts.stop],
            age_months=self.age_months[lifts.start : lifts.stop],
        )
        columns = [
            [
                Part(
                    component=component,
                    serial=f"DEMO-{component.upper()}-{lift + 1:06d}",
                    batch=_name(component, code),
                )
                for lift, code in zip(lifts, chosen.batch_codes(component).tolist(), strict=True)
            ]
            for component in COMPONENTS
        ]
        return [list(row) for row in zip(*columns, strict=True)]


def _name(component: str, code: int) -> str:
    half_years, supplier = divmod(code, COMPONENTS[component].suppliers)
    year, half = divmod(half_years, _BATCHES_PER_YEAR)
    return f"DEMO-{component}-S{supplier + 1}-{_FIRST_YEAR + year}H{half + 1}"
