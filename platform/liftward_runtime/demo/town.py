"""`liftward demo-town`: register the demo's town and make up its sign-ins, before lifts move.

Run by the demo as a process of its own; safe to run again: a town that is there stays, and the
secrets are those of the file.
"""

import asyncio
import secrets
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psycopg
from psycopg.rows import dict_row

from liftward_kit.clock import utc_now
from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import HOLDS
from liftward_platform.access.model import Role
from liftward_platform.access.secrets import hash_secret
from liftward_platform.access.service import create_account
from liftward_platform.errors import ConflictError
from liftward_runtime.state_directory import write_privately
from liftward_simulator.city.town import make_town
from liftward_simulator.crews.client import DESK_ACCOUNT_ID

# 72 random bits, twelve characters: short enough to be typed from one screen into another. Nobody
# guesses random bits, so these are not stretched as a person's own secret is: thirty accounts would
# cost five seconds of a demo's start.
_SECRET_BYTES = 9
_SCRYPT_COST = 2**10
_OFFICE_ROLES = (Role.DISPATCHER, Role.REGULATOR, Role.EVALUATOR, Role.OPERATOR)


def configure(parser: ArgumentParser) -> None:
    """Offer what the demo passes on."""
    parser.add_argument("--lifts", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)


def run(arguments: Namespace) -> int:
    """Write town.json and accounts.json, and load both into the database."""
    from liftward_runtime.command import main

    folder: Path = arguments.folder
    town = make_town(np.random.default_rng(arguments.seed), arguments.lifts)
    (folder / "town.json").write_bytes(msgspec.json.encode(town))
    if not (folder / "accounts.json").exists():
        accounts = msgspec.json.encode(make_accounts(town))
        write_privately(folder / "accounts.json", accounts.decode())
    status = main(["fleet", "load", str(folder / "town.json")])
    if status == HOLDS:
        accounts_read = msgspec.json.decode((folder / "accounts.json").read_bytes())
        asyncio.run(register(accounts_read, DatabaseSettings.from_environ(process_environ())))
    return status


def make_accounts(town: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an account for each office role, crew and the simulated desk; secrets made up here.

    The simulated desk has its own, so that nothing it does is taken for a person's doing.
    """
    offices = [
        {
            "account_id": role.value,
            "role": role.value,
            "name": f"Demo {role.value}",
            "crew_id": None,
        }
        for role in _OFFICE_ROLES
    ]
    desk = {
        "account_id": DESK_ACCOUNT_ID,
        "role": Role.DISPATCHER.value,
        "name": "Simulated desk",
        "crew_id": None,
    }
    crews = [
        {
            "account_id": crew["crew_id"],
            "role": Role.CREW.value,
            "name": crew["name"],
            "crew_id": crew["crew_id"],
        }
        for crew in town["crews"]
    ]
    return [
        {**account, "secret": secrets.token_urlsafe(_SECRET_BYTES)}
        for account in (*offices, desk, *crews)
    ]


async def register(accounts: list[dict[str, Any]], settings: DatabaseSettings) -> None:
    """Create the accounts that are not there yet."""
    connection = await psycopg.AsyncConnection.connect(settings.dsn.reveal, row_factory=dict_row)
    async with connection:
        for account in accounts:
            secret_hash = hash_secret(account["secret"], cost=_SCRYPT_COST)
            try:
                async with connection.transaction():
                    await create_account(
                        connection,
                        account_id=account["account_id"],
                        role=Role(account["role"]),
                        name=account["name"],
                        secret_hash=secret_hash,
                        now=utc_now(),
                        crew_id=account["crew_id"],
                    )
            except ConflictError:
                continue  # a second run of the same town
