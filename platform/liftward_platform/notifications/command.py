"""`liftward notify list` and `liftward notify test`: who is told how, and whether it works.

What a user sees: `list` checks the document that LIFTWARD_NOTIFY_FILE names, and shows for each
destination its channels in order with the age of the last success; never an address. `test` sends
one message that says it is a test, by this process and at once, and says what became of it: exit
status 1 when a channel did not take it. A document with a hole is refused in one sentence.
"""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import utc_now
from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings
from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object
from liftward_platform.notifications import health
from liftward_platform.notifications.destinations import FILE_SETTING, Destination, Document
from liftward_platform.notifications.dispatch import ATTEMPT_S_MAX
from liftward_platform.notifications.health import ChannelHealth
from liftward_platform.notifications.model import Channel, Message, Outcome, Subject, failed
from liftward_platform.notifications.opening import document_from, open_senders
from liftward_platform.notifications.quiet_tests import row_of_test


def configure(parser: ArgumentParser) -> None:
    """Two actions: list destinations, test one."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    listing = actions.add_parser("list", help="check the document; show destinations and channels")
    test = actions.add_parser("test", help="send a test message, and say what became of it")
    test.add_argument("destination", metavar="DESTINATION", help="its id in the document")
    test.add_argument("--channel", metavar="NAME", help="only this channel (default: each)")
    test.add_argument("--to", metavar="CREW", help="another crew than its test_recipient")
    for action in (listing, test):
        action.add_argument("--json", action="store_true", help="one object on standard output")


def run(arguments: Namespace) -> int:
    """Do one action."""
    configure_logs("notify", level="ERROR")
    document = document_from(process_environ())
    if not document.destinations:
        raise CallError(f"nobody is named: set {FILE_SETTING} to a document of destinations")
    actions = {"list": _list, "test": _test}
    try:
        return asyncio.run(actions[arguments.action](arguments, document, utc_now()))
    except psycopg.OperationalError as error:
        raise CallError(f"the database cannot be reached: {error}".strip()) from None
    except psycopg.errors.UndefinedTable:
        raise CallError(
            "the database's schema is older than this: run `liftward migrate`"
        ) from None


async def _connect() -> AsyncConnection[DictRow]:
    dsn = DatabaseSettings.from_environ(process_environ()).dsn.reveal
    return await AsyncConnection.connect(
        dsn, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True
    )


async def _list(arguments: Namespace, document: Document, now: datetime) -> int:
    async with await _connect() as connection:
        known = {
            (one.destination, one.channel_name): one
            for one in await health.channels(connection, now)
        }
    shown = [_shown(document, one, known) for one in document.destinations]
    if arguments.json:
        print_object({"version": document.version, "destinations": shown})
        return HOLDS
    for one in shown:
        sys.stdout.write(
            f"{one['destination']}  {one['who']} {one['recipient']}  {one['language']}  "
            f"{', '.join(one['subjects'])}\n"
        )
        for channel in one["channels"]:
            sys.stdout.write(
                f"    {channel['channel_name']}  {channel['kind']}  {_said(channel)}\n"
            )
    return HOLDS


def _shown(
    document: Document, one: Destination, known: dict[tuple[str, str], ChannelHealth]
) -> dict[str, Any]:
    channels = []
    for name in one.channels:
        found = known.get((one.destination_id, name))
        channels.append(
            {
                "channel_name": name,
                "kind": document.channels[name].kind,
                "last_sent_age_s": None if found is None else found.last_sent_age_s,
                "failing_since": None if found is None else found.failing_since,
                "last_error": None if found is None else found.last_error,
                "waiting_count": 0 if found is None else found.waiting_count,
            }
        )
    return {
        "destination": one.destination_id,
        "who": one.who,
        "recipient": one.recipient,
        "language": one.language,
        "subjects": sorted(one.subjects),
        "bundle_s": one.bundle_s,
        "test_every_h": one.test_every_h,
        "channels": channels,
    }


def _said(channel: dict[str, Any]) -> str:
    age_s = channel["last_sent_age_s"]
    sent = "nothing sent yet" if age_s is None else f"last sent {age_s:.0f} s ago"
    if channel["failing_since"] is None:
        return sent
    return (
        f"FAILING since {channel['failing_since']:%Y-%m-%d %H:%M}: {channel['last_error']}; {sent}"
    )


async def _test(arguments: Namespace, document: Document, now: datetime) -> int:
    destination = document.destination(arguments.destination)
    if destination is None:
        names = ", ".join(one.destination_id for one in document.destinations)
        raise CallError(f"no destination {arguments.destination!r}; there are: {names}")
    wanted = destination.channels if arguments.channel is None else (arguments.channel,)
    if not set(wanted) <= set(destination.channels):
        raise CallError(
            f"{arguments.destination} has the channels {', '.join(destination.channels)}"
        )
    recipient = arguments.to or destination.test_recipient
    if not recipient:
        raise CallError("a test for every crew goes to one of them: say --to CREW")
    results = await _send_tests(document, destination, wanted, recipient, now)
    return _show_results(arguments, destination, results)


async def _send_tests(
    document: Document,
    destination: Destination,
    wanted: Sequence[str],
    recipient: str,
    now: datetime,
) -> list[dict[str, str]]:
    results = []
    async with AsyncExitStack() as stack:
        senders = await open_senders(stack, document, process_environ())
        for name in wanted:
            message = await _message(document, destination, name, recipient, now)
            outcome = await _attempt(senders[name].send(message, now=now))
            results.append(
                {"channel_name": name, "result": str(outcome.verdict), "reason": outcome.reason}
            )
    return results


def _show_results(
    arguments: Namespace, destination: Destination, results: list[dict[str, str]]
) -> int:
    holds = all(one["result"] == "sent" for one in results)
    if arguments.json:
        shown = {"destination": destination.destination_id, "channels": results, "sent": holds}
        print_object(shown)
    else:
        for one in results:
            sys.stdout.write("  ".join(filter(None, one.values())) + "\n")
    return HOLDS if holds else DOES_NOT_HOLD


async def _attempt(sending: Any) -> Outcome:  # noqa: ANN401 - a coroutine
    try:
        async with asyncio.timeout(ATTEMPT_S_MAX):
            outcome: Outcome = await sending
    except TimeoutError:
        return failed(f"no answer within {ATTEMPT_S_MAX:g} s")
    return outcome


async def _message(
    document: Document, destination: Destination, name: str, recipient: str, now: datetime
) -> Message:
    row = {**row_of_test(document, destination, name, now), "recipient": recipient}
    phone = None
    if document.channels[name].kind is Channel.APPRISE:
        async with await _connect() as connection:
            phone = await health.phone_of(connection, recipient)
    return Message.from_row(
        {**row, "message_id": 0, "attempts_count": 1, "crew_phone": phone,
         "subject": Subject.CHANNEL_TEST}
    )  # fmt: skip
