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

# What weighs in an entrapment's belief, where evidence above has no word for it.
PIECES = {
    "prior": Sign(Role.SOURCE, Phrase("how rare it is to begin with", "困人本属少见")),
    "time_at_rest": Sign(Role.SOURCE, Phrase("the time at rest", "停留时间")),
    "closed_here": Sign(
        Role.SOURCE, Phrase("the doors closed at this landing", "在本层关门后未运行")
    ),
    "ran_at_speed": Sign(Role.SOURCE, Phrase("it made a run", "此前正常运行")),
    "crept": Sign(Role.SOURCE, Phrase("it only crept", "仅低速移动过")),
    "automatic_service": Sign(Role.SOURCE, Phrase("automatic service is told", "处于自动服务模式")),
    "sensor_occupied": Sign(
        Role.SOURCE, Phrase("the people sensor sees someone", "人员传感器有人")
    ),
    "sensor_flaps": Sign(
        Role.SIGN, Phrase("the people sensor says yes and no", "人员传感器时有时无")
    ),
    "sensor_empty": Sign(Role.SIGN, Phrase("the people sensor sees nobody", "人员传感器未见人")),
    "load_occupied": Sign(Role.SOURCE, Phrase("the load is that of people", "载荷显示有人")),
    "load_empty": Sign(Role.SIGN, Phrase("the load is that of an empty car", "载荷显示空载")),
    "no_car_calls": Sign(Role.SIGN, Phrase("no car call waits", "没有内选登记")),
    "direction_set": Sign(Role.SIGN, Phrase("it means to travel", "已定方向但未运行")),
    "door_opening": Sign(Role.SIGN, Phrase("a door says that it is opening", "有门显示正在打开")),
    "door_fault": Sign(
        Role.SIGN, Phrase("a door is neither open nor shut", "有门未开到位也未关到位")
    ),
    "door_retries": Sign(Role.SIGN, Phrase("a door tried again", "门曾重试")),
    "more_door_retries": Sign(Role.SOURCE, Phrase("and again", "多次重试")),
    "more_door_open_presses": Sign(Role.SOURCE, Phrase("and again", "多次按下")),
    "controller_code": Sign(Role.SIGN, Phrase("the controller reports a fault", "控制器上报故障")),
}

# A word that is told otherwise when a further piece weighs, too.
REPEATED = {
    "door_open_presses": (
        "more_door_open_presses",
        Phrase("door-open was pressed several times", "开门按钮被多次按下"),
    ),
    "door_retries": (
        "more_door_retries",
        Phrase("a door tried again several times", "门曾多次重试"),
    ),
}

# What a kind measured, by the signal or quantity that its name begins with, is told with its unit.
MEASURED = Phrase("at worst {value}", "最大 {value}")
UNITS = {
    "mm": Phrase("mm", "毫米"),
    "m": Phrase("m", "米"),
    "mps": Phrase("m/s", "米/秒"),
    "mps2": Phrase("m/s²", "米/秒²"),
    "s": Phrase("s", "秒"),
    "kg": Phrase("kg", "公斤"),
    "a": Phrase("A", "安"),
    "degc": Phrase("°C", "°C"),
    "count": Phrase("times", "次"),
}

# Of a drift: what is usual, what is now, how fast, how long until the limit.
DRIFT = Phrase(
    "usually {baseline_value}, now {current_value}", "通常 {baseline_value}，现为 {current_value}"
)
TREND = Phrase(
    "at this rate at its limit in {days_to_limit} days", "按此趋势 {days_to_limit} 天后达到限值"
)
OF_SIGNAL = Phrase("the signal: {signal}", "信号：{signal}")

NUMBERS = {
    "seconds_stationary": Phrase("stationary, s", "静止（秒）"),
    "floor": Phrase("floor", "楼层"),
    "load_kg": Phrase("load, kg", "载荷（kg）"),
    "suppression": Phrase("not watched because of", "未监视原因"),
    "signal": Phrase("signal", "信号"),
    "baseline_value": Phrase("usual value", "通常值"),
    "current_value": Phrase("value now", "当前值"),
    "trend_per_day": Phrase("change per day", "每日变化"),
    "days_to_limit": Phrase("days to the limit", "距限值天数"),
    "distance_m": Phrase("distance, m", "距离 m"),
    "position_jump_m": Phrase("jump of position, m", "位置跳变 m"),
}

SIGNALS = {
    "service_mode": Phrase("service mode", "服务模式"),
    "position_m": Phrase("position, m", "轿厢位置 m"),
    "speed_mps": Phrase("speed, m/s", "速度 m/s"),
    "direction": Phrase("direction", "方向"),
    "car_door": Phrase("car door", "轿门"),
    "landing_door": Phrase("landing door", "层门"),
    "door_zone": Phrase("door zone", "门区"),
    "levelling_error_mm": Phrase("levelling error, mm", "平层误差 mm"),
    "occupancy": Phrase("people sensor", "人员传感器"),
    "alarm_button": Phrase("alarm button", "报警按钮"),
    "power_source": Phrase("power", "电源"),
    "safety_chain": Phrase("safety chain", "安全回路"),
    "brake": Phrase("brake", "制动器"),
    "car_calls_count": Phrase("car calls", "内选数"),
    "door_open_presses_count": Phrase("door-open presses", "开门按钮次数"),
    "motor_current_a": Phrase("motor current, A", "电动机电流 A"),
    "motor_temperature_degc": Phrase("motor temperature, °C", "电动机温度 °C"),
    "machine_room_temperature_degc": Phrase("machine-room temperature, °C", "机房温度 °C"),
    "vibration_mps2": Phrase("vibration, m/s²", "振动 m/s²"),
    "trips_count": Phrase("trips", "运行次数"),
    "door_cycles_count": Phrase("door cycles", "开关门次数"),
    "run_time_h": Phrase("running time, h", "运行时间 h"),
}

SUPPRESSIONS = {
    "none": Phrase("watched", "正常监视"),
    "inspection": Phrase("in inspection", "检修"),
    "firefighter": Phrase("in firefighter operation", "消防员运行"),
    "out_of_service": Phrase("out of service", "停用"),
    "independent": Phrase("in independent service", "独立运行"),
    "parked_empty": Phrase("parked empty", "空梯驻停"),
    "rescue_device": Phrase("driven by its rescue device", "自动救援装置运行"),
    "relevelling": Phrase("re-levelling", "再平层"),
    "overload": Phrase("overloaded at a landing", "层站超载"),
    "door_held_open": Phrase("its door held open", "门保持打开"),
    "test_call": Phrase("in a test call", "测试呼叫"),
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
    "self_released": Phrase(
        "the car reached a landing by itself and opened", "轿厢自行到达层站并开门"
    ),
    "belief": Phrase("the evidence reached this level", "证据达到该级别"),
    "second_source": Phrase("a second source agrees", "有第二来源印证"),
    "silent_without_mains": Phrase(
        "it fell silent in mid-run without mains", "运行途中断电后失去数据"
    ),
    "time_box_over": Phrase("it lasts longer than its reason explains", "持续时间超出其原因"),
    "drifted": Phrase("it left this lift's own usual values", "偏离本梯自身的常态"),
    "contradicted": Phrase("what a sensor says cannot be so", "传感器数据自相矛盾"),
    "maintenance_visit": Phrase("somebody was there for maintenance", "维保人员已到场"),
    "withdrawn": Phrase(
        "what the lift tells now speaks against anyone shut in", "现有信号不支持有人被困"
    ),
}
