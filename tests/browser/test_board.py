"""The board page: what it shows, how it is moved through, how it says that it knows nothing new."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from support import console_scenes as scenes
from support.browser import DESKTOP, PHONE, screenshot
from support.console_api import SECRET, FakeApi

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OpenConsole = Callable[..., Awaitable[Page]]
MoveClock = Callable[[Page, float], Awaitable[None]]

URGENCY = ["DEMO-007", "DEMO-048", "DEMO-012", "DEMO-052", "DEMO-033", "DEMO-061"]


async def _lifts(page: Page) -> list[str]:
    shown = page.locator(".incident-row .lift-ids span:first-child:not(.muted)")
    return [text for text in await shown.all_inner_texts() if text.startswith("DEMO")]


async def test_signing_in_needs_the_right_secret(open_console: OpenConsole, api: FakeApi) -> None:
    """A wrong secret is answered in a plain sentence; the right one opens the board."""
    page = await open_console(signed_in=False)
    await expect(page.get_by_role("heading", name="Liftward")).to_be_visible()
    await screenshot(page, "sign-in")

    await page.get_by_label("Account").fill("demo-dispatcher")
    await page.get_by_label("Secret").fill("not the secret")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The account or the secret is wrong.")

    await page.get_by_label("Secret").fill(SECRET)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("Demo Dispatcher, dispatcher")).to_be_visible()

    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Account")).to_be_visible()
    assert await page.evaluate("sessionStorage.length") == 0


async def test_an_empty_board_says_what_will_appear(open_console: OpenConsole) -> None:
    """Nobody trapped is said in words; an empty table would look like a fault."""
    page = await open_console()

    await expect(page.get_by_text("Nobody is known to be trapped.")).to_be_visible()
    await expect(page.get_by_text("A new incident appears here by itself")).to_be_visible()
    await screenshot(page, "board-empty")


async def test_the_most_urgent_stands_first(open_console: OpenConsole, api: FakeApi) -> None:
    """Unanswered, then by the nearest limit; each with numbers and words, not by colour alone."""
    api.incidents, api.closed = scenes.six_incidents(), scenes.recently_closed()
    page = await open_console()
    rows = page.locator(".incident-row")

    await expect(rows).to_have_count(6)
    assert await _lifts(page) == URGENCY
    await expect(rows.nth(0)).to_contain_text("UNANSWERED")
    await expect(rows.nth(0)).to_contain_text("Nobody yet")
    await expect(rows.nth(1)).to_contain_text("overdue by 02:22")
    await expect(rows.nth(1)).to_contain_text("Demo Station Crew 1 L2 accepted")
    await expect(rows.nth(1)).to_contain_text("after the limit")
    await expect(rows.nth(1)).to_contain_text("expected about now · 14:02:12")
    await expect(rows.nth(2)).to_contain_text("00:48 left")
    await expect(rows.nth(2)).to_contain_text("soon")
    await expect(rows.nth(2)).to_contain_text("02:55")
    await expect(rows.nth(3)).to_contain_text("level, open and empty since 14:02:52")
    await expect(rows.nth(5)).to_contain_text("silent")
    await expect(page.locator(".recent li")).to_have_count(3)
    await expect(page.locator(".recent li").nth(0)).to_contain_text("was trapped 21:00")
    await expect(page.locator(".recent li").nth(2)).to_contain_text("open for 25:00")
    await expect(page.get_by_text("1 overdue")).to_be_visible()
    await screenshot(page, "board-six-desktop-en")


@pytest.mark.parametrize(
    ("size", "language", "words"),
    [
        pytest.param(DESKTOP, "zh-CN", "无人接单 各级救援力量均已询问", id="desktop-zh"),
        pytest.param(PHONE, "en-GB", "UNANSWERED Every level has been asked", id="phone-en"),
        pytest.param(PHONE, "zh-CN", "已超时 02:22", id="phone-zh"),
    ],
)
async def test_the_board_fits_languages_and_phones(
    open_console: OpenConsole,
    api: FakeApi,
    size: tuple[int, int],
    language: str,
    words: str,
) -> None:
    """Chinese and a phone's width show the same facts, and nothing is wider than the screen."""
    api.incidents, api.closed = scenes.six_incidents(), scenes.recently_closed()
    page = await open_console(size=size, language=language)

    await expect(page.locator(".incident-row")).to_have_count(6)
    await expect(page.locator(".incidents")).to_contain_text(words)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
    await screenshot(page, f"board-six-{'phone' if size == PHONE else 'desktop'}-{language}")


async def test_the_language_is_chosen_and_kept(open_console: OpenConsole, api: FakeApi) -> None:
    """The switch changes every text at once, and the choice outlives a reload."""
    page = await open_console()

    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_text("目前没有已知的被困人员。")).to_be_visible()

    await page.reload()
    await expect(page.get_by_text("目前没有已知的被困人员。")).to_be_visible()

    await page.goto(f"{api.address}/?lang=en")
    await expect(page.get_by_text("Nobody is known to be trapped.")).to_be_visible()


