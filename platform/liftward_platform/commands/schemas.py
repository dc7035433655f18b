"""Commands to devices as HTTP takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from liftward_platform.commands.model import (
    DEADLINE_S_MAX,
    DEADLINE_S_MIN,
    DEADLINE_S_USUAL,
    PURPOSE_CHARACTERS_MAX,
    SAMPLING_PERIOD_S_MAX,
    SAMPLING_PERIOD_S_MIN,
    CommandState,
    DeviceCommand,
    Wish,
)
from liftward_wire.messages import CommandKind, ReplyResult

# No control characters: a database refuses NUL, a terminal obeys the rest.
PurposeText = Annotated[
    str, Field(min_length=1, max_length=PURPOSE_CHARACTERS_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")
]
SamplingPeriodS = Annotated[float, Field(ge=SAMPLING_PERIOD_S_MIN, le=SAMPLING_PERIOD_S_MAX)]
DeadlineS = Annotated[float, Field(ge=DEADLINE_S_MIN, le=DEADLINE_S_MAX)]


class AskIn(BaseModel):
    """What is asked of the lift's device. There is no kind that moves or opens anything."""

    model_config = ConfigDict(extra="forbid")

    kind: CommandKind
    sampling_period_s: SamplingPeriodS | None = None
    deadline_s: DeadlineS = DEADLINE_S_USUAL
    incident_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    purpose: PurposeText | None = None

    @model_validator(mode="after")
    def _period_with_its_kind(self) -> Self:
        wants = self.kind is CommandKind.SET_SAMPLING_PERIOD
        if wants and self.sampling_period_s is None:
            raise ValueError("set_sampling_period needs sampling_period_s")
        if not wants and self.sampling_period_s is not None:
            raise ValueError("sampling_period_s belongs to set_sampling_period alone")
        return self

    def wish(self) -> Wish:
        """Return what the service takes."""
        return Wish(**self.model_dump())


class ReplyOut(BaseModel):
    """What the device said; `late`: after the command had ended without it."""

    result: ReplyResult
    reason: str | None
    observed_at: datetime
    received_at: datetime
    late: bool
    repeats_count: int
    snapshot: dict[str, Any] | None


class CommandOut(BaseModel):
    """A command, who asked for it, and where it stands."""

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
    reply: ReplyOut | None

    @classmethod
    def of(cls, command: DeviceCommand) -> Self:
        names = cls.model_fields.keys() - {"reply"}
        return cls(reply=_reply(command), **{name: getattr(command, name) for name in names})


class CommandsOut(BaseModel):
    as_of: datetime
    commands: list[CommandOut]


def _reply(command: DeviceCommand) -> ReplyOut | None:
    if (
        command.reply_result is None
        or command.reply_observed_at is None
        or command.reply_received_at is None
    ):
        return None
    return ReplyOut(
        result=command.reply_result,
        reason=command.reply_reason,
        observed_at=command.reply_observed_at,
        received_at=command.reply_received_at,
        late=command.reply_late,
        repeats_count=command.replies_count - 1,
        snapshot=None if command.snapshot is None else dict(command.snapshot),
    )
