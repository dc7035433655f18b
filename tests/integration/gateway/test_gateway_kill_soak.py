import secrets

import pytest

from support.kill_soak import SoakOptions, Target, soak

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto]


def test_random_kills_of_everything_lose_and_double_nothing() -> None:
    """Gateway, broker and database are killed under load; the oracle of `bench kills` is content.

    Devices repeat after a lost connection, as the contract says; all rows are stored once, all
    marks are whole, and each entrapment was found once, from its beginning to its end.
    """
    seed = secrets.randbelow(1_000_000)
    told: list[str] = [f"seed {seed}: liftward bench kills --seconds 14 --seed {seed}"]

    report = soak(SoakOptions(seconds=14.0, seed=seed), told.append)

    assert report.judgement.faults == [], told
    assert set(report.kills) == set(Target), told
    assert report.judgement.acknowledged > 1_000, told
    assert report.judgement.episodes == 2, told
    assert report.losses_count > 0, told
