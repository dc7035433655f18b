"""The words of the plot, in both languages. Tables only."""

from liftward_detection.explain_words import Phrase

LANES = {
    "level": Phrase("Verdict", "判断"),
    "position_m": Phrase("Car position, m", "轿厢位置 m"),
    "floor": Phrase("Floor", "楼层"),
    "speed_mps": Phrase("Speed, m/s", "速度 m/s"),
    "car_door": Phrase("Car door", "轿门"),
    "landing_door": Phrase("Landing door", "层门"),
    "door_zone": Phrase("Door zone", "门区"),
    "occupancy": Phrase("Car", "轿厢"),
    "load_kg": Phrase("Load, kg", "载荷 kg"),
    "alarm_button": Phrase("Alarm button", "报警按钮"),
    "door_open_presses_count": Phrase("Door-open button", "开门按钮"),
    "power_source": Phrase("Power", "电源"),
    "safety_chain": Phrase("Safety chain", "安全回路"),
}

# By signal, since one word may mean two things: a button and a brake are both "released".
STATES = {
    "closed": Phrase("closed", "关闭"),
    "opening": Phrase("opening", "开门中"),
    "open": Phrase("open", "打开"),
    "closing": Phrase("closing", "关门中"),
    "fault": Phrase("fault", "故障"),
    "inside": Phrase("inside", "门区内"),
    "outside": Phrase("outside", "门区外"),
    "empty": Phrase("empty", "无人"),
    "occupied": Phrase("occupied", "有人"),
    "released": Phrase("not pressed", "未按"),
    "pressed": Phrase("pressed", "按下"),
    "mains": Phrase("mains", "市电"),
    "emergency": Phrase("emergency", "应急"),
    "battery": Phrase("battery", "电池"),
    "lost": Phrase("lost", "断电"),
}

# States that speak of something wrong; drawn so that they are seen without colour, too.
ALARMING = frozenset({"fault", "outside", "pressed", "lost", "battery", "emergency"})

LEVELS = {
    "suspected": Phrase("suspected", "疑似"),
    "probable": Phrase("probable", "很可能"),
    "confirmed": Phrase("confirmed", "确认"),
}

HEADING = Phrase("What lift {lift_id} told", "电梯 {lift_id} 上报的数据")
ONSET = Phrase("onset {time}", "开始 {time}")
PRESSED = Phrase("pressed {count}×", "按 {count} 次")
UNKNOWN = Phrase("not known", "未知")
WINDOW = Phrase("From {start} to {end} ({zone}).", "{start} 至 {end}（{zone}）。")
LAST_REPORT = Phrase(
    "Last report {time}, {age} before this was drawn.", "最后一次数据 {time}，绘制时已过 {age}。"
)
NO_REPORT = Phrase(
    "The samples of this time are not kept any more.", "该时段的采样数据已不再保存。"
)
NEVER_REPORTED = Phrase(
    "Nothing was reported by the sensors in this time; presses and codes stand in the sentence.",
    "该时段传感器没有上报数据；报警按钮与故障码见文字说明。",
)
CUT = Phrase("The window holds more samples than are drawn.", "该时段的采样多于图中所示。")
LEGEND = Phrase("Hatched: not known.", "斜线：未知。")
THRESHOLDS = Phrase("Levels from: {levels}.", "判断阈值：{levels}。")
