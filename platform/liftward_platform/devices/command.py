"""`liftward device`: issue and withdraw what lets devices, and our own services, into the broker.

What a user sees: `enrol` prints a password once, alone on standard output, or writes it, or a key
with its certificate, into files that only their owner may read. `revoke` withdraws everything at
once. A name nobody registered, an account that does not exist, a folder that is not there: refused
in one sentence before anything changes. With LIFTWARD_BROKER_EXPORT_DIR (or --export) both write
the broker's files as well, in the same transaction, and say that the broker must read them again.
"""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import utc_now
from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings
from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import HOLDS, CallError, print_object, progress
from liftward_platform.access.model import COMMAND_LINE_ACTOR_ID
from liftward_platform.devices import service
from liftward_platform.devices.authority_files import AuthorityFiles
from liftward_platform.devices.export import (
    EXPORT_SETTING,
    Exported,
    check_folder,
    export_folder,
    write_broker_files,
)
from liftward_platform.devices.model import (
    BROKER_CERTIFICATE_DAYS,
    DEVICE_CERTIFICATE_DAYS,
    SERVICES,
    VALID_DAYS_MAX,
    CredentialKind,
    ListedCredential,
)
from liftward_platform.devices.secret_files import SecretFiles
from liftward_platform.errors import DomainError
from liftward_wire.crew_topics import CREW_USER

Result = TypeVar("Result")
Work = Callable[[AsyncConnection[DictRow]], Awaitable[Result]]

_WHO = (
    f"a device of the registry, a crew's device ({CREW_USER}CREW_ID), "
    f"or a service of the platform: {', '.join(SERVICES)}"
)
_RELOAD = "let the broker read them: `systemctl reload mosquitto`, or SIGHUP to its process"


