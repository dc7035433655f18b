"""Figures put together from spans, and the periods they are asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from liftward_platform.errors import InvalidError
from liftward_platform.quality.figures import figure_of
from liftward_platform.quality.model import Period, Span, Subject, SubjectKind
from liftward_platform.quality.service import DEFAULT_PERIOD, PERIOD_MAX, period_of
from liftward_platform.quality.statistics import METHOD, SECONDS_PER_YEAR

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SUBJECT = Subject(SubjectKind.MAINTAINER, "maintainer-01", "Demo Maintainer 1")
PERIOD = Period(NOW - timedelta(days=365), NOW)


def span(watched_s: float, heard_s: float, **families: int) -> Span:
    return Span(
        subject_id="maintainer-01",
        watched_s=watched_s,
        heard_s=heard_s,
        count=sum(families.values()),
        open_count=1,
        count_by_cause_family=families,
    )


def test_spans_add_up() -> None:
    """Counts, causes and heard time add; the unknown share is that of the whole."""
    year = SECONDS_PER_YEAR

    figure = figure_of(SUBJECT, PERIOD, [span(year, year, door=2), span(year, 0, door=1, human=1)])

    assert figure.method is METHOD
    assert (figure.lifts_count, figure.count, figure.open_count) == (2, 4, 2)
    assert figure.count_by_cause_family == {"door": 3, "human": 1}
    assert (figure.exposure_lift_years, figure.unknown_share) == (1.0, 0.5)
    assert figure.rate.per_lift_year == 4.0


def test_a_silent_lift_makes_no_firm_look_better() -> None:
    """Adding a lift that was never heard changes the unknown share, not the rate."""
    heard = [span(1000.0, 1000.0, door=1)]

    alone, with_silent = (
        figure_of(SUBJECT, PERIOD, spans) for spans in (heard, [*heard, span(9000.0, 0.0)])
    )

    assert with_silent.rate == alone.rate
    assert with_silent.unknown_share == pytest.approx(0.9)


def test_a_firm_without_lifts_has_a_figure_without_numbers() -> None:
    """Nothing watched: no rate, no share, and that is said instead of zero."""
    figure = figure_of(SUBJECT, PERIOD, [])

    assert (figure.unknown_share, figure.rate.per_lift_year) == (None, None)


def test_a_period_defaults_to_the_last_year_and_ends_now() -> None:
    """The future holds no exposure: it is cut off."""
    assert period_of(None, None, NOW) == Period(NOW - DEFAULT_PERIOD, NOW)
    assert period_of(NOW - timedelta(days=1), NOW + timedelta(days=9), NOW).end == NOW


@pytest.mark.parametrize(
    ("start", "end"),
    [(NOW, NOW), (NOW + timedelta(days=1), None), (NOW - PERIOD_MAX - timedelta(seconds=1), None)],
)
def test_an_empty_or_endless_period_is_refused(start: datetime, end: datetime | None) -> None:
    """The message says what is allowed."""
    with pytest.raises(InvalidError, match="`from` must lie before `to`"):
        period_of(start, end, NOW)
