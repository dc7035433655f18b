"""How much a calibration simulates, and the limits of it. Pure data, quick to import."""

from dataclasses import dataclass

# Wuhu, the smallest city that published its worst lift, has 31,600. The largest town there is, so
# that one year already holds three of Nanjing's and chance has less say.
LIFTS_MIN, LIFTS_DEFAULT = 30_000, 300_000
YEARS_DEFAULT, YEARS_QUICK = 3, 1
YEARS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationSettings:
    years: int = YEARS_DEFAULT
    lifts: int = LIFTS_DEFAULT
    seed: int = 1
    quick: bool = False  # a shorter day is played out
