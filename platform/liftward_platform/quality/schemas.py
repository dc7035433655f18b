"""The HTTP shapes of quality figures."""

from datetime import datetime

from pydantic import BaseModel, Field

from liftward_platform.quality.model import Figure, SubjectKind


class SubjectOut(BaseModel):
    kind: SubjectKind
    id: str
    name: str


class MethodOut(BaseModel):
    """Figures of different names or versions are not comparable."""

    name: str
    version: str


class IntervalOut(BaseModel):
    """A confidence interval of the rate; null without exposure."""

    low: float | None
    high: float | None
    level: float


class FigureOut(BaseModel):
    """Confirmed entrapments per lift-year in which they would have been noticed."""

    subject: SubjectOut
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    method: MethodOut
    lifts_count: int
    exposure_lift_years: float
    unknown_share: float | None
    count: int
    open_count: int
    count_by_cause_family: dict[str, int]
    rate_per_lift_year: float | None
    interval: IntervalOut
    as_of: datetime

    @classmethod
    def of(cls, figure: Figure, as_of: datetime) -> "FigureOut":
        subject, rate = figure.subject, figure.rate
        return cls(
            subject=SubjectOut(kind=subject.kind, id=subject.subject_id, name=subject.name),
            start=figure.period.start,
            end=figure.period.end,
            method=MethodOut(name=figure.method.name, version=figure.method.version),
            lifts_count=figure.lifts_count,
            exposure_lift_years=figure.exposure_lift_years,
            unknown_share=figure.unknown_share,
            count=figure.count,
            open_count=figure.open_count,
            count_by_cause_family=dict(figure.count_by_cause_family),
            rate_per_lift_year=rate.per_lift_year,
            interval=IntervalOut(
                low=rate.interval.low, high=rate.interval.high, level=rate.interval.level
            ),
            as_of=as_of,
        )


class FiguresOut(BaseModel):
    """A page of figures by id; ask again with `after` = the last id."""

    as_of: datetime
    maintainers: list[FigureOut]
