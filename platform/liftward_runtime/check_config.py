"""`liftward check-config`: validate the settings and show what they lead to, secrets masked."""

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from liftward_kit.client_tls import CERTIFICATE_SETTING, ClientTls
from liftward_kit.clock import utc_now
from liftward_kit.settings import Environ
from liftward_kit.subcommand import HOLDS, print_object
from liftward_platform.notifications.destinations import FILE_SETTING
from liftward_platform.notifications.opening import document_from
from liftward_runtime.embedded_broker import choose_broker
from liftward_runtime.platform_run import environ_here, locate
from liftward_runtime.postgres_binaries import find_binaries
from liftward_runtime.settings import RuntimeSettings, masked_url


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def run(arguments: Namespace) -> int:
    """Print the settings; a wrong one ends with status 2 and one message that names it."""
    environ, folder = environ_here()
    settings = RuntimeSettings.from_environ(environ, current_folder=folder)
    locate(settings).check_usable()
    shown = describe(settings, environ)
    if arguments.json:
        print_object(shown)
        return HOLDS
    for name, text in shown.items():
        sys.stdout.write(f"{name:<36}{text}\n")
    return HOLDS


def describe(settings: RuntimeSettings, environ: Environ) -> dict[str, Any]:
    """Return each setting with the value in force, and what would be started for it."""
    directory = locate(settings)
    return {
        "LIFTWARD_STATE_DIR": str(directory.wanted),
        "state_directory": str(directory.root),
        "LIFTWARD_DATABASE_URL": _database(settings),
        "LIFTWARD_BROKER_URL": _broker(settings, environ),
        **_tls(environ),
        "LIFTWARD_HTTP_HOST": settings.http_host,
        "LIFTWARD_HTTP_PORT": settings.http_port,
        "LIFTWARD_MQTT_PORT": settings.mqtt_port,
        "LIFTWARD_UNPRIVILEGED_USER": settings.unprivileged_user,
        "LIFTWARD_LOG_LEVEL": settings.log_level,
        FILE_SETTING: _destinations(environ),
    }


def _destinations(environ: Environ) -> str:
    """Return who is told things, in numbers; a document with a hole ends with its file and key."""
    document = document_from(environ)
    if not document.destinations:
        return "(nobody: board and crews' page only)"
    source = environ.get(FILE_SETTING) or "(the webhook)"
    destinations_count, channels_count = len(document.destinations), len(document.channels)
    return f"{source}: {destinations_count} destinations, {channels_count} channels"


def _database(settings: RuntimeSettings) -> str:
    if settings.database_url is not None:
        return masked_url(settings.database_url.reveal)
    return f"(embedded PostgreSQL from {find_binaries()})"


def _tls(environ: Environ) -> dict[str, str]:
    """Return the files of the broker's TLS, where there are any, and when our own ends."""
    tls = ClientTls.from_environ(environ)
    tls.check(utc_now())
    shown = {name: environ[name] for name in tls.named_settings()}
    expires_at = tls.expires_at()
    if expires_at is not None:
        shown[CERTIFICATE_SETTING] += f" (valid until {expires_at.isoformat()})"
    return shown


def _broker(settings: RuntimeSettings, environ: Environ) -> str:
    if settings.broker_url is not None:
        return masked_url(settings.broker_url.reveal)
    broker = choose_broker(
        settings.broker_kind,
        environ,
        folder=locate(settings).broker_folder,
        port=settings.mqtt_port,
        user=None,
    )
    return f"(embedded {broker.kind}: {broker.program})"
