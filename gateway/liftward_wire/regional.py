"""Two regional code lists that diverge from GB/T 24476-2017, and from each other.

Read in public lift-gateway software (facts only); the names are ours. Only numbers whose meaning is
known are listed: an unlisted number is refused, never guessed. In both lists the same digits mean
other things than in the national one, so a code without its vocabulary says nothing.
"""

from types import MappingProxyType

from liftward_wire.code_table import Code, CodeClass

_FAULT, _EVENT, _ALARM = CodeClass.FAULT, CodeClass.EVENT, CodeClass.ALARM

# A provincial upper platform. Its 08 clashes with the national 08 (fault that prevents restart).
VOCABULARY_A = "regional-a"
CODES_A: tuple[Code, ...] = (
    Code("01", _FAULT, "safety chain open", "安全回路断路"),
    Code("04", _FAULT, "car stopped outside the door zone", "轿厢在门区外停止"),
    Code("05", _FAULT, "unintended car movement", "轿厢意外移动"),
    Code("08", _FAULT, "door opens while running", "运行中开门"),
    Code("09", _FAULT, "car overran the top landing", "冲顶"),
    Code("10", _FAULT, "car overran the bottom landing", "蹲底"),
    Code("11", _FAULT, "people trapped", "困人"),
    Code("61", _FAULT, "escalator: safety chain open", "扶梯安全回路断路"),
    Code("62", _FAULT, "escalator: overspeed", "扶梯超速"),
    Code("63", _FAULT, "escalator: unintended reversal", "扶梯非操纵逆转"),
    Code("64", _FAULT, "escalator: step or pallet missing", "梯级或踏板缺失"),
    Code("65", _FAULT, "escalator: restart prevented", "扶梯防止再启动"),
)

# A list of the Shanghai lineage, which numbers from 1 to 42 and has items of its own.
VOCABULARY_B = "regional-b"
CODES_B: tuple[Code, ...] = (
    Code("1", _FAULT, "car overran the top landing", "冲顶"),
    Code("2", _FAULT, "car overran the bottom landing", "蹲底"),
    Code("3", _FAULT, "overspeed", "超速"),
    Code("4", _FAULT, "door opens while running", "运行中开门"),
    Code("5", _FAULT, "car moves with a door open", "开门走梯"),
    Code("6", _FAULT, "car stopped outside the door zone", "门区外停梯"),
    Code("7", _FAULT, "people trapped at a landing", "平层关人"),
    Code("8", _FAULT, "people trapped between landings", "非平层关人"),
    Code("9", _EVENT, "power cut", "停电"),
    Code("10", _FAULT, "safety chain open", "安全回路断路"),
    Code("13", _FAULT, "door-lock circuit open", "门锁回路断路"),
    Code("14", _FAULT, "landing button stuck", "层站按钮粘连"),
    Code("16", _FAULT, "brake system fault", "制动系统故障"),
    Code("18", _FAULT, "sensor fault", "传感器故障"),
    Code("21", _ALARM, "car alarm", "轿厢报警"),
    Code("22", _EVENT, "battery level", "电池电量"),
    Code("27", _FAULT, "other escalator fault", "扶梯其他故障"),
    Code("37", _EVENT, "electric bicycle in the car", "电动自行车进入轿厢"),
    Code("38", _FAULT, "abnormal vibration", "异常振动"),
    Code("40", _FAULT, "door motor blocked", "门机堵转"),
    Code("42", _FAULT, "second sensor fault", "其他传感器故障"),
)

# The codes that mean the same as a national one. Entrapment, overspeed, overruns and a door that
# opens while running have no national code, so what is told of them here stays untranslated.
GBT24476_BY_A = MappingProxyType({"01": "01", "04": "04", "05": "05"})
GBT24476_BY_B = MappingProxyType({"5": "05", "6": "04", "9": "41", "10": "01", "21": "90"})
