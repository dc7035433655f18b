"""`liftward account`: create, list and disable accounts, replace a secret.

A secret comes from a file or is generated; a generated one is printed once, alone on standard
output.
"""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import utc_now
from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings
from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import HOLDS, CallError, print_object, progress
from liftward_platform.access import service
from liftward_platform.access.model import Role
from liftward_platform.access.secrets import hash_secret, new_secret
from liftward_platform.errors import DomainError

Result = TypeVar("Result")
Work = Callable[[AsyncConnection[DictRow]], Awaitable[Result]]


def configure(parser: ArgumentParser) -> None:
    """Describe the actions."""
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="create an account")
    create.add_argument("--id", required=True, dest="account_id")
    create.add_argument("--role", required=True, choices=[role.value for role in Role])
    create.add_argument("--name", required=True)
    create.add_argument("--crew-id", help="for the role crew: whom the account speaks for")
    create.add_argument("--party-id", help="for the role use_unit: whose lifts are its own")
    _add_secret_options(create)
    secret = actions.add_parser("secret", help="replace an account's secret; its sessions end")
    secret.add_argument("--id", required=True, dest="account_id")
    _add_secret_options(secret)
    listing = actions.add_parser("list", help="list accounts")
    listing.add_argument("--json", action="store_true")
    disable = actions.add_parser("disable", help="disable an account; its sessions end")
    disable.add_argument("--id", required=True, dest="account_id")


def _add_secret_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--secret-file",
        type=Path,
        help="file whose first line is the secret; without it one is generated and printed once",
    )
    parser.add_argument("--json", action="store_true")


def run(arguments: Namespace) -> int:
    """Do one action."""
    configure_logs(
        "account", level="WARNING"
    )  # to standard error: a secret goes to standard output
    actions: dict[str, Callable[[Namespace], None]] = {
        "create": _create,
        "secret": _secret,
        "list": _list,
        "disable": _disable,
    }
    try:
        actions[arguments.action](arguments)
    except DomainError as error:
        raise CallError(error.detail) from None
    except psycopg.OperationalError as error:
        raise CallError(f"the database cannot be reached: {error}") from None
    return HOLDS


def _in_transaction(work: Work[Result]) -> Result:
    async def connected() -> Result:
        dsn = DatabaseSettings.from_environ(process_environ()).dsn.reveal
        async with await AsyncConnection.connect(
            dsn, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT_S
        ) as connection:
            return await work(connection)

    return asyncio.run(connected())


def _given_secret(arguments: Namespace) -> str | None:
    path: Path | None = arguments.secret_file
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CallError(f"--secret-file {path}: {error}") from None
    secret = lines[0].strip() if lines else ""
    service.check_secret(secret)
    return secret


def _create(arguments: Namespace) -> None:
    given = _given_secret(arguments)
    secret = given or new_secret()
    _in_transaction(
        lambda connection: service.create_account(
            connection,
            account_id=arguments.account_id,
            role=Role(arguments.role),
            name=arguments.name,
            crew_id=arguments.crew_id,
            party_id=arguments.party_id,
            secret_hash=hash_secret(secret),
            now=utc_now(),
        )
    )
    progress(f"created {arguments.role} {arguments.account_id}")
    _show_secret(arguments, None if given else secret)


def _secret(arguments: Namespace) -> None:
    given = _given_secret(arguments)
    secret = given or new_secret()
    _in_transaction(
        lambda connection: service.set_secret(
            connection, arguments.account_id, hash_secret(secret), utc_now()
        )
    )
    progress(f"{arguments.account_id} has a new secret; its sessions have ended")
    _show_secret(arguments, None if given else secret)


def _show_secret(arguments: Namespace, generated: str | None) -> None:
    """Print a generated secret, the only time it is ever shown."""
    if arguments.json:
        print_object({"account_id": arguments.account_id, "secret": generated})
    elif generated is not None:
        print(generated)  # noqa: T201 - the command's result
        progress("this secret is not shown again")


def _list(arguments: Namespace) -> None:
    accounts = _in_transaction(service.list_accounts)
    rows = [
        {
            "account_id": account.account_id,
            "role": account.role,
            "name": account.name,
            "crew_id": account.crew_id,
            "party_id": account.party_id,
            "created_at": account.created_at.isoformat(),
            "disabled_at": account.disabled_at and account.disabled_at.isoformat(),
        }
        for account in accounts
    ]
    if arguments.json:
        print_object({"accounts": rows})
        return
    for row in rows:
        shut = f"  disabled {row['disabled_at']}" if row["disabled_at"] else ""
        print(f"{row['account_id']:<24}{row['role']:<12}{row['name']}{shut}")  # noqa: T201


def _disable(arguments: Namespace) -> None:
    _in_transaction(
        lambda connection: service.disable_account(connection, arguments.account_id, utc_now())
    )
    progress(f"{arguments.account_id} is disabled")
