"""E-mail, SMS gateways, DingTalk, WeCom, Feishu and whatever else apprise can reach.

apprise blocks, answers yes or no, follows redirects, writes what went wrong into a log (with tokens
at DEBUG), and its plug-ins for DingTalk and WeCom take an HTTP 200 with an error code in its body
for sent. So: each attempt has a thread of its own and a time limit, its log is caught and masked,
and a yes counts only when the HTTP answers seen beneath it (http_watch.py) say so too.
"""

import asyncio
import contextvars
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlsplit

import apprise

from liftward_kit.settings import Secret
from liftward_platform.notifications import http_watch
from liftward_platform.notifications.http_watch import Answer
from liftward_platform.notifications.model import (
    ERROR_CHARACTERS_MAX,
    SENT,
    Message,
    Outcome,
    Verdict,
    failed,
    refused,
)
from liftward_platform.notifications.texts import text_of
from liftward_platform.notifications.webhook import judge_status

# apprise's own limits for connecting and reading are 4 s each; a mail server takes some rounds.
ATTEMPT_S = 15.0
# A hanging service keeps its thread; no further ones are spent on it until one has ended.
HANGING_MAX = 4
PHONE = "{phone}"
_PIECE_CHARACTERS_MIN = 4  # shorter pieces of an address are words like "mail", not secrets

# Error codes that chat robots put into the body of a 200: field, and the codes for "too many".
# DingTalk: open.dingtalk.com, custom robots (130101: too many messages a minute); WeCom:
# developer.work.weixin.qq.com, global error codes (45009, 45033); Feishu:
# open.feishu.cn, custom bots (9499 too many requests, 11232 frequency limit).
_CODE_FIELDS: Sequence[str] = ("errcode", "code", "StatusCode")
_ROBOT_SCHEMES = frozenset({"dingtalk", "wecombot", "feishu", "lark"})
_FULL_CODES = frozenset({130101, 45009, 45033, 9499, 11232})
# They count by the minute and name no time.
_FULL_WAIT = timedelta(minutes=1)


def check_url(url: Secret) -> bool:
    """Tell whether apprise knows what to do with an address; a placeholder counts as a number."""
    _quiet_log()
    return _service(url.reveal.replace(PHONE, "12025550100")) is not None


def _service(url: str) -> apprise.NotifyBase | None:
    # Nothing on disk, no redirects: a token is not to be posted to wherever a receiver points.
    asset = apprise.AppriseAsset(
        app_id="Liftward", app_desc="Liftward", async_mode=False, http_redirects=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY, secure_logging=True,
    )  # fmt: skip
    return apprise.Apprise.instantiate(url, asset=asset)


class _Caught(logging.Handler):
    """Keeps what apprise says in one attempt."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        lines = _LINES.get()
        if lines is not None:
            lines.append(record.getMessage())


_LINES: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("lines", default=None)


def _quiet_log() -> None:
    """Have apprise's log go nowhere but to the attempt it belongs to."""
    logger = logging.getLogger("apprise")
    if not any(isinstance(handler, _Caught) for handler in logger.handlers):
        logger.addHandler(_Caught())
    logger.propagate = False
    logger.setLevel(logging.WARNING)


@dataclass(slots=True)
class AppriseSender:
    """One channel of the document; `{phone}` in its address is the crew's own number."""

    url: Secret
    languages: Mapping[str, str]  # destination -> language
    attempt_s: float = ATTEMPT_S
    _hanging: set[threading.Thread] = field(default_factory=set, init=False)

    async def send(self, message: Message, *, now: datetime) -> Outcome:
        """Send one message in a thread of its own."""
        url = self.url.reveal
        if PHONE in url:
            if not message.crew_phone:
                return refused("the crew has no telephone number")
            url = url.replace(PHONE, quote(message.crew_phone, safe="+"))
        self._hanging = {thread for thread in self._hanging if thread.is_alive()}
        if len(self._hanging) >= HANGING_MAX:
            return failed(f"{HANGING_MAX} attempts still hang")
        language = self.languages[message.destination]
        said = text_of(message, language)
        attempt = _Attempt(url, said.title, said.body, now)
        thread = threading.Thread(target=attempt.run, daemon=True, name="apprise")
        self._hanging.add(thread)
        thread.start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(attempt.future), self.attempt_s)
        except TimeoutError:
            return failed(f"no answer within {self.attempt_s:g} s")


class _Attempt:
    """One call of apprise; its result comes through a future."""

    def __init__(self, url: str, title: str, body: str, now: datetime) -> None:
        self._url, self._title, self._body, self._now = url, title, body, now
        self.future: Future[Outcome] = Future()

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self._try())
        except Exception as error:  # noqa: BLE001 - whatever a plug-in raises: a failed send
            self.future.set_result(failed(f"{type(error).__name__} in the service's plug-in"))

    def _try(self) -> Outcome:
        _quiet_log()
        lines: list[str] = []
        _LINES.set(lines)
        answers = http_watch.watch()
        service = _service(self._url)
        if service is None:
            return refused("apprise does not know this kind of address")
        said_yes = service.notify(body=self._body, title=self._title, body_format="text")
        robot = urlsplit(self._url).scheme in _ROBOT_SCHEMES
        outcome = judge(answers, said_yes=said_yes is True, robot=robot, now=self._now)
        if outcome.sent:
            return outcome
        reason = masked("; ".join([outcome.reason, *lines]), self._url)
        return Outcome(outcome.verdict, reason[:ERROR_CHARACTERS_MAX], outcome.retry_after)


def judge(answers: Sequence[Answer], *, said_yes: bool, robot: bool, now: datetime) -> Outcome:
    """Return what an attempt came to: sent only when apprise and every answer say so.

    `robot`: the service answers 200 whatever happens, with a code in the body.
    """
    for answer in answers:
        outcome = judge_status(answer.status, answer.headers, now=now)
        if outcome.sent and robot:
            outcome = _judge_body(answer.body)
        if not outcome.sent:
            # An address that is wrong today may be put right: only robots say for certain.
            return Outcome(Verdict.FAILED, outcome.reason, outcome.retry_after)
    if not said_yes:
        return failed("the service did not take it")
    if robot and not answers:
        return failed("the robot gave no answer")
    return SENT


def _judge_body(body: bytes) -> Outcome:
    try:
        document = json.loads(body)
    except ValueError:
        return failed("the robot's answer is no JSON")
    codes = [
        document[name] for name in _CODE_FIELDS if isinstance(document, dict) and name in document
    ]
    if not codes:
        return failed("the robot's answer has no code")
    if codes[0] == 0:
        return SENT
    wait = _FULL_WAIT if codes[0] in _FULL_CODES else None
    return failed(f"the robot answered code {codes[0]}", retry_after=wait)


def masked(text: str, url: str) -> str:
    """Return a text without any piece of an address: tokens, passwords, numbers."""
    parts = urlsplit(url)
    rest = url.partition("://")[2]
    pieces = {rest}
    for chunk in (parts.netloc, *parts.path.split("/"), *parts.query.split("&")):
        pieces |= {chunk, unquote(chunk)}
        for separator in ("@", ":", "="):
            pieces |= {piece for one in tuple(pieces) for piece in one.split(separator)}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= _PIECE_CHARACTERS_MIN:
            text = text.replace(piece, "***")
    return text
