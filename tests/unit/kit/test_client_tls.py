"""Wrong TLS files are named before anything starts; right ones verify the other side's name."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from liftward_gateway.settings import broker_address
from liftward_kit.client_tls import CA_SETTING, CERTIFICATE_SETTING, KEY_SETTING, ClientTls
from liftward_kit.clock import utc_now
from liftward_kit.settings import SettingError
from liftward_platform.devices.authority import Authority
from liftward_runtime.check_config import describe
from liftward_runtime.settings import RuntimeSettings
from liftward_simulator.outputs.publisher import Broker

NOW = utc_now()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Three files that belong together."""
    authority = Authority.make(NOW)
    issued = authority.issue_device("A-1", now=NOW, expires_at=NOW + timedelta(days=1))
    files = {"ca": authority.certificate_pem, "crt": issued.certificate_pem, "key": issued.key_pem}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return {
        CA_SETTING: str(tmp_path / "ca"),
        CERTIFICATE_SETTING: str(tmp_path / "crt"),
        KEY_SETTING: str(tmp_path / "key"),
    }


def complaint(environ: dict[str, str], now: datetime = NOW) -> str:
    with pytest.raises(SettingError) as caught:
        ClientTls.from_environ(environ).check(now)
    return str(caught.value)


def test_right_files_give_a_context_that_verifies(environ: dict[str, str]) -> None:
    """Certificate and host name of the other side are checked; nothing below TLS 1.2."""
    tls = ClientTls.from_environ(environ)
    tls.check(NOW)
    context = tls.context()

    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert tls.common_name() == "A-1"
    assert ClientTls().common_name() is None
    assert (tls.expires_at() or NOW) > NOW


@pytest.mark.parametrize("setting", [CA_SETTING, CERTIFICATE_SETTING, KEY_SETTING])
@pytest.mark.parametrize("fault", ["missing", "empty", "folder"])
def test_a_file_that_cannot_be_used_is_named(
    environ: dict[str, str], tmp_path: Path, setting: str, fault: str
) -> None:
    """The setting, the path and the reason stand in one sentence."""
    bad = tmp_path / "bad"
    if fault == "empty":
        bad.write_bytes(b"")
    if fault == "folder":
        bad.mkdir()

    said = complaint({**environ, setting: str(bad)})

    assert said.startswith(f"{setting} is '{bad}'; allowed: a readable PEM file")
    assert {"missing": "No such file", "folder": "Is a directory"}.get(fault, "(") in said


def test_a_certificate_out_of_its_time_is_refused_with_the_times(environ: dict[str, str]) -> None:
    """Expired, or not yet valid because our clock is wrong: both times are shown."""
    late, early = NOW + timedelta(days=2), datetime(2001, 1, 1, tzinfo=UTC)

    assert "valid from" in complaint(environ, late)
    assert late.isoformat(timespec="seconds") in complaint(environ, late)
    assert complaint(environ, early).startswith(f"{CERTIFICATE_SETTING} is")


def test_half_a_pair_and_a_wrong_pair_are_refused(environ: dict[str, str], tmp_path: Path) -> None:
    """A certificate needs its own key, a key its certificate; a passphrase is not asked for."""
    other = Authority.make(NOW)
    (tmp_path / "other").write_bytes(other.key_pem)
    key = serialization.load_pem_private_key((tmp_path / "key").read_bytes(), password=None)
    (tmp_path / "locked").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )

    assert complaint({**environ, KEY_SETTING: ""}).startswith(f"{KEY_SETTING} is not set")
    assert complaint({**environ, CERTIFICATE_SETTING: ""}).startswith(
        f"{CERTIFICATE_SETTING} is not set"
    )
    assert "KEY_VALUES_MISMATCH" in complaint({**environ, KEY_SETTING: str(tmp_path / "other")})
    assert complaint({**environ, KEY_SETTING: str(tmp_path / "locked")}).startswith(KEY_SETTING)


def test_files_without_tls_are_refused_everywhere(environ: dict[str, str]) -> None:
    """Whoever names certificates believes the connection encrypted: in the clear is no answer."""
    tls = ClientTls.from_environ(environ)
    with pytest.raises(SettingError, match=f"mqtts://.*as {CA_SETTING} is set"):
        broker_address("mqtt://broker:1883", tls)
    for url in ("mqtt://broker:1883", ""):
        with pytest.raises(SettingError, match=f"LIFTWARD_BROKER_URL.*as {CA_SETTING} is set"):
            RuntimeSettings.from_environ(
                {**environ, "LIFTWARD_BROKER_URL": url}, current_folder=Path("/somewhere")
            )


def test_an_address_with_tls_is_taken_by_gateway_runtime_and_simulator(
    environ: dict[str, str],
) -> None:
    """Port 8883 unless another is given; the password is decoded and never shown."""
    url = "mqtts://liftward.gateway:p%40ss@broker.example"
    tls = ClientTls.from_environ(environ)
    address, simulated = broker_address(url, tls), Broker.from_url(url, tls)
    settings = {**environ, "LIFTWARD_BROKER_URL": url, "LIFTWARD_DATABASE_URL": "host=nowhere"}
    runtime = RuntimeSettings.from_environ(settings, current_folder=Path("/somewhere"))
    shown = describe(runtime, settings)

    assert (address.host, address.port, address.tls) == ("broker.example", 8883, tls)
    assert address.password is not None
    assert address.password.reveal == "p@ss"
    assert address.comes_as == "liftward.gateway"
    assert broker_address("mqtts://broker", tls).comes_as == "A-1"
    assert broker_address("mqtt://broker").comes_as is None
    assert (simulated.host, simulated.port, simulated.tls) == ("broker.example", 8883, tls)
    assert Broker.from_url("mqtt://broker").tls is None
    assert shown["LIFTWARD_BROKER_URL"] == "mqtts://liftward.gateway:***@broker.example"
    assert "valid until" in shown[CERTIFICATE_SETTING]
