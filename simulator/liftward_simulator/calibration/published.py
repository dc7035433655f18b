"""What rescue centres publish, as rows to compare with: value or band, tolerance, reason, source.

A tolerance is fixed here, with its reason, before anything is simulated; a row that falls outside
is mended in the model, never here. Must not know the simulator.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

# One year of a city like Nanjing: 6,944 entrapments in 2015, 664 in one month of 2023.
CITY_YEAR_ENTRAPMENTS = 6_944
WUHU_YEAR_ENTRAPMENTS = 2_021
QINGHAI_HALF_YEAR_ENTRAPMENTS = 1_128
STANDARD_ERRORS = 2.0  # about 95 of 100 samples fall within
_PERCENT = 100.0


class Quantity(StrEnum):
    """What is compared; the value is the row's name."""

    ENTRAPMENTS_PER_LIFT_YEAR = "entrapments per lift-year"
    MONTHLY_RATE_PERCENT = "entrapment rate, % of lifts per month"
    BREAKDOWNS_PER_LIFT_YEAR = "breakdowns per lift-year"
    BREAKDOWNS_TRAPPING_PERCENT = "breakdowns that trap somebody, %"
    CAUSE_HUMAN = "cause: human, %"
    CAUSE_EXTERNAL = "cause: external, %"
    CAUSE_DOOR = "cause: door system, %"
    CAUSE_CONTROL = "cause: control system, %"
    CAUSE_ELECTRICAL = "cause: electrical system, %"
    CAUSE_TRACTION = "cause: traction system, %"
    CAUSE_RUBBISH = "cause: rubbish in the door, %"
    CAUSE_ROUGH_HANDLING = "cause: rough handling, %"
    CAUSE_OVERLOAD = "cause: overload, %"
    CAUSE_DOOR_HELD = "cause: door held, %"
    HOURS_18_20 = "between 18 and 20 h, %"
    HOURS_08_10 = "between 08 and 10 h, %"
    QUIETEST_HOUR = "quietest two hours begin at, h"
    SITE_RESIDENTIAL = "in homes, %"
    SITE_PUBLIC = "in public places, %"
    SITE_HOSPITAL = "in hospitals, %"
    SITE_HOTEL = "in hotels, %"
    SITE_OFFICE = "in offices, %"
    TYPHOON_DAY = "typhoon day over a usual day"
    AGE_5_10_OVER_FLEET = "rate at 5-10 years over the fleet's"
    AGE_11_15_OVER_FLEET = "rate at 11-15 years over the fleet's"
    AGE_11_15_OVER_OLDER = "rate at 11-15 years over that above 15"
    WORST_LIFT_YEAR = "worst lift-year of a large city"
    WORST_LIFT_YEAR_SMALL = "worst lift-year of a smaller city"
    WORST_LIFT_MONTH = "worst lift-month of a large city's year"
    PERSONS = "people per entrapment"
    ALONE = "trapped alone, %"
    SELF_RELEASE = "freed themselves, %"
    WORLD_HOURS_18_20 = "between 18 and 20 h, played out, %"
    WORLD_HOURS_08_10 = "between 08 and 10 h, played out, %"
    RESPONSE_3_MIN = "orders acknowledged within 3 min, %"
    ARRIVAL_MEAN = "arrival, mean, min"
    ARRIVAL_LATE = "arrival after more than 30 min, %"
    RELEASE_MEAN = "release after arrival, mean, min"
    LEVEL_1 = "rescued by the contracted firm, %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One published figure. `low` and `high` are the same when one value is published."""

    quantity: Quantity
    low: float
    high: float
    tolerance: float
    reason: str  # of the tolerance
    source: str

    def holds(self, simulated: float) -> bool:
        """Tell whether a simulated figure is within the tolerance; nan is not."""
        return self.low - self.tolerance <= simulated <= self.high + self.tolerance


def _sampling_percent(percent: float, events_count: int) -> float:
    """Return the sampling error of a share seen in so many events, to one decimal upwards."""
    share = percent / _PERCENT
    error = STANDARD_ERRORS * sqrt(share * (1 - share) / events_count) * _PERCENT
    return round(error + 0.05, 1)


def _share(
    quantity: Quantity,
    low: float,
    source: str,
    *,
    high: float | None = None,
    events_count: int = CITY_YEAR_ENTRAPMENTS,
    clusters: float = 1.0,
) -> Published:
    """Return a row whose tolerance is the sampling error of the share."""
    reason = f"sampling error, {events_count} entrapments"
    if clusters > 1:
        reason += f" that come {clusters:.0f} at a time"
    return Published(
        quantity=quantity,
        low=low,
        high=low if high is None else high,
        tolerance=_sampling_percent(low if high is None else high, int(events_count / clusters)),
        reason=reason,
        source=source,
    )


