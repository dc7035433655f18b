"""Clauses about births, wills and replies.

Pure. One function for each clause, from all that was heard to one result.
"""

from liftward_gateway.commands.decision import REPLY_GRACE
from liftward_gateway.device_check.findings import (
    Clause,
    Finding,
    Result,
    failed,
    not_seen,
    passed,
)
from liftward_gateway.device_check.observation import Heard, Read
from liftward_wire.columns import microseconds
from liftward_wire.messages import (
    CONTRACT,
    Command,
    CommandKind,
    Presence,
    Reply,
    ReplyResult,
    Status,
)
from liftward_wire.signals import SIGNAL_BY_NAME
from liftward_wire.topics import TopicKind

# What a birth leaves out, the platform and the people behind it do not know.
_WANTED = (
    "observed_at",
    "maker",
    "model",
    "firmware",
    "signals",
    "sampling_period_s",
    "heartbeat_period_s",
)
# A message may cross the word that its sender is gone.
_CROSSING_US = 2_000_000


def judge_birth_retained(heard: Heard) -> Result:
    """Whoever subscribes later finds the device's last word, and it says what is so."""
    clause = Clause.BIRTH_RETAINED
    retained = [pair for pair in heard.statuses if not pair[0].is_live]
    if not retained:
        if not heard.live:
            return not_seen(clause, Finding.NOTHING_HEARD)
        births = [one.observation for one, _ in heard.births]
        return failed(clause, Finding.BIRTH_NOT_RETAINED, births[-1] if births else None)
    since_us = heard.offline_since_us
    if since_us is None:
        return passed(clause, Finding.BIRTH_IS_RETAINED, boot_id=retained[-1][1].boot_id)
    speaks = [
        one
        for one in heard.live
        if one.kind is not TopicKind.STATUS
        and one.observation.received_us > since_us + _CROSSING_US
    ]
    if speaks:
        return failed(clause, Finding.OFFLINE_WHILE_SENDING, speaks[0].observation)
    if heard.births:
        return passed(clause, Finding.BIRTH_IS_RETAINED, boot_id=heard.births[-1][1].boot_id)
    return not_seen(clause, Finding.NO_BIRTH)


def judge_birth_complete(heard: Heard) -> Result:
    clause = Clause.BIRTH_COMPLETE
    if not heard.births:
        return not_seen(clause, Finding.NO_BIRTH)
    one, birth = heard.births[-1]
    missing = [name for name in _WANTED if not getattr(birth, name)]
    if birth.contract != CONTRACT:
        missing.append(f"contract {CONTRACT}")
    if missing:
        return failed(clause, Finding.BIRTH_INCOMPLETE, one.observation, missing=", ".join(missing))
    unknown = [name for name in birth.signals or () if name not in SIGNAL_BY_NAME]
    if unknown:
        return failed(
            clause, Finding.BIRTH_NAMES_UNKNOWN, one.observation, names=", ".join(unknown)
        )
    return passed(
        clause, Finding.BIRTH_IS_COMPLETE,
        maker=birth.maker, model=birth.model, firmware=birth.firmware,
        count=len(birth.signals or ()),
    )  # fmt: skip


def judge_will(heard: Heard) -> Result:
    """An offline status, by will or by the device itself, is about the start it followed."""
    birth: Status | None = None
    offline: list[tuple[Read, Status, Status | None]] = []
    for one, status in heard.statuses:
        if status.presence is Presence.ONLINE:
            birth = status
        else:
            offline.append((one, status, birth))
    for one, status, before in offline:
        if before is not None and before.boot_id != status.boot_id:
            return failed(
                Clause.WILL, Finding.WILL_OF_OTHER_BOOT, one.observation,
                birth=before.boot_id, will=status.boot_id,
            )  # fmt: skip
    if not offline:
        return not_seen(Clause.WILL, Finding.NO_OFFLINE_STATUS)
    return passed(Clause.WILL, Finding.WILL_RIGHT)


def judge_reply(heard: Heard) -> Result:
    """Every command that was heard and whose time is over has one answer that fits."""
    clause = Clause.REPLY
    replies = [
        (one, one.message) for one in heard.live if isinstance(one.message, Reply)
    ]  # in order of arrival
    judged = 0
    for one in heard.commands:
        command = one.message
        if not isinstance(command, Command):
            continue
        until_us = microseconds(command.deadline_at + REPLY_GRACE)
        found = next((pair for pair in replies if pair[1].command_id == command.command_id), None)
        if found is None and heard.ended_us < until_us:
            continue  # it still has time
        judged += 1
        if found is None or found[0].observation.received_us > until_us:
            return failed(clause, Finding.NO_REPLY, one.observation, command=str(command.kind))
        wants_sample = command.kind is CommandKind.SNAPSHOT
        if wants_sample and found[1].result is ReplyResult.DONE and found[1].snapshot is None:
            return failed(clause, Finding.REPLY_WITHOUT_SNAPSHOT, found[0].observation)
    if judged == 0:
        return not_seen(clause, Finding.NO_COMMAND)
    return passed(
        clause, Finding.REPLIED, count=judged,
        results=", ".join(sorted({str(reply.result) for _, reply in replies})),
    )  # fmt: skip
