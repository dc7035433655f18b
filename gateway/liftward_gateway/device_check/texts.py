"""What a person reads: each clause, what was found, and what to do, in English and Chinese.

Knows words only. Sentences of the decoder itself stay in English: they quote the contract's names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from liftward_gateway.device_check.findings import (
    Clause,
    Finding,
    Outcome,
    Result,
    Verdict,
)


class Language(StrEnum):
    EN = "en"
    ZH = "zh"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        return self.en if language is Language.EN else self.zh


OUTCOMES: Mapping[Outcome, Words] = MappingProxyType(
    {
        Outcome.PASS: Words("pass", "通过"),
        Outcome.FAIL: Words("FAIL", "不通过"),
        Outcome.NOT_SEEN: Words("not seen", "未见"),
    }
)

VERDICTS: Mapping[Verdict, Words] = MappingProxyType(
    {
        Verdict.NONE: Words("nothing at all", "无法判定"),
        Verdict.SUSPECTED: Words("suspected", "疑似"),
        Verdict.PROBABLE: Words("probable", "很可能"),
        Verdict.CONFIRMED: Words("confirmed", "确认"),
    }
)

TITLES: Mapping[Clause, Words] = MappingProxyType(
    {
        Clause.TOPIC: Words("topic and shard", "主题与分片"),
        Clause.QOS: Words("QoS 1", "QoS 1"),
        Clause.RETAIN: Words("only status retained", "仅状态保留"),
        Clause.SIZE: Words("size", "报文大小"),
        Clause.JSON: Words("JSON in UTF-8", "UTF-8 JSON"),
        Clause.SHAPE: Words("fields of messages", "报文字段"),
        Clause.BATCH: Words("shape of batches", "批量格式"),
        Clause.NAMES: Words("names of fields", "字段名"),
        Clause.VALUES: Words("units and ranges", "单位与范围"),
        Clause.IDENTITY: Words("identity in payload", "报文内身份"),
        Clause.BIRTH_RETAINED: Words("birth retained", "上线消息已保留"),
        Clause.BIRTH_COMPLETE: Words("birth complete", "上线消息完整"),
        Clause.WILL: Words("last will", "遗嘱消息"),
        Clause.BOOT: Words("boot_id", "启动编号"),
        Clause.TELEMETRY_SEQUENCE: Words("sequence of samples", "采样序号"),
        Clause.EVENT_SEQUENCE: Words("sequence of events", "事件序号"),
        Clause.REPEATS: Words("repeats identical", "重复一致"),
        Clause.CLOCK: Words("clock", "时钟"),
        Clause.SIGNALS: Words("signals as declared", "信号与声明一致"),
        Clause.SAMPLING: Words("sampling period", "采样周期"),
        Clause.HEARTBEAT: Words("heartbeat", "心跳"),
        Clause.ENTRAPMENT: Words("enough for entrapment", "足以判断困人"),
        Clause.EVENT_PATH: Words("events on their path", "事件通道"),
        Clause.REPLY: Words("reply to a command", "指令应答"),
    }
)

# What to do about a failure, or how to let a clause be seen.
ADVICE: Mapping[Clause, Words] = MappingProxyType(
    {
        Clause.TOPIC: Words(
            "publish on liftward/v1/{shard}/{id}/{kind}; shard: the low byte of the id's CRC-32",
            "请发布到 liftward/v1/{shard}/{id}/{kind}；分片为设备号 CRC-32 的低字节",
        ),
        Clause.QOS: Words(
            "publish with QoS 1 and keep each message until its PUBACK",
            "请以 QoS 1 发布，并在收到 PUBACK 前保留报文",
        ),
        Clause.RETAIN: Words(
            "publish only status with the retain flag, and clear the retained message once with an"
            " empty retained one",
            "只有 status 使用保留标志；请用空的保留报文清除一次",
        ),
        Clause.SIZE: Words("send several smaller messages", "请拆成多条较小的报文"),
        Clause.JSON: Words(
            "send one JSON object in UTF-8: no NaN, no comments, no trailing comma",
            "请发送一个 UTF-8 JSON 对象：无 NaN、无注释、无多余逗号",
        ),
        Clause.SHAPE: Words(
            "compare the field with its section of the contract",
            "请对照规约相应章节检查该字段",
        ),
        Clause.BATCH: Words(
            "rows in time order, each column as long as offset_ms, null where a value is absent",
            "行按时间排列，各列与 offset_ms 等长，缺失用 null",
        ),
        Clause.NAMES: Words(
            "write the name as the contract has it; what it does not know is not stored",
            "请使用规约中的字段名；未知字段不会保存",
        ),
        Clause.VALUES: Words(
            "check unit, sign and scaling: one impossible value refuses its whole message",
            "请检查单位、符号与倍率：一个不可能的值会使整条报文被拒",
        ),
        Clause.IDENTITY: Words(
            "leave device_id and lift_id out of the payload, or make them equal the topic's",
            "请省略报文中的 device_id 和 lift_id，或使其与主题一致",
        ),
        Clause.BIRTH_RETAINED: Words(
            "publish the birth, retained, on status after every connect",
            "每次连接后请在 status 上发布带保留标志的上线消息",
        ),
        Clause.BIRTH_COMPLETE: Words(
            "name in the birth who you are, every signal you can ever send, and both periods",
            "请在上线消息中写明身份、所有可能发送的信号以及两个周期",
        ),
        Clause.WILL: Words(
            "set the last will at each connect, retained, with this start's boot_id; to see it, cut"
            " the device's network while this runs",
            "每次连接时设置带保留标志、含本次 boot_id 的遗嘱；检查期间断网即可看到",
        ),
        Clause.BOOT: Words(
            "use one boot_id for birth, samples and events of a start, larger at every start",
            "一次启动中上线、采样、事件使用同一 boot_id，每次启动递增",
        ),
        Clause.TELEMETRY_SEQUENCE: Words(
            "count every sample by one, from 0 at each start; the rows of a batch count singly",
            "每个采样加一，每次启动从 0 开始；批量中的每一行各计一次",
        ),
        Clause.EVENT_SEQUENCE: Words(
            "count every event by one, from 0 at each start, apart from samples",
            "每个事件加一，每次启动从 0 开始，与采样分开计数",
        ),
        Clause.REPEATS: Words(
            "a number belongs to one row for ever: after a batch go on at sequence + rows",
            "一个序号只属于一行：批量之后从 sequence + 行数 继续",
        ),
        Clause.CLOCK: Words(
            "set the clock by NTP, and send the times in UTC or with their offset",
            "请用 NTP 校时，时间使用 UTC 或带时区偏移",
        ),
        Clause.SIGNALS: Words(
            "name every signal you send in the birth's signals",
            "请在上线消息的 signals 中列出所有发送的信号",
        ),
        Clause.SAMPLING: Words(
            "sample at the declared period while the car moves, or declare the true one",
            "运行时请按声明的周期采样，或声明真实周期",
        ),
        Clause.HEARTBEAT: Words(
            "send a sample at least once in a heartbeat period, at rest too",
            "静止时也请在每个心跳周期内至少发送一个采样",
        ),
        Clause.ENTRAPMENT: Words(
            "send speed_mps or position_m; door_zone or levelling_error_mm; car_door; and"
            " occupancy, load_kg or the alarm button",
            "请发送 speed_mps 或 position_m；door_zone 或 levelling_error_mm；car_door；以及"
            " occupancy、load_kg 或报警按钮",
        ),
        Clause.EVENT_PATH: Words(
            "publish alarm_pressed on the event topic at once; press the alarm button to see it",
            "请立即在 event 主题发布 alarm_pressed；按下报警按钮即可看到",
        ),
        Clause.REPLY: Words(
            "subscribe to your command topic with a durable session and answer every command on"
            " reply; --command sends a snapshot command",
            "请以持久会话订阅 command 主题，并在 reply 上应答每条指令；"
            "--command 会发送一次快照指令",
        ),
    }
)

FOUND: Mapping[Finding, Words] = MappingProxyType(
    {
        Finding.NOTHING_HEARD: Words("nothing was heard that shows it", "没有可供判断的报文"),
        Finding.NO_BATCH: Words("no batch came", "没有收到批量报文"),
        Finding.NO_SINGLE_MESSAGE: Words("only batches came", "只收到批量报文"),
        Finding.NO_BIRTH: Words("no birth was heard", "没有收到上线消息"),
        Finding.NO_OFFLINE_STATUS: Words("the device did not go offline", "设备没有离线"),
        Finding.NO_NUMBERS: Words("fewer than two numbered rows came", "有序号的行少于两行"),
        Finding.NO_TELEMETRY: Words("no sample came", "没有收到采样"),
        Finding.NO_EVENTS: Words("no event came", "没有收到事件"),
        Finding.NO_REPEATS: Words("nothing came twice", "没有重复的报文"),
        Finding.NO_PERIOD: Words("the birth names no period", "上线消息未声明周期"),
        Finding.NO_MOVEMENT: Words("the car was not seen moving", "未见轿厢运行"),
        Finding.NO_COMMAND: Words("nothing was asked of it", "没有向其下达指令"),
        Finding.WATCH_TOO_SHORT: Words(
            "watched too short: it takes more than {limit_s} s", "观察时间太短：需超过 {limit_s} 秒"
        ),
        Finding.NOT_DECLARED: Words("the birth names no signals", "上线消息未声明信号"),
        Finding.TOPICS_RIGHT: Words("shard {shard}: {kinds}", "分片 {shard}：{kinds}"),
        Finding.QOS_RIGHT: Words("{count} messages", "{count} 条报文"),
        Finding.NOTHING_RETAINED: Words("nothing else is retained", "没有其他保留报文"),
        Finding.LARGEST: Words("the largest message has {bytes} bytes", "最大报文 {bytes} 字节"),
        Finding.ALL_DECODED: Words("{count} messages decoded", "已解码 {count} 条报文"),
        Finding.BATCHES_RIGHT: Words("{count} batches, {rows} rows", "{count} 批，{rows} 行"),
        Finding.NAMES_KNOWN: Words("all known", "全部已知"),
        Finding.NAMES_IGNORED: Words("ignored and not stored: {names}", "已忽略且不保存：{names}"),
        Finding.VALUES_POSSIBLE: Words("all possible", "全部合理"),
        Finding.IDENTITY_RIGHT: Words("the topic's, or left out", "与主题一致或省略"),
        Finding.BIRTH_IS_RETAINED: Words("boot_id {boot_id}", "boot_id {boot_id}"),
        Finding.BIRTH_IS_COMPLETE: Words(
            "{maker}, {model}, firmware {firmware}, {count} signals",
            "{maker}，{model}，固件 {firmware}，{count} 个信号",
        ),
        Finding.WILL_RIGHT: Words("offline, of the same start", "离线，属同一次启动"),
        Finding.BOOT_RIGHT: Words("{boot_id} everywhere", "均为 {boot_id}"),
        Finding.COUNTED: Words("{count} rows without a gap", "{count} 行，无缺口"),
        Finding.REPEATS_IDENTICAL: Words("{count} repeats", "{count} 次重复"),
        Finding.SKEW: Words(
            "{skew_s} s against this machine, the way included", "与本机相差 {skew_s} 秒（含传输）"
        ),
        Finding.SIGNALS_AS_DECLARED: Words(
            "{seen} of {declared} came; not in this time: {unseen}",
            "声明 {declared} 个，收到 {seen} 个；期间未见：{unseen}",
        ),
        Finding.PERIOD_KEPT: Words(
            "longest gap {longest_s} s, declared {period_s} s",
            "最长间隔 {longest_s} 秒，声明 {period_s} 秒",
        ),
        Finding.VERDICT_POSSIBLE: Words(
            "a trapped person can be seen as: {verdict}", "困人最高可判定为：{verdict}"
        ),
        Finding.EVENTS_COME: Words("{count} events", "{count} 个事件"),
        Finding.REPLIED: Words("{count} answered: {results}", "已应答 {count} 条：{results}"),
        Finding.WRONG_TOPIC: Words("{detail}", "主题错误：{detail}"),
        Finding.QOS_ZERO: Words("a message came with QoS 0", "有报文以 QoS 0 发布"),
        Finding.RETAINED_MESSAGE: Words("a message is retained", "有报文被保留"),
        Finding.REFUSED: Words("refused: {detail}", "被拒：{detail}"),
        Finding.NAME_MISSPELT: Words(
            "{name} is unknown; {meant} may be meant", "未知字段 {name}；可能是 {meant}"
        ),
        Finding.BIRTH_NOT_RETAINED: Words(
            "it speaks, and no status is retained", "设备在发报文，但没有保留的状态"
        ),
        Finding.OFFLINE_WHILE_SENDING: Words(
            "the retained status says offline while it speaks", "保留状态为离线，但设备仍在发报文"
        ),
        Finding.BIRTH_INCOMPLETE: Words("it leaves out: {missing}", "缺少：{missing}"),
        Finding.BIRTH_NAMES_UNKNOWN: Words(
            "signals the contract does not have: {names}", "规约中没有的信号：{names}"
        ),
        Finding.WILL_OF_OTHER_BOOT: Words(
            "the will is of start {will}, the birth of {birth}",
            "遗嘱属于启动 {will}，上线消息属于 {birth}",
        ),
        Finding.BOOT_DIFFERS: Words(
            "the birth says {birth}, the numbers are of {numbers}",
            "上线消息为 {birth}，序号属于 {numbers}",
        ),
        Finding.BOOT_FELL: Words("it fell from {before} to {now}", "由 {before} 降为 {now}"),
        Finding.NUMBERS_MISSING: Words(
            "{missing} missing: after {after} came {then}", "缺 {missing} 个：{after} 之后是 {then}"
        ),
        Finding.NOT_FROM_ZERO: Words(
            "start {boot_id} began with {first}", "启动 {boot_id} 从 {first} 开始"
        ),
        Finding.REPEATS_DIFFER: Words(
            "number {sequence} of start {boot_id} came with two contents",
            "启动 {boot_id} 的序号 {sequence} 出现两种内容",
        ),
        Finding.CLOCK_OFF: Words(
            "{skew_s} s against this machine, or late by as much",
            "与本机相差 {skew_s} 秒，或延迟相同",
        ),
        Finding.UNDECLARED: Words("not in the birth: {names}", "未在上线消息中声明：{names}"),
        Finding.PERIOD_BROKEN: Words(
            "a gap of {longest_s} s, declared {period_s} s",
            "间隔 {longest_s} 秒，声明 {period_s} 秒",
        ),
        Finding.SILENT: Words(
            "no sample came, declared every {period_s} s", "没有收到采样，声明每 {period_s} 秒"
        ),
        Finding.SIGNALS_MISSING: Words(
            "missing {missing}: at most {verdict}", "缺少 {missing}：最高 {verdict}"
        ),
        Finding.ALARM_NOT_TOLD: Words(
            "the alarm button shows in telemetry, and no event came",
            "采样中报警按钮按下，但没有事件",
        ),
        Finding.NO_REPLY: Words("no answer in time to {command}", "{command} 未按时应答"),
        Finding.REPLY_WITHOUT_SNAPSHOT: Words(
            "a snapshot was done and the answer has none", "快照已完成，但应答中没有采样"
        ),
    }
)


def sentence(result: Result, language: Language) -> str:
    """Return what was found, in one sentence."""
    return (
        FOUND[result.finding]
        .of(language)
        .format_map({name: _shown(value, language) for name, value in result.values.items()})
    )


def advice(result: Result, language: Language) -> str:
    """Return what to do about a clause that failed or was not seen."""
    return ADVICE[result.clause].of(language)


def _shown(value: object, language: Language) -> str:
    """Values of findings come from devices: nothing in them may drive a terminal."""
    if isinstance(value, Verdict):
        return VERDICTS[value].of(language)
    return printable(str(value))


def printable(text: str) -> str:
    """Return text with control characters and lone surrogates replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
