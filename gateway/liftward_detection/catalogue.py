"""What each kind of detection means: category, urgency, codes, whom it points to, how derived.

One row for each DetectionKind; whoever adds a kind adds its row. A BACnetLiftFault stands only
where the meaning is the same. Pure data. Must not know rules.
"""

from types import MappingProxyType

from liftward_detection.catalogue_equipment import EQUIPMENT_ROWS
from liftward_detection.catalogue_form import (
    Category,
    KindFacts,
    Responsible,
    Severity,
    kind_row,
    national_row,
)
from liftward_detection.kinds import DetectionKind

__all__ = ["CATALOGUE", "Category", "KindFacts", "Responsible", "Severity"]

_C, _S, _R, _K = Category, Severity, Responsible, DetectionKind
_MODE = ("the service mode says so", "由服务模式得出")

_ROWS: dict[DetectionKind, KindFacts] = {
    _K.ENTRAPMENT: kind_row(
        _C.ENTRAPMENT,
        _S.DANGEROUS,
        _R.MAINTAINER,
        ("entrapment", "困人"),
        ("someone is aboard, the car stands and there is no way out", "轿厢内有人、停止且无法离开"),
    ),
    _K.GB_01: national_row(
        "01",
        _S.DANGEROUS,
        _R.MAINTAINER,
        ("the chain opens during a run with the doors shut", "运行中且门关闭时安全回路断开"),
    ),
    _K.GB_02: national_row(
        "02",
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        (
            "stands open at a landing while a call, a re-try or a door in fault asks it to close",
            "在层站保持开门，而呼梯、重试或门故障要求关门",
        ),
    ),
    _K.GB_03: national_row(
        "03",
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        (
            "arrived with people, or asked to open, and the doors stay shut",
            "载人到站或要求开门后门仍关闭",
        ),
    ),
    _K.GB_04: national_row(
        "04",
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        ("stands outside the door zone", "停在门区之外"),
    ),
    _K.GB_05: national_row(
        "05",
        _S.DANGEROUS,
        _R.MAINTAINER,
        (
            "leaves its landing with open doors and stands outside the zone",
            "开门离开层站并停在门区之外",
        ),
        measures="distance_m",
    ),
    _K.GB_06: national_row(
        "06",
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        (
            "set to travel, doors shut, and no motion for the limiter's time",
            "已定向、门关闭，但在限制时间内不运动",
        ),
        measures="motor_current_a",
    ),
    _K.GB_07: national_row(
        "07",
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        ("the position jumps as no car can and does not come back", "位置发生不可能的跳变且不恢复"),
        measures="position_jump_m",
    ),
    _K.GB_08: national_row(
        "08",
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        (
            "doors shut, calls waiting or the chain open, and no start",
            "门关闭、有呼梯或安全回路断开而不启动",
        ),
    ),
    _K.GB_40: national_row("40", _S.INFORMATION, _R.NOBODY, None),
    _K.GB_41: national_row(
        "41",
        _S.STOPS_SERVICE,
        _R.POWER_SUPPLIER,
        ("the power source is not the mains", "电源不是主电源"),
    ),
    _K.GB_42: national_row("42", _S.STOPS_SERVICE, _R.USE_UNIT, _MODE),
    _K.GB_43: national_row("43", _S.INFORMATION, _R.MAINTAINER, _MODE),
    _K.GB_44: national_row("44", _S.INFORMATION, _R.NOBODY, _MODE),
    _K.GB_45: national_row("45", _S.INFORMATION, _R.NOBODY, _MODE),
    _K.GB_46: national_row("46", _S.DEGRADES, _R.POWER_SUPPLIER, _MODE),
    _K.GB_47: national_row("47", _S.STOPS_SERVICE, _R.NOBODY, _MODE),
    _K.GB_90: national_row(
        "90",
        _S.DANGEROUS,
        _R.NOBODY,
        ("the button is pressed", "报警按钮被按下"),
    ),
    _K.SUPPRESSION_EXPIRED: kind_row(
        _C.PLATFORM,
        _S.DEGRADES,
        _R.USE_UNIT,
        ("not watched for too long", "停止监视时间过长"),
        (
            "a mode, or another reason not to watch the lift, lasts longer than it explains",
            "某种模式或其他不监视的理由持续时间超出合理范围",
        ),
    ),
    _K.MOVING_WITH_DOOR_OPEN: kind_row(
        _C.FAULT,
        _S.DANGEROUS,
        _R.MAINTAINER,
        ("moving with a door open", "开门运行"),
        ("faster than re-levelling with a door fully open", "门全开时速度高于再平层速度"),
        measures="speed_mps",
    ),
    _K.DOOR_CYCLING: kind_row(
        _C.FAULT,
        _S.DEGRADES,
        _R.USE_UNIT,
        ("doors cycle", "门反复开关"),
        (
            "the doors fail to close, or to open, time and again at one stop",
            "在同一层站门反复开关失败",
        ),
        measures="door_cycles_count",
    ),
    _K.OVERSPEED: kind_row(
        _C.FAULT,
        _S.DANGEROUS,
        _R.MAINTAINER,
        ("overspeed", "超速"),
        (
            "faster than 115 % of the rated speed, twice, or once with the chain open",
            "两次超过额定速度的115%，或一次且安全回路断开",
        ),
        measures="speed_mps",
    ),
    _K.OVERRUN_TOP: kind_row(
        _C.FAULT,
        _S.DANGEROUS,
        _R.MAINTAINER,
        ("overrun at the top", "冲顶"),
        (
            "stands past the highest landing, once all landings are known",
            "停在最高层站之上（已知全部层站）",
        ),
        bacnet_fault=3,
        measures="position_m",
    ),
    _K.OVERRUN_BOTTOM: kind_row(
        _C.FAULT,
        _S.DANGEROUS,
        _R.MAINTAINER,
        ("overrun at the bottom", "蹲底"),
        ("stands below the lowest landing", "停在最低层站之下"),
        bacnet_fault=3,
        measures="position_m",
    ),
    _K.LEVELLING_ERROR: kind_row(
        _C.FAULT,
        _S.DEGRADES,
        _R.MAINTAINER,
        ("levelling error", "平层误差"),
        (
            "several stops in a row beyond 10 mm, or 20 mm while people pass",
            "连续多次停靠误差超过10 mm，或上下客时超过20 mm",
        ),
        measures="levelling_error_mm",
    ),
    _K.MOTOR_OVERHEATING: kind_row(
        _C.FAULT,
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        ("motor too hot", "电动机过热"),
        ("the winding is as hot as its thermistor trips at", "绕组温度达到热敏电阻动作值"),
        bacnet_fault=15,
        measures="motor_temperature_degc",
    ),
    _K.MACHINE_ROOM_TEMPERATURE: kind_row(
        _C.CONDITION,
        _S.DEGRADES,
        _R.USE_UNIT,
        ("machine room too hot or too cold", "机房温度异常"),
        ("outside 5 to 40 °C for minutes", "数分钟超出5至40 °C"),
        measures="machine_room_temperature_degc",
    ),
    _K.BRAKE_RELEASED_AT_REST: kind_row(
        _C.FAULT,
        _S.DANGEROUS,
        _R.MAINTAINER,
        ("brake released at rest", "停止时制动器未闭合"),
        ("stands with the brake released and no motor current", "停止时制动器松开且无电动机电流"),
        measures="motor_current_a",
    ),
    _K.BRAKE_APPLIED_MOVING: kind_row(
        _C.FAULT,
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        ("moving with the brake applied", "带闸运行"),
        (
            "travels with the brake applied for longer than braking takes",
            "带闸运行时间超过制动所需",
        ),
        measures="speed_mps",
    ),
    _K.STUCK_ALARM_BUTTON: kind_row(
        _C.FAULT,
        _S.DEGRADES,
        _R.MAINTAINER,
        ("alarm button stuck", "报警按钮卡阻"),
        ("pressed for ten minutes although the doors have been open", "按下十分钟，期间门曾打开"),
    ),
    _K.STUCK_CAR_CALL: kind_row(
        _C.FAULT,
        _S.DEGRADES,
        _R.MAINTAINER,
        ("car call stuck", "轿厢呼梯按钮卡阻"),
        (
            "a call waits in an empty car that has answered it more than once",
            "空轿厢多次应答后呼梯仍未消除",
        ),
        bacnet_fault=9,
    ),
    _K.RESCUE_DEVICE_FAILED: kind_row(
        _C.FAULT,
        _S.STOPS_SERVICE,
        _R.MAINTAINER,
        ("rescue device failed", "自动救援装置失效"),
        (
            "mains gone, and a lift known to have a device is not brought to a landing in time",
            "断电后，已知装有救援装置的电梯未在时限内到达层站",
        ),
    ),
    _K.CONTROLLER_FAULT: kind_row(
        _C.FAULT,
        _S.STOPS_SERVICE,
        _R.MAKER,
        ("controller silent", "控制系统失去响应"),
        (
            "tells no mode any more, standing off level or with calls waiting",
            "不再报告服务模式，且停在非平层处或有呼梯等待",
        ),
        bacnet_fault=0,
    ),
    **EQUIPMENT_ROWS,
}
CATALOGUE = MappingProxyType(_ROWS)
