"""Why lifts fail and trap people: every cause as one row of a table. Pure data.

A cause has a closing code (what a crew reports), a mechanism (how it shows), a share of the
entrapments, and who answers for it. Must not know how a car moves or when anything happens.

Shares of entrapments are those of Jiangsu 2023 (Jiangsu AMR white paper): human 52.7 % (rubbish
25.0, rough handling 1.8, overload 1.0, door held 0.8), external 20.6, the lift's own faults 26.7
(door 11.6, control 7.3, electrical 2.1, traction 0.4). What it does not split further is assumed.
"""

from dataclasses import dataclass
from enum import StrEnum

from liftward_simulator.faults.mechanisms import MECHANISMS, Mechanism, Place


class Cause(StrEnum):
    """New causes go at the end: plans name causes by their position."""

    MAINS_CUT = "mains_cut"
    DOOR_LOCK_CONTACT = "door_lock_contact"
    DOOR_DEBRIS = "door_debris"
    DOOR_OPERATOR = "door_operator"
    DRIVE_TRIP = "drive_trip"
    ROUGH_HANDLING = "rough_handling"
    DECORATION_RUBBISH = "decoration_rubbish"
    OVERLOAD = "overload"
    DOOR_HELD = "door_held"
    DOOR_PUSHED = "door_pushed"
    WATER = "water"
    OVERHEATING = "overheating"
    PASSING_FAULT = "passing_fault"
    EARTHQUAKE = "earthquake"
    CAR_DOOR_LOCK = "car_door_lock"
    LANDING_DOOR_LOCK = "landing_door_lock"
    COUPLER = "coupler"
    LIGHT_CURTAIN = "light_curtain"
    PANEL_LINKAGE = "panel_linkage"
    HANGER_ROLLER = "hanger_roller"
    DOOR_GUIDE = "door_guide"
    DOOR_CLOSER = "door_closer"
    CONTROL_BOARD = "control_board"
    POSITION_LOST = "position_lost"
    CONTROL_BUS = "control_bus"
    CONTACTOR = "contactor"
    SAFETY_CIRCUIT_WIRING = "safety_circuit_wiring"
    TRAVELLING_CABLE = "travelling_cable"
    SUPPLY_UNIT = "supply_unit"
    BRAKE_NOT_LIFTING = "brake_not_lifting"
    ROPE_SLIP = "rope_slip"
    MOTOR = "motor"
    BRAKE_SLIPS = "brake_slips"
    GUIDE_SHOE = "guide_shoe"
    GUIDE_RAIL = "guide_rail"
    RAIL_BRACKET = "rail_bracket"
    LOAD_SENSOR = "load_sensor"
    OPERATING_PANEL = "operating_panel"
    CAR_FRAME = "car_frame"
    GOVERNOR = "governor"
    OVERSPEED = "overspeed"
    SAFETY_GEAR = "safety_gear"
    LIMIT_SWITCH = "limit_switch"
    BUFFER_SWITCH = "buffer_switch"
    ADJUSTMENT = "adjustment"
    PARAMETER = "parameter"
    COMMISSIONING = "commissioning"
    UNKNOWN = "unknown"


class Family(StrEnum):
    """The platform's families of closing codes."""

    HUMAN = "human"
    EXTERNAL = "external"
    DOOR = "door"
    CONTROL = "control"
    ELECTRICAL = "electrical"
    TRACTION = "traction"
    GUIDE = "guide"
    CAR = "car"
    SAFETY = "safety"
    INSTALLATION = "installation"
    OTHER = "other"


class Responsible(StrEnum):
    """Who answers for a fault, whatever the law makes of it in the end."""

    USER = "user"
    USE_UNIT = "use_unit"
    MAINTAINER = "maintainer"
    MAKER = "maker"
    INSTALLER = "installer"
    POWER_SUPPLIER = "power_supplier"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseFacts:
    """One row; what it shares with others of its mechanism is copied from there."""

    family: Family
    closing_code: str  # of the closing form, as `family.item`
    mechanism: Mechanism
    share: float  # of all entrapments
    faults_per_entrapment: float  # so many faults of this cause for one that traps somebody
    responsible: Responsible
    place: Place
    codes_at_once: tuple[str, ...]
    codes_at_rest: tuple[str, ...]
    breaks_chain: bool
    cuts_mains: bool
    release_method: str
    shows: str


