"""The catalogue's rows of condition and sensor health.

A finding about a sensor points to whoever maintains lift and gateway, as a warning of wear does; it
blames nobody for the lift. Pure data. Must not know rules.
"""

from liftward_detection.catalogue_form import Category, KindFacts, Responsible, Severity, kind_row
from liftward_detection.kinds import DetectionKind

_K = DetectionKind


def _row(category: Category, names: tuple[str, str], derived: tuple[str, str]) -> KindFacts:
    return kind_row(category, Severity.DEGRADES, Responsible.MAINTAINER, names, derived)


EQUIPMENT_ROWS: dict[DetectionKind, KindFacts] = {
    _K.SENSOR_FLAPPING: _row(
        Category.DEVICE_HEALTH,
        ("sensor flaps", "传感器抖动"),
        ("the people sensor says yes and no behind shut doors", "门关闭时人员传感器反复变化"),
    ),
    _K.SENSOR_STUCK: _row(
        Category.DEVICE_HEALTH,
        ("sensor is stuck", "传感器卡滞"),
        (
            "says the same for so long, or so exactly, as cannot be",
            "长时间或过于精确地保持同一数值",
        ),
    ),
    _K.SENSOR_INVERTED: _row(
        Category.DEVICE_HEALTH,
        ("sensor is inverted", "传感器反相"),
        ("says the opposite of what other signals show, time and again", "多次与其他信号所示相反"),
    ),
    _K.SENSOR_SKEWED: _row(
        Category.DEVICE_HEALTH,
        ("sensor reads beside the truth", "传感器读数偏移"),
        (
            "an empty car that weighs, a door switch that misses closings",
            "空轿厢仍有载荷，或门开关漏报关门",
        ),
    ),
    _K.VALUES_FROZEN: _row(
        Category.DEVICE_HEALTH,
        ("gateway tells old values", "网关数值冻结"),
        (
            "no number trembles any more, or none changes during a run",
            "数值不再有任何波动，或运行中不变",
        ),
    ),
    _K.VALUES_MISSING: _row(
        Category.DEVICE_HEALTH,
        ("values fail to come", "数值间歇缺失"),
        ("numbers that had been there fail again and again", "原有数值反复缺失"),
    ),
    _K.DOOR_OPENING_DRIFT: _row(
        Category.CONDITION,
        ("doors open more slowly than usual for this lift", "开门时间偏离本梯常态"),
        ("the time to open has left this lift's own baseline", "开门时间已偏离本梯自身基线"),
    ),
    _K.DOOR_CLOSING_DRIFT: _row(
        Category.CONDITION,
        ("doors close more slowly than usual for this lift", "关门时间偏离本梯常态"),
        ("the time to close has left this lift's own baseline", "关门时间已偏离本梯自身基线"),
    ),
    _K.DOOR_RETRIES_DRIFT: _row(
        Category.CONDITION,
        ("doors try again more often than usual for this lift", "重复关门次数偏离本梯常态"),
        (
            "re-tries in a hundred door cycles have left the baseline",
            "每百次开关门的重试次数已偏离基线",
        ),
    ),
    _K.LEVELLING_DRIFT: _row(
        Category.CONDITION,
        ("levelling drifts", "平层误差漂移"),
        ("the error at stops has left the baseline, up or down", "停靠误差已向上或向下偏离基线"),
    ),
    _K.MOTOR_CURRENT_DRIFT: _row(
        Category.CONDITION,
        ("motor current drifts", "电动机电流漂移"),
        ("the current at travel speed has left the baseline", "额定运行时电流已偏离基线"),
    ),
    _K.VIBRATION_DRIFT: _row(
        Category.CONDITION,
        ("vibration drifts", "振动漂移"),
        ("the vibration at travel speed has left the baseline", "额定运行时振动已偏离基线"),
    ),
}
