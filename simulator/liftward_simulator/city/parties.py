"""The companies of a synthetic city, their stations, and the crews that stand by there.

Every name is visibly synthetic. Knows who works where. Must not know lifts or buildings.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.city.document import Party, PartyKind, ShiftName, TownCrew
from liftward_simulator.city.geography import FloatArray, random_places
from liftward_simulator.city.scale import CitySize

PUBLIC_RESCUE_ID = "public-rescue"
TOWN_CROWDING, CITY_CROWDING = 0.5, 0.7  # cities crowd towards their middle [mem]
# Larger firms have more stations: the second has 0.6 of the first's, the hundredth 0.03 [mem].
_FIRM_SIZE_EXPONENT = 0.75
_TOWN_CREWS_PER_FIRM = (2, 4)
_CITY_SHIFTS: tuple[ShiftName, ...] = ("day", "night")
_TOWN_SHIFTS: tuple[ShiftName, ...] = ("always",)
_PHONE_MAKER, _PHONE_MAINTAINER, _PHONE_STATION, _PHONE_PUBLIC = 1_000, 2_000, 3_000, 119
_PHONE_CREW = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stations:
    """The maintainers' stations; arrays of shape (n_stations, ...)."""

    places: FloatArray  # (n_stations, 2), degrees
    firm: NDArray[np.int64]  # index of the maintainer, from 0
    ids: tuple[str, ...]


def phone(number: int) -> str:
    """Return a number of a country code that has no such area."""
    return f"+86-000-{number // 10_000:04d}-{number % 10_000:04d}"


def maintainer_id(index: int) -> str:
    return f"maintainer-{index + 1:02d}"


def maker_id(index: int) -> str:
    return f"maker-{index + 1:02d}"


def rescue_station_id(index: int) -> str:
    return f"station-{index + 1:02d}"


def crowding(size: CitySize) -> float:
    return CITY_CROWDING if size.is_city else TOWN_CROWDING


def firm_weights(count: int) -> FloatArray:
    """Return how large firms are against each other; sums to 1."""
    weights = np.arange(1, count + 1, dtype=np.float64) ** -_FIRM_SIZE_EXPONENT
    return np.asarray(weights / weights.sum())


def companies(size: CitySize) -> list[Party]:
    """Return makers, maintainers, rescue stations and public rescue."""
    kinds: tuple[tuple[PartyKind, str, int, int], ...] = (
        ("maker", "Demo Maker", size.makers, _PHONE_MAKER),
        ("maintainer", "Demo Maintainer", size.maintainers, _PHONE_MAINTAINER),
        ("rescue_station", "Demo Rescue Station", size.rescue_stations, _PHONE_STATION),
    )
    id_of = {"maker": maker_id, "maintainer": maintainer_id, "rescue_station": rescue_station_id}
    parties = [
        Party(
            party_id=id_of[kind](index),
            kind=kind,
            name=f"{name} {index + 1}",
            phone=phone(first_phone + index),
        )
        for kind, name, count, first_phone in kinds
        for index in range(count)
    ]
    public = Party(
        party_id=PUBLIC_RESCUE_ID,
        kind="public_rescue",
        name="Demo Public Rescue",
        phone=phone(_PHONE_PUBLIC),
    )
    return [*parties, public]


def use_unit(number: int) -> Party:
    return Party(
        party_id=f"use-unit-{number:03d}",
        kind="use_unit",
        name=f"Demo Property Manager {number:03d}",
        phone=phone(10_000 + number),
    )


def make_stations(rng: np.random.Generator, size: CitySize) -> Stations:
    """Return the maintainers' stations: a few each in a town, by the firm's size in a city."""
    if size.is_city:
        more = size.maintenance_stations - size.maintainers
        counts = 1 + rng.multinomial(more, firm_weights(size.maintainers))
    else:
        low, high = _TOWN_CREWS_PER_FIRM
        counts = rng.integers(low, high + 1, size.maintainers)
    firm = np.repeat(np.arange(size.maintainers), counts)
    number = np.arange(firm.size) - np.repeat(np.cumsum(counts) - counts, counts)
    ids = [
        f"{maintainer_id(index)}-s{one + 1:02d}"
        for index, one in zip(firm.tolist(), number.tolist(), strict=True)
    ]
    places = random_places(rng, firm.size, size.radius_deg, crowding(size))
    return Stations(places=places, firm=firm, ids=tuple(ids))


def make_crews(rng: np.random.Generator, size: CitySize, stations: Stations) -> list[TownCrew]:
    """Return the crews of all stations and of public rescue.

    In a town one crew a station is there around the clock; in a city one by day and one by night.
    Public rescue is always there.
    """
    shifts = _CITY_SHIFTS if size.is_city else _TOWN_SHIFTS
    posts = [
        (maintainer_id(firm), station_id, place, shifts)
        for firm, station_id, place in zip(
            stations.firm.tolist(), stations.ids, stations.places.tolist(), strict=True
        )
    ]
    drawn = random_places(
        rng, size.rescue_stations + size.public_crews, size.radius_deg, crowding(size)
    ).tolist()
    posts += [
        (rescue_station_id(index), rescue_station_id(index), drawn[index], shifts)
        for index in range(size.rescue_stations)
    ]
    posts += [
        (PUBLIC_RESCUE_ID, PUBLIC_RESCUE_ID, place, _TOWN_SHIFTS)
        for place in drawn[size.rescue_stations :]
    ]
    numbers: dict[str, int] = {}
    crews: list[TownCrew] = []
    for party_id, station_id, place, of_post in posts:
        for shift in of_post:
            numbers[party_id] = number = numbers.get(party_id, 0) + 1
            crews.append(
                TownCrew(
                    crew_id=f"crew-{party_id}-{number}",
                    party_id=party_id,
                    name=f"Demo Crew {party_id} {number}",
                    phone=phone(_PHONE_CREW + len(crews)),
                    base_latitude_deg=place[0],
                    base_longitude_deg=place[1],
                    shift=shift,
                    station_id=station_id,
                )
            )
    return crews
