"""A call in a real browser, over the real API and database: taken, ordered, freed, closed."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, Page, expect

from liftward_platform.access.model import Role
from liftward_platform.access.secrets import hash_secret
from liftward_platform.access.service import create_account
from liftward_platform.api.app import create_app
from liftward_platform.incidents.model import Outcome
from support.browser import DESKTOP, PHONE, page_of, screenshot
from support.call_story import someone_scans
from support.platform_scene import SECRET, api_settings
from support.polling import eventually_async
from support.rescue_story import RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = [pytest.mark.integration, pytest.mark.browser]

LIFTS = ("TOWER-01", "TOWER-02")
# Somebody takes the phone out of the pocket: the page asks at once.
LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"
WORDS: dict[str, dict[str, str]] = {
    "en-GB": {
        "account": "Account", "secret": "Secret", "which": "Which of these", "open": "Send help",
        "off": "one character off", "persons": "Persons in the car", "hurt": "Anybody hurt",
        "phone": "Number to call back", "said": "Said: help is coming",
        "waiting": "waiting for an answer", "safe": "Lift made safe", "by": "Confirmed by",
        "how": "How", "passenger": "a passenger", "telephone": "by telephone",
        "cause": "Cause", "door": "landing-door lock", "method": "Release method",
        "level": "doors opened at the landing", "freed_persons": "Persons freed",
        "closed": "Closed", "number": "Show numbers to call back",
        "confirm": "Confirm release", "use_unit": "the use unit",
    },
    "zh-CN": {
        "account": "账号", "secret": "密码", "which": "是这", "open": "派出救援",
        "off": "差一个字符", "persons": "被困人数", "hurt": "有人受伤",
        "phone": "回拨号码", "said": "已告知: 救援正在赶来",
        "waiting": "等待接单", "safe": "电梯已处于安全状态", "by": "确认人",
        "how": "确认方式", "passenger": "乘客", "telephone": "电话回访",
        "cause": "原因", "door": "层门锁", "method": "解救方式",
        "level": "平层位置开门", "freed_persons": "解救人数",
        "closed": "结案", "number": "显示回拨号码",
        "confirm": "确认脱困", "use_unit": "使用单位",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """A dispatcher's place: the story behind it and the page in front."""

    story: RescueStory
    page: Page
    words: dict[str, str]


@asynccontextmanager
async def desk(
    dsn: str,
    clock: VirtualClock,
    browser: Browser,
    language: str,
    *,
    size: tuple[int, int] = DESKTOP,
    role: Role = Role.DISPATCHER,
) -> AsyncIterator[Desk]:
    """Serve the real application on a free port, and sign somebody in."""
    app = create_app(api_settings(dsn), clock=clock)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    async with rescue_story(dsn, clock, lift_ids=LIFTS) as story:
        await create_account(
            story.connection, account_id="demo-desk", role=role, name="Demo Desk",
            party_id="use-unit-01" if role is Role.USE_UNIT else None,
            secret_hash=hash_secret(SECRET, cost=2), now=clock(),
        )  # fmt: skip
        serving = asyncio.create_task(server.serve(), name="the API")

        async def started() -> bool:
            return server.started

        await eventually_async(started, what="the API starts")
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            async with page_of(browser, size=size, language=language) as page:
                page.set_default_timeout(10_000)
                await page.emulate_media(color_scheme="dark")
                await page.goto(address)
                await page.locator("input[name=account_id]").fill("demo-desk")
                await page.locator("input[name=secret]").fill(SECRET)
                await page.keyboard.press("Enter")
                await page.locator(".board-head").wait_for()
                yield Desk(story, page, WORDS[language])
        finally:
            server.should_exit = True
            await serving


async def _row(story: RescueStory) -> dict[str, Any]:
    cursor = await story.connection.execute(
        "SELECT state, outcome, source, persons_count, injured, confirmed_by, confirmed_how,"
        " lift_made_safe_by, (SELECT count(*) FROM incident_report WHERE caller_phone IS NOT NULL)"
        " AS numbers FROM incident"
    )
    (row,) = await cursor.fetchall()
    return dict(row)


