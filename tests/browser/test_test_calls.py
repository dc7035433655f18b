"""The board says which lifts owe their test call: quietly, apart from the incidents."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from support import console_scenes as scenes
from support.browser import PHONE, screenshot
from support.console_api import FakeApi

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OpenConsole = Callable[..., Awaitable[Page]]


def _overdue(number: int, level: int) -> scenes.Json:
    where = scenes.lift(number, f"Sample Tower {number}")
    hours = 73 + 72 * (level - 1)
    return {
        **{name: where[name] for name in ("lift_id", "building", "address", "district")},
        "rescue_code": where["rescue_code"],
        "last_test_call_at": scenes.at(-hours * 3600),
        "due_at": scenes.at(-(hours - 72) * 3600),
        "notice_opened_at": scenes.at(-600),
        "notice_level": level,
    }


@pytest.mark.parametrize(
    ("language", "title", "missed"),
    [
        ("en-GB", "Test calls overdue: 2 of 240 lifts", "tests missed: 3"),
        ("zh-CN", "试呼逾期：240 台中 2 台", "缺少试呼 3 次"),
    ],
)
async def test_overdue_test_calls_are_listed_the_loudest_first(
    language: str, title: str, missed: str, open_console: OpenConsole, api: FakeApi
) -> None:
    """How many of how many, as of when, and on request which; on a phone nothing is too wide."""
    api.overdue = [_overdue(7, 3), _overdue(8, 1)]
    page = await open_console(size=PHONE, language=language)

    section = page.locator(".test-calls")
    await expect(section.get_by_role("heading")).to_have_text(title)
    await section.locator("summary").click()
    await expect(section.locator("li").first).to_contain_text(missed)
    await expect(section.locator("li").first).to_contain_text("DEMO-007")
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await screenshot(page, f"test-calls-phone-{language}")


async def test_nothing_is_shown_when_every_lift_has_called(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """A section without content would be noise on a board for emergencies."""
    page = await open_console()
    await expect(page.locator(".empty")).to_be_visible()

    await expect(page.locator(".test-calls")).to_have_count(0)