_JIANGSU_2023 = "Jiangsu AMR white paper, January to October 2023"
_QINGHAI = "Qinghai AMR circular, first half of 2023"
_HOURS_LATE = "Wuhu 2022 (17.8), Nanjing bulletin June 2016 (14.7)"
_HOURS_EARLY = "Wuhu 2022 (15.0), Nanjing June 2016 (12.3), Qinghai first half of 2023 (10.9)"
_BULLETINS = "bulletins of 11 cities and provinces, 2013 to 2024"
# A mains cut traps several people in a neighbourhood at once, which makes its share less sure.
CUT_CLUSTER = 4.0

_HOW_OFTEN = (
    Published(
        quantity=Quantity.ENTRAPMENTS_PER_LIFT_YEAR,
        low=0.058,
        high=0.077,
        tolerance=0.0,
        reason="the band is the spread between provinces",
        source="Jiangsu AMR 2020 (0.066) and 2023 (0.058), Qinghai AMR first half of 2023 (0.077)",
    ),
    Published(
        quantity=Quantity.MONTHLY_RATE_PERCENT,
        low=0.48,
        high=0.55,
        tolerance=0.02,
        reason="sampling error of one city-year, with its cuts and spells",
        source="Jiangsu AMR 2020 (0.55) and 2023 (0.48)",
    ),
    Published(
        quantity=Quantity.BREAKDOWNS_PER_LIFT_YEAR,
        low=0.24,
        high=0.36,
        tolerance=0.06,
        reason="half the spread between the two years: another country's fleet",
        source="Singapore HDB, 2014-15 (0.36) and first half of 2016 (0.24)",
    ),
    Published(
        quantity=Quantity.BREAKDOWNS_TRAPPING_PERCENT,
        low=20.0,
        high=20.0,
        tolerance=5.0,
        reason="published as 'about', by one consultancy",
        source="lift consultancy on call-back rates",
    ),
)
_WHY = (
    _share(Quantity.CAUSE_HUMAN, 52.7, _JIANGSU_2023),
    _share(Quantity.CAUSE_EXTERNAL, 20.6, _JIANGSU_2023, clusters=CUT_CLUSTER),
    _share(Quantity.CAUSE_DOOR, 11.6, _JIANGSU_2023),
    _share(Quantity.CAUSE_CONTROL, 7.3, _JIANGSU_2023),
    _share(Quantity.CAUSE_ELECTRICAL, 2.1, _JIANGSU_2023),
    _share(Quantity.CAUSE_TRACTION, 0.4, _JIANGSU_2023),
    _share(Quantity.CAUSE_RUBBISH, 25.0, _JIANGSU_2023),
    _share(Quantity.CAUSE_ROUGH_HANDLING, 1.8, _JIANGSU_2023),
    _share(Quantity.CAUSE_OVERLOAD, 1.0, _JIANGSU_2023),
    _share(Quantity.CAUSE_DOOR_HELD, 0.8, _JIANGSU_2023),
)
_WHEN_AND_WHERE = (
    _share(Quantity.HOURS_18_20, 14.7, _HOURS_LATE, high=17.8),
    _share(Quantity.HOURS_08_10, 10.9, _HOURS_EARLY, high=15.0),
    Published(
        quantity=Quantity.QUIETEST_HOUR,
        low=4.0,
        high=4.0,
        tolerance=0.0,
        reason="hours are published in blocks of two",
        source="Guizhou AMR, trough 04-06 h",
    ),
    _share(
        Quantity.SITE_RESIDENTIAL,
        68.9,
        "Qinghai first half of 2023, Nanjing 2016 and 2018 (68.9 to 73.6)",
        high=73.6,
    ),
    _share(Quantity.SITE_PUBLIC, 13.2, _QINGHAI, events_count=QINGHAI_HALF_YEAR_ENTRAPMENTS),
    _share(Quantity.SITE_HOSPITAL, 4.4, _QINGHAI, events_count=QINGHAI_HALF_YEAR_ENTRAPMENTS),
    _share(Quantity.SITE_HOTEL, 3.2, _QINGHAI, events_count=QINGHAI_HALF_YEAR_ENTRAPMENTS),
    _share(Quantity.SITE_OFFICE, 2.3, _QINGHAI, events_count=QINGHAI_HALF_YEAR_ENTRAPMENTS),
    Published(
        quantity=Quantity.TYPHOON_DAY,
        low=2.1,
        high=3.3,
        tolerance=0.3,
        reason="one landfall; its noise is a tenth of it",
        source="Jiangsu work orders: 365 on 2024-09-16, usually below 175 (2.1), mean 110 (3.3)",
    ),
)
_WHICH_LIFTS = (
    Published(
        quantity=Quantity.AGE_5_10_OVER_FLEET,
        low=1.36,
        high=1.36,
        tolerance=0.15,
        reason="about 700 entrapments in the band, and another mix of ages",
        source="Wuhu 2022 (0.087 over 0.064 per lift-year)",
    ),
    Published(
        quantity=Quantity.AGE_11_15_OVER_FLEET,
        low=1.60,
        high=1.60,
        tolerance=0.15,
        reason="about 1,000 entrapments in the band, and another mix of ages",
        source="Nanjing annual report 2015 (1.45 over 0.905 % a month)",
    ),
    Published(
        quantity=Quantity.AGE_11_15_OVER_OLDER,
        low=2.13,
        high=2.13,
        tolerance=0.3,
        reason="about 250 entrapments above 15 years",
        source="Nanjing annual report 2015 (1.45 over 0.68 % a month)",
    ),
    Published(
        quantity=Quantity.WORST_LIFT_YEAR,
        low=14.0,
        high=14.0,
        tolerance=5.0,
        reason="a worst of one year is one draw from a long tail",
        source="Nanjing annual report 2015 (6,944 entrapments)",
    ),
    Published(
        quantity=Quantity.WORST_LIFT_YEAR_SMALL,
        low=7.0,
        high=7.0,
        tolerance=3.0,
        reason="a worst of one year is one draw from a long tail",
        source="Wuhu 2022 (2,021 entrapments)",
    ),
    Published(
        quantity=Quantity.WORST_LIFT_MONTH,
        low=7.0,
        high=7.0,
        tolerance=3.0,
        reason="the one such bulletin found; a worst is one draw from a long tail",
        source="Nanjing bulletin of one month, about 2016",
    ),
)
_PEOPLE_AND_RESCUE = (
    Published(
        quantity=Quantity.PERSONS,
        low=1.4,
        high=2.8,
        tolerance=0.1,
        reason="the band is the spread between places; sampling error of the rehearsal",
        source=_BULLETINS,
    ),
    _share(
        Quantity.ALONE,
        76.9,
        "234 Jiangsu work orders of lifts that trap people often, 2021-22 and 2024",
        events_count=234,
    ),
    Published(
        quantity=Quantity.SELF_RELEASE,
        low=2.7,
        high=2.7,
        tolerance=1.0,
        reason="sampling error, 1,000 entrapments of the rehearsal",
        source="Jiangsu AMR 2020 (1,087 beside 40,171 rescues)",
    ),
    _share(Quantity.WORLD_HOURS_18_20, 14.7, _HOURS_LATE, high=17.8, events_count=1_000),
    _share(Quantity.WORLD_HOURS_08_10, 10.9, _HOURS_EARLY, high=15.0, events_count=1_000),
    Published(
        quantity=Quantity.RESPONSE_3_MIN,
        low=99.7,
        high=100.0,
        tolerance=0.2,
        reason="sampling error, 7,000 orders",
        source="Jinan 2018 and 2020, Rizhao 2020",
    ),
    Published(
        quantity=Quantity.ARRIVAL_MEAN,
        low=9.0,
        high=14.0,
        tolerance=0.0,
        reason="the band is the spread between places",
        source=_BULLETINS,
    ),
    Published(
        quantity=Quantity.ARRIVAL_LATE,
        low=0.2,
        high=0.9,
        tolerance=0.2,
        reason="sampling error, 7,000 arrivals",
        source="30-minute rates of Jinan and Rizhao (99.5 to 100), Jiangsu work orders (0.9)",
    ),
    Published(
        quantity=Quantity.RELEASE_MEAN,
        low=4.4,
        high=5.9,
        tolerance=0.2,
        reason="the band holds most places; sampling error",
        source=_BULLETINS,
    ),
    Published(
        quantity=Quantity.LEVEL_1,
        low=98.2,
        high=100.0,
        tolerance=0.3,
        reason="sampling error, 7,000 rescues",
        source="Jinan 2018 and 2020, Rizhao 2020, Guizhou",
    ),
)
PUBLISHED: tuple[Published, ...] = (
    _HOW_OFTEN + _WHY + _WHEN_AND_WHERE + _WHICH_LIFTS + _PEOPLE_AND_RESCUE
)
