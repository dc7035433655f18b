"""What a worker does with a command at a moment, and which replies it believes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from liftward_gateway.admit import AdmittedReply, admit
from liftward_gateway.commands.decision import (
    REPLY_GRACE,
    Ending,
    KnownCommand,
    LiveCommand,
    StateReason,
    plan,
    unfit_reply,
)
from liftward_gateway.registry import Registry
from liftward_wire.messages import CommandKind, Reply, ReplyResult
from liftward_wire.rejection import Rejected
from liftward_wire.topics import TopicKind
from support.gateway_messages import received
from support.virtual_time import START

DEADLINE = START + timedelta(seconds=30)
ASKED = LiveCommand(
    command_id="c-1",
    lift_id="LIFT-1",
    kind=CommandKind.TEST_CALL,
    sampling_period_s=None,
    deadline_at=DEADLINE,
    is_sent=False,
    device_revoked=False,
    lift_withdrawn=False,
)
SENT = replace(ASKED, is_sent=True)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("command", "after", "ended"),
    [
        (ASKED, timedelta(seconds=30) - INSTANT, None),
        (ASKED, timedelta(seconds=30), ("expired", StateReason.NOT_SENT)),
        (SENT, timedelta(seconds=30), None),
        (SENT, timedelta(seconds=30) + REPLY_GRACE - INSTANT, None),
        (SENT, timedelta(seconds=30) + REPLY_GRACE, ("expired", StateReason.NO_REPLY)),
        (
            replace(ASKED, device_revoked=True),
            timedelta(0),
            ("undeliverable", StateReason.DEVICE_REVOKED),
        ),
        (
            replace(ASKED, lift_withdrawn=True),
            timedelta(0),
            ("undeliverable", StateReason.LIFT_WITHDRAWN),
        ),
        (replace(SENT, device_revoked=True), timedelta(0), None),
    ],
)
def test_a_command_ends_at_its_time_and_not_before(
    command: LiveCommand, after: timedelta, ended: tuple[str, StateReason] | None
) -> None:
    """Nothing is sent at or past the deadline; an answer has its grace."""
    found = plan([command], now=START + after)

    assert found.endings == ([] if ended is None else [Ending("c-1", *ended)])
    assert found.to_send == ([command] if ended is None and not command.is_sent else [])


def test_the_same_command_is_the_same_message() -> None:
    """Sent again after a kill, a device must know it by its id and every field."""
    assert ASKED.message() == SENT.message()
    assert ASKED.message().deadline_at == DEADLINE


def reply_of(lift_id: str) -> AdmittedReply:
    reply = Reply(command_id="c-1", result=ReplyResult.DONE, observed_at=START)
    return AdmittedReply(lift_id, reply, 0)


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (None, "unknown_command"),
        (KnownCommand("LIFT-2", device_revoked=False), "unknown_command"),
        (KnownCommand("LIFT-1", device_revoked=True), "unknown_device"),
    ],
)
def test_a_reply_that_fits_nothing_is_refused(known: KnownCommand | None, reason: str) -> None:
    """Never asked, another lift's, or from a device whose credentials were withdrawn."""
    found = unfit_reply(reply_of("LIFT-1"), known)

    assert isinstance(found, Rejected)
    assert found.reason == reason


def test_a_reply_that_fits_is_believed() -> None:
    """Of this lift, by a device that is still allowed."""
    assert unfit_reply(reply_of("LIFT-1"), KnownCommand("LIFT-1", device_revoked=False)) is None


def test_the_gateway_takes_replies_and_no_commands() -> None:
    """A device that publishes a command is refused; a reply from a broken clock too."""
    reply = Reply(command_id="c-1", result=ReplyResult.DONE, observed_at=START)
    ahead = START - timedelta(hours=1)

    taken = admit(received("LIFT-1", TopicKind.REPLY, reply, START), Registry())
    command = admit(received("LIFT-1", TopicKind.COMMAND, ASKED.message(), START), Registry())
    early = admit(received("LIFT-1", TopicKind.REPLY, reply, ahead), Registry())

    assert isinstance(taken, AdmittedReply)
    assert isinstance(command, Rejected)
    assert isinstance(early, Rejected)
    assert (command.reason, early.reason) == ("wrong_topic", "observed_in_future")
