"""Closing codes: what caused an entrapment, how the people got out, why a crew refused.

A code is `family.item`: the family is what statistics group by. The lists follow those seen in a
city rescue centre's app; names in English and Chinese. Pure data.
"""

from dataclasses import dataclass

from liftward_platform.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Name:
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Code:
    """One choice of a closing form."""

    code: str
    name: Name


@dataclass(frozen=True, slots=True)
class Family:
    """A family of causes and its items."""

    code: str
    name: Name
    items: tuple[Code, ...]


def _family(code: str, en: str, zh: str, *items: tuple[str, str, str]) -> Family:
    rows = (*items, ("other", f"other: {en}", f"其他（{zh}）"))
    return Family(
        code, Name(en, zh), tuple(Code(f"{code}.{item}", Name(*names)) for item, *names in rows)
    )


CAUSES: tuple[Family, ...] = (
    _family(
        "human",
        "human",
        "人为原因",
        ("rubbish_in_door", "household rubbish blocks the door", "生活垃圾卡阻层轿门"),
        ("door_deformed", "rough handling deformed the door", "野蛮搬运导致门变形"),
        ("decoration_rubbish", "decoration rubbish blocks the door", "装修垃圾卡阻层轿门"),
        ("overload", "overload", "超载"),
        ("door_held", "door held open too long", "长时间挡门"),
    ),
    _family(
        "external",
        "external",
        "外部原因",
        ("mains_cut", "mains cut while running", "运行中断电"),
        ("water", "water short-circuited the electrics", "进水造成电气短路"),
        ("machine_room_heat", "machine room too hot, control tripped", "机房温度过高控制系统保护"),
        ("self_recovered", "recovered by itself after a fault", "故障后自动恢复"),
    ),
    _family(
        "door",
        "door system",
        "门系统",
        ("car_door_lock", "car-door lock", "轿门锁"),
        ("landing_door_lock", "landing-door lock", "层门锁"),
        ("operator", "door operator", "门机"),
        ("coupler", "coupler or roller gap", "门刀与门球间隙"),
        ("reopening_device", "safety edge or light curtain", "安全触板或光幕"),
        ("linkage", "panel linkage", "门扇联动装置"),
        ("contact", "door contact", "门触点"),
        ("hanger_roller", "hanger roller", "门挂轮"),
        ("guide", "door guide or sill", "门导靴或地坎"),
    ),
    _family(
        "control",
        "control system",
        "控制系统",
        ("board", "control board", "主控板"),
        ("inverter", "inverter", "变频器"),
        ("position_signal", "position or levelling signal", "位置或平层信号"),
    ),
    _family(
        "electrical",
        "electrical system",
        "电气系统",
        ("relay", "relay or contactor", "继电器或接触器"),
        ("safety_circuit", "wiring of the safety circuit", "安全回路接线"),
        ("travelling_cable", "travelling cable", "随行电缆"),
    ),
    _family(
        "traction",
        "traction system",
        "曳引系统",
        ("brake", "brake", "制动器"),
        ("rope", "ropes or belts", "钢丝绳或曳引带"),
        ("motor", "machine or motor", "曳引机"),
    ),
    _family(
        "guide",
        "guide system",
        "导向系统",
        ("shoe", "guide shoe", "导靴"),
        ("rail", "guide rail", "导轨"),
    ),
    _family(
        "car",
        "car",
        "轿厢",
        ("load_sensor", "load sensor", "称重装置"),
        ("operating_panel", "car operating panel", "轿厢操纵箱"),
    ),
    _family(
        "safety",
        "safety devices",
        "安全保护装置",
        ("governor", "overspeed governor", "限速器"),
        ("safety_gear", "safety gear", "安全钳"),
        ("limit_switch", "limit switch", "限位或极限开关"),
    ),
    _family(
        "installation",
        "installation and commissioning",
        "安装调试",
        ("adjustment", "wrong adjustment", "调整不当"),
        ("parameter", "wrong parameter", "参数设置错误"),
    ),
    _family("other", "other", "其他"),
)  # fmt: skip - one row a line

