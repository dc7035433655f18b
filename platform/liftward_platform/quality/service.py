"""Figures of quality for lifts and maintainers.

Exposure is the time in which a lift's data arrived: whole hours from their summaries, the rest
from samples, by the same rule and to the microsecond. Time of which neither is kept is unknown, not
good. Cost: a row for each hour, and the samples of the last hour and of broken ones; a figure over
too large a fleet and too long a period is refused in time.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.errors import QueryCanceled
from psycopg.rows import DictRow

from liftward_platform.errors import InvalidError, NotFoundError
from liftward_platform.history.course import SILENCE_MAX
from liftward_platform.incidents.closing_codes import family_of
from liftward_platform.quality import store
from liftward_platform.quality.figures import figure_of
from liftward_platform.quality.model import Figure, Period, Span, Subject, SubjectKind

Connection = AsyncConnection[DictRow]

DEFAULT_PERIOD, PERIOD_MAX = timedelta(days=365), timedelta(days=3660)
MAINTAINERS_PAGE_MAX = 200
# Longer than other requests may take, short enough that a few of these cannot stop the others.
STATEMENT_TIMEOUT_MS = 20_000
NO_CAUSE_GIVEN = "not_stated"


def period_of(start: datetime | None, end: datetime | None, now: datetime) -> Period:
    """Return the asked period, a year until now by default; the future is cut off.

    Raises
    ------
    InvalidError
        When it is empty or too long.
    """
    until = min(end or now, now)
    since = start or until - DEFAULT_PERIOD
    if not timedelta(0) < until - since <= PERIOD_MAX:
        raise InvalidError(
            "period_invalid",
            f"`from` must lie before `to` (and before now), at most {PERIOD_MAX.days} days",
        )
    return Period(since, until)


async def lift_figure(
    connection: Connection, lift_id: str, period: Period, now: datetime
) -> Figure:
    """Return one lift's figure.

    Raises
    ------
    NotFoundError
        When the lift is not registered.
    """
    row = await store.lift_span(connection, lift_id, period)
    if row is None:
        raise NotFoundError("lift_unknown", f"no lift {lift_id!r}")
    rows = [row] if row["span_start"] < row["span_end"] else []
    spans = await _spans(connection, rows, now)
    return figure_of(Subject(SubjectKind.LIFT, lift_id, lift_id), period, spans)


async def maintainer_figure(
    connection: Connection, party_id: str, period: Period, now: datetime
) -> Figure:
    """Return one maintainer's figure over the lifts it answered for, while it did.

    Raises
    ------
    NotFoundError
        When there is no such maintainer.
    """
    row = await store.maintainer(connection, party_id)
    if row is None:
        raise NotFoundError("maintainer_unknown", f"no maintainer {party_id!r}")
    (figure,) = await _maintainer_figures(connection, [row], period, now)
    return figure


async def maintainer_figures(
    connection: Connection, period: Period, now: datetime, *, after: str, limit: int
) -> list[Figure]:
    """Return figures of a page of maintainers, by id: an order by rate would rank noise."""
    rows = await store.maintainers(connection, after, min(limit, MAINTAINERS_PAGE_MAX))
    return await _maintainer_figures(connection, rows, period, now)


async def _maintainer_figures(
    connection: Connection, parties: Sequence[DictRow], period: Period, now: datetime
) -> list[Figure]:
    ids = [party["party_id"] for party in parties]
    spans = await _spans(connection, await store.maintainer_spans(connection, ids, period), now)
    return [
        figure_of(
            Subject(SubjectKind.MAINTAINER, party["party_id"], party["name"]),
            period,
            [span for span in spans if span.subject_id == party["party_id"]],
        )
        for party in parties
    ]


async def _spans(connection: Connection, rows: Sequence[DictRow], now: datetime) -> list[Span]:
    """Return what was heard and what happened in each span."""
    await store.limit_time(connection, STATEMENT_TIMEOUT_MS)
    try:
        heard_s = await store.heard_s(connection, rows, SILENCE_MAX, now)
        happened = await store.entrapments(connection, rows)
    except QueryCanceled:
        raise InvalidError(
            "too_much_data", "this figure would read too many samples: ask for a shorter period"
        ) from None
    families: list[Counter[str]] = [Counter() for _ in rows]
    open_counts = [0] * len(rows)
    for found in happened:
        if found["is_open"]:
            open_counts[found["number"] - 1] += found["count"]
        else:
            families[found["number"] - 1][_family(found["cause_code"])] += found["count"]
    return [
        Span(
            subject_id=row["subject_id"],
            watched_s=(row["span_end"] - row["span_start"]).total_seconds(),
            heard_s=heard,
            count=counts.total(),
            open_count=open_count,
            count_by_cause_family=counts,
        )
        for row, heard, counts, open_count in zip(rows, heard_s, families, open_counts, strict=True)
    ]


def _family(cause_code: str | None) -> str:
    return NO_CAUSE_GIVEN if cause_code is None else family_of(cause_code)
