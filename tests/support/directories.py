"""Folders that servers running as another user may enter (pytest's own are closed to others)."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.polling import eventually


@contextmanager
def open_folder(prefix: str = "liftward-test-") -> Iterator[Path]:
    """Make a folder that everybody may pass through; it is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder from which a server that is just ending may still remove files itself."""

    def gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    eventually(gone, what=f"{folder} is removed")
