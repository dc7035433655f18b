"""What the detector says, on the console: the sentence, the picture, warnings, quiet rows."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from support import console_scenes as scenes
from support.browser import DESKTOP, PHONE, screenshot
from support.console_api import FakeApi

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OpenConsole = Callable[..., Awaitable[Page]]


@pytest.fixture(autouse=True)
def watched_town(api: FakeApi) -> None:
    """Six incidents, a suspicion, a lift left in inspection."""
    api.incidents, api.closed = scenes.six_incidents(), scenes.recently_closed()
    api.notices, api.warnings = scenes.notices(), scenes.warnings()


@pytest.mark.parametrize(
    ("name", "size", "language", "sentence", "warning"),
    [
        (
            "verdict-desktop-en", DESKTOP, "en-GB",
            "Probably trapped: the car has stood between floors near floor 5 for 45 s",
            "Not watched for too long",
        ),
        (
            "verdict-phone-zh", PHONE, "zh-CN",
            "很可能困人：轿厢停在楼层之间（5 层附近）已 45 秒，门关闭，轿厢有人",
            "停止监视时间过长",
        ),
    ],
)  # fmt: skip
async def test_an_incident_says_why_in_one_sentence_and_a_picture(
    open_console: OpenConsole,
    *,
    name: str,
    size: tuple[int, int],
    language: str,
    sentence: str,
    warning: str,
) -> None:
    """The sentence, the level with its age, the picture that really loads, the lift's warnings."""
    page = await open_console("/incidents/4104", size=size, language=language)

    panel = page.locator(".verdict")
    await expect(page.locator(".verdict-sentence")).to_contain_text(sentence)
    await expect(panel).to_contain_text("98.1 %")
    picture = panel.get_by_role("img")
    await expect(picture).to_have_attribute("alt", re.compile(re.escape(sentence)))
    assert await picture.evaluate("image => image.decode().then(() => image.naturalHeight)") > 300
    await expect(page.locator(".warnings")).to_contain_text(warning)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
    await screenshot(page, name)


async def test_evidence_opens_by_keyboard_and_shows_its_weights(open_console: OpenConsole) -> None:
    """Enter on the summary: each piece with what it weighs, for and against."""
    page = await open_console("/incidents/4104")
    summary = page.get_by_text("Evidence and its weight")
    await summary.focus()
    await page.keyboard.press("Enter")

    signs = page.locator(".signs")
    await expect(signs).to_be_visible()
    await expect(signs).to_contain_text("the alarm button was pressed +12")
    await expect(signs).to_contain_text("the people sensor sees nobody −4")


async def test_suspicions_are_quiet_rows_and_leave_by_themselves(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """Nobody has been sent, and the board says so; when it is over the row goes."""
    page = await open_console()

    rows = page.locator(".notice")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("suspected for 14 s · Sample Tower 08 DEMO-008")
    await expect(rows.first).to_contain_text("Not known: whether anyone is aboard")
    await expect(rows.last).to_contain_text("in inspection for 2 d")
    await expect(page.locator(".notices")).to_contain_text("No incident: nobody has been sent.")
    await screenshot(page, "board-notices")

    api.tell("notices", {"as_of": scenes.at(0), "notices": []})
    await expect(page.locator(".notices")).to_have_count(0)


async def test_a_suspicion_alone_is_no_good_news(open_console: OpenConsole, api: FakeApi) -> None:
    """Nothing is green while somebody may be trapped; it is once that is over."""
    api.incidents = []
    page = await open_console()

    await expect(page.get_by_text("but somebody may be trapped")).to_be_visible()
    await expect(page.get_by_text("Nobody is known to be trapped.")).to_have_count(0)

    api.tell("notices", {"as_of": scenes.at(0), "notices": []})
    await expect(page.get_by_text("Nobody is known to be trapped.")).to_be_visible()


async def test_a_withdrawn_belief_is_said_and_not_acted_on(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """The mark stands on the board and on the incident; every button stays."""
    api.incident(4102)["withdrawn_at"] = scenes.at(-30)
    page = await open_console()
    mark = page.locator(".mark.withdrawn")
    await expect(mark).to_contain_text("no longer believes that anybody was shut in")

    await page.goto(api.address + "/incidents/4102")

    await expect(mark).to_contain_text("Since 14:02:57")
    await expect(page.get_by_role("button", name="Close")).to_be_visible()
    await expect(page.get_by_role("button", name="Accept")).to_be_visible()
