"""Channels of notification in the console: what does not work is loud, in both languages."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from support import console_scenes as scenes
from support.browser import DESKTOP, PHONE, screenshot
from support.channel_scenes import channel, lost_order, town
from support.console_api import FakeApi

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OpenConsole = Callable[..., Awaitable[Page]]


@pytest.mark.parametrize(
    ("size", "language", "words"),
    [
        (DESKTOP, "en-GB", ("NOT DELIVERED", "DOES NOT WORK", "the oldest for 9 min")),
        (PHONE, "zh-CN", ("未送达", "无法使用", "最久 9 分钟")),
    ],
)
async def test_what_does_not_work_is_loud(
    open_console: OpenConsole,
    api: FakeApi,
    size: tuple[int, int],
    language: str,
    words: tuple[str, str, str],
) -> None:
    """A lost order and a dead channel stand above everything; the panel says why."""
    api.incidents = scenes.six_incidents()
    api.channels, api.orders_not_delivered = town(), [lost_order()]
    page = await open_console(size=size, language=language)

    alerts = page.get_by_role("alert")
    await expect(alerts.filter(has_text=words[0])).to_contain_text("Demo Crew 9")
    await expect(alerts.filter(has_text="crews / sms")).to_be_visible()
    sms = page.locator('[data-channel="crews/sms"]')
    await expect(sms).to_contain_text(words[1])
    await expect(sms).to_contain_text("the receiver answered 503")
    await expect(sms).to_contain_text(words[2])
    await expect(page.locator(".channel.works")).to_have_count(2)
    await expect(page.locator(".channel.untried")).to_have_count(1)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(overflow) <= 0
    name = "phone" if size == PHONE else "desktop"
    await page.locator(".channels").scroll_into_view_if_needed()
    await screenshot(page, f"channels-{name}-{language.lower()}")


async def test_the_lost_order_leads_to_its_incident(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """The banner is on every page, and its line opens the incident."""
    api.incidents = scenes.six_incidents()
    api.orders_not_delivered = [{**lost_order(), "incident_id": api.incidents[0]["incident_id"]}]
    page = await open_console()

    await page.get_by_role("link", name="order 71 to Demo Crew 9").click()

    await expect(page.locator(".incident-title")).to_be_visible()
    await expect(page.get_by_role("alert").filter(has_text="NOT DELIVERED")).to_be_visible()


async def test_a_dispatcher_tests_a_channel_from_the_keyboard(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """N goes to the panel, Tab to the first test, Enter asks for it, once."""
    api.channels = [channel("duty-room", "dingtalk")]
    page = await open_console()
    await expect(page.locator(".channel")).to_have_count(1)

    for key in ("n", "Tab", "Enter"):
        await page.keyboard.press(key)

    await expect(page.locator(".command.confirmed")).to_contain_text("duty-room / dingtalk")
    assert [one.path for one in api.commands] == [
        "/api/notifications/channels/duty-room/dingtalk/test"
    ]


async def test_a_regulator_sees_the_channels_and_tests_none(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """Reading is for all who see the board; a quiet centre has no banner."""
    api.role, api.channels = "regulator", [channel("duty-room", "dingtalk")]
    page = await open_console()

    await expect(page.locator(".channel.works")).to_contain_text("4 min ago")
    await expect(page.locator(".channels button")).to_have_count(0)
    await expect(page.get_by_role("alert")).to_have_count(0)
