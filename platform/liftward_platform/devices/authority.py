"""The device authority: signs certificates of devices and of the broker, and the revocation list.

ECDSA on P-256, because every TLS stack of a small device has it (Ed25519 is missing from many).
Works on values; where the key lives is `authority_files`' business. Must not know devices' tables.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from liftward_platform.devices.model import VALID_DAYS

_NAME = "Liftward device authority"
# A device without a battery starts with a wrong clock and is corrected within the hour; a broker's
# clock may be off by minutes.
_BACKDATED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its private key, both PEM. The key exists nowhere else."""

    certificate_pem: bytes
    key_pem: bytes
    serial: str
    sha256: bytes
    expires_at: datetime


class Authority:
    """A signing key and its own certificate."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key, self.certificate = key, certificate

    @classmethod
    def make(cls, now: datetime) -> "Authority":
        """Return a new authority that signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named(_NAME)
        builder = _builder(
            name, name, key.public_key(), key.public_key(), now=now, expires_at=now + VALID_DAYS
        )
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        return cls(key, builder.sign(key, hashes.SHA256()))

    @classmethod
    def from_pem(cls, key_pem: bytes, certificate_pem: bytes) -> "Authority":
        """Read what `key_pem` and `certificate_pem` wrote.

        Raises
        ------
        ValueError
            When they are not a key and a certificate that belong together.
        """
        key = serialization.load_pem_private_key(key_pem, password=None)
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the key is not an elliptic-curve key")  # noqa: TRY004 - a wrong file
        if key.public_key() != certificate.public_key():
            raise ValueError("the key is not the certificate's")
        return cls(key, certificate)

    @property
    def key_pem(self) -> bytes:
        return _key_pem(self._key)

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue_device(self, username: str, *, now: datetime, expires_at: datetime) -> Issued:
        """Return a client certificate whose common name is what the broker takes as username."""
        return self._issue(
            _named(username),
            [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])],
            now=now,
            expires_at=expires_at,
        )

    def issue_broker(self, hosts: Sequence[str], *, now: datetime, expires_at: datetime) -> Issued:
        """Return a server certificate for these names and addresses."""
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        return self._issue(_named(hosts[0]), [names, usage], now=now, expires_at=expires_at)

    def revocation_list(self, revoked: Iterable[tuple[str, datetime]], *, now: datetime) -> bytes:
        """Return the list of these (serial, since) as PEM.

        It is valid as long as the authority is: a broker that finds its list out of date refuses
        every device, and a city that goes dark because nobody exported for a month is worse than
        what an old list can do. The list is fresh because revoking writes it.
        """
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now)
            .next_update(self.certificate.not_valid_after_utc)
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        )
        for serial, revoked_at in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(int(serial, 16))
                .revocation_date(revoked_at)
                .build()
            )
        signed = builder.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)

    def _issue(
        self,
        subject: x509.Name,
        extensions: Sequence[x509.ExtensionType],
        *,
        now: datetime,
        expires_at: datetime,
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        ends_at = min(expires_at, self.certificate.not_valid_after_utc)
        issuer, own_key = self.certificate.subject, self._key.public_key()
        builder = _builder(subject, issuer, key.public_key(), own_key, now=now, expires_at=ends_at)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        ).add_extension(_usage(signs_certificates=False), critical=True)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Issued(
            certificate_pem=certificate.public_bytes(serialization.Encoding.PEM),
            key_pem=_key_pem(key),
            serial=f"{certificate.serial_number:x}",
            sha256=certificate.fingerprint(hashes.SHA256()),
            expires_at=certificate.not_valid_after_utc,
        )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    *,
    now: datetime,
    expires_at: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(expires_at)
        # Strict verifiers (Python 3.13's default) want both.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
