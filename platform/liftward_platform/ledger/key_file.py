"""Where the ledger's signing key lives: made once, readable by its owner only.

Beside it stands the public half (`.pub`), which is all that verifying needs.
"""

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from liftward_kit.settings import Environ, SettingError
from liftward_platform.ledger.signed_note import NoteError, Signer, Verifier

_FILE_SETTING, _DEFAULT_STATE_DIRECTORY = "LIFTWARD_LEDGER_KEY_FILE", ".liftward"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class LedgerKeyFile:
    """The path of the private key; nothing is read or made before it is asked for."""

    path: Path

    @classmethod
    def from_environ(cls, environ: Environ) -> "LedgerKeyFile":
        """LIFTWARD_LEDGER_KEY_FILE, else `ledger.key` in the state directory."""
        given = environ.get(_FILE_SETTING, "").strip()
        if given:
            return cls(Path(given).expanduser())
        state = environ.get("LIFTWARD_STATE_DIR", "").strip() or _DEFAULT_STATE_DIRECTORY
        return cls(Path(state).expanduser() / "ledger.key")

    @property
    def public_path(self) -> Path:
        return self.path.with_name(self.path.name + ".pub")

    def signer(self) -> Signer:
        """Return the signing key, making it the first time.

        Raises
        ------
        SettingError
            When the file cannot be used: not ours to read, open to others, or no key.
        """
        try:
            if not self.path.exists():
                self._make()
            if self.path.stat().st_mode & _OTHERS:
                raise SettingError(
                    _FILE_SETTING, str(self.path), "a file that only its owner may read: chmod 600"
                )
            signer = Signer.from_text(self.path.read_text(encoding="ascii"))
        except (OSError, NoteError, UnicodeDecodeError) as error:
            raise SettingError(_FILE_SETTING, str(self.path), f"a key file ({error})") from None
        if not self.public_path.exists():
            self.public_path.write_text(f"{signer.verifier}\n", encoding="ascii")
        return signer

    def verifier(self) -> Verifier | None:
        """Return the public key, None when no key was made here."""
        try:
            return Verifier.from_text(self.public_path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except (OSError, NoteError, UnicodeDecodeError) as error:
            raise SettingError(
                _FILE_SETTING, str(self.path), f"a key with its .pub beside it ({error})"
            ) from None

    def _make(self) -> None:
        """Make a key unless another process does so at the same moment: the first one counts."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        signer = Signer(f"liftward-{secrets.token_hex(4)}/ledger", secrets.token_bytes(32))
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(signer.secret_text() + "\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, self.path)
            except FileExistsError:
                return
        finally:
            draft.unlink()
