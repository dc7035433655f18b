"""GB/T 24476-2017: codes of faults, events and alarms, and its service modes and directions.

The standard has no code for entrapment: that is concluded, never reported.
"""

from types import MappingProxyType

from liftward_wire.code_table import Code, CodeClass, state_map
from liftward_wire.states import Direction, ServiceMode

VOCABULARY = "gbt24476-2017"

_FAULT, _EVENT, _ALARM = CodeClass.FAULT, CodeClass.EVENT, CodeClass.ALARM

# "00" means no fault: not a code of anything that happened, so not in the table.
CODES: tuple[Code, ...] = (
    Code("01", _FAULT, "safety chain open while running", "运行时安全回路断路"),
    Code("02", _FAULT, "door fails to close", "关门故障"),
    Code("03", _FAULT, "door fails to open", "开门故障"),
    Code("04", _FAULT, "car stopped outside the unlocking zone", "轿厢在开锁区域外停止"),
    Code("05", _FAULT, "unintended car movement", "轿厢意外移动"),
    Code("06", _FAULT, "motor run-time limiter operated", "电动机运转时间限制器动作"),
    Code("07", _FAULT, "floor position lost", "楼层位置丢失"),
    Code("08", _FAULT, "fault that prevents restart", "防止电梯再运行故障"),
    Code("40", _EVENT, "automatic operation resumed", "恢复自动运行模式"),
    Code("41", _EVENT, "main power lost", "主电源断电"),
    Code("42", _EVENT, "taken out of service", "进入停止服务状态"),
    Code("43", _EVENT, "inspection mode", "进入检修运行模式"),
    Code("44", _EVENT, "fire recall", "进入消防返回模式"),
    Code("45", _EVENT, "firefighter operation", "进入消防员运行模式"),
    Code("46", _EVENT, "emergency power operation", "进入应急电源运行模式"),
    Code("47", _EVENT, "earthquake mode", "进入地震模式"),
    Code("90", _ALARM, "car alarm button", "轿厢报警"),
)

SERVICE_MODE = state_map(
    ServiceMode.UNKNOWN,
    (
        (0, "out of service", ServiceMode.OUT_OF_SERVICE),
        (1, "normal", ServiceMode.NORMAL),
        (2, "inspection", ServiceMode.INSPECTION),
        (3, "fire recall", ServiceMode.FIRE_RECALL),
        (4, "firefighter", ServiceMode.FIREFIGHTER),
        (5, "emergency power", ServiceMode.EMERGENCY_POWER),
        (6, "earthquake", ServiceMode.EARTHQUAKE),
        (7, "unknown", ServiceMode.UNKNOWN),
    ),
)

# The standard has no number for a direction that nobody knows.
DIRECTION = state_map(
    Direction.UNKNOWN,
    ((0, "none", Direction.NONE), (1, "up", Direction.UP), (2, "down", Direction.DOWN)),
)

# The event codes that say which service mode the lift has entered.
MODE_BY_EVENT = MappingProxyType(
    {
        "40": ServiceMode.NORMAL,
        "42": ServiceMode.OUT_OF_SERVICE,
        "43": ServiceMode.INSPECTION,
        "44": ServiceMode.FIRE_RECALL,
        "45": ServiceMode.FIREFIGHTER,
        "46": ServiceMode.EMERGENCY_POWER,
        "47": ServiceMode.EARTHQUAKE,
    }
)
EVENT_BY_MODE = MappingProxyType({mode: code for code, mode in MODE_BY_EVENT.items()})