def _row(
    closing_code: str,
    mechanism: Mechanism,
    share_percent: float,
    faults_per_entrapment: float,
    responsible: Responsible,
) -> CauseFacts:
    facts = MECHANISMS[mechanism]
    return CauseFacts(
        family=Family(closing_code.partition(".")[0]),
        closing_code=closing_code,
        mechanism=mechanism,
        share=share_percent / 100,
        faults_per_entrapment=faults_per_entrapment,
        responsible=responsible,
        place=facts.place,
        codes_at_once=facts.codes_at_once,
        codes_at_rest=facts.codes_at_rest,
        breaks_chain=facts.breaks_chain,
        cuts_mains=facts.cuts_mains,
        release_method=facts.release_method,
        shows=facts.shows,
    )


_M, _R, _C = Mechanism, Responsible, Cause
# Faults for one entrapment: about 20 % of breakdowns are entrapments (consultancy figure, domain
# 6.1), mains cuts left out, for they find most lifts at rest. By cause: assumed.
# Columns: closing code, mechanism, share in per cent, faults for one entrapment, who answers.
CAUSES: dict[Cause, CauseFacts] = {
    _C.MAINS_CUT: _row("external.mains_cut", _M.POWER_LOSS, 16.5, 15, _R.POWER_SUPPLIER),
    _C.DOOR_LOCK_CONTACT: _row("door.contact", _M.EMERGENCY_STOP, 1.6, 8, _R.MAINTAINER),
    _C.DOOR_DEBRIS: _row("human.rubbish_in_door", _M.DOOR_WILL_NOT_CLOSE, 25.0, 5, _R.USER),
    _C.DOOR_OPERATOR: _row("door.operator", _M.DOOR_WILL_NOT_OPEN, 2.2, 8, _R.MAINTAINER),
    _C.DRIVE_TRIP: _row("control.inverter", _M.DRIVE_TRIP, 2.4, 5, _R.MAKER),
    _C.ROUGH_HANDLING: _row("human.door_deformed", _M.DOOR_WILL_NOT_OPEN, 1.8, 6, _R.USER),
    _C.DECORATION_RUBBISH: _row(
        "human.decoration_rubbish", _M.DOOR_WILL_NOT_CLOSE, 9.0, 5, _R.USE_UNIT
    ),
    _C.OVERLOAD: _row("human.overload", _M.OVERLOAD, 1.0, 15, _R.USER),
    _C.DOOR_HELD: _row("human.door_held", _M.DOOR_WILL_NOT_CLOSE, 0.8, 20, _R.USER),
    # People lean on or force the doors under way; the chain opens.
    _C.DOOR_PUSHED: _row("human.other", _M.EMERGENCY_STOP, 15.1, 5, _R.USER),
    _C.WATER: _row("external.water", _M.EMERGENCY_STOP, 1.2, 3, _R.USE_UNIT),
    _C.OVERHEATING: _row("external.machine_room_heat", _M.OVERHEATING, 0.8, 3, _R.USE_UNIT),
    _C.PASSING_FAULT: _row("external.self_recovered", _M.POSITION_LOST, 1.2, 8, _R.NOBODY),
    _C.EARTHQUAKE: _row("external.other", _M.EMERGENCY_STOP, 0.9, 4, _R.NOBODY),
    _C.CAR_DOOR_LOCK: _row("door.car_door_lock", _M.DOOR_WILL_NOT_OPEN, 1.5, 8, _R.MAINTAINER),
    _C.LANDING_DOOR_LOCK: _row("door.landing_door_lock", _M.EMERGENCY_STOP, 1.8, 8, _R.MAINTAINER),
    _C.COUPLER: _row("door.coupler", _M.EMERGENCY_STOP, 1.4, 8, _R.MAINTAINER),
    _C.LIGHT_CURTAIN: _row("door.reopening_device", _M.DOOR_WILL_NOT_CLOSE, 0.9, 8, _R.MAINTAINER),
    _C.PANEL_LINKAGE: _row("door.linkage", _M.DOOR_WILL_NOT_OPEN, 0.7, 8, _R.MAINTAINER),
    _C.HANGER_ROLLER: _row("door.hanger_roller", _M.DOOR_WILL_NOT_OPEN, 0.6, 8, _R.MAINTAINER),
    _C.DOOR_GUIDE: _row("door.guide", _M.DOOR_WILL_NOT_CLOSE, 0.5, 8, _R.USE_UNIT),
    _C.DOOR_CLOSER: _row("door.other", _M.EMERGENCY_STOP, 0.4, 8, _R.MAINTAINER),
    _C.CONTROL_BOARD: _row("control.board", _M.CONTROLLER_CRASH, 2.2, 5, _R.MAKER),
    _C.POSITION_LOST: _row("control.position_signal", _M.POSITION_LOST, 1.9, 5, _R.MAINTAINER),
    _C.CONTROL_BUS: _row("control.other", _M.CONTROLLER_CRASH, 0.8, 5, _R.MAKER),
    _C.CONTACTOR: _row("electrical.relay", _M.WILL_NOT_START, 0.8, 5, _R.MAINTAINER),
    _C.SAFETY_CIRCUIT_WIRING: _row(
        "electrical.safety_circuit", _M.EMERGENCY_STOP, 0.7, 5, _R.MAINTAINER
    ),
    _C.TRAVELLING_CABLE: _row(
        "electrical.travelling_cable", _M.EMERGENCY_STOP, 0.4, 5, _R.MAINTAINER
    ),
    _C.SUPPLY_UNIT: _row("electrical.other", _M.CONTROLLER_CRASH, 0.2, 5, _R.MAKER),
    _C.BRAKE_NOT_LIFTING: _row("traction.brake", _M.WILL_NOT_START, 0.15, 6, _R.MAINTAINER),
    _C.ROPE_SLIP: _row("traction.rope", _M.RUN_TIME_LIMIT, 0.1, 6, _R.MAINTAINER),
    _C.MOTOR: _row("traction.motor", _M.DRIVE_TRIP, 0.12, 6, _R.MAKER),
    _C.BRAKE_SLIPS: _row("traction.other", _M.UNINTENDED_MOVEMENT, 0.03, 6, _R.MAINTAINER),
    _C.GUIDE_SHOE: _row("guide.shoe", _M.EMERGENCY_STOP, 0.4, 6, _R.MAINTAINER),
    _C.GUIDE_RAIL: _row("guide.rail", _M.EMERGENCY_STOP, 0.2, 6, _R.INSTALLER),
    _C.RAIL_BRACKET: _row("guide.other", _M.DRIVE_TRIP, 0.3, 6, _R.INSTALLER),
    _C.LOAD_SENSOR: _row("car.load_sensor", _M.WILL_NOT_START, 0.5, 6, _R.MAINTAINER),
    _C.OPERATING_PANEL: _row("car.operating_panel", _M.WILL_NOT_START, 0.6, 6, _R.MAINTAINER),
    _C.CAR_FRAME: _row("car.other", _M.EMERGENCY_STOP, 0.5, 6, _R.MAINTAINER),
    _C.GOVERNOR: _row("safety.governor", _M.EMERGENCY_STOP, 0.2, 6, _R.MAINTAINER),
    _C.OVERSPEED: _row("safety.other", _M.OVERSPEED, 0.1, 6, _R.MAINTAINER),
    _C.SAFETY_GEAR: _row("safety.safety_gear", _M.EMERGENCY_STOP, 0.3, 6, _R.MAINTAINER),
    _C.LIMIT_SWITCH: _row("safety.limit_switch", _M.EMERGENCY_STOP, 0.4, 6, _R.MAINTAINER),
    _C.BUFFER_SWITCH: _row("safety.other", _M.EMERGENCY_STOP, 0.2, 6, _R.MAINTAINER),
    _C.ADJUSTMENT: _row("installation.adjustment", _M.DOOR_WILL_NOT_OPEN, 0.4, 6, _R.INSTALLER),
    _C.PARAMETER: _row("installation.parameter", _M.POSITION_LOST, 0.3, 6, _R.INSTALLER),
    _C.COMMISSIONING: _row("installation.other", _M.DRIVE_TRIP, 0.2, 6, _R.INSTALLER),
    _C.UNKNOWN: _row("other.other", _M.DRIVE_TRIP, 0.7, 6, _R.NOBODY),
}
assert tuple(CAUSES) == tuple(Cause), "one row for each cause, in the same order"
assert abs(sum(facts.share for facts in CAUSES.values()) - 1.0) < 1e-9  # noqa: PLR2004