@pytest.mark.parametrize("language", sorted(WORDS))
async def test_a_call_is_taken_and_closed_at_the_keyboard(
    language: str, database_dsn: str, virtual_clock: VirtualClock, browser: Browser
) -> None:
    """`c`, the code, who and how many, Enter; then spoken to, freed, confirmed, closed."""
    async with desk(database_dsn, virtual_clock, browser, language) as at:
        page, words, keyboard = at.page, at.words, at.page.keyboard
        await keyboard.press("c")
        await keyboard.type("R-TOWER-0")
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator(".match")).to_have_count(2)
        await expect(dialog).to_contain_text(words["which"])
        await expect(dialog.locator(".match").first).to_contain_text(words["off"])
        await screenshot(page, f"call-near-{language}")
        await keyboard.type("2")
        await expect(dialog.locator(".match.chosen")).to_contain_text("TOWER-02")
        await dialog.get_by_label(words["persons"]).fill("2")
        await dialog.get_by_label(words["hurt"]).select_option(index=1)
        await dialog.get_by_label(words["phone"]).fill("000-0042")
        await screenshot(page, f"call-taken-{language}")
        await keyboard.press("Enter")
        await expect(page.locator(".incident-title")).to_contain_text("TOWER-02")

        await at.story.engine_looks()
        await expect(page.locator(".order-card")).to_contain_text(words["waiting"])
        await expect(page.get_by_role("button", name=words["number"])).to_be_visible()
        assert "000-0042" not in await page.content()
        await page.get_by_role("button", name=words["said"]).click()
        await expect(page.locator(".calming-steps .said")).to_have_count(1)
        await screenshot(page, f"call-incident-{language}")
        for key, state in (("a", "accepted"), ("d", "under_way"), ("v", "arrived")):
            await keyboard.press(key)
            await expect(page.locator(f".story-{_EVENT[state]}")).to_have_count(1)
        await keyboard.press("f")
        await dialog.get_by_label(words["freed_persons"]).fill("2")
        await keyboard.press("Enter")
        await expect(page.locator(".story-persons_freed")).to_have_count(1)
        await page.get_by_role("button", name=words["safe"], exact=True).click()
        await expect(page.locator(".story-lift_made_safe")).to_have_count(1)

        await keyboard.press("o")
        await dialog.get_by_label(words["by"]).select_option(words["passenger"])
        await dialog.get_by_label(words["how"]).select_option(words["telephone"])
        await keyboard.press("Enter")
        await expect(page.locator(".story-release_confirmed")).to_have_count(1)
        await keyboard.press("c")
        await dialog.get_by_label(re.compile(f"^{words['cause']}")).select_option(words["door"])
        await dialog.get_by_label(words["method"]).select_option(words["level"])
        await screenshot(page, f"call-closing-{language}")
        await keyboard.press("Enter")

        await expect(page.locator(".story-closed_after_rescue")).to_have_count(1)
        await expect(page.locator(".incident-header")).to_contain_text(words["closed"])
        assert await _row(at.story) == {
            "state": "closed", "outcome": "freed", "source": "call", "persons_count": 2,
            "injured": True, "confirmed_by": "passenger", "confirmed_how": "telephone",
            "lift_made_safe_by": "demo-desk", "numbers": 0,
        }  # fmt: skip


_EVENT = {
    "accepted": "order_accepted",
    "under_way": "crew_departed",
    "arrived": "crew_arrived",
}


async def test_an_anonymous_report_is_loud_on_the_board_until_it_is_believed(
    database_dsn: str, virtual_clock: VirtualClock, browser: Browser
) -> None:
    """On a phone, too: the row says that nobody was sent; believing it sends a crew."""
    async with desk(database_dsn, virtual_clock, browser, "en-GB", size=PHONE) as at:
        await someone_scans(at.story, persons_count=1)
        row = at.page.locator(".incident-row.loud")
        await expect(row).to_contain_text("ANONYMOUS REPORT")
        await screenshot(at.page, "call-held-phone")
        await at.story.engine_looks()
        await row.get_by_role("link").click()
        await at.page.get_by_role("button", name="Believe it: send a crew").click()
        await at.page.get_by_role("dialog").get_by_role("button", name="Believe it").click()
        await expect(at.page.locator(".story-hold_released")).to_have_count(1)
        await at.story.engine_looks()

        await expect(at.page.locator(".order-card")).to_contain_text("waiting for an answer")
        width_px = await at.page.evaluate("document.documentElement.scrollWidth")
        assert width_px <= PHONE[0]
        await screenshot(at.page, "call-incident-phone")


