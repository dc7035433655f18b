"""`liftward check-device`: judge a device by the contract, over the broker, without a database."""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from liftward_gateway.admit import from_microseconds
from liftward_gateway.commands.decision import REPLY_GRACE
from liftward_gateway.connection import BrokerAddress, BrokerUnavailableError
from liftward_gateway.device_check.findings import Clause, Outcome, Result
from liftward_gateway.device_check.judging import judge
from liftward_gateway.device_check.observation import Heard, Observation
from liftward_gateway.device_check.texts import (
    OUTCOMES,
    TITLES,
    Language,
    Words,
    advice,
    printable,
    sentence,
)
from liftward_gateway.device_check.watch import COMMAND_DEADLINE_S, Watched, watch
from liftward_gateway.settings import BROKER_SETTING, DEFAULT_BROKER_URL, broker_address
from liftward_kit.client_tls import ClientTls
from liftward_kit.clock import utc_now
from liftward_kit.settings import SettingError, process_environ
from liftward_kit.subcommand import (
    DOES_NOT_HOLD,
    HOLDS,
    WRONG_CALL,
    CallError,
    print_object,
    progress,
)
from liftward_wire.topics import DEVICE_ID

USUAL_S = 60.0
QUICK_S = 20.0
_SECONDS_MIN, _SECONDS_MAX = 3.0, 3_600.0
_EXCERPT_CHARS = 160

_EXAMPLE = Words("example", "示例")
_TO_DO = Words("to do", "处理")
_SUMMARY = Words(
    "{lift_id}: {passed} pass, {failed} fail, {not_seen} not seen"
    " ({messages} messages in {seconds} s)",
    "{lift_id}：{passed} 项通过，{failed} 项不通过，{not_seen} 项未见"
    "（{seconds} 秒内 {messages} 条报文）",
)
_NOTHING = Words(
    "{lift_id}: nothing was heard in {seconds} s: is it on, is it this broker, is it this id?",
    "{lift_id}：{seconds} 秒内没有收到任何报文：设备是否开机？代理与设备号是否正确？",
)
_EARLY = Words("stopped early: more came than is kept", "提前结束：报文超过可保存的数量")


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--broker", metavar="URL", help=f"mqtt://[user:password@]host:port ({BROKER_SETTING})"
    )
    parser.add_argument(
        "--lift", required=True, type=_device_id, metavar="ID", help="the lift's id"
    )
    parser.add_argument(
        "--edge", type=_device_id, metavar="ID", help="the edge that sends this lift's samples"
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=USUAL_S, help=f"how long to watch (default {USUAL_S:g})"
    )
    parser.add_argument(
        "--command", action="store_true", help="ask it for a snapshot; else nothing is published"
    )
    parser.add_argument("--quick", action="store_true", help=f"at most {QUICK_S:g} s")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--language", choices=list(Language), default=Language.EN, type=Language)


def run(arguments: Namespace) -> int:
    """Watch and judge; 0 nothing fails, 1 a clause fails or nothing was heard, 2 wrong call."""
    seconds = min(arguments.seconds, QUICK_S) if arguments.quick else arguments.seconds
    answer_s = COMMAND_DEADLINE_S + REPLY_GRACE.total_seconds()
    if arguments.command and seconds <= answer_s:
        raise CallError(
            f"--seconds is {seconds:g}; with --command more than {answer_s:g} are needed"
        )
    address = _address(arguments.broker)
    progress(f"watching {arguments.lift} on {address.host}:{address.port} for {seconds:g} s")
    try:
        watched = asyncio.run(
            watch(
                address,
                lift_id=arguments.lift,
                edge_id=arguments.edge,
                seconds=seconds,
                command_id=f"check-{token_hex(8)}" if arguments.command else None,
                client_id=f"liftward-check-{token_hex(4)}",
                clock=utc_now,
            )
        )
    except BrokerUnavailableError as error:
        progress(f"liftward check-device: {error}")
        return WRONG_CALL
    heard = Heard.of(
        watched.observations,
        lift_id=arguments.lift,
        edge_id=arguments.edge,
        started_us=watched.started_us,
        ended_us=watched.ended_us,
    )
    results = judge(heard)
    holds = bool(heard.reads) and all(one.outcome is not Outcome.FAIL for one in results)
    if arguments.json:
        print_object(as_object(arguments, heard, watched, results, holds=holds))
    else:
        sys.stdout.write("\n".join(lines(heard, watched, results, arguments.language)) + "\n")
    return HOLDS if holds else DOES_NOT_HOLD


