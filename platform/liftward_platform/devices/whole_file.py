"""Files that are there whole or not at all, with the rights they need. An edge."""

import os
import secrets
from pathlib import Path

OWNER_ONLY = 0o600  # a secret
BROKER_TOO = 0o640  # for the broker, which runs as another user, through the folder's group


def write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file beside its place, to the disk, and move it there. As root it gets the folder's
    owner and group, so that a broker that may read the folder may read the file.

    Raises
    ------
    OSError
        When the folder is not there or not ours to write to.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if os.geteuid() == 0:
                folder = path.parent.stat()
                os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
