"""Puts spans together into a subject's figure. Pure."""

from collections import Counter
from collections.abc import Sequence

from liftward_platform.quality.model import Figure, Period, Span, Subject
from liftward_platform.quality.statistics import METHOD, rate_of


def figure_of(subject: Subject, period: Period, spans: Sequence[Span]) -> Figure:
    """Return the figure of a subject from its spans.

    Time in which a lift was silent is unknown: it is no exposure, so it makes no rate look better.
    Entrapments that became known although the lift was silent count all the same: a rate may only
    err on the side of the people inside.
    """
    watched_s = sum(span.watched_s for span in spans)
    heard_s = sum(span.heard_s for span in spans)
    count = sum(span.count for span in spans)
    families: Counter[str] = Counter()
    for span in spans:
        families.update(span.count_by_cause_family)
    return Figure(
        subject=subject,
        period=period,
        method=METHOD,
        lifts_count=len(spans),
        exposure_s=heard_s,
        unknown_share=1 - heard_s / watched_s if watched_s > 0 else None,
        count=count,
        open_count=sum(span.open_count for span in spans),
        count_by_cause_family=dict(sorted(families.items())),
        rate=rate_of(count, heard_s),
    )
