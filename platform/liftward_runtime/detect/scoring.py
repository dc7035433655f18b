"""Plays one city and lets every detector see it: who was found, when, and what was a false alarm.

The full sensor set is seen by both methods; once more by both, with reduced sensor sets dealt out
over the lifts. Must not know how figures are made of the cases.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from liftward_detection.kinds import Level, Reason
from liftward_detection.thresholds import Thresholds
from liftward_runtime.detect.city import Batch, City, CityPlan
from liftward_runtime.detect.contestants import METHODS, Contestant, contestant
from liftward_runtime.detect.matching import Case, Episode, EpisodeLog, Matched, match
from liftward_runtime.detect.sensor_sets import Deal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AROUND_S = 600.0  # what went on shortly before a false alarm may have led to it
_BATCHES_PER_LOOK = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One city to be played.

    Attributes
    ----------
    plan : its gateway type is the first sensor set
    reduced : sets that are dealt out over its lifts, besides; none for cities of a gateway type
    """

    plan: CityPlan
    reduced: tuple[str, ...] = ()
    methods: tuple[str, ...] = METHODS

    @property
    def first_set(self) -> str:
        return self.plan.gateway_type or "mixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarm:
    """A false `probable` and what really went on there."""

    lift_id: str
    at: datetime  # when the platform was told
    lasted_s: float | None
    reason: str
    going_on: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetScore:
    """What one method did with one sensor set in one city."""

    method: str
    sensor_set: str
    lift_days: float
    cases: list[Case]
    false_alarms: list[FalseAlarm]


@dataclass(slots=True, kw_only=True)
class CityScore:
    """All of one city; `lift_ids` by the lift index of the cases."""

    job: Job
    lift_ids: tuple[str, ...]
    samples_count: int
    refused_count: int
    scores: list[SetScore] = field(default_factory=list)


class _Seat:
    """One detector with its log, looking at the whole city, with some signals left out."""

    def __init__(self, method: str, detector: Contestant, deal: Deal | None) -> None:
        self.method, self.deal = method, deal
        self.log = EpisodeLog()
        self._detector = detector

    def take(self, batch: Batch, dealt: Batch | None) -> None:
        seen = batch if self.deal is None else dealt
        assert seen is not None, "a seat with a deal is given what was dealt"
        for transitions in self._detector.take(seen.samples, seen.events, seen.now_us):
            self.log.take(transitions.table)


def score_city(
    job: Job, thresholds: Thresholds, tell: Callable[[str], None] | None = None
) -> CityScore:
    """Play a city to its end and match what each detector told with what happened."""
    city = City(job.plan)
    deal = Deal(job.reduced) if job.reduced else None
    lift_count = len(city.lift_ids)
    seats = [
        _Seat(method, contestant(method, lift_count, thresholds), seat_deal)
        for method in job.methods
        for seat_deal in ((None, deal) if deal is not None else (None,))
    ]
    samples_count = 0
    for number, batch in enumerate(city.batches()):
        dealt = None
        if deal is not None:
            dealt = Batch(
                samples=deal.samples(batch.samples),
                events=deal.events(batch.events),
                now_us=batch.now_us,
            )
        for seat in seats:
            seat.take(batch, dealt)
        samples_count += len(batch.samples)
        if tell is not None and number % _BATCHES_PER_LOOK == 0:
            tell(f"{job.plan.scenario} {job.plan.seed}: {city.lift_days:.1f} lift-days")
    return CityScore(
        job=job,
        lift_ids=city.lift_ids,
        samples_count=samples_count,
        refused_count=city.refused_count,
        scores=[score for seat in seats for score in _scores_of(seat, city, job)],
    )


def _scores_of(seat: _Seat, city: City, job: Job) -> list[SetScore]:
    truth = city.truth()
    matched = match(truth, seat.log.episodes, end_us=city.now_us)
    if seat.deal is None:
        return [_score(seat.method, job.first_set, city.lift_days, matched, city)]
    deal, lift_count = seat.deal, len(city.lift_ids)
    return [
        _score(
            seat.method,
            name,
            city.lift_days * deal.lifts_count(name, lift_count) / lift_count,
            Matched(
                cases=[one for one in matched.cases if deal.set_of(one.entrapment.lift) == name],
                false_probable=[
                    one for one in matched.false_probable if deal.set_of(one.lift) == name
                ],
            ),
            city,
        )
        for name in deal.sets
    ]


def _score(
    method: str, sensor_set: str, lift_days: float, matched: Matched, city: City
) -> SetScore:
    return SetScore(
        method=method,
        sensor_set=sensor_set,
        lift_days=lift_days,
        cases=matched.cases,
        false_alarms=[_false_alarm(episode, city) for episode in matched.false_probable],
    )


def _false_alarm(episode: Episode, city: City) -> FalseAlarm:
    lift_id = city.lift_ids[episode.lift]
    told_us = episode.at_level_us(Level.PROBABLE)
    assert told_us is not None, "a false probable was probable"
    at = moment(told_us)
    subjects: Sequence[str] = city.devices_of(episode.lift)
    going_on = [
        words for subject in subjects for words in city.records.going_on(subject, at, _AROUND_S)
    ]
    return FalseAlarm(
        lift_id=lift_id,
        at=at,
        lasted_s=None if episode.ended_us is None else (episode.ended_us - told_us) / 1e6,
        reason=list(Reason)[episode.reason].value,
        going_on=tuple(dict.fromkeys(going_on)),
    )


def moment(at_us: int) -> datetime:
    """Return a time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at_us)
