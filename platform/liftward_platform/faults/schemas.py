"""The HTTP shapes of the fault catalogue and of a lift's episodes."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from liftward_detection.catalogue import Category, KindFacts, Responsible, Severity
from liftward_detection.catalogue_bacnet import BACNET_DERIVED
from liftward_detection.kinds import DetectionKind
from liftward_platform.faults.model import Episode, Source
from liftward_wire.bacnet_lift import CODES


class KindNameOut(BaseModel):
    en: str
    zh: str


class KindOut(BaseModel):
    """One kind of detection; null is none. `measures` ends with its unit."""

    kind: DetectionKind
    name: KindNameOut
    category: Category
    severity: Severity
    responsible: Responsible
    gb_code: str | None
    bacnet_fault: int | None
    measures: str | None
    derived: KindNameOut | None

    @classmethod
    def of(cls, kind: DetectionKind, facts: KindFacts) -> Self:
        derived = None
        if facts.derived_en is not None and facts.derived_zh is not None:
            derived = KindNameOut(en=facts.derived_en, zh=facts.derived_zh)
        return cls(
            kind=kind,
            name=KindNameOut(en=facts.name_en, zh=facts.name_zh),
            category=facts.category,
            severity=facts.severity,
            responsible=facts.responsible,
            gb_code=facts.gb_code,
            bacnet_fault=facts.bacnet_fault,
            measures=facts.measures,
            derived=derived,
        )


class BacnetFaultOut(BaseModel):
    """A BACnetLiftFault: the kind it is derived as, or why no signal allows it."""

    fault: int
    name: KindNameOut
    kind: DetectionKind | None
    why: str


def bacnet_faults() -> list[BacnetFaultOut]:
    return [
        BacnetFaultOut(
            fault=int(code.code),
            name=KindNameOut(en=code.meaning_en, zh=code.meaning_zh),
            kind=BACNET_DERIVED[int(code.code)][0],
            why=BACNET_DERIVED[int(code.code)][1],
        )
        for code in CODES
    ]


class FaultCatalogueOut(BaseModel):
    kinds: list[KindOut]
    bacnet_faults: list[BacnetFaultOut]


class EpisodeOut(BaseModel):
    """One episode; `measured` is in the unit at the end of the catalogue's `measures`."""

    kind: DetectionKind
    name: KindNameOut
    category: Category
    severity: Severity
    responsible: Responsible
    gb_code: str | None
    onset_at: datetime
    detected_at: datetime
    ended_at: datetime | None
    level: str
    source: Source
    reason: str
    end_reason: str | None
    measured: float | None
    evidence: dict[str, Any]

    @classmethod
    def of(cls, episode: Episode) -> Self:
        facts = episode.facts
        return cls(
            kind=episode.kind,
            name=KindNameOut(en=facts.name_en, zh=facts.name_zh),
            category=facts.category,
            severity=facts.severity,
            responsible=facts.responsible,
            gb_code=facts.gb_code,
            onset_at=episode.onset_at,
            detected_at=episode.detected_at,
            ended_at=episode.ended_at,
            level=episode.level,
            source=episode.source,
            reason=episode.reason,
            end_reason=episode.end_reason,
            measured=episode.measured,
            evidence=dict(episode.evidence),
        )


class LiftFaultsOut(BaseModel):
    """Episodes that were there in the period, the latest onset first."""

    lift_id: str
    as_of: datetime
    period_from: datetime
    period_to: datetime
    complete: bool  # false: there are more than were asked for
    episodes: list[EpisodeOut]
