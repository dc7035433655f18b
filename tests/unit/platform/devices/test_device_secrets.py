"""What is issued fits what brokers and TLS stacks expect, and lasts as long as was said."""

import base64
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from liftward_gateway.quarantine_command import GATEWAY_NAME
from liftward_platform.devices.authority import Authority
from liftward_platform.devices.broker_files import access_list, password_file
from liftward_platform.devices.broker_password import fits, mosquitto_hash, new_password
from liftward_platform.devices.model import VALID_DAYS, EdgeLifts, Service
from support.presence import missing
from support.production_broker import SHIPPED

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_password_fits_its_hash_and_no_other() -> None:
    """And two hashes of one password differ: each has its own salt."""
    password = new_password()
    hashes = {mosquitto_hash(password), mosquitto_hash(password)}

    assert len(hashes) == 2
    assert all(fits(password, one) for one in hashes)
    assert not any(fits(new_password(), one) for one in hashes)
    assert len(password) >= 43


@pytest.mark.mosquitto
def test_mosquittos_own_hash_is_ours(tmp_path: Path) -> None:
    """What mosquitto_passwd writes for a password is what we compute with its salt."""
    if shutil.which("mosquitto_passwd") is None:
        missing("mosquitto_passwd is not installed")
    file = tmp_path / "passwords"
    file.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(file), "A-1", "secret"], check=True)
    username, _, stored = file.read_text().strip().partition(":")
    salt = stored.split("$")[3]

    assert username == "A-1"
    assert mosquitto_hash("secret", salt=base64.b64decode(salt)) == stored
    assert fits("secret", stored)


def test_a_device_certificate_names_the_device_and_nothing_more() -> None:
    """Its common name is the id, it may only be a client, and it is backdated for bad clocks."""
    authority = Authority.make(NOW)
    issued = authority.issue_device("A-1", now=NOW, expires_at=NOW + timedelta(days=10))
    certificate = x509.load_pem_x509_certificate(issued.certificate_pem)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value

    certificate.verify_directly_issued_by(authority.certificate)
    [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "A-1"
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not constraints.ca
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    assert certificate.not_valid_before_utc == NOW - timedelta(days=1)
    assert issued.expires_at == NOW + timedelta(days=10)
    assert f"{certificate.serial_number:x}" == issued.serial


def test_nothing_outlives_the_authority() -> None:
    """A certificate for longer than its signer is cut to it, and the database is told that."""
    authority = Authority.make(NOW)
    later = NOW + timedelta(days=30)
    issued = authority.issue_device("A-1", now=later, expires_at=later + VALID_DAYS)

    assert issued.expires_at == authority.certificate.not_valid_after_utc


def test_a_revocation_list_holds_exactly_what_was_revoked_as_long_as_the_authority_lasts() -> None:
    """A list that went out of date would shut out a whole city."""
    authority = Authority.make(NOW)
    issued = [
        authority.issue_device(name, now=NOW, expires_at=NOW + timedelta(days=9)) for name in "ABC"
    ]
    pem = authority.revocation_list([(issued[1].serial, NOW)], now=NOW)
    found = x509.load_pem_x509_crl(pem)

    assert found.is_signature_valid(authority.certificate.public_key())  # type: ignore[arg-type]
    assert [f"{revoked.serial_number:x}" for revoked in found] == [issued[1].serial]
    assert found.next_update_utc == authority.certificate.not_valid_after_utc


def test_a_key_that_is_not_the_certificates_is_refused() -> None:
    """Two authorities mixed up in one folder."""
    one, other = Authority.make(NOW), Authority.make(NOW)

    with pytest.raises(ValueError, match="not the certificate's"):
        Authority.from_pem(one.key_pem, other.certificate_pem)


def test_the_shipped_access_list_is_the_one_that_is_written() -> None:
    """`deploy/mosquitto/acl` is what an export writes while nothing is special."""
    assert (SHIPPED / "acl").read_text("utf-8") == access_list()


def test_the_gateway_knows_its_own_name() -> None:
    """The gateway cannot import the platform, so the name stands twice."""
    assert GATEWAY_NAME == Service.GATEWAY
    assert all("." in service for service in Service)


IDS = st.from_regex(r"\A[A-Za-z0-9_-]{1,32}\Z")


@given(
    edges=st.lists(st.tuples(IDS, st.lists(IDS, max_size=3)), max_size=3),
    revoked=st.lists(IDS, max_size=3),
)
def test_no_id_can_write_a_rule(edges: list[tuple[str, list[str]]], revoked: list[str]) -> None:
    """Whatever ids the registry holds, every line is one of the five forms we write."""
    text = access_list(edges=[EdgeLifts(*edge) for edge in edges], revoked_ids=revoked)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert all(
        line.startswith(("pattern write ", "pattern read ", "topic write ", "topic read ", "user "))
        or line == "topic deny #"
        for line in lines
    )
    assert lines.count("topic deny #") == len(revoked)
    assert password_file([("A", "$7$1$a$b")]) == "A:$7$1$a$b\n"
