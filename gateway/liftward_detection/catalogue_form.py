"""The shape of a row of the catalogue, and how a row of the national list is filled in.

Names and codes of GB/T 24476-2017 come from `liftward_wire.gbt24476`, BACnetLiftFault of ASHRAE
135-2020 clause 12.59 from `liftward_wire.bacnet_lift`. Pure data. Must not know rules.
"""

from dataclasses import dataclass
from enum import StrEnum

from liftward_wire.bacnet_lift import FAULT_BY_GBT24476
from liftward_wire.gbt24476 import CODES

_GB_NAMES = {row.code: row for row in CODES}


class Category(StrEnum):
    ENTRAPMENT = "entrapment"
    FAULT = "fault"  # of the lift
    EVENT = "event"  # a mode of operation, or mains: no fault of the lift
    ALARM = "alarm"
    DEVICE_HEALTH = "device_health"  # of the gateway and its sensors: the lift is not blamed
    CONDITION = "condition"  # on its way to a fault
    PLATFORM = "platform"  # of the watching itself


class Severity(StrEnum):
    """How urgent; from most to least."""

    DANGEROUS = "dangerous"  # people may be hurt or are shut in: stop the lift, send someone now
    STOPS_SERVICE = "stops_service"  # the lift carries nobody until somebody comes
    DEGRADES = "degrades"  # it still carries people, worse than it should
    INFORMATION = "information"  # nothing to do


class Responsible(StrEnum):
    """Whom a kind points to before anybody has looked; the words of the closing of a rescue."""

    USER = "user"
    USE_UNIT = "use_unit"
    MAINTAINER = "maintainer"
    MAKER = "maker"
    INSTALLER = "installer"
    POWER_SUPPLIER = "power_supplier"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFacts:
    """One row of the catalogue.

    `measures` names the number that evidence carries, its unit at the end of the name. `derived_en`
    and `derived_zh` say how it is told from signals, None when only the controller can tell.
    """

    category: Category
    severity: Severity
    responsible: Responsible
    name_en: str
    name_zh: str
    gb_code: str | None
    bacnet_fault: int | None
    measures: str | None
    derived_en: str | None
    derived_zh: str | None


def kind_row(
    category: Category,
    severity: Severity,
    responsible: Responsible,
    names: tuple[str, str],
    derived: tuple[str, str] | None,
    *,
    bacnet_fault: int | None = None,
    measures: str | None = None,
    gb_code: str | None = None,
) -> KindFacts:
    return KindFacts(
        category=category,
        severity=severity,
        responsible=responsible,
        name_en=names[0],
        name_zh=names[1],
        gb_code=gb_code,
        bacnet_fault=bacnet_fault,
        measures=measures,
        derived_en=None if derived is None else derived[0],
        derived_zh=None if derived is None else derived[1],
    )


def national_row(
    code: str,
    severity: Severity,
    responsible: Responsible,
    derived: tuple[str, str] | None,
    *,
    measures: str | None = None,
) -> KindFacts:
    row, fault = _GB_NAMES[code], FAULT_BY_GBT24476.get(code)
    return kind_row(
        Category(row.code_class.value),
        severity,
        responsible,
        (row.meaning_en, row.meaning_zh),
        derived,
        gb_code=code,
        bacnet_fault=None if fault is None else int(fault),
        measures=measures,
    )