def configure(parser: ArgumentParser) -> None:
    """Describe the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    authority = actions.add_parser("ca", help="show the authority that signs; make it if need be")
    broker = actions.add_parser(
        "broker-certificate", help="a key and a certificate for the broker itself"
    )
    broker.add_argument("host", nargs="+", help="each name and address that clients use for it")
    _add_out(broker, required=True)
    _add_days(broker, default=BROKER_CERTIFICATE_DAYS, note=f"default {BROKER_CERTIFICATE_DAYS}")
    enrol = actions.add_parser("enrol", help="issue a credential; lifts an earlier revocation")
    enrol.add_argument("device_id", metavar="DEVICE_ID", help=_WHO)
    kinds = [kind.value for kind in CredentialKind]
    enrol.add_argument("--credential", required=True, choices=kinds)
    _add_out(enrol, required=False)
    _add_days(
        enrol,
        default=None,
        note=f"default: a certificate {DEVICE_CERTIFICATE_DAYS}, a password without end",
    )
    revoke = actions.add_parser("revoke", help="withdraw all credentials, refuse all messages")
    revoke.add_argument("device_id", metavar="DEVICE_ID", help=_WHO)
    revoke.add_argument("--reason", required=True, help="kept with it, not in the ledger")
    for changing in (enrol, revoke):
        changing.add_argument(
            "--by", metavar="ACCOUNT", help="who does it (default: whoever may run commands here)"
        )
        changing.add_argument(
            "--export",
            type=Path,
            metavar="DIR",
            help=f"write the broker's files too (default: {EXPORT_SETTING})",
        )
    listing = actions.add_parser("list", help="devices and services with their credentials")
    listing.add_argument("--after", default="", help="only names after this one")
    listing.add_argument("--limit", type=_count, default=100, help="rows at most (default 100)")
    listing.add_argument("--all", action="store_true", help="also what was revoked or replaced")
    listing.add_argument("--expiring-within-days", type=_days, help="only what ends so soon")
    export = actions.add_parser("export", help="write the files that the broker reads")
    export.add_argument("--mosquitto", type=Path, required=True, metavar="DIR")
    for action in (authority, broker, enrol, revoke, listing, export):
        action.add_argument("--json", action="store_true", help="one object on standard output")


def _add_out(parser: ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--out", type=Path, required=required, metavar="DIR", help="write secrets to files in here"
    )


def _add_days(parser: ArgumentParser, *, default: int | None, note: str) -> None:
    parser.add_argument(
        "--valid-days", type=_days, default=default, help=f"1 to {VALID_DAYS_MAX} ({note})"
    )


def run(arguments: Namespace) -> int:
    """Do one action."""
    # To standard error: a secret goes to standard output.
    configure_logs("device", level="WARNING")
    actions: dict[str, Callable[[Namespace, datetime], None]] = {
        "ca": _authority,
        "broker-certificate": _broker_certificate,
        "enrol": _enrol,
        "revoke": _revoke,
        "list": _list,
        "export": _export,
    }
    try:
        actions[arguments.action](arguments, utc_now())
    except DomainError as error:
        raise CallError(error.detail) from None
    except psycopg.OperationalError as error:
        raise CallError(f"the database cannot be reached: {error}".strip()) from None
    except psycopg.errors.UndefinedTable:
        raise CallError(
            "the database's schema is older than this: run `liftward migrate`"
        ) from None
    return HOLDS


def _in_transaction(work: Work[Result]) -> Result:
    async def connected() -> Result:
        dsn = DatabaseSettings.from_environ(process_environ()).dsn.reveal
        async with await AsyncConnection.connect(
            dsn, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT_S
        ) as connection:
            return await work(connection)

    return asyncio.run(connected())


def _authority(arguments: Namespace, now: datetime) -> None:
    files = AuthorityFiles.from_environ(process_environ())
    authority = files.authority(now)
    shown = {
        "certificate_file": str(files.certificate_path),
        "key_file": str(files.key_path),
        "expires_at": authority.certificate.not_valid_after_utc.isoformat(),
    }
    _show(arguments, shown, f"{shown['certificate_file']}, valid until {shown['expires_at']}")


def _broker_certificate(arguments: Namespace, now: datetime) -> None:
    authority = AuthorityFiles.from_environ(process_environ()).authority(now)
    expires_at = now + timedelta(days=arguments.valid_days)
    try:
        issued = authority.issue_broker(arguments.host, now=now, expires_at=expires_at)
    except ValueError as error:
        raise CallError(f"{' '.join(arguments.host)}: no names or addresses ({error})") from None
    with SecretFiles(arguments.out) as files:
        files.write_pair("broker", issued, for_broker=True)
        files.write_public("ca.crt", authority.certificate_pem)
    shown = {"files": files.names, "expires_at": issued.expires_at.isoformat()}
    _show(arguments, shown, f"{', '.join(files.names)}; valid until {shown['expires_at']}")


def _enrol(arguments: Namespace, now: datetime) -> None:
    kind = CredentialKind(arguments.credential)
    if kind is CredentialKind.CERTIFICATE and arguments.out is None:
        raise CallError("a certificate comes with a key: say with --out DIR where to put them")
    folder = _export_folder(arguments)
    authority_files = AuthorityFiles.from_environ(process_environ())
    username, actor = arguments.device_id, arguments.by or COMMAND_LINE_ACTOR_ID
    days = arguments.valid_days
    files = SecretFiles(arguments.out)

    async def work(connection: AsyncConnection[DictRow]) -> tuple[dict[str, Any], str | None]:
        password, expires_at = None, None if days is None else now + timedelta(days=days)
        if kind is CredentialKind.PASSWORD:
            made = await service.issue_password(
                connection, username, expires_at=expires_at, actor=actor, now=now
            )
            if not files.write_secret(f"{username}.password", f"{made.text}\n".encode()):
                password = made.text
        else:
            authority = authority_files.authority(now)
            issued = await service.issue_certificate(
                connection,
                username,
                authority,
                expires_at=expires_at or now + timedelta(days=DEVICE_CERTIFICATE_DAYS),
                actor=actor,
                now=now,
            )
            expires_at = issued.expires_at
            files.write_pair(username, issued)
            files.write_public("ca.crt", authority.certificate_pem)
        exported = await _exported(connection, folder, authority_files, now)
        shown = {
            "device_id": username,
            "credential": str(kind),
            "expires_at": expires_at and expires_at.isoformat(),
            "files": files.names,
            "exported_to": exported and str(exported.folder),
        }
        return shown, password

    with files:  # what was written for a transaction that failed is worth nothing: it goes again
        shown, password = _in_transaction(work)
    until = f"until {shown['expires_at']}" if shown["expires_at"] else "without end"
    progress(f"{username} has a new {kind}, valid {until}: {', '.join(files.names) or 'below'}")
    _say_what_follows(folder)
    if arguments.json:
        print_object({**shown, "password": password})
    elif password is not None:
        sys.stdout.write(password + "\n")
        progress("this password is not shown again")


def _revoke(arguments: Namespace, now: datetime) -> None:
    folder = _export_folder(arguments)
    authority_files = AuthorityFiles.from_environ(process_environ())
    actor = arguments.by or COMMAND_LINE_ACTOR_ID

    async def work(connection: AsyncConnection[DictRow]) -> int:
        count = await service.revoke(
            connection, arguments.device_id, reason=arguments.reason, actor=actor, now=now
        )
        await _exported(connection, folder, authority_files, now)
        return count

    count = _in_transaction(work)
    shown = {"device_id": arguments.device_id, "credentials_revoked": count}
    _show(arguments, shown, f"{arguments.device_id} is revoked; {count} credentials withdrawn")
    _say_what_follows(folder)


def _list(arguments: Namespace, now: datetime) -> None:
    within = arguments.expiring_within_days
    rows = _in_transaction(
        lambda connection: service.list_credentials(
            connection,
            after=arguments.after,
            limit=arguments.limit,
            include_revoked=arguments.all,
            expiring_before=None if within is None else now + timedelta(days=within),
        )
    )
    if arguments.json:
        print_object({"credentials": [{**asdict(row), "state": row.state(now)} for row in rows]})
        return
    for row in rows:
        sys.stdout.write(_line(row, now) + "\n")


def _line(row: ListedCredential, now: datetime) -> str:
    name = f"{row.username:<34}{row.device_kind or 'service':<9}{row.kind or '-':<13}"
    words = [f"{name}{row.state(now)}"]
    if row.expires_at is not None:
        words.append(f"until {row.expires_at.date().isoformat()}")
    if row.device_revoked_at is not None:
        words.append(f"DEVICE REVOKED {row.device_revoked_at.isoformat(timespec='seconds')}")
    if row.revoked_at is not None:
        # repr: a reason is free text, and must not command the terminal.
        words.append(f"{row.revoked_at.isoformat(timespec='seconds')} {row.reason!r}")
    return "  ".join(words)


def _export(arguments: Namespace, now: datetime) -> None:
    check_folder(arguments.mosquitto)
    authority_files = AuthorityFiles.from_environ(process_environ())
    exported = _in_transaction(
        lambda connection: _exported(connection, arguments.mosquitto, authority_files, now)
    )
    assert exported is not None
    shown = {**asdict(exported), "folder": str(exported.folder)}
    _show(
        arguments,
        shown,
        f"{exported.passwords_count} passwords, {exported.edges_count} edges, "
        f"{exported.revoked_devices_count} devices and "
        f"{exported.revoked_certificates_count} certificates revoked",
    )
    _say_what_follows(arguments.mosquitto)


def _export_folder(arguments: Namespace) -> Path | None:
    folder: Path | None = arguments.export or export_folder(process_environ())
    if folder is not None:
        check_folder(folder)
    return folder


async def _exported(
    connection: AsyncConnection[DictRow],
    folder: Path | None,
    authority_files: AuthorityFiles,
    now: datetime,
) -> Exported | None:
    """Write the broker's files inside the transaction: when they cannot be, nothing has changed."""
    if folder is None:
        return None
    access = await service.broker_access(connection, now)
    return write_broker_files(folder, access, authority_files.authority(now), now)


def _say_what_follows(folder: Path | None) -> None:
    if folder is None:
        progress("the broker does not know it yet: `liftward device export --mosquitto DIR`")
    else:
        progress(f"the broker's files in {folder} are new; {_RELOAD}")


def _show(arguments: Namespace, shown: dict[str, Any], sentence: str) -> None:
    if arguments.json:
        print_object(shown)
    else:
        progress(sentence)


def _days(text: str) -> int:
    return _between(text, VALID_DAYS_MAX)


def _count(text: str) -> int:
    return _between(text, service.LIST_MAX)


def _between(text: str, highest: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to {highest}")
    return int(text)
