"""The BACnet Lift object (ASHRAE 135-2020, clause 12.59): its enumerations in our words.

BACnet has no property for occupancy, and none of its enumerations is a safety command here.
"""

from types import MappingProxyType

from liftward_wire.code_table import Code, CodeClass, state_map
from liftward_wire.states import Button, Direction, DoorState, DoorZone, ServiceMode

VOCABULARY = "bacnet-lift"

_FAULT = CodeClass.FAULT

# BACnetLiftFault; an event message carries the number as text.
CODES: tuple[Code, ...] = (
    Code("0", _FAULT, "controller fault", "控制器故障"),
    Code("1", _FAULT, "drive and motor fault", "驱动与电动机故障"),
    Code("2", _FAULT, "governor and safety gear fault", "限速器与安全钳故障"),
    Code("3", _FAULT, "lift shaft device fault", "井道装置故障"),
    Code("4", _FAULT, "power supply fault", "供电故障"),
    Code("5", _FAULT, "safety interlock fault", "安全联锁故障"),
    Code("6", _FAULT, "door closing fault", "关门故障"),
    Code("7", _FAULT, "door opening fault", "开门故障"),
    Code("8", _FAULT, "car stopped outside landing zone", "轿厢停在层站区域外"),
    Code("9", _FAULT, "call button stuck", "呼梯按钮卡阻"),
    Code("10", _FAULT, "start failure", "启动失败"),
    Code("11", _FAULT, "controller supply fault", "控制器电源故障"),
    Code("12", _FAULT, "self test failure", "自检失败"),
    Code("13", _FAULT, "run-time limit exceeded", "运行时间超限"),
    Code("14", _FAULT, "position lost", "位置丢失"),
    Code("15", _FAULT, "drive temperature exceeded", "驱动装置过热"),
    Code("16", _FAULT, "load measurement fault", "称重故障"),
)
# Numbers a maker may use for faults of its own.
PROPRIETARY_CODES = range(1024, 65_536)

# The faults that mean the same as a code of GB/T 24476-2017. Near is not the same, and stays out:
# 5 is not tied to running (GB 01 is), 10 does not say that restart is prevented (GB 08 does), 4 is
# a fault and not the loss of mains (GB 41). GB 05, unintended movement, has no BACnet fault.
GBT24476_BY_FAULT = MappingProxyType({"6": "02", "7": "03", "8": "04", "13": "06", "14": "07"})
FAULT_BY_GBT24476 = MappingProxyType({gb: fault for fault, gb in GBT24476_BY_FAULT.items()})

# BACnetLiftCarMode
CAR_MODE = state_map(
    ServiceMode.UNKNOWN,
    (
        (0, "unknown", ServiceMode.UNKNOWN),
        (1, "normal", ServiceMode.NORMAL),
        (2, "vip", ServiceMode.INDEPENDENT),
        (3, "homing", ServiceMode.HOMING),
        (4, "parking", ServiceMode.PARKING),
        (5, "attendant", ServiceMode.INDEPENDENT),
        (6, "firefighter", ServiceMode.FIREFIGHTER),
        (7, "emergency-power", ServiceMode.EMERGENCY_POWER),
        (8, "inspection", ServiceMode.INSPECTION),
        (9, "cabinet-recall", ServiceMode.INSPECTION),  # a technician moves it from the cabinet
        (10, "earthquake", ServiceMode.EARTHQUAKE),
        (11, "fire", ServiceMode.FIRE_RECALL),
        (12, "out-of-service", ServiceMode.OUT_OF_SERVICE),
        (13, "occupant-evacuation", ServiceMode.UNKNOWN),  # no word of ours, and not normal
    ),
    folded=(2, 9, 13),
)

# BACnetDoorStatus
DOOR_STATUS = state_map(
    DoorState.UNKNOWN,
    (
        (0, "closed", DoorState.CLOSED),
        (1, "opened", DoorState.OPEN),
        (2, "unknown", DoorState.UNKNOWN),
        (3, "door-fault", DoorState.FAULT),
        (4, "unused", DoorState.UNKNOWN),
        (5, "none", DoorState.UNKNOWN),
        (6, "closing", DoorState.CLOSING),
        (7, "opening", DoorState.OPENING),
        (8, "safety-locked", DoorState.CLOSED),
        (9, "limited-opened", DoorState.OPEN),
    ),
    folded=(4, 5, 8, 9),
)

# BACnetLiftCarDirection
CAR_DIRECTION = state_map(
    Direction.UNKNOWN,
    (
        (0, "unknown", Direction.UNKNOWN),
        (1, "none", Direction.NONE),
        (2, "stopped", Direction.NONE),
        (3, "up", Direction.UP),
        (4, "down", Direction.DOWN),
        (5, "up-and-down", Direction.UNKNOWN),  # the assigned direction of an idle car
    ),
    folded=(2, 5),
)

# The properties that are plain BOOLEAN: the polarity is written down here and nowhere else.
PASSENGER_ALARM = state_map(
    Button.UNKNOWN, ((0, "false", Button.RELEASED), (1, "true", Button.PRESSED))
)
CAR_DOOR_ZONE = state_map(
    DoorZone.UNKNOWN, ((0, "false", DoorZone.OUTSIDE), (1, "true", DoorZone.INSIDE))
)

# BACnetLiftCarDriveStatus has no state of ours: what the drive does is told by `speed_mps`, and
# only `stationary` fixes it (0 m/s).
DRIVE_STATUS = MappingProxyType(
    {
        0: "unknown",
        1: "stationary",
        2: "braking",
        3: "accelerate",
        4: "decelerate",
        5: "rated-speed",
        6: "single-floor-jump",
        7: "two-floor-jump",
        8: "three-floor-jump",
        9: "multi-floor-jump",
    }
)
DRIVE_STATIONARY = 1