async def test_the_filter_lives_in_the_url(open_console: OpenConsole, api: FakeApi) -> None:
    """A filtered view can be sent on; what it hides is counted."""
    api.incidents = scenes.six_incidents()
    page = await open_console()

    await expect(page.locator(".incident-row")).to_have_count(6)
    await page.keyboard.press("3")
    assert await _lifts(page) == ["DEMO-048", "DEMO-033"]
    await page.keyboard.press("/")
    await page.keyboard.type("district 3")
    assert await _lifts(page) == ["DEMO-048"]
    assert page.url.endswith("/?state=coming&place=district+3")

    await page.keyboard.press("Escape")
    await expect(page.get_by_role("searchbox")).to_have_value("")
    assert await _lifts(page) == ["DEMO-048", "DEMO-033"]
    assert page.url.endswith("/?state=coming")

    await page.goto(f"{api.address}/?place=nowhere")
    await expect(
        page.get_by_text("No open incident fits the filter. 6 are hidden.")
    ).to_be_visible()


async def test_a_new_incident_appears_and_is_announced(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """A change from the stream needs no reload, and a screen reader is told."""
    page = await open_console()
    await page.get_by_text("Nobody is known to be trapped.").wait_for()

    api.open_incident(scenes.six_incidents()[4])

    await expect(page.locator(".incident-row")).to_have_count(1)
    announced = page.locator("p[aria-live=polite]")
    await expect(announced).to_have_text("New incident: Sample Mall North, DEMO-012, suspected.")


async def test_silence_shows_as_stale(
    open_console: OpenConsole, api: FakeApi, move_clock: MoveClock
) -> None:
    """After twelve silent seconds the board says so, and marks the countdowns it keeps."""
    api.incidents = scenes.six_incidents()
    page = await open_console()
    await expect(page.locator(".incident-row")).to_have_count(6)
    await expect(page.get_by_role("alert")).to_have_count(0)

    await move_clock(page, 14)

    await expect(page.get_by_role("alert")).to_contain_text("Stale: the newest data is 14 s old.")
    await expect(page.locator(".top-bar")).to_contain_text("Stale")
    await expect(page.locator(".incident-row")).to_have_count(6)
    await expect(page.locator(".incident-row").nth(2)).to_contain_text("00:34 left")
    await expect(page.locator(".incident-row").nth(2)).to_contain_text("unconfirmed")
    await screenshot(page, "board-stale")

    api.tell("alive", {"as_of": scenes.at(14), "health": scenes.health()})
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_lost_connection_shows_and_heals(open_console: OpenConsole, api: FakeApi) -> None:
    """Attempts are counted on screen; the last known board stays until a new one comes."""
    api.incidents = scenes.six_incidents()
    page = await open_console()
    await expect(page.locator(".incident-row")).to_have_count(6)

    api.go_down()

    banner = page.get_by_role("alert")
    await expect(banner).to_contain_text("Disconnected from the server. Attempt 2 failed.")
    await expect(page.locator(".incident-row")).to_have_count(6)
    await screenshot(page, "board-disconnected")

    api.incidents, api.is_down = scenes.six_incidents()[:2], False
    await expect(page.locator(".incident-row")).to_have_count(2)
    await expect(banner).to_have_count(0)


async def test_a_silent_engine_is_named(open_console: OpenConsole, api: FakeApi) -> None:
    """A degraded platform says which part is silent and what that means for the rescue."""
    api.health = scenes.health(status="degraded", engine_age_s=40.0, gateway_age_s=None)
    page = await open_console()

    banner = page.get_by_role("alert")
    await expect(banner).to_contain_text("the engine has been silent for 40 s: no orders")
    await expect(banner).to_contain_text("the gateway has given no sign of life")
    await expect(page.get_by_text("a new one may go unseen")).to_be_visible()
    await screenshot(page, "board-degraded")


async def test_a_sign_in_that_ended_leads_back(open_console: OpenConsole, api: FakeApi) -> None:
    """A refused token ends on the sign-in page with the reason, not on an empty board."""
    page = await open_console()
    await page.evaluate(
        "() => { const kept = JSON.parse(sessionStorage['liftward.session']);"
        "sessionStorage['liftward.session'] = JSON.stringify({...kept, token: 'expired'}); }"
    )

    await page.reload()

    await expect(page.get_by_role("alert")).to_contain_text("Your sign-in has ended.")


async def test_other_roles_are_told_what_they_can_use(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """An evaluator sees no board, but a plain page about the calls that are theirs."""
    api.role = "evaluator"
    page = await open_console()

    await expect(page.get_by_role("heading", name="Signed in as evaluator")).to_be_visible()
    await expect(page.get_by_text("/api/quality")).to_be_visible()
    assert api.readers == set()


async def test_a_passed_estimate_is_no_alarm(
    open_console: OpenConsole, api: FakeApi, move_clock: MoveClock
) -> None:
    """For two minutes the crew is expected about now, then so many minutes ago; never in red."""
    shown = scenes.six_incidents()[3]
    shown["orders"][0].update(expected_arrival_at=scenes.at(-1), travel_time_s=0.0)
    api.incidents = [shown]
    page = await open_console()
    coming = page.locator(".coming")
    await expect(coming).to_contain_text("expected about now · 14:03:26")

    await move_clock(page, 180)

    await expect(coming).to_contain_text("expected 3 min ago · 14:03:26")
    await expect(coming.locator(".overdue-text")).to_have_count(0)
