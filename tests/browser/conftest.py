"""The built console before a fake API, at a frozen moment."""

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from liftward_platform.api.console_files import console_folder
from support.browser import DESKTOP, chromium, page_of
from support.console_api import SECRET, FakeApi, fake_api
from support.console_scenes import NOW
from support.presence import need_program

CONSOLE_SOURCE = Path(__file__).parents[2] / "dashboards" / "console"

OpenConsole = Callable[..., Awaitable[Page]]
MoveClock = Callable[[Page, float], Awaitable[None]]


@pytest.fixture(scope="session")
def built_console() -> Path:
    """The folder of the built console; built here when nobody has done so."""
    folder = console_folder()
    if not (folder / "index.html").is_file():
        subprocess.run(
            [need_program("npm"), "--prefix", str(CONSOLE_SOURCE), "run", "--silent", "build"],
            check=True,
            timeout=120,
        )
    return folder


# Starting Chromium takes as long as a test: these tests share one, and with it one event loop.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests here; each page has a context of its own."""
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def api(built_console: Path) -> AsyncIterator[FakeApi]:
    """A fake API that serves the built console."""
    async with fake_api() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def open_console(shared_browser: Browser, api: FakeApi) -> AsyncIterator[OpenConsole]:
    """Opens a page of the console at the frozen moment, signed in unless told otherwise."""
    pages = []
    faults: list[str] = []

    async def open_page(
        path: str = "/",
        *,
        size: tuple[int, int] = DESKTOP,
        language: str = "en-GB",
        signed_in: bool = True,
        colours: Literal["dark", "light"] = "dark",
    ) -> Page:
        context = page_of(shared_browser, size=size, language=language)
        page = await context.__aenter__()
        pages.append(context)
        page.set_default_timeout(5_000)
        await page.emulate_media(color_scheme=colours)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        milliseconds = int(NOW.timestamp() * 1000)
        await page.add_init_script(
            f"window.laterByMs = 0; window.__liftwardNow = () => {milliseconds} + window.laterByMs"
        )
        await page.goto(api.address + path)
        if signed_in:
            await page.locator("input[name=account_id]").fill(f"demo-{api.role}")
            await page.locator("input[name=secret]").fill(SECRET)
            await page.keyboard.press("Enter")
            await page.locator(".top-bar").wait_for()
        return page

    yield open_page
    for context in pages:
        await context.__aexit__(None, None, None)
    assert faults == [], "the page raised errors"


@pytest.fixture
def move_clock() -> MoveClock:
    """Lets a page's clock stand this many seconds later."""

    async def move(page: Page, seconds: float) -> None:
        await page.evaluate(f"window.laterByMs = {seconds * 1000}")

    return move
