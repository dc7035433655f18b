"""Who can sign in to a demo."""

import numpy as np

from liftward_runtime.demo.town import make_accounts
from liftward_simulator.city.town import make_town


def test_the_simulated_desk_is_a_dispatcher_of_its_own() -> None:
    """Beside the account for people there is one that only the simulation uses, with its secret."""
    accounts = make_accounts(make_town(np.random.default_rng(1), 10))

    desks = {one["account_id"]: one for one in accounts if one["role"] == "dispatcher"}
    assert set(desks) == {"dispatcher", "desk-simulated"}
    assert desks["desk-simulated"]["name"] == "Simulated desk"
    assert desks["desk-simulated"]["crew_id"] is None
    assert len({one["secret"] for one in accounts}) == len(accounts)
