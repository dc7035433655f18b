"""Who is told a message besides those who read it: destinations in, copies out. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from liftward_platform.notifications.destinations import (
    ALL_SUBJECTS,
    EVERYBODY,
    Audience,
    Destination,
    Document,
)
from liftward_platform.notifications.model import (
    AGE_MAX,
    URGENT_SUBJECTS,
    Channel,
    Message,
    Subject,
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A message for a destination: the first channel of its chain comes next."""

    destination: Destination
    recipient: str


def addressed(
    destinations: Sequence[Destination], message: Message, parties: Iterable[str]
) -> list[Copy]:
    """Return who is told a message that a crew or the console reads.

    `parties` are those whose business its incident is. A crew has one destination: its own goes
    before the one for every crew.
    """
    concerned = frozenset(parties)
    wanted = [
        one
        for one in destinations
        if ALL_SUBJECTS in one.subjects or message.subject in one.subjects
    ]
    copies = [
        Copy(one, one.recipient)
        for one in wanted
        if one.who in {Audience.DISPATCHERS, Audience.REGULATOR}
        or (one.who is Audience.PARTY and one.recipient in concerned)
    ]
    if message.channel is Channel.CREW:
        crew = crew_destination(destinations, message.recipient)
        if crew is not None and crew in wanted:
            copies.append(Copy(crew, message.recipient))
    return copies


def crew_destination(destinations: Sequence[Destination], crew_id: str) -> Destination | None:
    """Return where a crew is told things, None: on its page only."""
    crews = [one for one in destinations if one.who is Audience.CREW]
    own = (one for one in crews if one.recipient == crew_id)
    return next(own, next((one for one in crews if one.recipient == EVERYBODY), None))


def row_of(
    document: Document, copy: Copy, message: Message, *, channel_number: int, now: datetime
) -> dict[str, Any]:
    """Return the outbox row that carries a message into one channel of a copy's chain.

    Messages of one incident form a line: they come in order, and hold up no other incident's. What
    a destination bundles is one line. A crew's, and what is urgent, wait for neither.
    """
    destination = copy.destination
    urgent = destination.who is Audience.CREW or message.subject in URGENT_SUBJECTS
    of_incident = message.incident_id or "-"
    line = destination.destination_id
    if urgent:
        line = f"{line}/{copy.recipient}/{of_incident}"
    elif not destination.bundle_s:
        line = f"{line}/{of_incident}"
    return {
        "of_message_id": message.message_id,
        "incident_id": message.incident_id,
        "order_id": message.order_id,
        "recipient": copy.recipient,
        "subject": message.subject,
        "body": dict(message.body),
        "created_at": message.created_at,
        "now": now,
        "expires_at": message.created_at + AGE_MAX,
        "line": line,
        "urgent": urgent,
        **_channel(document, destination, channel_number),
    }


def acknowledge_by(
    destination: Destination | None, message: Message, now: datetime
) -> datetime | None:
    """Return when an order that was sent now has to be acknowledged before the next channel."""
    asked = message.subject == Subject.ORDER_SENT
    if destination is None or destination.who is not Audience.CREW or not asked:
        return None
    return now + timedelta(seconds=destination.next_channel_after_s)


def _channel(document: Document, destination: Destination, number: int) -> dict[str, Any]:
    spec = document.channels[destination.channels[number]]
    return {
        "destination": destination.destination_id,
        "channel": spec.kind,
        "channel_name": spec.name,
        "channel_number": number,
        "is_last_channel": number == len(destination.channels) - 1,
    }
