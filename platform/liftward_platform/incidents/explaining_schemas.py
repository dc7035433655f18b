"""Explanations of the detector as HTTP and the live board show them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from liftward_platform.rescue.schemas import LiftRef


class WordsOut(BaseModel):
    """The same in both languages, by language tag."""

    en: str
    zh: str = Field(alias="zh-CN", serialization_alias="zh-CN")


class PieceOut(BaseModel):
    """A piece of evidence. Weights are decibans: ten of them make the odds tenfold."""

    word: str
    weight_decibans: float | None
    value: Any
    text: WordsOut


class VerdictOut(BaseModel):
    """One conclusion of the detector, with its sentence."""

    detection_id: int
    kind: str
    name: WordsOut
    transition: Literal["began", "raised", "ended"]
    level: str
    reason: str
    reason_words: WordsOut
    onset_at: datetime
    detected_at: datetime
    probability: float | None
    sentence: WordsOut
    pieces: list[PieceOut]
    not_known: list[str]


class ExplanationOut(VerdictOut):
    """The same with what it rests on."""

    as_of: datetime
    lift_id: str
    detector_version: str
    thresholds_hash: str
    handling: str | None
    handled_at: datetime | None


class WarningsOut(BaseModel):
    """What the detector sees now at a lift besides entrapment."""

    as_of: datetime
    lift_id: str
    last_observed_at: datetime | None
    warnings: list[VerdictOut]


class NoticeOut(BaseModel):
    """What the board shows quietly: a suspicion that waits, a lift left unwatched for too long."""

    detection_id: int
    kind: str
    level: str
    onset_at: datetime
    detected_at: datetime
    sentence: WordsOut
    lift: LiftRef
