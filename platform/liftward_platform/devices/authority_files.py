"""Where the device authority's key lives: made once, readable by its owner only. An edge."""

import fcntl
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from liftward_kit.settings import Environ, SettingError
from liftward_platform.devices.authority import Authority
from liftward_platform.devices.whole_file import OWNER_ONLY, write_whole

_SETTING, _DEFAULT_STATE_DIRECTORY = "LIFTWARD_DEVICE_CA_DIR", ".liftward"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PUBLIC = 0o644


@dataclass(frozen=True, slots=True)
class AuthorityFiles:
    """The folder with `ca.key` and `ca.crt`; nothing is read or made before it is asked for."""

    folder: Path

    @classmethod
    def from_environ(cls, environ: Environ) -> "AuthorityFiles":
        """LIFTWARD_DEVICE_CA_DIR, else `device-ca` in the state directory."""
        given = environ.get(_SETTING, "").strip()
        if given:
            return cls(Path(given).expanduser())
        state = environ.get("LIFTWARD_STATE_DIR", "").strip() or _DEFAULT_STATE_DIRECTORY
        return cls(Path(state).expanduser() / "device-ca")

    @property
    def key_path(self) -> Path:
        return self.folder / "ca.key"

    @property
    def certificate_path(self) -> Path:
        return self.folder / "ca.crt"

    def authority(self, now: datetime) -> Authority:
        """Return the authority, making it the first time.

        Raises
        ------
        SettingError
            When the files cannot be used: not ours to read, open to others, or not a pair.
        """
        try:
            if not self.key_path.exists():
                self._make(now)
            if self.key_path.stat().st_mode & _OTHERS:
                raise SettingError(
                    _SETTING,
                    str(self.folder),
                    f"a folder whose {self.key_path.name} only its owner may read: chmod 600",
                )
            return Authority.from_pem(
                self.key_path.read_bytes(), self.certificate_path.read_bytes()
            )
        except (OSError, ValueError) as error:
            raise SettingError(
                _SETTING, str(self.folder), f"a folder with ca.key and ca.crt ({error})"
            ) from None

    def _make(self, now: datetime) -> None:
        """Make an authority unless another process does at the same moment: the first counts."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.key_path.exists():
                return
            made = Authority.make(now)
            # The certificate first: a key without one would be taken for a finished pair.
            write_whole(self.certificate_path, made.certificate_pem, mode=_PUBLIC)
            write_whole(self.key_path, made.key_pem, mode=OWNER_ONLY)
