"""What the platform may ask of a lift's device, whom it asks, and what became of it.

Knows devices, times and words. Must not know SQL, HTTP, MQTT or the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from liftward_wire.messages import CommandKind, ReplyResult

# The way to a device on a mobile link takes seconds: less time would only make expired commands.
DEADLINE_S_MIN = 5.0
# Someone waits for the answer, mostly beside a person who is shut in.
DEADLINE_S_USUAL = 30.0
# What has waited ten minutes was asked in another situation: ask again.
DEADLINE_S_MAX = 600.0

# Five samples a second show a door; more is a load that tells nothing new.
SAMPLING_PERIOD_S_MIN = 0.2
# The contract allows an hour; a lift that speaks less than twice a minute blinds the detector's
# 30-second timer, so the platform never asks for it.
SAMPLING_PERIOD_S_MAX = 30.0

# Unanswered commands of one lift: whoever is faster than this is a program gone wild.
LIVE_COMMANDS_MAX = 10
PURPOSE_CHARACTERS_MAX = 200


class CommandState(StrEnum):
    """Where a command stands. Only the first two go on to another."""

    ASKED = "asked"  # stored, not yet with the broker
    SENT = "sent"  # the broker has it; the device may be away
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    UNDELIVERABLE = "undeliverable"


LIVE_STATES = (CommandState.ASKED, CommandState.SENT)


class CannotAsk(StrEnum):
    """Why a lift cannot be asked anything; the code of the refusal."""

    LIFT_WITHDRAWN = "lift_withdrawn"
    NO_DEVICE = "lift_has_no_device"
    DEVICE_REVOKED = "device_revoked"
    TOO_MANY = "too_many_commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A device that is enrolled for a lift."""

    device_id: str
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What someone asks for. `sampling_period_s` is there exactly for `set_sampling_period`."""

    kind: CommandKind
    deadline_s: float = DEADLINE_S_USUAL
    sampling_period_s: float | None = None
    incident_id: int | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCommand:
    """One row of `device_command` with the lift's public id."""

    command_id: str
    lift_id: str
    device_id: str
    kind: CommandKind
    sampling_period_s: float | None
    asked_by: str
    incident_id: int | None
    purpose: str | None
    asked_at: datetime
    deadline_at: datetime
    state: CommandState
    state_reason: str
    sent_at: datetime | None
    ended_at: datetime | None
    reply_result: ReplyResult | None
    reply_reason: str | None
    reply_observed_at: datetime | None
    reply_received_at: datetime | None
    replies_count: int
    snapshot: Mapping[str, Any] | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "DeviceCommand":
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values["kind"] = CommandKind(row["kind"])
        values["state"] = CommandState(row["state"])
        if row["reply_result"] is not None:
            values["reply_result"] = ReplyResult(row["reply_result"])
        return cls(**values)

    @property
    def reply_late(self) -> bool:
        """The reply came when the command had ended without it: both facts are kept."""
        return (
            self.reply_received_at is not None
            and self.ended_at is not None
            and self.reply_received_at > self.ended_at
        )


def device_to_ask(
    lift_id: str, *, withdrawn: bool, listeners: Sequence[Listener], live_count: int
) -> str | CannotAsk:
    """Return the device that listens on the lift's command topic, or why none is asked.

    That is the lift's own gateway; a building edge listens for a lift that has none of its own.
    """
    if withdrawn:
        return CannotAsk.LIFT_WITHDRAWN
    if not listeners:
        return CannotAsk.NO_DEVICE
    allowed = sorted(one.device_id for one in listeners if one.revoked_at is None)
    if not allowed:
        return CannotAsk.DEVICE_REVOKED
    if live_count >= LIVE_COMMANDS_MAX:
        return CannotAsk.TOO_MANY
    return lift_id if lift_id in allowed else allowed[0]
