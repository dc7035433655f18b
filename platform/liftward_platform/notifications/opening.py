"""Makes a sender for every channel of a document, and checks what only its library can.

The composition of this slice: the only module that knows all channels.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from liftward_kit.client_tls import ClientTls
from liftward_kit.settings import Environ, SettingError
from liftward_platform.notifications.destinations import (
    EMPTY,
    FILE_SETTING,
    ChannelSpec,
    DestinationsError,
    Document,
    load,
)
from liftward_platform.notifications.dispatch import Sender
from liftward_platform.notifications.model import Channel
from liftward_platform.notifications.mqtt_channel import MqttSender
from liftward_platform.notifications.webhook import WebhookSender, WebhookSettings


def document_from(environ: Environ) -> Document:
    """Return the document that the settings name, with the configured webhook; `EMPTY` without.

    Raises
    ------
    SettingError
        When a setting, or the document, has a hole; the message says where.
    """
    name = environ.get(FILE_SETTING, "").strip()
    document = EMPTY
    if name:
        try:
            document = load(Path(name), environ)
            _check(document, name)
        except DestinationsError as error:
            raise SettingError(FILE_SETTING, name, f"{error}") from None
    webhook = WebhookSettings.from_environ(environ)
    return document if webhook is None else webhook.added_to(document)


def _check(document: Document, source: str) -> None:
    specs = [spec for spec in document.channels.values() if spec.kind is Channel.APPRISE]
    if not specs:
        return
    # Half a second to import: only those who use it wait for it.
    from liftward_platform.notifications.apprise_channel import check_url

    for spec in specs:
        if not check_url(spec.url):
            allowed = "an address that apprise understands"
            raise DestinationsError(source, f"channels.{spec.name}.url", "no such", allowed)


async def open_senders(
    stack: AsyncExitStack, document: Document, environ: Environ
) -> Mapping[str, Sender]:
    """Return a sender for each channel; `stack` closes what has to be closed."""
    languages = {one.destination_id: one.language for one in document.destinations}
    tls = ClientTls.from_environ(environ)
    senders: dict[str, Sender] = {}
    for name, spec in document.channels.items():
        senders[name] = await _open(stack, spec, languages, tls)
    return senders


async def _open(
    stack: AsyncExitStack, spec: ChannelSpec, languages: Mapping[str, str], tls: ClientTls
) -> Sender:
    if spec.kind is Channel.MQTT:
        return MqttSender(spec.url, languages, tls)
    if spec.kind is Channel.WEBHOOK and spec.secret is not None:
        settings = WebhookSettings(spec.url.reveal, spec.secret)
        return await stack.enter_async_context(WebhookSender(settings))
    from liftward_platform.notifications.apprise_channel import AppriseSender

    return AppriseSender(spec.url, languages)
