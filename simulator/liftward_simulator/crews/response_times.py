"""How long a rescue takes, drawn from published figures; who of the three levels goes. Pure.

One place for live crews, for runs without a platform and for calibration. Vectorised; every time is
life's own, unscaled. Must not know orders, HTTP or a particular crew.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liftward_simulator.city.geography import FloatArray, drive_time_s

IntArray = NDArray[np.int64]

# The 3-minute response limit is met in 99.7 to 100 % of orders (Jinan, Rizhao): answers take well
# under a minute.
ANSWER_MEAN_S = 35.0
DEPART_MEAN_S = 90.0  # to the van, with the tools [mem]
# Released 4.4 to 5.9 minutes after arrival in most bulletins; a log-normal with mean 280 s.
ON_SCENE_MEAN_S, ON_SCENE_SIGMA = 280.0, 0.5
TRAVEL_SIGMA = 0.25  # traffic: most journeys within a quarter of the usual time [mem]
# Crews are on their rounds, not at the station: so far to either side (standard deviation). Chosen
# so that 0.2 to 0.9 % arrive after more than half an hour (Jinan, Rizhao, Jiangsu).
ROUNDS_SIGMA_M = 1_300.0
_GAMMA_SHAPE = 3.0
# How long the first and the second level have to answer: a published limit of 3 minutes for the
# first, and all three levels tried within 5 (Guangzhou 2013).
LEVEL_WAIT_S = (180.0, 120.0)
LEVELS_COUNT = 3
# A centre asks the next level too rather than let people wait longer than the law allows: half an
# hour in cities, an hour elsewhere (TSG T5002-2017 article 5; Jinan does so in power cuts).
ARRIVAL_LIMIT_S, LATE_LIMIT_S = 1_800.0, 3_600.0
# Levels 2 and 3 do 0 to 2 % and about 0.01 % of rescues (Jinan, Rizhao, Guizhou, Hohhot): about
# one order in ninety is refused or not answered.
PUBLISHED_REFUSE_SHARE, PUBLISHED_SILENT_SHARE = 0.008, 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimes:
    """The steps of `n` orders, seconds; arrays of shape (n,) unless said otherwise."""

    answer_s: FloatArray
    depart_s: FloatArray
    traffic: FloatArray  # what the usual travel time is multiplied by
    on_scene_s: FloatArray
    rounds_m: FloatArray  # (n, 2): how far north and east of its station the crew is


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """What became of `n` calls, seconds since the call; arrays of shape (n,)."""

    level: IntArray  # 1 contracted firm, 2 rescue station, 3 public rescue
    accepted_s: FloatArray
    arrived_s: FloatArray
    released_s: FloatArray


def draw_steps(rng: np.random.Generator, count: int) -> StepTimes:
    """Return the times of `count` orders, each drawn on its own."""
    gamma = rng.gamma(_GAMMA_SHAPE, 1 / _GAMMA_SHAPE, (2, count))
    normal = rng.normal(0.0, 1.0, (4, count))
    log_mean = np.log(ON_SCENE_MEAN_S) - ON_SCENE_SIGMA**2 / 2
    return StepTimes(
        answer_s=gamma[0] * ANSWER_MEAN_S,
        depart_s=gamma[1] * DEPART_MEAN_S,
        traffic=np.exp(normal[0] * TRAVEL_SIGMA - TRAVEL_SIGMA**2 / 2),
        on_scene_s=np.exp(normal[1] * ON_SCENE_SIGMA + log_mean),
        rounds_m=normal[2:].T * ROUNDS_SIGMA_M,
    )


def draw_waits(
    rng: np.random.Generator, count: int, refuse_share: ArrayLike, silent_share: ArrayLike
) -> tuple[IntArray, FloatArray]:
    """Return which level takes each call, and how long the levels before it were waited for.

    Parameters
    ----------
    refuse_share, silent_share : array_like, broadcast to (count, 2)
        Of the first and the second level; the third always goes.

    Returns
    -------
    level, waited_s : ndarrays of shape (count,); levels are 1 to 3
    """
    refuse = np.broadcast_to(refuse_share, (count, 2))
    silent = np.broadcast_to(silent_share, (count, 2))
    chance = rng.random((count, 2))
    answer_s = rng.gamma(_GAMMA_SHAPE, ANSWER_MEAN_S / _GAMMA_SHAPE, (count, 2))
    fails = chance < refuse + silent
    lost_s = np.where(chance < refuse, np.minimum(answer_s, LEVEL_WAIT_S), LEVEL_WAIT_S)
    second = fails[:, 0]
    third = second & fails[:, 1]
    return 1 + second.astype(np.int64) + third, lost_s[:, 0] * second + lost_s[:, 1] * third


def _sooner(level: IntArray, drive_s: FloatArray) -> IntArray:
    """Return level 2 where level 1 would be later than the limit, and level 2 there before it."""
    expected_s = drive_s + ANSWER_MEAN_S + DEPART_MEAN_S
    late = (level == 1) & (expected_s[:, 0] > ARRIVAL_LIMIT_S)
    return np.where(late & (expected_s[:, 1] < expected_s[:, 0]), 2, level)


def draw_responses(
    rng: np.random.Generator,
    distances_m: ArrayLike,
    hours: ArrayLike,
    *,
    refuse_share: float = PUBLISHED_REFUSE_SHARE,
    silent_share: float = PUBLISHED_SILENT_SHARE,
) -> Responses:
    """Return how calls are answered when every crew is free, at life's own speed.

    Parameters
    ----------
    distances_m : array_like of shape (n, 3), metres
        From each lift to the nearest crew of its firm, rescue station and public rescue
        (`RescueMap.nearest_m`), as the crow flies.
    hours : array_like, broadcast to (n,), hours of the town's day
    """
    to_level_m = np.asarray(distances_m, np.float64)
    count = to_level_m.shape[0]
    level, waited_s = draw_waits(rng, count, refuse_share, silent_share)
    steps = draw_steps(rng, count)
    level = _sooner(level, drive_time_s(to_level_m, np.broadcast_to(hours, count)[:, None]))
    away_m = to_level_m[np.arange(count), level - 1]
    # Any direction is as likely: let the station lie south of the lift.
    way_m = np.hypot(away_m + steps.rounds_m[:, 0], steps.rounds_m[:, 1])
    accepted_s = waited_s + steps.answer_s
    leaving_s = accepted_s + steps.depart_s
    arrived_s = leaving_s + drive_time_s(way_m, hours) * steps.traffic
    return Responses(
        level=level,
        accepted_s=accepted_s,
        arrived_s=arrived_s,
        released_s=arrived_s + steps.on_scene_s,
    )
