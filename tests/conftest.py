"""Fixtures that all tests share: real databases, real brokers, real processes, a real browser.

Nothing is started before a test asks for it.
"""

import signal
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from playwright.async_api import Browser, Page

from liftward_runtime.settings import BrokerKind
from support.brokers import RunningBroker, running_broker
from support.browser import PHONE, chromium, page_of
from support.databases import DatabaseServer, database, database_server, given_dsn
from support.directories import open_folder
from support.presence import in_ci
from support.processes import LiftwardProcesses, liftward_processes
from support.virtual_time import VirtualClock

_NO_SERVER = "LIFTWARD_TEST_DSN names no server, so none with TimescaleDB was given"
_NO_EXTENSION = "the server that LIFTWARD_TEST_DSN names does not have TimescaleDB"


def pytest_configure() -> None:
    """Hear Ctrl-C, and let children hear it: a shell's background jobs start with it ignored.

    No example of a property test fails because the machine was busy: speed is for benchmarks.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("liftward", deadline=None)
    settings.load_profile("liftward")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say plainly when a Timescale test has no server to run on; that skip is allowed in CI."""
    if item.get_closest_marker("timescale") is None:
        return
    given = given_dsn()
    if given is None:
        pytest.skip(_NO_SERVER)
    if not DatabaseServer(given).has_timescale():
        pytest.skip(_NO_EXTENSION)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn every other skip into a failure in CI: a test that never runs there proves nothing."""
    report = yield
    allowed = item.get_closest_marker("timescale") is not None or hasattr(report, "wasxfail")
    if report.skipped and in_ci() and not allowed:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """Give each test the logs' default set-up: a command run inside a test sets up its own."""
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[DatabaseServer]:
    """The server that LIFTWARD_TEST_DSN names, else an embedded one for the whole run."""
    with database_server() as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres_server: DatabaseServer) -> Iterator[str]:
    """The name of a database that the real migrations built; nobody may connect to it."""
    from liftward_platform.migrations.runner import migrate

    name = postgres_server.create()
    try:
        migrate(postgres_server.dsn(name))
        postgres_server.seal(name)
        yield name
    finally:
        postgres_server.drop(name)


@pytest.fixture
def database_dsn(postgres_server: DatabaseServer, template_database: str) -> Iterator[str]:
    """The connection string of a fresh, migrated database of this test's own."""
    with database(postgres_server, template=template_database) as dsn:
        yield dsn


@pytest.fixture
def empty_database_dsn(postgres_server: DatabaseServer) -> Iterator[str]:
    """The connection string of a fresh database without any table."""
    with database(postgres_server) as dsn:
        yield dsn


@pytest.fixture(
    params=[
        pytest.param(BrokerKind.MOSQUITTO, marks=pytest.mark.mosquitto, id="mosquitto"),
        pytest.param(BrokerKind.AEDES, id="aedes"),
    ]
)
def broker(request: pytest.FixtureRequest) -> Iterator[RunningBroker]:
    """A broker of this test's own; the test runs once with each kind."""
    with running_broker(request.param) as running:
        yield running


@pytest.fixture
def mosquitto_broker() -> Iterator[RunningBroker]:
    """A Mosquitto of this test's own."""
    with running_broker(BrokerKind.MOSQUITTO) as running:
        yield running


@pytest.fixture
def aedes_broker() -> Iterator[RunningBroker]:
    """An aedes of this test's own."""
    with running_broker(BrokerKind.AEDES) as running:
        yield running


@pytest.fixture
def processes() -> Iterator[LiftwardProcesses]:
    """Starts `liftward` subcommands as processes; none outlives the test."""
    with liftward_processes() as starter:
        yield starter


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that servers running as another user may enter; tmp_path is closed to them."""
    with open_folder() as folder:
        yield folder


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """A clock that only the test moves."""
    return VirtualClock()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with chromium() as running:
        yield running


@pytest.fixture
async def browser_page(browser: Browser) -> AsyncIterator[Page]:
    """A page of desktop size."""
    async with page_of(browser) as page:
        yield page


@pytest.fixture
async def phone_page(browser: Browser) -> AsyncIterator[Page]:
    """A page of a phone's size."""
    async with page_of(browser, size=PHONE) as page:
        yield page
