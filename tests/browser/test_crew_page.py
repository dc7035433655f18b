"""The crew's page on a phone, with the real API and database behind it: the link cut, and after."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Geolocation, Locator, Page, expect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from liftward_platform.access.model import Role
from liftward_platform.api.app import create_app
from support.browser import DESKTOP, PHONE, page_of, screenshot
from support.pictures import picture
from support.platform_scene import SECRET, ApiScene, api_scene, api_settings
from support.rescue_story import RescueStory, rescue_story
from support.served_api import served
from support.virtual_time import START, VirtualClock

pytestmark = [
    pytest.mark.browser,
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="session"),
]

# 3 km from the lift, and there.
NEAR_BY: Geolocation = {"latitude": 31.227, "longitude": 121.4, "accuracy": 20}
AT_THE_LIFT: Geolocation = {"latitude": 31.2, "longitude": 121.4, "accuracy": 20}
# The page takes its time from here, also after a reload.
_CLOCK = "window.__liftwardNow = () => Number(localStorage.getItem('test.now_ms'))"


@dataclass(slots=True)
class Link:
    """Whether the way to the centre is cut."""

    cut: bool = False


@dataclass(slots=True)
class OverLink:
    """The API behind a link: while that is cut it hears nothing."""

    app: ASGIApp
    link: Link

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.link.cut and scope["type"] == "http" and scope["path"].startswith("/api/"):
            await Response(status_code=503)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


@dataclass(slots=True)
class Town:
    """A rescue, the centre's API over it, and the phones and screens that look at it."""

    browser: Browser
    story: RescueStory
    scene: ApiScene
    clock: VirtualClock
    address: str
    link: Link

    @asynccontextmanager
    async def screen(
        self, account: str, role: Role, *, crew: str | None = None, language: str = "en-GB",
        size: tuple[int, int] = PHONE,
    ) -> AsyncIterator[Page]:  # fmt: skip
        """Sign somebody in on a screen whose clock is the story's."""
        await self.scene.token(role, account, crew)
        async with page_of(self.browser, size=size, language=language) as page:
            faults: list[str] = []
            page.on("pageerror", lambda fault: faults.append(str(fault)))
            page.set_default_timeout(10_000)
            await page.emulate_media(color_scheme="dark")
            await page.add_init_script(_CLOCK)
            await page.goto(self.address)
            await self.tell_time(page)
            await page.reload()
            await page.locator("input[name=account_id]").fill(account)
            await page.locator("input[name=secret]").fill(SECRET)
            await page.keyboard.press("Enter")
            await page.locator(".top-bar").wait_for()
            yield page
            assert faults == [], "the page raised errors"

    async def tell_time(self, page: Page) -> None:
        now_ms = int(self.clock().timestamp() * 1000)
        await page.evaluate(f"localStorage.setItem('test.now_ms', '{now_ms}')")

    async def time_passes(self, page: Page, seconds: float) -> None:
        """Time passes for everybody; nobody at the centre looks."""
        self.clock.advance(seconds)
        await self.tell_time(page)

    async def cut_link(self, page: Page) -> None:
        """No network: at both ends, as a browser lets a page that is loaded anew out at times."""
        self.link.cut = True
        await page.context.set_offline(True)

    async def mend_link(self, page: Page) -> None:
        self.link.cut = False
        await page.context.set_offline(False)

    async def entries(self, incident: int) -> list[tuple[str, int, int]]:
        """What the ledger holds of the steps: kind, and seconds since the start of both times."""
        rows = await self.scene.connection.execute(
            "SELECT kind, occurred_at, recorded_at FROM ledger_entry WHERE incident_id = %s"
            " AND kind IN ('order_answered', 'departed', 'arrived', 'freed', 'photo_added')"
            " ORDER BY entry_id",
            [incident],
        )
        return [
            (
                row["kind"],
                round((row["occurred_at"] - START) / timedelta(seconds=1)),
                round((row["recorded_at"] - START) / timedelta(seconds=1)),
            )
            for row in await rows.fetchall()
        ]


