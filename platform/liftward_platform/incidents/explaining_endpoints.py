"""HTTP for the detector's explanations: the sentence, the picture, a lift's warnings."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from liftward_detection.evidence_plot.plot import WIDTH_PX_MAX, WIDTH_PX_MIN, WIDTH_PX_USUAL
from liftward_detection.explain_words import Language
from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.fleet import service as fleet
from liftward_platform.history import service as history
from liftward_platform.incidents import explaining
from liftward_platform.incidents.explaining_schemas import (
    ExplanationOut,
    VerdictOut,
    WarningsOut,
)

router = APIRouter(tags=["detections"])

DetectionId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Viewer = Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR, Role.CREW)]
# The widest offsets of local clocks.
_OFFSET_MIN, _OFFSET_MAX = -12 * 60, 14 * 60


@router.get("/api/detections/{detection_id}/explanation")
async def detection_explanation(
    detection_id: DetectionId, connection: Transaction, now: Now, actor: Viewer
) -> ExplanationOut:
    """Return why the detector said so: codes, weights, and one sentence in each language."""
    row = await explaining.told(connection, detection_id, actor)
    rests_on = ("lift_id", "detector_version", "thresholds_hash", "handling", "handled_at")
    return ExplanationOut.model_validate(
        {**explaining.explained(row), **{name: row[name] for name in rests_on}, "as_of": now}
    )


@router.get(
    "/api/detections/{detection_id}/plot.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "The picture"}},
)
async def detection_plot(
    *,
    detection_id: DetectionId,
    connection: Transaction,
    now: Now,
    actor: Viewer,
    language: Language = Language.EN,
    width_px: Annotated[int, Query(ge=WIDTH_PX_MIN, le=WIDTH_PX_MAX)] = WIDTH_PX_USUAL,
    utc_offset_min: Annotated[int, Query(ge=_OFFSET_MIN, le=_OFFSET_MAX)] = 0,
) -> Response:
    """Return the lift's samples around a detection, with its levels, as SVG."""
    row = await explaining.told(connection, detection_id, actor)
    look = explaining.Look(language=language, width_px=width_px, utc_offset_min=utc_offset_min)
    drawn = await explaining.picture(connection, row, look, now)
    return Response(drawn, media_type="image/svg+xml")


@router.get("/api/lifts/{lift_id}/warnings")
async def lift_warnings(
    lift_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")],
    connection: Transaction,
    now: Now,
    _actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR)],
) -> WarningsOut:
    """Return what the detector sees now at a lift besides entrapment, newest first."""
    lift = await fleet.lift_by_id(connection, lift_id, now)
    seen = await history.last_observed(connection, [lift.lift_key])
    found = await explaining.warnings(connection, lift.lift_key, now)
    return WarningsOut(
        as_of=now,
        lift_id=lift_id,
        last_observed_at=seen.get(lift.lift_key),
        warnings=[VerdictOut.model_validate(one) for one in found],
    )
