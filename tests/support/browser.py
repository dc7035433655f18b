"""The system's Chromium, driven by Playwright, with screenshots that people can look at."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from support.presence import need_program

SCREENSHOTS = Path(__file__).parents[1] / "browser" / "screenshots"
DESKTOP = (1440, 900)
PHONE = (390, 844)
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Yield a headless Chromium."""
    program = need_program("chromium", "chromium-browser", "google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def page_of(
    browser: Browser, *, size: tuple[int, int] = DESKTOP, language: str = "en-GB"
) -> AsyncIterator[Page]:
    """Yield a page in a context of its own: no cookies, times in UTC, a fixed size."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=language, timezone_id="UTC"
    )
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def screenshot(page: Page, name: str) -> Path:
    """Save what the page shows under tests/browser/screenshots/ and return the file."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / (re.sub(r"[^a-z0-9_-]+", "-", name.lower()) + ".png")
    await page.screenshot(path=path, full_page=True)
    return path
