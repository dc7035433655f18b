"""Recording what was said to the people in the car, and having their car say something.

Locks the incident first; commits nothing. Nothing here, nor anywhere, can move a car or open a
door: the only thing asked of a device is to play its calming message.
"""

from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import RESCUE_STATES, IllegalTransitionError, Incident
from liftward_platform.incidents.reporting import believe, either
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import Json
from liftward_platform.rescue import reminders
from liftward_platform.rescue.calming import check_answers, step_of
from liftward_platform.rescue.ending import check_occurred

Connection = AsyncConnection[DictRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A step of the script and what the people answered."""

    step: str
    persons_count: int | None = None
    injured: bool | None = None
    medical_need: bool | None = None

    def answers(self) -> dict[str, Json]:
        return {
            "persons_count": self.persons_count,
            "injured": self.injured,
            "medical_need": self.medical_need,
        }


async def record_step(
    connection: Connection, incident_id: int, said: Said, happening: Happening
) -> None:
    """A dispatcher has said a step of the script; the answers become facts of the incident.

    Whoever speaks to the people of a report that is held believes it: help is promised to them, so
    a crew is sent.

    Raises
    ------
    NotFoundError, IllegalTransitionError, InvalidError
        When there is no such incident, nobody is inside any more, or a step or answer cannot be.
    """
    step = step_of(said.step)
    check_answers(step, dict(said.answers()))
    incident = await in_rescue(connection, incident_id, "calming_step")
    check_occurred(happening, not_before=incident.onset_at)
    incident = await believe(connection, incident, happening)
    changed = await reminders.told(connection, incident, happening)
    changed = await incidents.change(
        connection, changed,
        persons_count=changed.persons_count if said.persons_count is None else said.persons_count,
        injured=either(changed.injured, said.injured),
        medical_need=either(changed.medical_need, said.medical_need),
    )  # fmt: skip
    detail = {name: value for name, value in said.answers().items() if value is not None}
    await incidents.note(
        connection, changed, happening, event="calming_step", reason=step.code, detail=detail
    )


async def in_rescue(connection: Connection, incident_id: int, action: str) -> Incident:
    """Return the incident, locked, with people inside.

    Raises
    ------
    NotFoundError, IllegalTransitionError
        When there is none, or nobody is inside any more.
    """
    incident = await incidents.lock(connection, incident_id)
    if incident.state not in RESCUE_STATES:
        raise IllegalTransitionError("the incident", incident.state, action)
    return incident
