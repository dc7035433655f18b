"""Where lifts and crews are, and who is responsible for whom: the rescue side of a town as arrays.

Must not know times, orders or what goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.spatial import KDTree

from liftward_simulator.city.document import PartyKind, Town, TownError
from liftward_simulator.city.geography import FloatArray, place_m
from liftward_simulator.crews.response_times import LEVELS_COUNT, IntArray
from liftward_simulator.crews.shifts import SHIFT_CODES

_LEVEL_OF_KIND: dict[PartyKind, int] = {"maintainer": 1, "rescue_station": 2, "public_rescue": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class RescueMap:
    """Arrays of shape (n_lifts, ...) or (n_crews, ...)."""

    lift_places: FloatArray  # (n_lifts, 2), degrees
    lift_party: IntArray  # index of the maintainer in `party_ids`
    crew_ids: tuple[str, ...]
    crew_places: FloatArray  # (n_crews, 2), degrees: where each stands by
    crew_party: IntArray
    crew_level: IntArray  # 1 contracted firms, 2 rescue stations, 3 public rescue
    crew_shift: IntArray  # values of SHIFT_CODES
    party_ids: tuple[str, ...]

    @classmethod
    def of_town(cls, town: Town, lift_ids: Sequence[str]) -> Self:
        """Return the map of these lifts, in their order, and of all crews.

        Raises
        ------
        TownError
            When the town has no crew: nobody could ever be freed.
        """
        if not town.crews:
            raise TownError("$.crews is empty; allowed: one crew or more", ("crews",))
        lift_of = {lift.lift_id: lift for lift in town.lifts}
        lifts = [lift_of[lift_id] for lift_id in lift_ids]
        party_ids = tuple(party.party_id for party in town.parties)
        number = {party_id: index for index, party_id in enumerate(party_ids)}
        kinds = [party.kind for party in town.parties]
        crew_party = np.array([number[crew.party_id] for crew in town.crews], np.int64)
        return cls(
            lift_places=np.array([(one.latitude_deg, one.longitude_deg) for one in lifts]),
            lift_party=np.array([number[one.maintainer_id] for one in lifts], np.int64),
            crew_ids=tuple(crew.crew_id for crew in town.crews),
            crew_places=np.array(
                [(one.base_latitude_deg, one.base_longitude_deg) for one in town.crews]
            ),
            crew_party=crew_party,
            # Whoever else has a crew goes last, as public rescue does.
            crew_level=np.array(
                [_LEVEL_OF_KIND.get(kinds[index], LEVELS_COUNT) for index in crew_party], np.int64
            ),
            crew_shift=np.array([SHIFT_CODES[crew.shift] for crew in town.crews], np.int64),
            party_ids=party_ids,
        )

    def nearest_m(self) -> FloatArray:
        """Return the straight way to the nearest crew by level, whatever its shift.

        Returns
        -------
        ndarray of shape (n_lifts, 3), metres
            From the lift's own firm, any rescue station, public rescue. A level without a crew has
            the next one's way, and the last level the nearest crew's of all.
        """
        lifts_m, crews_m = place_m(self.lift_places), place_m(self.crew_places)
        nearest, _ = KDTree(crews_m).query(lifts_m)
        ways = np.empty((len(lifts_m), LEVELS_COUNT))
        ways[:, LEVELS_COUNT - 1] = nearest
        for level in range(LEVELS_COUNT, 1, -1):
            of_level = crews_m[self.crew_level == level]
            if of_level.size:
                ways[:, level - 1], _ = KDTree(of_level).query(lifts_m)
            else:
                ways[:, level - 1] = ways[:, min(level, LEVELS_COUNT - 1)]
        ways[:, 0] = ways[:, 1]
        for party in np.unique(self.lift_party).tolist():
            of_firm = crews_m[self.crew_party == party]
            if of_firm.size:
                served = self.lift_party == party
                ways[served, 0], _ = KDTree(of_firm).query(lifts_m[served])
        return ways
