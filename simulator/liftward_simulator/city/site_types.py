"""What kinds of buildings a town has, as a table: how many lifts, how tall, what lifts they have.

Pure data with its sources. Must not know a particular town.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteType:
    """One kind of building; lift counts and floors are drawn from what stands here."""

    share: float  # of all lifts
    building: str
    floors_median: int
    floors_sigma: float  # of a log-normal, cut to the range
    floors_range: tuple[int, int]
    climb_s: float  # the rated speed climbs the building in about so long [mem]
    speed_mps_min: float = 1.0  # a goods lift may creep
    loads_kg: tuple[float, ...]  # one of these for all lifts of a site, GB sizes [mem]
    in_estates: bool = False  # in a city: many buildings under one property manager


# Shares: homes 69 to 74 % of entrapments, public places 13.2, hospitals 4.4, hotels 3.2, offices
# 2.3 (Qinghai AMR circular H1 2023, Nanjing bulletins); the rest is shared out. Floors [mem].
SITE_TYPES: dict[str, SiteType] = {
    "residential": SiteType(
        share=0.70,
        building="Sample Gardens",
        floors_median=17,
        floors_sigma=0.45,
        floors_range=(5, 54),
        climb_s=40.0,
        loads_kg=(800.0, 1_000.0, 1_000.0),
        in_estates=True,
    ),
    "public": SiteType(
        share=0.12,
        building="Sample Hall",
        floors_median=4,
        floors_sigma=0.5,
        floors_range=(2, 12),
        climb_s=20.0,
        loads_kg=(1_000.0, 1_350.0),
    ),
    "hospital": SiteType(
        share=0.044,
        building="Sample Hospital Wing",
        floors_median=9,
        floors_sigma=0.45,
        floors_range=(3, 24),
        climb_s=30.0,
        loads_kg=(1_600.0,),
    ),
    "hotel": SiteType(
        share=0.032,
        building="Sample Hotel",
        floors_median=13,
        floors_sigma=0.45,
        floors_range=(4, 45),
        climb_s=30.0,
        loads_kg=(1_000.0, 1_150.0),
    ),
    "office": SiteType(
        share=0.044,
        building="Sample Tower",
        floors_median=20,
        floors_sigma=0.5,
        floors_range=(4, 60),
        climb_s=30.0,
        loads_kg=(1_000.0, 1_350.0, 1_600.0),
    ),
    "shop": SiteType(
        share=0.04,
        building="Sample Mall",
        floors_median=4,
        floors_sigma=0.4,
        floors_range=(2, 9),
        climb_s=20.0,
        loads_kg=(1_000.0, 1_350.0),
    ),
    "industrial": SiteType(
        share=0.02,
        building="Sample Works",
        floors_median=3,
        floors_sigma=0.4,
        floors_range=(2, 8),
        climb_s=25.0,
        speed_mps_min=0.5,
        loads_kg=(1_600.0, 2_000.0),
    ),
}
assert abs(sum(kind.share for kind in SITE_TYPES.values()) - 1.0) < 1e-9  # noqa: PLR2004
# A goods lift of few landings creeps, the tallest tower of a large city has 8 m/s (Nanjing 2017).
RATED_SPEEDS_MPS = (0.5, 1.0, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
FLOOR_PITCH_M = 3.2  # between homes at 2.9 m and others at 3.9 m [mem]: for the rated speed alone
