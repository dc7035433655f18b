"""`liftward rescue speeds`: how fast crews really drove by hour of the day, for a policy's table.

Reads past orders and prints; changes nothing. Whoever keeps the policy takes the figures over.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import HOLDS, CallError, print_object, progress
from liftward_platform.rescue import store
from liftward_platform.rescue.calibration import Calibrated, calibrate, trip_of
from liftward_platform.rescue.policy import Policy, PolicyError, load

# Years of a city's drives; older ones say little about today's roads.
TRIPS_MAX = 500_000
DAYS_DEFAULT, DAYS_MAX = 365, 3_653


def configure(parser: ArgumentParser) -> None:
    """Describe the action."""
    actions = parser.add_subparsers(dest="action", required=True)
    speeds = actions.add_parser("speeds", help="learn road speeds by hour from past orders")
    speeds.add_argument("--json", action="store_true", help="one object on standard output")
    speeds.add_argument("--policy", type=Path, help="the policy to begin with")
    speeds.add_argument(
        "--days", type=int, default=DAYS_DEFAULT, help=f"of the last so many days ({DAYS_DEFAULT})"
    )


def run(arguments: Namespace) -> int:
    """Print the speeds."""
    if not 1 <= arguments.days <= DAYS_MAX:
        raise CallError(f"--days {arguments.days}: allowed is 1 to {DAYS_MAX}")
    try:
        policy = load(arguments.policy)
    except PolicyError as error:
        raise CallError(str(error)) from None
    settings = DatabaseSettings.from_environ(process_environ())
    found = learned(settings.dsn.reveal, policy, arguments.days)
    for line in summary(found, policy):
        progress(line)
    if arguments.json:
        print_object(
            {
                "speed_kmh": list(found.speed_kmh),
                "trips_count": list(found.trips_count),
                "refused_count": found.refused_count,
            }
        )
    return HOLDS


def learned(dsn: str, policy: Policy, days: int) -> Calibrated:
    """Return the speeds that the orders of the last days show.

    Raises
    ------
    CallError
        When the database cannot be asked.
    """
    try:
        with psycopg.connect(
            dsn, connect_timeout=CONNECT_TIMEOUT_S, row_factory=dict_row
        ) as connection:
            rows = store.trips(connection, days=days, limit=TRIPS_MAX)
    except psycopg.Error as error:
        raise CallError(f"the database cannot be asked: {error}".strip()) from None
    trips = (trip_of(row, policy.detour_factor) for row in rows)
    return calibrate(trips, policy.speed_kmh, detour_factor=policy.detour_factor)


def summary(found: Calibrated, policy: Policy) -> list[str]:
    """Return the lines a person reads: a table, and what goes into the policy."""
    rows = [
        f"{hour:02}:00  {usual:6.1f} -> {speed:6.1f} km/h  ({count} trips)"
        for hour, (usual, speed, count) in enumerate(
            zip(policy.speed_kmh, found.speed_kmh, found.trips_count, strict=True)
        )
    ]
    values = ", ".join(f"{speed:g}" for speed in found.speed_kmh)
    left_out = f"left out as impossible: {found.refused_count}"
    return [*rows, left_out, f"speed_kmh = [{values}]"]
