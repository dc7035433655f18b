"""`liftward simulate calibrate`: published figures beside simulated ones, with their sources."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from liftward_kit.clock import monotonic_s
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object, progress
from liftward_simulator.calibration.comparison import Row, text_table
from liftward_simulator.calibration.page import PageError, refreshed
from liftward_simulator.calibration.settings import (
    LIFTS_DEFAULT,
    LIFTS_MIN,
    YEARS_DEFAULT,
    YEARS_MAX,
    YEARS_QUICK,
    CalibrationSettings,
)
from liftward_simulator.city.scale import LIFT_COUNT_MAX


def configure(parser: ArgumentParser) -> None:
    """Offer how much to simulate and where the table goes."""
    parser.add_argument(
        "--years", type=int, help=f"years of the city (default {YEARS_DEFAULT}, quick: 1)"
    )
    parser.add_argument("--lifts", type=int, default=LIFTS_DEFAULT, help="lifts of the city")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same figures")
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument(
        "--quick", action="store_true", help="one year, a shorter day: ends within 45 seconds"
    )
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="renew the table in this page"
    )


def run(arguments: Namespace) -> int:
    """Compare, print, and return whether every row is inside its tolerance."""
    settings = _settings(arguments)
    page = None if arguments.markdown is None else _page(arguments.markdown)
    # The world's compiled parts take a second to import: only when it is wanted.
    from liftward_simulator.calibration.calibrate import calibrate

    began_s = monotonic_s()
    try:
        rows = calibrate(settings, progress)
    except KeyboardInterrupt:
        progress("interrupted: nothing was compared")
        return DOES_NOT_HOLD
    seconds = round(monotonic_s() - began_s, 1)
    if page is not None:
        arguments.markdown.write_text(refreshed(page, rows), "utf-8")
    inside_all = all(row.inside for row in rows)
    if arguments.json:
        print_object(
            {
                "inside_all": inside_all,
                "rows": [row.as_object() for row in rows],
                "seed": settings.seed,
                "years": settings.years,
                "lifts": settings.lifts,
                "quick": settings.quick,
                "seconds": seconds,
            }
        )
    else:
        _print_table(rows, settings, seconds)
    return HOLDS if inside_all else DOES_NOT_HOLD


def _settings(arguments: Namespace) -> CalibrationSettings:
    years = YEARS_DEFAULT if arguments.years is None else arguments.years
    limits = (
        ("--years", years, 1, YEARS_MAX),
        ("--lifts", arguments.lifts, LIFTS_MIN, LIFT_COUNT_MAX),
    )
    for name, value, lowest, highest in limits:
        if not lowest <= value <= highest:
            raise CallError(f"{name} is {value}; allowed: {lowest} to {highest}")
    if arguments.seed < 0:
        raise CallError(f"--seed is {arguments.seed}; allowed: 0 or more")
    return CalibrationSettings(
        years=YEARS_QUICK if arguments.quick else years,
        lifts=arguments.lifts,
        seed=arguments.seed,
        quick=arguments.quick,
    )


def _page(path: Path) -> str:
    """Return the page, sure to have a place for the table: found out before, not after."""
    try:
        page = path.read_text("utf-8")
        refreshed(page, ())
    except (OSError, UnicodeDecodeError, PageError) as error:
        raise CallError(f"--markdown {path}: {error}") from None
    return page


def _print_table(rows: tuple[Row, ...], settings: CalibrationSettings, seconds: float) -> None:
    outside = sum(not row.inside for row in rows)
    verdict = "all inside" if not outside else f"{outside} OUTSIDE"
    extent = f"{settings.years} years of {settings.lifts} lifts, seed {settings.seed}"
    how = f"{extent}, {seconds} s{' (quick)' if settings.quick else ''}"
    lines = [*text_table(rows), "", f"{len(rows)} rows, {verdict}; {how}"]
    sys.stdout.write("\n".join(lines) + "\n")
