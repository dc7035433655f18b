"""One way in for every report of a crew, alone or from a queue: from what was sent to an answer.

Knows the shapes of HTTP and the service's rules; no routes. Commits nothing.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from pydantic import ValidationError

from liftward_kit.database import is_transient
from liftward_platform.access.model import Actor
from liftward_platform.api import idempotency
from liftward_platform.crews import service
from liftward_platform.crews.model import Action, Report
from liftward_platform.crews.plausibility import Fix
from liftward_platform.crews.schemas import CONTENT, QueuedAction, QueueResultOut
from liftward_platform.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from liftward_platform.rescue import reading
from liftward_platform.rescue.schemas import ArriveIn, Command, CrewCommand, ReportedOrderOut
from liftward_platform.rescue.travel import Place

Connection = AsyncConnection[DictRow]

log = structlog.get_logger()

# What a report carries elsewhere than in its content: times of its own, and where the phone was.
_OUTSIDE = {"occurred_at", "sent_at", "latitude_deg", "longitude_deg", "accuracy_m", "position_at"}


def report_of(action: Action, order_id: int, command: Command | None, now: datetime) -> Report:
    """Return what was sent as the service takes it."""
    if command is None:
        return Report(action=action, order_id=order_id)
    content = command.model_dump(mode="json", exclude=_OUTSIDE, exclude_none=True)
    return Report(
        action=action,
        order_id=order_id,
        claimed_at=command.occurred_at,
        sent_at=command.sent_at if isinstance(command, CrewCommand) else None,
        fix=_fix_of(command, now),
        content=content,
    )


def _fix_of(command: Command, now: datetime) -> Fix | None:
    if not isinstance(command, ArriveIn):
        return None
    if command.latitude_deg is None or command.longitude_deg is None:
        return None
    at = command.position_at or command.occurred_at or command.sent_at or now
    return Fix(Place(command.latitude_deg, command.longitude_deg), at, command.accuracy_m)


async def act(
    connection: Connection,
    action: Action,
    order_id: int,
    command: Command | None,
    *,
    actor: Actor,
    now: datetime,
) -> ReportedOrderOut:
    """Take or hold a report; return the order as it then is.

    Raises
    ------
    DomainError
        When it is another crew's order, or its state does not allow it.
    """
    await reading.check_may_act(connection, order_id, actor)
    report = report_of(action, order_id, command, now)
    outcome = await service.act(connection, report, actor=actor, now=now)
    order = await reading.one_order(connection, order_id, actor)
    return ReportedOrderOut.of(order, held=outcome.held, doubts=outcome.doubts)


async def act_in_order(
    connection: Connection, items: Sequence[dict[str, Any]], *, actor: Actor, now: datetime
) -> list[QueueResultOut]:
    """Answer every item of a queue, in order; one that is refused does not keep back the next.

    All its keys and then all its incidents are locked first, each kind in the one order that
    everybody keeps: that of the phone's actions is another.
    """
    read = [_read(index, item) for index, item in enumerate(items)]
    queued = [one.action for one in read if isinstance(one, _Queued)]
    await idempotency.hold_keys(connection, actor.account_id, [one.key for one in queued])
    await service.lock_incidents_of(connection, [one.order_id for one in queued], actor=actor)
    return [
        await _one_of_queue(connection, one, actor=actor, now=now)
        if isinstance(one, _Queued)
        else one
        for one in read
    ]


@dataclass(frozen=True, slots=True)
class _Queued:
    """An item of a queue that can be understood."""

    index: int
    action: QueuedAction
    command: CrewCommand


def _read(index: int, item: dict[str, Any]) -> _Queued | QueueResultOut:
    key = item.get("key")
    try:
        queued = QueuedAction.model_validate(item)
        command = CONTENT[queued.action].model_validate(queued.content)
    except ValidationError as error:
        return QueueResultOut(
            index=index, key=key if isinstance(key, str) else None,
            status="refused", code="invalid_request", detail=_said(error),
        )  # fmt: skip
    return _Queued(index, queued, command)


async def _one_of_queue(
    connection: Connection, one: _Queued, *, actor: Actor, now: datetime
) -> QueueResultOut:
    index, queued = one.index, one.action

    async def work() -> QueueResultOut:
        return await _answer(connection, index, queued, one.command, actor=actor, now=now)

    try:
        answer, repeated = await idempotency.once_under_key(
            connection, account_id=actor.account_id, key=queued.key,
            request_hash=_hash_of(queued), work=work, now=now,
        )  # fmt: skip
    except ConflictError as error:
        return QueueResultOut(
            index=index, key=queued.key, status="refused", code=error.code, detail=error.detail
        )
    known = QueueResultOut.model_validate(answer)
    return known.model_copy(update={"index": index, "repeated": repeated})


async def _answer(
    connection: Connection,
    index: int,
    queued: QueuedAction,
    command: CrewCommand,
    *,
    actor: Actor,
    now: datetime,
) -> QueueResultOut:
    """Do one action within a savepoint. A refusal is an answer too, and is kept under its key.

    So is our own failure: repeated for ever, it would keep back whatever stands behind it.
    """
    try:
        async with connection.transaction():
            order = await act(
                connection, queued.action, queued.order_id, command, actor=actor, now=now
            )
    except DomainError as error:
        refusal = error
    except Exception as error:
        if connection.broken or (isinstance(error, psycopg.Error) and is_transient(error)):
            raise
        log.exception("queued_action_failed", action=queued.action, order_id=queued.order_id)
        refusal = _OurFailureError("internal_error", "this failed at the centre: phone them")
    else:
        status: Any = "held" if order.held else "done"
        return QueueResultOut(index=index, key=queued.key, status=status, order=order)
    if not isinstance(refusal, NotFoundError | ForbiddenError):
        # Said of an order of its own, which has moved on: nobody acts on it, and it is kept.
        report = report_of(queued.action, queued.order_id, command, now)
        await service.note_refused(connection, report, refusal.code, actor=actor, now=now)
    return QueueResultOut(
        index=index, key=queued.key, status="refused", code=refusal.code, detail=refusal.detail
    )


class _OurFailureError(DomainError):
    """What was sent was right, and we failed."""


def _hash_of(queued: QueuedAction) -> bytes:
    """Return what a repeat under the same key has to be equal in; `sent_at` is new each time."""
    content = {name: value for name, value in queued.content.items() if name != "sent_at"}
    same = {"order_id": queued.order_id, "action": queued.action, "content": content}
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).digest()


def _said(error: ValidationError) -> str:
    """Return what was wrong and where; never what was sent, which may be private."""
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'the action'}: {one['msg']}"
        for one in error.errors(include_input=False, include_url=False)
    )
