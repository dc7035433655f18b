"""The whole thing in a real browser: a board left open shows a rescue from beginning to end."""

import asyncio
import json

import pytest
from playwright.async_api import Browser, expect

from support.browser import page_of, screenshot
from support.demo_run import demo_run

pytestmark = [pytest.mark.integration, pytest.mark.browser]

_DETECTED_WITHIN_MS = 60_000
_CLOSED_WITHIN_MS = 60_000


async def test_an_open_board_shows_a_rescue_without_a_reload(browser: Browser) -> None:
    """A row appears by itself, opens with a key, its story grows, and it ends closed."""
    with demo_run("--lifts", "40", "--crew-speedup", "60", "--trap-every-s", "600") as demo:
        await asyncio.to_thread(demo.wait_told, "Ctrl-C stops everything", within_s=90)
        secret = next(
            account["secret"]
            for account in json.loads((demo.state / "demo" / "accounts.json").read_bytes())
            if account["account_id"] == "dispatcher"
        )
        async with page_of(browser) as page:
            await page.emulate_media(color_scheme="dark")
            await page.goto(demo.running()["urls"]["console"])
            await page.get_by_label("Account").fill("dispatcher")
            await page.get_by_label("Secret").fill(secret)
            await page.keyboard.press("Enter")
            await expect(page.get_by_text("Nobody is known to be trapped.")).to_be_visible()

            row = page.locator(".incident-row")
            await expect(row).to_have_count(1, timeout=_DETECTED_WITHIN_MS)
            await expect(row).to_contain_text("to accept")
            await page.keyboard.press("j")
            await page.keyboard.press("Enter")

            await expect(page.get_by_text("Incident opened").first).to_be_visible()
            await expect(page.get_by_text("Order sent").first).to_be_visible()
            freed = page.get_by_text("closed", exact=False)
            await expect(freed.first).to_be_visible(timeout=_CLOSED_WITHIN_MS)
            await expect(page.get_by_text("in a signed checkpoint").first).to_be_visible()
            await screenshot(page, "live-story-closed")

            await page.keyboard.press("Escape")
            await expect(page.locator(".recent li").first).to_be_visible(timeout=_CLOSED_WITHIN_MS)
            assert demo.interrupt() == 0
