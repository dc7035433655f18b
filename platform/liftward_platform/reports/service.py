"""Taking in what people report: finding the lift they mean, and the incident it belongs to.

One path for the telephone, use units, the public page and other services. Takes the caller's
connection and commits nothing. A caller's number goes into one column, which is emptied when the
incident is closed, and nowhere else: not into the story, the ledger or a log.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import PUBLIC_PAGE_ACTOR_ID
from liftward_platform.errors import ConflictError, DomainError, NotFoundError
from liftward_platform.fleet import service as fleet
from liftward_platform.incidents import reporting
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import IncidentState
from liftward_platform.incidents.reporting import Word
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.reports import store
from liftward_platform.reports.matching import Match, Place, as_code, near_codes, rank, words_of
from liftward_platform.reports.model import (
    PUBLIC_ATTEMPTS_MAX,
    PUBLIC_WINDOW,
    Authority,
    LimitedBy,
    Report,
    StoredReport,
    Taken,
)
from liftward_platform.rescue import due
from liftward_platform.rescue.ending import check_occurred
from liftward_platform.rescue.policy_book import PolicyBook

Connection = AsyncConnection[DictRow]
log = structlog.get_logger()

MATCHES_MAX = 20
# Read before they are ranked; a word that fits more lifts than this needs a second word.
CANDIDATES_MAX = 200
REPORTS_MAX = 200
OWN_INCIDENTS_MAX = 100
# Nobody waits longer in a car without anybody noticing; more is a mistyped day.
STUCK_BEFORE_MAX = timedelta(hours=24)
_IPV6_SITE_PREFIX = 64  # one household or phone has the whole of it


class TooManyReportsError(DomainError):
    """The public page was used too often from one address, or for one lift."""

    status: ClassVar[int] = 429

    def __init__(self, limited_by: LimitedBy, *, retry_after: timedelta) -> None:
        seconds = max(1, int(retry_after.total_seconds()) + 1)
        super().__init__(
            f"too_many_reports_by_{limited_by}",
            "this was reported already, or too often: telephone the rescue number on the sign",
            retry_after_s=seconds,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A lift that may be meant, why, and what is known of it."""

    match: Match
    place: Place


async def find_lifts(
    connection: Connection, query: str, *, now: datetime, use_unit_id: str | None = None
) -> list[Found]:
    """Return the lifts that somebody may mean, the likeliest first.

    A code that fits exactly ends the search; a wrong one finds those one slip away.
    """
    code, words = as_code(query), words_of(query)
    if not words:
        return []
    exact = [code, query.strip()]
    places = await store.lifts_by_code(
        connection, exact, near_codes(code),
        use_unit_id=use_unit_id, now=now, limit=CANDIDATES_MAX,
    )  # fmt: skip
    found = rank(query, places)
    if not any(match.exact for match in found):
        more = await store.lifts_by_words(
            connection, words, use_unit_id=use_unit_id, now=now, limit=CANDIDATES_MAX
        )
        places = [*places, *(place for place in more if place not in places)]
        found = rank(query, places)
    by_id = {place.lift_id: place for place in places}
    exactly = [match for match in found if match.exact]
    return [Found(match, by_id[match.lift_id]) for match in (exactly or found)[:MATCHES_MAX]]


async def take(
    connection: Connection,
    lift_id: str,
    report: Report,
    happening: Happening,
    *,
    book: PolicyBook,
) -> Taken:
    """Take a report in: it opens the lift's incident, or joins the one that is open.

    Raises
    ------
    NotFoundError, ConflictError, InvalidError
        When there is no such lift, it is withdrawn, or a time cannot be.
    """
    lift = await fleet.lift_by_id(connection, lift_id, happening.now)
    if lift.withdrawn_at is not None and lift.withdrawn_at <= happening.now:
        raise ConflictError("lift_withdrawn", f"{lift_id} is withdrawn: nobody is sent to it")
    check_occurred(happening, not_before=happening.now - STUCK_BEFORE_MAX)
    since = happening.at if report.stuck_since is None else report.stuck_since
    check_occurred(
        Happening(now=happening.now, actor=happening.actor, occurred_at=since),
        not_before=happening.now - STUCK_BEFORE_MAX,
    )
    word = _word(report, since)
    incident, opened = await reporting.open_or_join(
        connection, lift.lift_key, word, happening, policy=book.default.policy.document()
    )
    if opened:
        await due.begin(connection, incident, happening.now, book)
    else:
        await notifications.to_console(
            connection,
            Subject.REPORT_RECEIVED,
            {"incident_id": incident.incident_id, "source": report.source},
            incident_id=incident.incident_id,
            now=happening.now,
        )
    columns = {**word.facts(), "incident_id": incident.incident_id, "opened": opened}
    report_id = await store.insert(
        connection,
        {
            **columns,
            "reported_at": happening.at,
            "received_at": happening.now,
            "actor": happening.actor,
            "caller_phone": report.caller_phone,
        },
    )
    log.info(
        "report_taken", incident_id=incident.incident_id, lift_id=lift_id,
        source=str(report.source), opened=opened,
    )  # fmt: skip
    return Taken(report_id=report_id, incident_id=incident.incident_id, opened=opened)