def lines(
    heard: Heard, watched: Watched, results: Sequence[Result], language: Language
) -> list[str]:
    """Return what a person reads: a line for each clause, more where something is to be done."""
    shown: list[str] = []
    for one in results:
        outcome, title = OUTCOMES[one.outcome].of(language), TITLES[one.clause].of(language)
        shown.append(f"{_padded(outcome, 10)}{_padded(title, 22)}{sentence(one, language)}")
        if one.outcome is Outcome.FAIL:
            if one.example is not None:
                shown.append(f"          {_EXAMPLE.of(language)}: {excerpt(one.example)}")
            shown.append(f"          {_TO_DO.of(language)}: {advice(one, language)}")
    if watched.stopped_early:
        shown.append(_EARLY.of(language))
    counts = Counter(one.outcome for one in results)
    summary = _SUMMARY if heard.reads else _NOTHING
    shown.append(
        summary.of(language).format(
            lift_id=heard.lift_id,
            passed=counts[Outcome.PASS],
            failed=counts[Outcome.FAIL],
            not_seen=counts[Outcome.NOT_SEEN],
            messages=len(heard.reads),
            seconds=f"{_seconds_of(watched):.0f}",
        )
    )
    return shown


def as_object(
    arguments: Namespace,
    heard: Heard,
    watched: Watched,
    results: Sequence[Result],
    *,
    holds: bool,
) -> dict[str, Any]:
    """Return the object of `--json`."""

    def named(outcome: Outcome) -> list[Clause]:
        return [one.clause for one in results if one.outcome is outcome]

    return {
        "lift_id": heard.lift_id,
        "edge_id": arguments.edge,
        "quick": arguments.quick,
        "seconds": round(_seconds_of(watched), 1),
        "stopped_early": watched.stopped_early,
        "messages_count": len(heard.reads),
        "holds": holds,
        "failed": named(Outcome.FAIL),
        "not_seen": named(Outcome.NOT_SEEN),
        "clauses": [
            {
                "clause": one.clause,
                "outcome": one.outcome,
                "finding": one.finding,
                "text": sentence(one, arguments.language),
                "values": dict(one.values),
                "advice": None if one.outcome is Outcome.PASS else advice(one, arguments.language),
                "example": None if one.example is None else _shown(one.example),
            }
            for one in results
        ],
    }


def excerpt(observation: Observation) -> str:
    """Return topic and the beginning of the payload on one line, harmless to a terminal."""
    text = observation.payload[: _EXCERPT_CHARS + 1].decode("utf-8", "replace")
    cut = "…" if len(observation.payload) > _EXCERPT_CHARS else ""
    return (
        f"{printable(observation.topic)[:_EXCERPT_CHARS]} {printable(text)[:_EXCERPT_CHARS]}{cut}"
    )


def _shown(observation: Observation) -> dict[str, Any]:
    return {
        "excerpt": excerpt(observation),
        "payload_bytes": len(observation.payload),
        "qos": observation.qos,
        "retained": observation.retained,
        "received_at": from_microseconds(observation.received_us),
    }


def _padded(text: str, columns: int) -> str:
    """Return the text filled up to so many columns; Chinese characters take two."""
    width = sum(2 if ord(char) > 0x2E7F else 1 for char in text)  # noqa: PLR2004 - first CJK block
    return text + " " * max(1, columns - width)


def _seconds_of(watched: Watched) -> float:
    return (watched.ended_us - watched.started_us) / 1e6


def _address(url: str | None) -> BrokerAddress:
    environ = process_environ()
    given = url or environ.get(BROKER_SETTING, "").strip() or DEFAULT_BROKER_URL
    try:
        return broker_address(given, ClientTls.from_environ(environ))
    except SettingError as error:
        raise CallError(f"--broker: allowed is {error.allowed}") from None


def _device_id(text: str) -> str:
    if not DEVICE_ID.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is not 1 to 32 of A-Z a-z 0-9 _ -")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _SECONDS_MIN <= seconds <= _SECONDS_MAX:
        raise ArgumentTypeError(f"{text!r} is not {_SECONDS_MIN:g} to {_SECONDS_MAX:g} seconds")
    return seconds
