"""The rules of summaries, a lift and a sample at a time: the obvious twin of `history.course`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from liftward_platform.history.course import (
    HOUR,
    INCREASE_MAX,
    INCREASE_MAX_H,
    MOTION_MIN_MPS,
    POSITION_NOISE_M,
    SILENCE_MAX,
    TRIP_MAX,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample; None is absent. In the order of a list, later ones are of a higher sequence."""

    at: datetime
    mode: int = 0
    door_open: bool = False
    floor: int | None = None
    trips: int | None = None
    door_cycles: int | None = None
    run_time_h: float | None = None
    position_m: float | None = None
    speed_mps: float | None = None
    load_kg: float | None = None

    @property
    def moving(self) -> bool | None:
        if self.speed_mps is not None:
            return abs(self.speed_mps) >= MOTION_MIN_MPS
        return False if self.door_open else None


@dataclass(slots=True)
class Hour:
    """The figures of an hour."""

    samples_count: int = 0
    mode_us: dict[int, int] = field(default_factory=dict)
    trips: float | None = None
    door_cycles: float | None = None
    run_time_h: float | None = None
    distance_m: float | None = None
    breaks_count: int = 0


@dataclass(frozen=True, slots=True)
class Trip:
    """One trip."""

    started_at: datetime
    ended_at: datetime | None
    from_floor: int | None
    to_floor: int | None
    moving_s: float | None
    speed_max_mps: float | None
    load_max_kg: float | None
    samples_count: int


def hour_of(samples: Sequence[Sample], start: datetime) -> Hour:
    """Return one hour's figures from all samples of the lift, in order."""
    end = start + HOUR
    hour = Hour(samples_count=sum(start <= sample.at < end for sample in samples))
    for earlier, later in pairwise(samples):
        gap = later.at - earlier.at
        heard = min(later.at, end) - max(earlier.at, start)
        if gap <= SILENCE_MAX and heard > timedelta(0):
            us = heard // timedelta(microseconds=1)
            hour.mode_us[earlier.mode] = hour.mode_us.get(earlier.mode, 0) + us
        if (
            start <= later.at < end
            and gap <= SILENCE_MAX
            and earlier.position_m is not None
            and later.position_m is not None
        ):
            moved = abs(later.position_m - earlier.position_m)
            hour.distance_m = (hour.distance_m or 0.0) + (moved if moved >= POSITION_NOISE_M else 0)
    near = [sample for sample in samples if start - SILENCE_MAX <= sample.at < end]
    hour.trips, broken = _increase([(s.at, s.trips) for s in near], start, INCREASE_MAX)
    hour.breaks_count += broken
    hour.door_cycles, broken = _increase([(s.at, s.door_cycles) for s in near], start, INCREASE_MAX)
    hour.breaks_count += broken
    hour.run_time_h, broken = _increase([(s.at, s.run_time_h) for s in near], start, INCREASE_MAX_H)
    hour.breaks_count += broken
    return hour


def _increase(
    readings: Sequence[tuple[datetime, float | None]], start: datetime, most: float
) -> tuple[float | None, int]:
    total: float | None = None
    broken = 0
    before: float | None = None
    for at, value in readings:
        if value is None:
            continue
        if before is not None and at >= start:
            if 0 <= value - before <= most:
                total = (total or 0) + value - before
            else:
                broken += 1
        before = value
    return total, broken


def trips_of(samples: Sequence[Sample]) -> list[Trip]:
    """Return all trips of a lift from all its samples, in order."""
    return list(_trips(_saying(samples)))


def _saying(samples: Sequence[Sample]) -> list[Sample]:
    """The samples that say whether the car moves; of one moment the last."""
    by_moment = {sample.at: sample for sample in samples if sample.moving is not None}
    return [by_moment[at] for at in sorted(by_moment)]


def _trips(samples: Sequence[Sample]) -> Iterator[Trip]:
    before: Sample | None = None
    for index, sample in enumerate(samples):
        if before is not None and sample.at - before.at > SILENCE_MAX:
            before = None
        if sample.moving and (before is None or not before.moving):
            yield _followed(samples[index:], before)
        elif (
            not sample.moving
            and before is not None
            and not before.moving
            and None not in (sample.floor, before.floor)
            and sample.floor != before.floor
        ):
            yield Trip(before.at, sample.at, before.floor, sample.floor, None, None, None, 0)
        before = sample


def _followed(samples: Sequence[Sample], before: Sample | None) -> Trip:
    first = samples[0]
    moving = [first]
    end: Sample | None = None
    for sample in samples[1:]:
        if sample.at - first.at > TRIP_MAX or sample.at - moving[-1].at > SILENCE_MAX:
            break
        if not sample.moving:
            end = sample
            break
        moving.append(sample)
    speeds = [abs(sample.speed_mps) for sample in moving if sample.speed_mps is not None]
    loads = [sample.load_kg for sample in moving if sample.load_kg is not None]
    return Trip(
        first.at if before is None else before.at,
        None if end is None else end.at,
        None if before is None else before.floor,
        None if end is None else end.floor,
        (moving[-1].at - first.at).total_seconds(),
        max(speeds),
        max(loads, default=None),
        len(moving),
    )
