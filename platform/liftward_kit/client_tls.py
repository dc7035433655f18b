"""TLS towards the broker: which files say whom we trust and who we are, checked once.

What a user sees: a missing file, a key that cannot be read or does not fit, or a certificate that
has expired ends the start with one sentence that names the setting, the file and what is wrong.
`context` reads the files again for every connection, so that a renewed certificate is used by the
next one. Must not know MQTT, addresses or the clock.
"""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from liftward_kit.settings import Environ, SettingError

CA_SETTING = "LIFTWARD_BROKER_CA_FILE"
CERTIFICATE_SETTING = "LIFTWARD_BROKER_CERTIFICATE_FILE"
KEY_SETTING = "LIFTWARD_BROKER_KEY_FILE"
_CA_ALLOWED = "a readable PEM file with the certificate of whoever signed the broker's"
_CERTIFICATE_ALLOWED = "a readable PEM file with our own certificate, within its validity"
_KEY_ALLOWED = "a readable PEM file with the certificate's private key, without a passphrase"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """Whom we trust (None: the machine's own list) and who we are (None: only a password says)."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @classmethod
    def from_environ(cls, environ: Environ) -> "ClientTls":
        """Read the names of the files; `check` looks into them."""
        return cls(
            ca_file=_path(environ, CA_SETTING),
            certificate_file=_path(environ, CERTIFICATE_SETTING),
            key_file=_path(environ, KEY_SETTING),
        )

    def named_settings(self) -> tuple[str, ...]:
        """Return the names of the settings that are given."""
        given = {
            CA_SETTING: self.ca_file,
            CERTIFICATE_SETTING: self.certificate_file,
            KEY_SETTING: self.key_file,
        }
        return tuple(name for name, path in given.items() if path is not None)

    def refuse_in_the_clear(self, url_setting: str, shown: str | None, *, secured: bool) -> None:
        """Raise SettingError when files are given and the address asks for no TLS.

        Somebody who names certificates believes that the connection is encrypted.
        """
        given = self.named_settings()
        if given and not secured:
            raise SettingError(
                url_setting, shown, f"mqtts://[user:password@]host:port, as {given[0]} is set"
            )

    def context(self) -> ssl.SSLContext:
        """Return a context made from the files as they are now; the host name is verified.

        Raises
        ------
        OSError
            When a file cannot be used (ssl.SSLError is one).
        """
        context = ssl.create_default_context(cafile=_text(self.ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A peer that renegotiates could make a write wait for a read: our socket has no such state.
        context.options |= ssl.OP_NO_RENEGOTIATION
        if self.certificate_file is not None:
            # Without a callable OpenSSL would ask for a passphrase on the terminal.
            context.load_cert_chain(
                self.certificate_file, _text(self.key_file), password=lambda: b"-"
            )
        return context

    def check(self, now: datetime) -> None:
        """Look into every file.

        Raises
        ------
        SettingError
            For the first that cannot be used.
        """
        if self.ca_file is not None:
            _certificates(CA_SETTING, self.ca_file, _CA_ALLOWED)
        if self.certificate_file is None:
            if self.key_file is not None:
                raise SettingError(
                    CERTIFICATE_SETTING, None, f"{_CERTIFICATE_ALLOWED}, as {KEY_SETTING} is set"
                )
        else:
            self._check_own(self.certificate_file, now)
        try:
            self.context()
        except OSError as error:
            name, path = (
                (CA_SETTING, self.ca_file)
                if self.certificate_file is None
                else (KEY_SETTING, self.key_file)
            )
            raise SettingError(name, _text(path), f"{_KEY_ALLOWED} ({_why(error)})") from None

    def expires_at(self) -> datetime | None:
        """Return when our own certificate ends, None without one; `check` it first."""
        own = self._own()
        return None if own is None else own.not_valid_after_utc

    def common_name(self) -> str | None:
        """Return whom our own certificate names, None without one; `check` it first."""
        own = self._own()
        names = [] if own is None else own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else None

    def _own(self) -> x509.Certificate | None:
        if self.certificate_file is None:
            return None
        return _certificates(CERTIFICATE_SETTING, self.certificate_file, _CERTIFICATE_ALLOWED)[0]

    def _check_own(self, certificate_file: Path, now: datetime) -> None:
        own = _certificates(CERTIFICATE_SETTING, certificate_file, _CERTIFICATE_ALLOWED)[0]
        if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
            raise SettingError(
                CERTIFICATE_SETTING,
                str(certificate_file),
                f"{_CERTIFICATE_ALLOWED} (this one is valid from "
                f"{own.not_valid_before_utc.isoformat()} to {own.not_valid_after_utc.isoformat()}, "
                f"and it is {now.isoformat(timespec='seconds')})",
            )
        if self.key_file is None:
            raise SettingError(KEY_SETTING, None, f"{_KEY_ALLOWED}, as {CERTIFICATE_SETTING} is")
        try:
            self.key_file.read_bytes()
        except OSError as error:
            raise SettingError(
                KEY_SETTING, str(self.key_file), f"{_KEY_ALLOWED} ({_why(error)})"
            ) from None


NO_FILES = ClientTls()


def _certificates(name: str, path: Path, allowed: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingError(name, str(path), f"{allowed} ({_why(error)})") from None


def _why(error: Exception) -> str:
    """Return the reason without the file's name, which the message gives already."""
    if isinstance(error, ssl.SSLError):
        return error.reason or str(error)
    return (error.strerror or str(error)) if isinstance(error, OSError) else "no certificate in it"


def _path(environ: Environ, name: str) -> Path | None:
    text = environ.get(name, "").strip()
    return Path(text).expanduser() if text else None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