def _word(report: Report, since: datetime) -> Word:
    return Word(
        source=report.source,
        caller_kind=report.caller_kind,
        matched_by=",".join(report.matched_by) or "chosen",
        onset_at=since,
        persons_count=report.persons_count,
        injured=report.injured,
        medical_need=report.medical_need,
        authority=report.authority,
        reference=report.reference,
    )


async def count_public_attempt(
    connection: Connection, *, address: str, code: str, now: datetime
) -> None:
    """Count an attempt at the public page; the caller commits it whatever comes of the report.

    Raises
    ------
    TooManyReportsError
        When the address or the code was used too often; nothing more is counted then.
    """
    keys = {LimitedBy.ADDRESS: address_key(address), LimitedBy.RESCUE_CODE: _hash(as_code(code))}
    for limited_by, key_hash in keys.items():
        count, first_at = await store.attempts(
            connection, limited_by, key_hash, now - PUBLIC_WINDOW
        )
        if count >= PUBLIC_ATTEMPTS_MAX[limited_by]:
            assert first_at is not None
            raise TooManyReportsError(limited_by, retry_after=first_at + PUBLIC_WINDOW - now)
    for limited_by, key_hash in keys.items():
        await store.record_attempt(connection, limited_by, key_hash, now)


def address_key(address: str) -> bytes:
    """Return what is counted of an address: a household's whole IPv6 network is one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return _hash(address)
    if parsed.version == 6:  # noqa: PLR2004 - IPv6
        network = ipaddress.IPv6Network((int(parsed), _IPV6_SITE_PREFIX), strict=False)
        return _hash(str(network))
    return _hash(str(parsed))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


async def take_public(
    connection: Connection, code: str, report: Report, *, book: PolicyBook, now: datetime
) -> Taken:
    """Take in what somebody sent from the page behind a lift's code.

    Raises
    ------
    NotFoundError
        When no lift's sign carries this code; near codes are not told to strangers.
    """
    lift_id = await store.lift_of_code(connection, (as_code(code), code.strip()), now)
    if lift_id is None:
        raise NotFoundError(
            "rescue_code_unknown",
            "no lift has this code: look at the sign again, or telephone the number on it",
        )
    happening = Happening(now=now, actor=PUBLIC_PAGE_ACTOR_ID)
    return await take(connection, lift_id, report, happening, book=book)


async def hand_over(
    connection: Connection,
    incident_id: int,
    authority: Authority,
    reference: str,
    happening: Happening,
) -> None:
    """Another service was told, and gave its reference; the incident stays ours until it is closed.

    Whoever sends the fire service to a report that is held believes it: our crew is sent, too.

    Raises
    ------
    NotFoundError, ConflictError
        When there is no such incident, or it is closed.
    """
    incident = await incidents.lock(connection, incident_id)
    if incident.state is IncidentState.CLOSED:
        raise ConflictError("incident_closed", f"incident {incident_id} is closed")
    check_occurred(happening, not_before=incident.onset_at)
    incident = await reporting.believe(connection, incident, happening)
    detail: dict[str, Json] = {"authority": authority, "reference": reference}
    await incidents.note(
        connection,
        incident,
        happening,
        event="handed_over",
        reason=f"to_{authority}",
        detail=detail,
    )
    await incidents.record(connection, incident, happening, EntryKind.HANDED_OVER, detail)


async def reports(connection: Connection, incident_id: int) -> list[StoredReport]:
    """Return what was told about an incident, in order, without numbers."""
    return await store.reports(connection, incident_id, REPORTS_MAX)


async def phones(connection: Connection, incident_id: int) -> list[DictRow]:
    """Return the numbers to call back; a closed incident has none."""
    return await store.phones(connection, incident_id, REPORTS_MAX)


async def erase_phones(connection: Connection, incident_id: int, now: datetime) -> int:
    """Forget the numbers of an incident now; return how many there were."""
    return await store.erase_phones(connection, incident_id, now)


async def own_incidents(connection: Connection, party_id: str) -> list[int]:
    """Return the incidents of a use unit's lifts: those open first, the newest first."""
    return await store.own_incidents(connection, party_id, OWN_INCIDENTS_MAX)


async def housekeep(connection: Connection, now: datetime, limit: int) -> int:
    """Forget attempts at the public page that no longer count; return how many."""
    return await store.forget_attempts(connection, now - PUBLIC_WINDOW, limit)
