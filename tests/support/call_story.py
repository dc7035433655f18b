"""What people tell the centre in a rescue story, and what a dispatcher does about it."""

from datetime import datetime
from typing import Any

from liftward_platform.incidents import reporting
from liftward_platform.incidents.model import Confirmer, Source
from liftward_platform.incidents.service import Happening
from liftward_platform.reports import service as reports
from liftward_platform.reports.model import Authority, CallerKind, Report, Taken
from liftward_platform.rescue import ending, talking
from liftward_platform.rescue.policy_book import PolicyBook, load_book
from support.rescue_story import LIFT, Connection, RescueStory

DISPATCHER = "account-dispatcher"
PHONE = "000-0042"


async def report_at(
    connection: Connection,
    now: datetime,
    source: Source,
    lift_id: str = LIFT,
    *,
    book: PolicyBook | None = None,
    **told: Any,
) -> Taken:
    """Take a report in on this connection, in a transaction of its own."""
    kind = CallerKind.PASSENGER if source is Source.CALL else CallerKind.UNKNOWN
    told = {"caller_kind": kind, "matched_by": ("rescue_code",)} | told
    report = Report(source=source, **told)
    async with connection.transaction():
        return await reports.take(
            connection, lift_id, report, Happening(now=now, actor=DISPATCHER),
            book=book or load_book(),
        )  # fmt: skip


async def someone_calls(story: RescueStory, lift_id: str = LIFT, **told: Any) -> Taken:
    """Somebody telephones the centre about a lift."""
    told = {"caller_phone": PHONE} | told
    return await report_at(story.connection, story.now, Source.CALL, lift_id, **told)


async def someone_scans(story: RescueStory, lift_id: str = LIFT, **told: Any) -> Taken:
    """Somebody enters a report on the page behind the lift's code."""
    return await report_at(story.connection, story.now, Source.PUBLIC_PAGE, lift_id, **told)


async def dispatcher_believes(story: RescueStory, incident_id: int) -> None:
    """The dispatcher has looked into an anonymous report."""
    happening = Happening(now=story.now, actor=DISPATCHER)
    async with story.connection.transaction():
        await reporting.confirm_report(story.connection, incident_id, happening)


async def dispatcher_says(story: RescueStory, incident_id: int, step: str, **answers: Any) -> None:
    """The dispatcher says a step of the script to the people in the car."""
    happening = Happening(now=story.now, actor=DISPATCHER)
    async with story.connection.transaction():
        said = talking.Said(step=step, **answers)
        await talking.record_step(story.connection, incident_id, said, happening)


async def dispatcher_hands_over(story: RescueStory, incident_id: int) -> None:
    """The dispatcher has told the fire service, which gave its reference."""
    happening = Happening(now=story.now, actor=DISPATCHER)
    async with story.connection.transaction():
        await reports.hand_over(
            story.connection, incident_id, Authority.FIRE, "F-2026-7", happening
        )


async def release_is_confirmed(
    story: RescueStory, incident_id: int, by: Confirmer = Confirmer.PASSENGER
) -> None:
    """Somebody says that everybody is out."""
    happening = Happening(now=story.now, actor=DISPATCHER)
    async with story.connection.transaction():
        await ending.confirm_release(story.connection, incident_id, by, "telephone", happening)


async def lift_is_made_safe(story: RescueStory, incident_id: int) -> None:
    """The crew says that the lift is secured."""
    happening = Happening(now=story.now, actor="account-near")
    async with story.connection.transaction():
        await ending.make_safe(story.connection, incident_id, happening)


async def cause_is_reported(
    story: RescueStory, incident_id: int, cause_code: str, *, release_method: str | None = None
) -> None:
    """The maintainer reports the cause."""
    happening = Happening(now=story.now, actor="account-near")
    async with story.connection.transaction():
        await ending.report_cause(
            story.connection, incident_id, happening,
            cause_code=cause_code, release_method=release_method,
        )  # fmt: skip
