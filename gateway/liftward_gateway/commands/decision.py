"""What to do with a command now, and what a reply makes of it.

Knows states, times and reasons. Must not know SQL, MQTT or the clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from liftward_gateway.admit import AdmittedReply
from liftward_wire.messages import Command, CommandKind
from liftward_wire.rejection import Rejected, RejectReason

# A device that acted in its last second still has to tell us: over a mobile link, seconds.
REPLY_GRACE = timedelta(seconds=5)


class StateReason(StrEnum):
    """Why a command is in its state, beside what the device itself says."""

    BROKER_HAS_IT = "broker_has_it"
    REPLIED = "replied"
    NOT_SENT = "not_sent"  # the deadline passed before any broker took it
    NO_REPLY = "no_reply"  # sent, and the device said nothing in time
    DEVICE_REVOKED = "device_revoked"
    LIFT_WITHDRAWN = "lift_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCommand:
    """A command without an end, as the worker reads it."""

    command_id: str
    lift_id: str
    kind: CommandKind
    sampling_period_s: float | None
    deadline_at: datetime
    is_sent: bool
    device_revoked: bool
    lift_withdrawn: bool

    def message(self) -> Command:
        """Return what the device is sent: the same each time."""
        return Command(
            command_id=self.command_id,
            kind=self.kind,
            deadline_at=self.deadline_at,
            sampling_period_s=self.sampling_period_s,
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """The last state of a command that gets no further, and why."""

    command_id: str
    state: str
    reason: StateReason


@dataclass(frozen=True, slots=True)
class Plan:
    """What one look at the live commands leads to."""

    to_send: list[LiveCommand]
    endings: list[Ending]


def plan(commands: list[LiveCommand], *, now: datetime) -> Plan:
    """Sort live commands into those to send and those that are over; the others wait."""
    ended = {one.command_id: ending for one in commands if (ending := _ending(one, now))}
    to_send = [one for one in commands if not one.is_sent and one.command_id not in ended]
    return Plan(to_send, list(ended.values()))


def _ending(command: LiveCommand, now: datetime) -> Ending | None:
    if command.is_sent:
        if now < command.deadline_at + REPLY_GRACE:
            return None
        return Ending(command.command_id, "expired", StateReason.NO_REPLY)
    if now >= command.deadline_at:
        return Ending(command.command_id, "expired", StateReason.NOT_SENT)
    if command.lift_withdrawn:
        return Ending(command.command_id, "undeliverable", StateReason.LIFT_WITHDRAWN)
    if command.device_revoked:
        return Ending(command.command_id, "undeliverable", StateReason.DEVICE_REVOKED)
    return None


@dataclass(frozen=True, slots=True)
class KnownCommand:
    """What a reply is compared with: whose command it was."""

    lift_id: str
    device_revoked: bool


def unfit_reply(reply: AdmittedReply, known: KnownCommand | None) -> Rejected | None:
    """Return why a reply is not believed, or None when it answers a command of ours."""
    command_id = reply.reply.command_id
    if known is None:
        return Rejected(
            RejectReason.UNKNOWN_COMMAND, f"no command {command_id} was ever asked", "$.command_id"
        )
    if known.lift_id != reply.lift_id:
        return Rejected(
            RejectReason.UNKNOWN_COMMAND,
            f"command {command_id} was asked of another lift than {reply.lift_id}",
            "$.command_id",
        )
    if known.device_revoked:
        return Rejected(
            RejectReason.UNKNOWN_DEVICE, f"the device that was asked for {reply.lift_id} is revoked"
        )
    return None