OpenTown = Callable[[], AbstractAsyncContextManager[Town]]


@pytest.fixture
def open_town(
    shared_browser: Browser, built_console: Path, database_dsn: str, virtual_clock: VirtualClock
) -> OpenTown:
    """Begins a story in a town of its own, served to real browsers."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Town]:
        app = create_app(api_settings(database_dsn), clock=virtual_clock)
        link = Link()
        app.add_middleware(OverLink, link=link)
        async with (
            rescue_story(database_dsn, virtual_clock) as story,
            api_scene(database_dsn, virtual_clock, app) as scene,
            served(app) as address,
        ):
            yield Town(shared_browser, story, scene, virtual_clock, address, link)

    return opened


def action(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def test_a_minute_without_network_loses_nothing_and_doubles_nothing(
    open_town: OpenTown,
) -> None:
    """Leave, arrive, photo and release are pressed with the link cut: once each, with own times."""
    async with open_town() as town:
        incident = await town.story.someone_is_trapped()
        async with town.screen("test-near", Role.CREW, crew="near") as page:
            await expect(page.get_by_role("heading", name="Sample Tower")).to_be_visible()
            await screenshot(page, "crew-order-phone-en")
            await town.time_passes(page, 10)
            await action(page, "Accept").click()
            await expect(page.locator(".crew-state")).to_have_text("accepted")
            await expect(page.get_by_text("also opens without a network")).to_be_visible()

            await town.cut_link(page)
            await town.time_passes(page, 20)
            await action(page, "I am leaving").click()
            waiting = page.locator(".mark.waiting")
            await expect(waiting).to_contain_text("1 not sent yet, since 08:00:30.")
            await expect(page.locator(".crew-state")).to_have_text(
                "accepted → on the way (not sent yet)"
            )
            await page.reload()
            await expect(page.get_by_role("heading", name="Sample Tower")).to_be_visible()
            await expect(waiting).to_contain_text("1 not sent yet, since 08:00:30.")
            await town.time_passes(page, 30)
            await action(page, "I am there").click()
            await page.locator("input[type=file]").set_input_files(
                {"name": "sample.png", "mimeType": "image/png", "buffer": picture()}
            )
            await expect(waiting).to_contain_text("3 not sent yet")
            await town.time_passes(page, 15)
            await action(page, "People freed").click()
            form = page.get_by_role("dialog")
            await form.get_by_label("Persons freed").fill("2")
            await form.get_by_label("Of them injured").fill("1")
            await form.get_by_label("Cause").select_option("door contact")
            await action(form, "People freed").click()
            await expect(waiting).to_contain_text("4 not sent yet, since 08:00:30.")
            await expect(page.get_by_text("Orders as of 65 s ago")).to_be_visible()
            await expect(page.get_by_text("No link to the server. Go on")).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
            await screenshot(page, "crew-offline-phone-en")
            assert (await town.story.orders(incident)) == [("near", "accepted")]

            await town.time_passes(page, 5)
            await town.mend_link(page)
            await expect(waiting).to_have_count(0)
            await expect(page.locator(".crew-state")).to_have_text("done")
            await expect(action(page, "Lift made safe")).to_be_visible()
            await expect(page.get_by_text("photos: 1")).to_be_visible()
            await screenshot(page, "crew-after-phone-en")

            assert await town.entries(incident) == [
                ("order_answered", 10, 10),
                ("departed", 30, 80),
                ("arrived", 60, 80),
                ("photo_added", 60, 80),
                ("freed", 75, 80),
            ]
            row = await town.story.incident(incident)
            assert (row["state"], row["persons_count"]) == ("freed", 2)


async def test_an_answer_that_got_lost_is_asked_for_again_and_done_once(
    open_town: OpenTown,
) -> None:
    """The server took it, the answer did not come: the page repeats it under the same key."""
    async with open_town() as town:
        incident = await town.story.someone_is_trapped()
        async with town.screen("test-near", Role.CREW, crew="near") as page:
            lost: list[str] = []

            async def lose(route: Any) -> None:
                await route.fetch()
                lost.append(route.request.post_data)
                await route.abort()

            await page.route("**/api/crew/actions", lose, times=1)
            await action(page, "Accept").click()
            await expect(page.locator(".mark.waiting")).to_contain_text("1 not sent yet")
            await expect(page.locator(".mark.waiting")).to_have_count(0, timeout=15_000)

            assert len(lost) == 1
            told = [event for event, _ in await town.story.told(incident)]
            assert told.count("order_accepted") == 1


async def test_a_doubted_arrival_is_said_to_crew_and_dispatcher_and_a_fix_confirms_it(
    open_town: OpenTown,
) -> None:
    """3 km away: held, in plain words, and seen by the dispatcher; at the lift it counts."""
    async with open_town() as town:
        incident = await town.story.someone_is_trapped()
        for does in ("accepts", "departs"):
            await town.story.crew("near", does)
        town.clock.advance(minutes=4)
        async with (
            town.screen("test-near", Role.CREW, crew="near", language="zh-CN") as phone,
            town.screen("test-dispatcher", Role.DISPATCHER, size=DESKTOP) as desk,
        ):
            await phone.context.grant_permissions(["geolocation"])
            await phone.context.set_geolocation(NEAR_BY)
            await action(phone, "共享我的位置").click()
            await expect(phone.get_by_text("本救援单进行期间共享中。")).to_be_visible()
            await phone.get_by_label("我独自一人").check()
            await action(phone, "已到场").click()
            held = phone.locator(".crew-order .reply-held")
            await expect(held).to_contain_text("尚未确认：位置不在电梯处")
            await expect(phone.locator(".crew-state")).to_have_text("赶赴途中")
            assert await phone.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
            await screenshot(phone, "crew-held-phone-zh")

            await desk.goto(f"{town.address}/incidents/{incident}")
            mark = desk.locator(".held-reports")
            await expect(mark).to_contain_text("Demo crew near: I am there")
            await expect(mark).to_contain_text("the position is not at the lift (3.0 km from")
            await expect(action(desk, "It is right")).to_be_visible()
            await screenshot(desk, "incident-held-desktop-en")

            await town.time_passes(phone, 90)
            await phone.context.set_geolocation(AT_THE_LIFT)
            await expect(phone.locator(".crew-state")).to_have_text("已到场", timeout=20_000)
            await expect(held).to_have_count(0)
            await expect(mark).to_have_count(0)
            await town.story.time_passes(minutes=10.5)
            await town.tell_time(phone)
            await expect(phone.locator(".crew-check-in")).to_contain_text(
                "未收到您的平安报告", timeout=20_000
            )
            await screenshot(phone, "crew-check-in-phone-zh")
            await action(phone, "我平安").click()
            await expect(phone.locator(".crew-check-in.missed")).to_have_count(0)
            await action(phone, "停止共享并删除").click()
            await expect(action(phone, "共享我的位置")).to_be_visible()

            told = await town.story.told(incident)
            assert ("report_believed", "position_confirms") in told
            assert ("checked_in", "reported") in told


async def test_a_dispatcher_believes_a_held_report_on_the_page(open_town: OpenTown) -> None:
    """Never left, and there: the dispatcher has phoned, presses, and the rescue goes on."""
    async with open_town() as town:
        incident = await town.story.someone_is_trapped()
        async with (
            town.screen("test-near", Role.CREW, crew="near", language="zh-CN") as phone,
            town.screen("test-dispatcher", Role.DISPATCHER, size=DESKTOP) as desk,
        ):
            await action(phone, "接单").click()
            await action(phone, "已到场").click()
            await expect(phone.locator(".crew-order .reply-held")).to_contain_text("未报告出发")
            await desk.goto(f"{town.address}/incidents/{incident}")
            await action(desk, "It is right").click()

            await expect(desk.locator(".held-reports")).to_have_count(0)
            await expect(desk.locator(".order-state")).to_have_text("on site")
            assert (await town.story.incident(incident))["state"] == "arrived"
