"""The files a secret is handed over in. They take their places when what they belong to has
happened; when it failed, what stood there before still does.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from liftward_kit.subcommand import CallError
from liftward_platform.devices.authority import Issued
from liftward_platform.devices.whole_file import BROKER_TOO, OWNER_ONLY, write_whole

_PUBLIC = 0o644


class SecretFiles:
    """Writes into one folder; without a folder nothing is written."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._drafts: dict[Path, Path] = {}  # place -> draft beside it

    def __enter__(self) -> Self:
        try:
            if self._folder is not None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CallError(f"--out {self._folder}: {error.strerror}") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for place, draft in self._drafts.items():
            if error is None:
                draft.replace(place)
            else:
                draft.unlink(missing_ok=True)

    @property
    def names(self) -> list[str]:
        return [str(path) for path in self._drafts]

    def write_secret(self, name: str, content: bytes) -> bool:
        """Write a file for its owner only; False when there is no folder for it."""
        return self._write(name, content, OWNER_ONLY)

    def write_public(self, name: str, content: bytes) -> bool:
        """Write a file anybody may read; False when there is no folder for it."""
        return self._write(name, content, _PUBLIC)

    def write_pair(self, name: str, issued: Issued, *, for_broker: bool = False) -> None:
        """Write `name.key` and `name.crt`; the broker's own key its user can read too."""
        self._write(f"{name}.key", issued.key_pem, BROKER_TOO if for_broker else OWNER_ONLY)
        self.write_public(f"{name}.crt", issued.certificate_pem)

    def _write(self, name: str, content: bytes, mode: int) -> bool:
        if self._folder is None:
            return False
        place = self._folder / name
        draft = self._folder / f".{name}.new"
        try:
            write_whole(draft, content, mode=mode)
        except OSError as error:
            raise CallError(f"{place}: {error.strerror}") from None
        self._drafts[place] = draft
        return True
