"""The calibration: how rows are judged and printed, how figures are counted, what the page has."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError
from liftward_simulator.calibration import calibrate as calibration
from liftward_simulator.calibration import command
from liftward_simulator.calibration.comparison import (
    GIVEN,
    TUNED,
    Basis,
    Row,
    compare,
    markdown_table,
    text_table,
)
from liftward_simulator.calibration.page import PageError, refreshed, rows_of
from liftward_simulator.calibration.published import PUBLISHED, Published, Quantity
from liftward_simulator.calibration.settings import CalibrationSettings
from liftward_simulator.calibration.years import (
    FAMILY_QUANTITIES,
    Years,
    play_years,
    repeat_figures,
    typhoon_figure,
    worst_months,
    worst_of_cities,
    year_figures,
)
from liftward_simulator.faults.causes import CAUSES, Cause, Family
from liftward_simulator.rates.lift_rates import ENTRAPMENTS_PER_LIFT_YEAR, LiftRates, draw_rates
from support.alike_lifts import traits_of

PAGE = Path(__file__).parents[3] / "docs" / "calibration.md"
PUBLISHED_VALUES = {row.quantity: (row.low + row.high) / 2 for row in PUBLISHED}


def published(quantity: Quantity) -> Published:
    return next(row for row in PUBLISHED if row.quantity is quantity)


def played(rates: LiftRates, seed: int, years_count: int = 1) -> Years:
    return play_years(np.random.default_rng(seed), rates, years_count, lambda _: None)


def fleet(rate: float = ENTRAPMENTS_PER_LIFT_YEAR) -> LiftRates:
    rng = np.random.default_rng(61)
    age_years = rng.choice([3.0, 7.0, 12.0, 20.0], 50_000, p=[0.47, 0.26, 0.20, 0.07])
    return draw_rates(rng, traits_of(50_000, age_years=age_years), entrapments_per_lift_year=rate)


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row.quantity.name)
def test_a_row_holds_to_the_edge_of_its_tolerance_and_not_beyond(row: Published) -> None:
    """Inside is from the band's low end less the tolerance to its high end more."""
    edge = 1e-9
    assert row.holds(min(row.low - row.tolerance + edge, row.low))
    assert row.holds(max(row.high + row.tolerance - edge, row.high))
    assert not row.holds(row.low - row.tolerance - edge)
    assert not row.holds(row.high + row.tolerance + edge)
    assert not row.holds(float("nan"))


def test_every_quantity_is_published_once_with_source_and_reason() -> None:
    """No row without a source, none without a reason for its tolerance, none twice."""
    assert [row.quantity for row in PUBLISHED] == list(Quantity)
    assert all(row.source and row.reason and row.low <= row.high for row in PUBLISHED)
    assert all(row.tolerance >= 0 for row in PUBLISHED)
    assert not GIVEN & TUNED


def test_a_quantity_that_was_not_simulated_is_an_error() -> None:
    """A published figure without a simulated one may not vanish from the table."""
    figures = dict(PUBLISHED_VALUES)
    del figures[Quantity.PERSONS]
    with pytest.raises(KeyError):
        compare(figures)


def test_the_rows_of_the_object_have_the_promised_keys() -> None:
    """A band is a list of two, a value a number; inside is a boolean."""
    rows = [row.as_object() for row in compare(PUBLISHED_VALUES)]
    keys = {"name", "published", "simulated", "tolerance", "inside", "source"}
    by_name = {row["name"]: row for row in rows}

    assert all(keys <= set(row) for row in rows)
    assert all(row["inside"] is True for row in rows)
    assert by_name["cause: human, %"]["published"] == pytest.approx(52.7)
    assert by_name["people per entrapment"]["published"] == [1.4, 2.8]


def test_the_text_table_is_aligned_and_shows_what_is_outside() -> None:
    """Columns begin at the same place in every line; a row outside says so loudly."""
    wrong = PUBLISHED_VALUES | {Quantity.CAUSE_HUMAN: 40.0}
    lines = text_table(compare(wrong))
    start = lines[0].index("source")

    assert all(line[start - 2 : start] == "  " and line[start] != " " for line in lines)
    assert [line.split("  ")[0] for line in lines if " NO " in line] == ["cause: human, %"]


