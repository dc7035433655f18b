"""The test scaffolding keeps its own promises."""

import asyncio

import psycopg
import pytest
from playwright.async_api import Page

from support.brokers import RunningBroker
from support.browser import screenshot
from support.databases import DatabaseServer, database
from support.proxy import CuttableProxy

pytestmark = pytest.mark.integration


def test_each_test_has_a_database_of_its_own(
    postgres_server: DatabaseServer, template_database: str
) -> None:
    """What one clone of the migrated template gets does not show in another, and clones go away."""
    with (
        database(postgres_server, template=template_database) as one,
        database(postgres_server, template=template_database) as two,
    ):
        with psycopg.connect(one, autocommit=True) as connection:
            connection.execute("CREATE TABLE mine (n int)")
        with psycopg.connect(two) as connection:
            found = connection.execute("SELECT to_regclass('mine')").fetchone()
            tables = connection.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchone()

    assert found == (None,)
    assert tables is not None
    assert tables[0] > 0
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(one)


def test_an_empty_database_is_empty(empty_database_dsn: str) -> None:
    """The empty database has no table."""
    with psycopg.connect(empty_database_dsn) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")

        assert tables.fetchone() == (0,)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(100):
        writer.write(chunk)
    writer.close()


async def test_the_proxy_forwards_stalls_and_cuts() -> None:
    """Bytes pass, wait while stalled, flow on when restored, and a cut ends the connection."""
    target = await asyncio.start_server(_echo, "127.0.0.1", 0)
    port = target.sockets[0].getsockname()[1]
    async with target, CuttableProxy(port) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"one")
        assert await asyncio.wait_for(reader.readexactly(3), 5) == b"one"

        proxy.stall()
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(3), 0.1)
        proxy.restore()
        assert await asyncio.wait_for(reader.readexactly(3), 5) == b"two"

        await proxy.cut()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.readexactly(1), 5)
        writer.close()
        proxy.restore()
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"new")
        assert await asyncio.wait_for(reader.readexactly(3), 5) == b"new"
        writer.close()


def test_brokers_have_free_ports(
    mosquitto_broker: RunningBroker, aedes_broker: RunningBroker
) -> None:
    """Two brokers run beside each other."""
    assert mosquitto_broker.port != aedes_broker.port


@pytest.mark.browser
async def test_the_browser_shows_a_page(browser_page: Page, phone_page: Page) -> None:
    """Chromium renders a page at desktop and phone size and saves a screenshot."""
    for page in (browser_page, phone_page):
        await page.set_content("<h1>电梯 Liftward</h1>")
        assert await page.inner_text("h1") == "电梯 Liftward"
    assert (await screenshot(phone_page, "Scaffolding phone")).stat().st_size > 1_000
    assert phone_page.viewport_size == {"width": 390, "height": 844}
