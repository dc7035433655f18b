"""The words of explanations: one phrase in English and in Chinese for each code of the detector.

Tables only. Must not know how sentences are put together, nor how anything is decided.
"""

from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    EN = "en"
    ZH = "zh-CN"


class Phrase(NamedTuple):
    """The same in both languages. `{name}` is filled by whoever uses it."""

    en: str
    zh: str

    def text(self, language: Language) -> str:
        return self.en if language is Language.EN else self.zh


class Role(StrEnum):
    """Where a piece of evidence stands in a sentence."""

    PLACE = "place"
    DOORS = "doors"
    ABOARD = "aboard"
    SIGN = "sign"  # a clause of its own
    UNKNOWN = "unknown"  # named at the end
    SOURCE = "source"  # who says so: the reason tells it already


class Sign(NamedTuple):
    """How a piece of evidence is told."""

    role: Role
    phrase: Phrase


LEVELS = {
    "suspected": Phrase("Possibly trapped", "疑似困人"),
    "probable": Phrase("Probably trapped", "很可能困人"),
    "confirmed": Phrase("Trapped, confirmed", "确认困人"),
}

EVIDENCE = {
    "stationary": Sign(Role.SOURCE, Phrase("the car stands still", "轿厢静止")),
    "off_level": Sign(Role.PLACE, Phrase("between floors", "楼层之间")),
    "at_level": Sign(Role.PLACE, Phrase("at a landing", "平层位置")),
    "level_unknown": Sign(Role.UNKNOWN, Phrase("whether it is at a landing", "是否平层")),
    "doors_shut": Sign(Role.DOORS, Phrase("with its doors shut", "门关闭")),
    "doors_open": Sign(Role.DOORS, Phrase("with a door open", "有门打开")),
    "doors_unknown": Sign(Role.UNKNOWN, Phrase("the doors", "门的状态")),
    "occupied": Sign(Role.ABOARD, Phrase("someone aboard", "轿厢有人")),
    "empty": Sign(Role.ABOARD, Phrase("nobody seen aboard", "未见轿厢有人")),
    "occupancy_unknown": Sign(Role.UNKNOWN, Phrase("whether anyone is aboard", "轿厢是否有人")),
    "alarm_button": Sign(Role.SIGN, Phrase("the alarm button was pressed", "报警按钮被按下")),
    "door_open_presses": Sign(Role.SIGN, Phrase("door-open was pressed", "开门按钮被按下")),
    "car_calls": Sign(Role.SIGN, Phrase("a car call waits", "有内选未响应")),
    "arrived_not_opened": Sign(Role.SIGN, Phrase("it arrived and did not open", "到站后未开门")),
    "safety_chain_open": Sign(Role.SIGN, Phrase("the safety chain is open", "安全回路断开")),
    "power_lost": Sign(Role.SIGN, Phrase("mains are lost", "市电中断")),
    "out_of_service": Sign(Role.SIGN, Phrase("it is set out of service", "处于停用模式")),
    "silent": Sign(Role.SIGN, Phrase("the lift says nothing any more", "电梯已无数据")),
    "derived": Sign(Role.SOURCE, Phrase("derived from the signals", "由信号推断")),
    "reported": Sign(Role.SIGN, Phrase("the controller reports it", "控制器也已上报")),
}

# Signs whose number is worth saying: evidence word -> (number's name, phrase with {count}).
COUNTED = {
    "door_open_presses": (
        "door_open_presses_count",
        Phrase("door-open was pressed {count} times", "开门按钮被按 {count} 次"),
    ),
}

REASONS = {
    "off_level_timer": Phrase(
        "stopped between floors with people inside for too long", "非平层停梯且有人，超过时限"
    ),
    "at_level_timer": Phrase(
        "shut in at a landing and in distress for too long", "平层关人求助，超过时限"
    ),
    "alarm_button": Phrase("the alarm button shortened the wait", "报警按钮缩短了等待"),
    "condition_held": Phrase("the signals showed it for long enough", "信号持续满足条件"),
    "reported_by_controller": Phrase("the lift's controller reports it", "电梯控制器上报"),
    "way_out_open": Phrase(
        "the doors are open at a landing and nobody is seen in the car", "已平层开门，轿厢未见有人"
    ),
    "moved_on": Phrase(
        "the doors had been open at a landing, and the car travels again",
        "曾平层开门，轿厢已恢复运行",
    ),
    "condition_cleared": Phrase("the signals show that it is over", "信号显示已解除"),
    "cleared_by_controller": Phrase("the lift's controller clears it", "电梯控制器上报解除"),
    "self_released": Phrase("they got out by themselves", "人员已自行脱困"),
    "withdrawn": Phrase(
        "what the lift tells now speaks against anyone shut in", "现有信号不支持有人被困"
    ),
}

KINDS = {
    "entrapment": Phrase("Entrapment", "困人"),
    "gb_01": Phrase("Safety chain open while running", "运行时安全回路断开"),
    "gb_02": Phrase("Door fails to close", "关门故障"),
    "gb_03": Phrase("Door fails to open", "开门故障"),
    "gb_04": Phrase("Stopped outside the unlocking zone", "轿厢在开锁区域外停止"),
    "gb_05": Phrase("Unintended car movement", "轿厢意外移动"),
    "gb_06": Phrase("Motor run-time limiter operated", "电动机运转时间限制器动作"),
    "gb_07": Phrase("Floor position lost", "楼层位置丢失"),
    "gb_08": Phrase("Fault that prevents restart", "防止电梯再运行故障"),
    "gb_40": Phrase("Automatic operation resumed", "恢复自动运行"),
    "gb_41": Phrase("Main power lost", "主电源断电"),
    "gb_42": Phrase("Taken out of service", "进入停止服务"),
    "gb_43": Phrase("Inspection mode", "进入检修运行"),
    "gb_44": Phrase("Fire recall", "进入消防返回"),
    "gb_45": Phrase("Firefighter operation", "进入消防员运行"),
    "gb_46": Phrase("Emergency power operation", "进入应急电源运行"),
    "gb_47": Phrase("Earthquake mode", "进入地震模式"),
    "gb_90": Phrase("Car alarm button", "轿厢报警按钮动作"),
}
