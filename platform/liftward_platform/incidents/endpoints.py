"""HTTP for incidents: the list, one story, the samples around it, the closing codes."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from liftward_platform.access.guard import allow
from liftward_platform.access.model import EVERY_ROLE, Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.fleet import service as fleet
from liftward_platform.fleet.endpoints import samples_out
from liftward_platform.fleet.schemas import SamplesOut
from liftward_platform.history import evidence
from liftward_platform.history import service as history
from liftward_platform.history.schemas import EvidenceOut, EvidenceVersionOut
from liftward_platform.incidents import board
from liftward_platform.incidents.board import Scope
from liftward_platform.incidents.closing_codes import (
    CAUSES,
    CONFIRMATION_WAYS,
    INCOMPLETE_REASONS,
    REFUSAL_REASONS,
    RELEASE_METHODS,
    Code,
    Name,
)
from liftward_platform.incidents.schemas import (
    CauseOut,
    ClosingCodesOut,
    CodeOut,
    IncidentsOut,
    NameOut,
    StoryOut,
)
from liftward_platform.rescue import reading

router = APIRouter(tags=["incidents"])

IncidentId = Annotated[int, Path(ge=1, le=2**63 - 1)]
# What a person needs to judge an incident: how it began, and how it ended.
AROUND = timedelta(minutes=2)


@router.get("/api/incidents")
async def list_incidents(
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR)],
    state: Scope = Scope.OPEN,
    limit: Annotated[int, Query(ge=1, le=board.BOARD_MAX)] = 200,
) -> IncidentsOut:
    """Return open incidents, the longest trapped first; closed or all, newest first."""
    incidents = await board.board(connection, state, limit=limit, actor=actor)
    return IncidentsOut(as_of=now, incidents=incidents)


@router.get("/api/incidents/{incident_id}")
async def one_incident(
    incident_id: IncidentId,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR, Role.CREW)],
) -> StoryOut:
    """Return the story of one incident; a crew sees those it was asked for."""
    await reading.check_may_see(connection, incident_id, actor)
    return await board.story(connection, incident_id, actor, now)


@router.get("/api/incidents/{incident_id}/samples")
async def incident_samples(
    incident_id: IncidentId,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR, Role.CREW)],
) -> SamplesOut:
    """Return the lift's samples from shortly before the onset to shortly after the release."""
    await reading.check_may_see(connection, incident_id, actor)
    incident = await board.one(connection, incident_id, actor)
    ends = (incident.release_seen_at, incident.freed_at, incident.closed_at)
    released_at = next((moment for moment in ends if moment is not None), now)
    lift = await fleet.lift_by_id(connection, incident.lift.lift_id, now)
    start, end = incident.onset_at - AROUND, released_at + AROUND
    window = await evidence.pinned_window(
        connection, incident_id, start=start, end=end, limit=history.SAMPLES_MAX
    ) or await history.window(
        connection, lift.lift_key, start=start, end=end, limit=history.SAMPLES_MAX
    )
    return samples_out(lift.lift_id, start, end, window)


@router.get("/api/incidents/{incident_id}/evidence")
async def incident_evidence(
    incident_id: IncidentId,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR)],
) -> EvidenceOut:
    """Return what is pinned to the incident: its versions, each with the hash the ledger names."""
    await board.one(connection, incident_id, actor)
    rows = await evidence.versions(connection, incident_id)
    return EvidenceOut(as_of=now, versions=[EvidenceVersionOut.from_row(row) for row in rows])


@router.get(
    "/api/incidents/{incident_id}/evidence/{version}",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}, "description": "The hashed document"}},
)
async def incident_evidence_document(
    incident_id: IncidentId,
    version: Annotated[int, Path(ge=1, le=2**31 - 1)],
    connection: Transaction,
    _actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR)],
) -> Response:
    """Return one version byte for byte: its SHA-256 is the one that the ledger names."""
    document, sha256 = await evidence.content(connection, incident_id, version)
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, no-cache"}
    return Response(document, media_type="application/json", headers=headers)


@router.get("/api/closing-codes")
async def closing_codes(_actor: Annotated[Actor, allow(*EVERY_ROLE)]) -> ClosingCodesOut:
    """Return the lists behind the closing form and the refusal."""
    return ClosingCodesOut(
        causes=[
            CauseOut(
                family=family.code,
                family_name=_name(family.name),
                code=item.code,
                name=_name(item.name),
            )
            for family in CAUSES
            for item in family.items
        ],
        release_methods=[_code(method) for method in RELEASE_METHODS],
        refusal_reasons=[_code(reason) for reason in REFUSAL_REASONS],
        confirmation_ways=[_code(way) for way in CONFIRMATION_WAYS],
        incomplete_reasons=[_code(reason) for reason in INCOMPLETE_REASONS],
    )


def _name(name: Name) -> NameOut:
    return NameOut(en=name.en, zh=name.zh)


def _code(code: Code) -> CodeOut:
    return CodeOut(code=code.code, name=_name(code.name))