RELEASE_METHODS: tuple[Code, ...] = (
    Code("open_at_level", Name("doors opened at the landing", "平层位置开门")),
    Code("balance_weight", Name("re-levelled by adding balance weight", "增加平衡重量后平层")),
    Code("hand_wind", Name("machine wound by hand", "盘车平层")),
    Code("force_door", Name("door forced", "强行开门")),
    Code("after_adjustment", Name("released after adjustment", "检修调整后放人")),
    Code("other", Name("other", "其他")),
)

REFUSAL_REASONS: tuple[Code, ...] = (
    Code("on_other_rescue", Name("on another rescue", "正在处理其他救援")),
    Code("too_far", Name("too far away", "距离过远")),
    Code("vehicle_problem", Name("no vehicle, or it broke down", "车辆故障或无车")),
    Code("off_duty", Name("off duty", "不在班")),
    Code("not_our_lift", Name("not our lift", "非本单位维保电梯")),
    Code("other", Name("other", "其他")),
)

# How a release was confirmed: the call back to passenger or use unit that the workflow of the city
# centres asks for (Jiangsu's standard), or what stands in for it.
CONFIRMATION_WAYS: tuple[Code, ...] = (
    Code("telephone", Name("by telephone", "电话回访")),
    Code("on_site", Name("spoken to on site", "现场当面确认")),
    Code("car_intercom", Name("over the car's intercom", "轿厢对讲")),
    Code("in_liftward", Name("entered by the use unit itself", "使用单位自行录入")),
    Code("camera", Name("seen on a camera", "监控画面确认")),
    Code("other", Name("other", "其他")),
)

# Why an incident is closed although a fact is missing. Ours.
INCOMPLETE_REASONS: tuple[Code, ...] = (
    Code("maintainer_reports_later", Name("the maintainer reports it later", "维保单位后续上报")),
    Code("lift_taken_over", Name("the lift was handed to its use unit", "电梯已移交使用单位处置")),
    Code("not_reachable", Name("nobody who knows can be reached", "知情人员无法联系")),
    Code("other", Name("other", "其他")),
)

CAUSE_CODES = frozenset(item.code for family in CAUSES for item in family.items)
RELEASE_METHOD_CODES = frozenset(method.code for method in RELEASE_METHODS)
REFUSAL_REASON_CODES = frozenset(reason.code for reason in REFUSAL_REASONS)
CONFIRMATION_WAY_CODES = frozenset(way.code for way in CONFIRMATION_WAYS)
INCOMPLETE_REASON_CODES = frozenset(reason.code for reason in INCOMPLETE_REASONS)


def family_of(cause_code: str) -> str:
    """Return the family that a cause code belongs to."""
    return cause_code.partition(".")[0]


def check_codes(
    *,
    cause_code: str | None = None,
    release_method: str | None = None,
    refusal_reason: str | None = None,
    confirmed_how: str | None = None,
    incomplete_reason: str | None = None,
) -> None:
    """Refuse a code that is on no list; None passes.

    Raises
    ------
    InvalidError
        Naming the field, the value and what is allowed.
    """
    checks = (
        ("cause_code", cause_code, CAUSE_CODES),
        ("release_method", release_method, RELEASE_METHOD_CODES),
        ("refusal_reason", refusal_reason, REFUSAL_REASON_CODES),
        ("confirmed_how", confirmed_how, CONFIRMATION_WAY_CODES),
        ("incomplete_reason", incomplete_reason, INCOMPLETE_REASON_CODES),
    )
    for field, value, allowed in checks:
        if value is not None and value not in allowed:
            raise InvalidError(
                f"unknown_{field}",
                f"{field} is {value!r}; GET /api/closing-codes lists what is allowed",
                allowed=sorted(allowed),
            )
