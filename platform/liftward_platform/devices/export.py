"""Writes the files a Mosquitto reads: who may come in, who may say what, who is out. An edge.

    passwords   user names and password hashes
    acl         who may publish and read what; acl.local, if it is there, is added at the end
    ca.crt      who signs certificates
    ca.crl      which of them are withdrawn

Each file is replaced as a whole. Mosquitto reads them again on SIGHUP; this module does not send
it: the broker may run elsewhere, or in a container.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from liftward_kit.settings import Environ
from liftward_kit.subcommand import CallError
from liftward_platform.devices.authority import Authority
from liftward_platform.devices.broker_files import access_list, password_file
from liftward_platform.devices.model import BrokerAccess
from liftward_platform.devices.whole_file import BROKER_TOO, write_whole

EXPORT_SETTING = "LIFTWARD_BROKER_EXPORT_DIR"
PASSWORDS, ACCESS_LIST, LOCAL_RULES = "passwords", "acl", "acl.local"
AUTHORITY_CERTIFICATE, REVOCATION_LIST = "ca.crt", "ca.crl"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote."""

    folder: Path
    passwords_count: int
    revoked_certificates_count: int
    revoked_devices_count: int
    edges_count: int


def export_folder(environ: Environ) -> Path | None:
    """Return where enrolling and revoking write to, None when that is done by hand."""
    text = environ.get(EXPORT_SETTING, "").strip()
    return Path(text).expanduser() if text else None


def check_folder(folder: Path) -> None:
    """Refuse a folder that is not there, before anything is issued.

    Raises
    ------
    CallError
        When it is no folder.
    """
    if not folder.is_dir():
        raise CallError(f"{folder} is no folder: make it, and let the broker's user read it")


def write_broker_files(
    folder: Path, access: BrokerAccess, authority: Authority, now: datetime
) -> Exported:
    """Write all files. Withdrawals first: a write that fails half-way lets nobody in who is out.

    Raises
    ------
    CallError
        When the folder cannot be written to.
    """
    try:
        local = folder / LOCAL_RULES
        own_rules = "\n" + local.read_text("utf-8") if local.exists() else ""
        rules = access_list(edges=access.edges, revoked_ids=access.revoked_device_ids) + own_rules
        texts = {
            REVOCATION_LIST: authority.revocation_list(access.revoked_serials, now=now),
            ACCESS_LIST: rules.encode(),
            PASSWORDS: password_file(access.password_hashes).encode(),
            AUTHORITY_CERTIFICATE: authority.certificate_pem,
        }
        for name, content in texts.items():
            write_whole(folder / name, content, mode=BROKER_TOO)
    except (OSError, UnicodeDecodeError) as error:
        raise CallError(f"the broker's files were not written to {folder}: {error}") from None
    return Exported(
        folder=folder,
        passwords_count=len(access.password_hashes),
        revoked_certificates_count=len(access.revoked_serials),
        revoked_devices_count=len(access.revoked_device_ids),
        edges_count=len(access.edges),
    )
