"""What a message says to a person, in each language: tables, and one function that fills them.

Pure. A subject without a sentence of its own is named by its word, so that nothing is ever silent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from liftward_platform.notifications.model import Message, Place, Subject

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = (ENGLISH, CHINESE)
# China has one time; a person is told local time.
LOCAL = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Text:
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """The words around the facts, per language."""

    place: str
    when: str
    sequence: str
    bundle: str


_FRAMES: Mapping[str, _Frame] = {
    ENGLISH: _Frame(
        place="{building}, {address} (lift {lift_id}, rescue code {rescue_code})",
        when="{time} (UTC+8)",
        sequence="Message {number}",
        bundle="{count} messages: incidents {incidents}",
    ),
    CHINESE: _Frame(
        place="{building}，{address}（电梯 {lift_id}，救援码 {rescue_code}）",
        when="{time}",
        sequence="消息 {number}",
        bundle="{count} 条消息：事件 {incidents}",
    ),
}

_S = Subject
_TITLES: Mapping[str, Mapping[str, str]] = {
    ENGLISH: {
        _S.INCIDENT_OPENED: "Incident {incident}: someone may be trapped",
        _S.ORDER_SENT: "RESCUE ORDER {order}: someone is trapped. Accept or refuse now",
        _S.ORDER_EXPIRED: "Order {order}: no answer in time, another crew is asked",
        _S.ORDER_WITHDRAWN: "Order {order} is withdrawn: do not go",
        _S.UNANSWERED: "UNANSWERED: no crew left to ask for incident {incident}",
        _S.RELEASE_OVERDUE: "Incident {incident}: the release is overdue",
        _S.REPORT_DOUBTED: "Incident {incident}: a crew's report is doubted. Confirm or dismiss",
        _S.PERSONS_INJURED: "Incident {incident}: PERSONS INJURED ({injured})",
        _S.CHECK_IN_DUE: "Order {order}: say that you are well",
        _S.SIGN_OF_LIFE_MISSING: "Incident {incident}: no sign of life from the technician alone",
        _S.ORDER_NOT_DELIVERED: "NOT DELIVERED: order {order} reached nobody at {crew}. Telephone",
        _S.CHANNEL_FAILED: "Channel {channel} of {destination} does not work",
        _S.CHANNEL_WORKS_AGAIN: "Channel {channel} of {destination} works again",
        _S.CHANNEL_TEST: "TEST of Liftward's channel {channel}: nobody is trapped, nothing to do",
        "report_received": "Incident {incident}: a person's report has come in",
        "life_overdue": "Incident {incident}: a step is overdue",
        _S.ARRIVAL_LATE: "Incident {incident}: nobody has arrived within the limit",
        _S.LIKELY_LATE: "Incident {incident}: help is likely to be late",
        _S.ORDER_NOT_SEEN: "Order {order}: the device of {crew} has not shown it yet",
        _S.ORDER_TOLD_AGAIN: "Order {order}, once more: someone is trapped. Accept or refuse now",
    },
    CHINESE: {
        _S.INCIDENT_OPENED: "事件 {incident}：可能有人被困",
        _S.ORDER_SENT: "救援指令 {order}：有人被困，请立即接受或拒绝",
        _S.ORDER_EXPIRED: "指令 {order} 超时未应答，已改派其他人员",
        _S.ORDER_WITHDRAWN: "指令 {order} 已撤销：请勿前往",
        _S.UNANSWERED: "无人应答：事件 {incident} 已无可派人员",
        _S.RELEASE_OVERDUE: "事件 {incident}：解救确认超时",
        _S.REPORT_DOUBTED: "事件 {incident}：救援人员的报告存疑，请确认或驳回",
        _S.PERSONS_INJURED: "事件 {incident}：有人受伤（{injured}）",
        _S.CHECK_IN_DUE: "指令 {order}：请报平安",
        _S.SIGN_OF_LIFE_MISSING: "事件 {incident}：单人作业人员未报平安",
        _S.ORDER_NOT_DELIVERED: "未送达：指令 {order} 未能通知 {crew}，请电话联系",
        _S.CHANNEL_FAILED: "{destination} 的通道 {channel} 无法使用",
        _S.CHANNEL_WORKS_AGAIN: "{destination} 的通道 {channel} 已恢复",
        _S.CHANNEL_TEST: "测试：Liftward 通道 {channel}，无人被困，无需处理",
        "report_received": "事件 {incident}：收到人员报告",
        "life_overdue": "事件 {incident}：有步骤超时",
        _S.ARRIVAL_LATE: "事件 {incident}：超时未到场",
        _S.LIKELY_LATE: "事件 {incident}：救援可能超时",
        _S.ORDER_NOT_SEEN: "指令 {order}：{crew} 的设备尚未显示",
        _S.ORDER_TOLD_AGAIN: "指令 {order}（再次提醒）：{crew}，可能有人被困，请答复",
    },
}
_OTHER = {ENGLISH: "Incident {incident}: {subject}", CHINESE: "事件 {incident}：{subject}"}


def title(message: Message, language: str) -> str:
    """Return the one line that names what it is about."""
    pattern = _TITLES[language].get(message.subject, _OTHER[language])
    body = message.body
    return pattern.format(
        incident=message.incident_id or "-",
        order=message.order_id or body.get("order_id") or "-",
        crew=body.get("crew_id", "-"),
        injured=body.get("injured_count", "?"),
        destination=body.get("destination", message.destination),
        channel=body.get("channel_name", message.channel_name),
        subject=message.subject,
    )


def text_of(message: Message, language: str) -> Text:
    """Return what a person reads; a bundle names every incident, one line each."""
    if not message.bundled:
        return Text(title(message, language), "\n".join(_lines(message, language)))
    frame = _FRAMES[language]
    every = message.all_messages
    numbers = sorted({one.incident_id for one in every if one.incident_id is not None})
    incidents = ", ".join(map(str, numbers))
    lines = [" · ".join((title(one, language), *_about(one, language))) for one in every]
    lines.append(frame.sequence.format(number=message.number))
    return Text(frame.bundle.format(count=len(every), incidents=incidents), "\n".join(lines))


def _lines(message: Message, language: str) -> list[str]:
    return [*_about(message, language), _FRAMES[language].sequence.format(number=message.number)]


def _about(message: Message, language: str) -> tuple[str, ...]:
    frame = _FRAMES[language]
    place = () if message.place is None else (_place(frame, message.place),)
    return (*place, frame.when.format(time=_time(message.created_at)))


def _place(frame: _Frame, place: Place) -> str:
    return frame.place.format(
        building=place.building,
        address=place.address,
        lift_id=place.lift_id,
        rescue_code=place.rescue_code,
    )


def _time(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S")