def test_years_of_a_fleet_at_the_published_rates_are_inside() -> None:
    """The counted shares of causes and the rate are within their tolerances (seed 62)."""
    years = played(fleet(), seed=62, years_count=6)
    figures = year_figures(years)

    outside = [
        quantity
        for quantity in (
            Quantity.ENTRAPMENTS_PER_LIFT_YEAR,
            Quantity.MONTHLY_RATE_PERCENT,
            Quantity.BREAKDOWNS_PER_LIFT_YEAR,
            Quantity.BREAKDOWNS_TRAPPING_PERCENT,
            *FAMILY_QUANTITIES.values(),
            Quantity.AGE_11_15_OVER_FLEET,
            Quantity.AGE_11_15_OVER_OLDER,
        )
        if not published(quantity).holds(figures[quantity])
    ]
    assert outside == []


def test_a_wrong_rate_is_found() -> None:
    """At twice the rate the rows of the rate are outside; those of the causes are not."""
    figures = year_figures(played(fleet(rate=0.13), seed=63))

    assert not published(Quantity.ENTRAPMENTS_PER_LIFT_YEAR).holds(
        figures[Quantity.ENTRAPMENTS_PER_LIFT_YEAR]
    )
    assert published(Quantity.CAUSE_DOOR).holds(figures[Quantity.CAUSE_DOOR])


def test_a_wrong_cause_split_is_found() -> None:
    """With twice as many door faults the row of the doors is outside."""
    shares = np.array([CAUSES[cause].share for cause in Cause])
    shares[[CAUSES[cause].family is Family.DOOR for cause in Cause]] *= 2
    rates = draw_rates(
        np.random.default_rng(64), traits_of(50_000), cause_shares=shares / shares.sum()
    )
    figures = year_figures(played(rates, seed=65))

    assert not published(Quantity.CAUSE_DOOR).holds(figures[Quantity.CAUSE_DOOR])


def test_repeaters_prove_that_lifts_differ() -> None:
    """Without frailty and spells no lift of such a fleet would trap people six times a year."""
    figures = repeat_figures(np.random.default_rng(66), fleet())

    assert figures[Quantity.WORST_LIFT_YEAR] >= 6
    assert figures[Quantity.WORST_LIFT_MONTH] >= 4
    assert figures[Quantity.WORST_LIFT_YEAR_SMALL] <= figures[Quantity.WORST_LIFT_YEAR]


def test_figures_are_counted_as_by_hand() -> None:
    """Three lifts, two years, eight entrapments: shares and rates are what was put in."""
    years = Years(
        rates=draw_rates(np.random.default_rng(67), traits_of(3)),
        years_count=2,
        breakdowns_count=40,
        lift=np.array([0, 0, 0, 0, 0, 1, 1, 2]),
        cause=np.zeros(8, np.int16),
        hour=np.array([18, 19, 18, 8, 9, 4, 12, 13]),
    )
    figures = year_figures(years)

    assert figures[Quantity.HOURS_18_20] == pytest.approx(100 * 3 / 8)
    assert figures[Quantity.HOURS_08_10] == pytest.approx(100 * 2 / 8)
    assert figures[Quantity.QUIETEST_HOUR] == 0
    assert figures[Quantity.BREAKDOWNS_TRAPPING_PERCENT] == pytest.approx(20.0)
    assert figures[Quantity.ENTRAPMENTS_PER_LIFT_YEAR] == pytest.approx(8 / 6)


def test_the_worst_are_counted_as_by_hand() -> None:
    """The worst month of each lift; and the worst lift of each of two cities of four."""
    lift = np.array([0, 0, 0, 1, 1, 2])
    month = np.array([5, 5, 6, 0, 11, 3])

    assert worst_months(lift, month, 3).tolist() == [2, 1, 1]
    assert worst_of_cities(np.array([0, 1, 3, 2, 2, 0]), 4) == [3, 2]


def test_a_landfall_shows_in_the_figures() -> None:
    """The typhoon row is about three (seed 68)."""
    figure = typhoon_figure(np.random.default_rng(68), fleet())[Quantity.TYPHOON_DAY]

    assert published(Quantity.TYPHOON_DAY).holds(figure)


def test_the_page_has_the_rows_of_the_code() -> None:
    """docs/calibration.md shows every row, in order: renew it with --markdown after a change."""
    page = PAGE.read_text("utf-8")

    assert rows_of(page) == [quantity.value for quantity in Quantity]
    assert "| NO |" not in page


