"""Broker, gateway, engine, API and database killed while people are shut in; the oracle counts."""

import secrets

import pytest

from support.evening_oracle import End
from support.kill_evening import EveningOptions, Target, play_evening

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto]

_ENTRAPMENTS = 6


def test_an_evening_of_kills_forgets_nobody_and_asks_nobody_twice() -> None:
    """Every process is killed; everybody ends as it really was, every order went out once.

    Every deadline fired or was cancelled once and none is overdue; the auditor has no complaint;
    the ledger verifies.
    """
    seed = secrets.randbelow(1_000_000)
    options = EveningOptions(entrapments=_ENTRAPMENTS, seed=seed, every_s=1.0)
    told = [f"seed {seed}"]

    report = play_evening(options, told.append)

    assert report.faults == [], (told, report.logs)
    assert set(report.kills) == set(Target), told
    assert sum(report.account.ends.values()) == _ENTRAPMENTS, told
    assert report.account.ends[End.STILL_OPEN] >= 1, told
    assert report.orders >= _ENTRAPMENTS, told
    assert report.ledger_entries > 0, told
