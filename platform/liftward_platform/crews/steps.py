"""What each report of a crew does once it is believed: one function per action, in a table.

Works on an incident whose lock the caller holds; commits nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.crews import store
from liftward_platform.crews.model import Action
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import IllegalTransitionError
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.parties import service as parties
from liftward_platform.rescue import ending, lone_work, sending
from liftward_platform.rescue import service as rescue
from liftward_platform.rescue.model import OrderState
from liftward_platform.rescue.service import Work

Connection = AsyncConnection[DictRow]
Content = Mapping[str, Any]
Step = Callable[[Connection, Work, Happening, Content], Awaitable[None]]

# At the lift, or back from it: the states in which a crew can tell of the lift itself.
ON_SITE_STATES = (OrderState.ARRIVED, OrderState.DONE)


async def take(
    connection: Connection, work: Work, action: Action, happening: Happening, content: Content
) -> None:
    """Do what a believed report asks for.

    Raises
    ------
    DomainError
        When the order's or the incident's state, or a code, does not allow it.
    """
    await STEPS[action](connection, work, happening, content)


async def _accept(
    connection: Connection, work: Work, happening: Happening, _content: Content
) -> None:
    await rescue.accept(connection, work.order.order_id, happening)


async def _refuse(
    connection: Connection, work: Work, happening: Happening, content: Content
) -> None:
    await rescue.refuse(
        connection, work.order.order_id, happening, refusal_reason=content["reason"]
    )


async def _depart(
    connection: Connection, work: Work, happening: Happening, _content: Content
) -> None:
    await rescue.depart(connection, work.order.order_id, happening)


async def _arrive(
    connection: Connection, work: Work, happening: Happening, content: Content
) -> None:
    await rescue.arrive(connection, work.order.order_id, happening)
    alone = content.get("alone")
    if alone is None:
        crew = await parties.crew_by_id(connection, work.order.crew_id)
        alone = crew.members_count == 1
    if alone:
        await lone_work.begin(connection, work.incident, work.order.order_id, happening)


async def _freed(
    connection: Connection, work: Work, happening: Happening, content: Content
) -> None:
    injured_count = content.get("injured_count")
    await rescue.freed(
        connection, work.order.order_id, happening,
        persons_count=content["persons_count"], injured_count=injured_count,
        cause_code=content.get("cause_code"), release_method=content.get("release_method"),
    )  # fmt: skip
    if injured_count:
        await notifications.to_console(
            connection,
            Subject.PERSONS_INJURED,
            {"incident_id": work.incident.incident_id, "injured_count": injured_count},
            incident_id=work.incident.incident_id,
            now=happening.now,
        )


async def _check_in(
    connection: Connection, work: Work, happening: Happening, _content: Content
) -> None:
    await lone_work.check_in(connection, work.incident, work.order, happening)


async def _made_safe(
    connection: Connection, work: Work, happening: Happening, _content: Content
) -> None:
    check_on_site(work, Action.MADE_SAFE)
    await ending.make_safe(
        connection, work.incident.incident_id, happening, about=sending.about(work.order)
    )


async def _cause(
    connection: Connection, work: Work, happening: Happening, content: Content
) -> None:
    check_on_site(work, Action.CAUSE)
    await ending.report_cause(
        connection, work.incident.incident_id, happening, cause_code=content["cause_code"],
        release_method=content.get("release_method"), about=sending.about(work.order),
    )  # fmt: skip


async def _parts(
    connection: Connection, work: Work, happening: Happening, content: Content
) -> None:
    check_on_site(work, Action.PARTS)
    for part in content["parts"]:
        body: dict[str, Json] = {
            **sending.about(work.order),
            "part_name": part["part_name"],
            "part_number": part.get("part_number"),
            "batch": part.get("batch"),
            "parts_count": part["parts_count"],
        }
        await store.insert_part(
            connection,
            {
                **body,
                "lift_key": work.incident.lift_key,
                "incident_id": work.incident.incident_id,
                "at": happening.at,
                "now": happening.now,
                "actor": happening.actor,
            },
        )
        await incidents.note(
            connection, work.incident, happening, event="part_used", reason="reported", detail=body
        )
        await incidents.record(connection, work.incident, happening, EntryKind.PART_USED, body)


def check_on_site(work: Work, what: str) -> None:
    """Refuse what only a crew at the lift can know.

    Raises
    ------
    IllegalTransitionError
        When the crew has not been there.
    """
    if work.order.state not in ON_SITE_STATES:
        raise IllegalTransitionError("the order", work.order.state, what)


STEPS: Mapping[Action, Step] = {
    Action.ACCEPT: _accept,
    Action.REFUSE: _refuse,
    Action.DEPART: _depart,
    Action.ARRIVE: _arrive,
    Action.FREED: _freed,
    Action.CHECK_IN: _check_in,
    Action.MADE_SAFE: _made_safe,
    Action.CAUSE: _cause,
    Action.PARTS: _parts,
}