def test_the_page_is_renewed_between_its_marks() -> None:
    """What stands around the table stays; a page without a mark is refused."""
    rows = compare(PUBLISHED_VALUES)
    page = "before\n<!-- generated: calibration -->\nold\n<!-- end -->\nafter\n"

    renewed = refreshed(page, rows)

    assert renewed == (
        "before\n<!-- generated: calibration -->\n" + markdown_table(rows) + "<!-- end -->\nafter\n"
    )
    assert refreshed(renewed, rows) == renewed
    with pytest.raises(PageError, match="0 places"):
        refreshed("no mark", rows)


def call(*words: str) -> int:
    parser = ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args(words))


def with_figures(
    monkeypatch: pytest.MonkeyPatch, figures: dict[Quantity, float]
) -> list[CalibrationSettings]:
    """Let the command compare these figures at once; return what it was asked for."""
    asked: list[CalibrationSettings] = []

    def calibrate(settings: CalibrationSettings, tell: object) -> tuple[Row, ...]:
        asked.append(settings)
        return compare(figures)

    monkeypatch.setattr(calibration, "calibrate", calibrate)
    return asked


def test_the_command_holds_when_every_row_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status and inside_all agree; the object has what the caller needs to run it again."""
    asked = with_figures(monkeypatch, PUBLISHED_VALUES)

    assert call("--years", "2", "--seed", "7", "--lifts", "40000", "--json") == HOLDS
    result = json.loads(capsys.readouterr().out)
    assert result["inside_all"] is True
    assert (result["seed"], result["years"], result["lifts"]) == (7, 2, 40_000)
    assert result["quick"] is False
    assert result["seconds"] >= 0
    assert len(result["rows"]) == len(PUBLISHED)
    assert asked == [CalibrationSettings(years=2, lifts=40_000, seed=7)]


def test_the_command_does_not_hold_when_a_row_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One row outside is exit status 1, and the table says which."""
    with_figures(monkeypatch, PUBLISHED_VALUES | {Quantity.PERSONS: 1.0})

    assert call("--quick") == DOES_NOT_HOLD
    output = capsys.readouterr().out
    assert "1 OUTSIDE" in output
    assert "(quick)" in output


def test_quick_is_one_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many years are asked for, the quick one is bounded."""
    asked = with_figures(monkeypatch, PUBLISHED_VALUES)
    call("--quick", "--years", "50", "--json")

    assert asked == [replace(CalibrationSettings(), years=1, quick=True)]


def test_the_command_renews_a_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """--markdown writes the table into the page it names."""
    with_figures(monkeypatch, PUBLISHED_VALUES)
    page = tmp_path / "page.md"
    page.write_text("<!-- generated: calibration -->\n<!-- end -->\n", "utf-8")

    call("--json", "--markdown", str(page))

    assert rows_of(page.read_text("utf-8")) == [quantity.value for quantity in Quantity]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--years", "0"), "--years is 0; allowed: 1 to 100"),
        (("--lifts", "200"), "--lifts is 200; allowed: 30000 to 300000"),
        (("--seed", "-1"), "--seed is -1; allowed: 0 or more"),
        (("--markdown", "/nowhere/page.md"), "--markdown /nowhere/page.md"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_simulated(
    words: tuple[str, ...], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the option and what is allowed."""
    asked = with_figures(monkeypatch, PUBLISHED_VALUES)
    with pytest.raises(CallError) as refusal:
        call(*words)

    assert complaint in str(refusal.value)
    assert asked == []


def test_an_interrupt_ends_it_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C prints one sentence, no half table and no trace."""

    def interrupted(settings: object, tell: object) -> tuple[Row, ...]:
        raise KeyboardInterrupt

    monkeypatch.setattr(calibration, "calibrate", interrupted)

    assert call("--json") == DOES_NOT_HOLD
    assert capsys.readouterr().out == ""


def test_every_row_says_what_it_proves() -> None:
    """What was put in, what the model was adjusted to, and what follows are told apart."""
    basis = {row.published.quantity: row.basis for row in compare(PUBLISHED_VALUES)}

    assert basis[Quantity.CAUSE_HUMAN] is Basis.GIVEN
    assert basis[Quantity.WORST_LIFT_YEAR] is Basis.TUNED
    assert basis[Quantity.PERSONS] is Basis.FOLLOWS


def test_the_same_seed_gives_the_same_figures() -> None:
    """Two runs of the years part agree in every figure."""
    one, other = (year_figures(played(fleet(), seed=69)) for _ in range(2))

    assert one == other