@pytest.mark.parametrize(
    ("language", "send", "taken", "unknown"),
    [
        ("en-GB", "Report it", "checking it now", "No lift has this code"),
        ("zh-CN", "报告", "正在核实", "没有电梯使用该编号"),
    ],
)
async def test_the_page_behind_the_code_takes_a_report_from_anybody(
    *, language: str, send: str, taken: str, unknown: str, database_dsn: str,
    virtual_clock: VirtualClock, browser: Browser,
) -> None:  # fmt: skip
    """On a phone, without an account: told what happens next; a wrong code says so."""
    async with desk(database_dsn, virtual_clock, browser, language, size=PHONE) as at:
        address = at.page.url.rstrip("/")
        async with page_of(browser, size=PHONE, language=language) as page:
            page.set_default_timeout(10_000)
            await page.goto(f"{address}/report/R-NOWHERE")
            await page.get_by_role("button", name=send, exact=True).click()
            await expect(page.get_by_role("alert")).to_contain_text(unknown)

            await page.goto(f"{address}/report/R-TOWER-01")
            await page.locator("input[type=number]").fill("2")
            await screenshot(page, f"report-phone-{language}")
            await page.keyboard.press("Enter")

            await expect(page.get_by_role("status")).to_contain_text(taken)
            await screenshot(page, f"report-taken-phone-{language}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        await expect(at.page.locator(".incident-row.loud")).to_have_count(1)
        row = await _row(at.story)
        assert (row["source"], row["persons_count"], row["state"]) == ("public_page", 2, "open")


@pytest.mark.parametrize("language", sorted(WORDS))
async def test_a_use_unit_reports_and_confirms_on_its_own_page(
    language: str, database_dsn: str, virtual_clock: VirtualClock, browser: Browser
) -> None:
    """On a phone: its lift by the code, who is coming, and its word that everybody is out."""
    async with desk(
        database_dsn, virtual_clock, browser, language, size=PHONE, role=Role.USE_UNIT
    ) as at:
        page, words = at.page, at.words
        await page.keyboard.press("c")
        dialog = page.get_by_role("dialog")
        await page.keyboard.type("R-TOWER-01")
        await expect(dialog.locator(".match.chosen")).to_contain_text("TOWER-01")
        await expect(dialog.get_by_label(words["phone"])).to_have_count(0)
        await dialog.get_by_label(words["persons"]).fill("2")
        await screenshot(page, f"use-unit-report-phone-{language}")
        await page.keyboard.press("Enter")
        card = page.locator(".own-incident")
        await expect(card).to_contain_text("TOWER-01")

        await at.story.engine_looks()
        await page.evaluate(LOOKED_AT)
        await expect(card).to_contain_text(words["waiting"])
        await expect(card.locator(".trapped-time")).to_contain_text("00:0")
        await screenshot(page, f"use-unit-phone-{language}")
        for does in ("accepts", "arrives"):
            await at.story.crew("near", does)
        await at.story.crew("near", "frees", persons_count=2)
        await page.evaluate(LOOKED_AT)
        await card.get_by_role("button", name=words["confirm"]).click()
        await dialog.get_by_role("button", name=words["confirm"]).click()
        await expect(card).to_contain_text(words["use_unit"])

        await screenshot(page, f"use-unit-confirmed-phone-{language}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        row = await _row(at.story)
        assert (row["source"], row["state"]) == ("use_unit", "confirmed")
        assert (row["confirmed_by"], row["confirmed_how"]) == ("use_unit", "in_liftward")


async def test_a_cause_that_is_telephoned_days_later_is_entered_once(
    database_dsn: str, virtual_clock: VirtualClock, browser: Browser
) -> None:
    """Closed without a cause: the incident's page takes it, and then asks no more."""
    async with desk(database_dsn, virtual_clock, browser, "en-GB") as at:
        incident = await at.story.someone_is_trapped()
        for does in ("accepts", "arrives"):
            await at.story.crew("near", does)
        await at.story.crew("near", "frees", cause_code=None, release_method=None)
        await at.story.dispatcher_closes(
            incident, Outcome.FREED, incomplete_reason="maintainer_reports_later"
        )

        await at.page.locator(f'a[href="/incidents/{incident}"]').first.click()
        tell = at.page.get_by_role("button", name="Report the cause")
        await tell.click()
        dialog = at.page.get_by_role("dialog")
        await dialog.get_by_label(re.compile("^Cause")).select_option("landing-door lock")
        await screenshot(at.page, "call-cause-late")
        await at.page.keyboard.press("Enter")

        await expect(at.page.locator(".story-cause_reported")).to_have_count(1)
        await expect(tell).to_have_count(0)
        row = await at.story.incident(incident)
        assert (row["cause_code"], row["cause_reported_by"]) == (
            "door.landing_door_lock",
            "demo-desk",
        )
