"""The incident page: the story it tells and the commands it sends."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Route, expect

from support import console_scenes as scenes
from support.browser import PHONE, SCREENSHOTS, screenshot
from support.console_api import FakeApi

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OpenConsole = Callable[..., Awaitable[Page]]


@pytest.fixture(autouse=True)
def six_incidents(api: FakeApi) -> None:
    """The scenes of the board."""
    api.incidents, api.closed = scenes.six_incidents(), scenes.recently_closed()


async def test_the_keyboard_opens_an_incident_and_accepts(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """Three times j, Enter, a: the order is accepted under a key, and shown only once confirmed."""
    page = await open_console()
    await expect(page.locator(".incident-row")).to_have_count(6)
    for key in ("j", "ArrowDown", "j"):
        await page.keyboard.press(key)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Sample Mall North")).to_be_visible()
    await expect(page.get_by_role("button", name="Accept")).to_contain_text("A")

    api.answering.clear()
    await page.keyboard.press("a")
    strip = page.locator(".command-strip")
    await expect(strip).to_have_text(
        "… Accept, on Demo Crew 1's behalf: sent, waiting for the server …"
    )
    await expect(page.locator(".order-card")).to_contain_text("waiting for an answer")
    await page.keyboard.press("a")
    api.answering.set()

    await expect(strip).to_contain_text("confirmed by the server")
    await expect(page.locator(".order-card")).to_contain_text("accepted")
    (command,) = api.commands
    assert (command.path, command.body) == ("/api/orders/21/accept", {})
    assert command.key is not None
    assert len(command.key) == 32

    await page.keyboard.press("Escape")
    await expect(page.locator(".incident-row a:focus")).to_contain_text("Sample Mall North")


async def test_a_refused_command_says_why(open_console: OpenConsole, api: FakeApi) -> None:
    """What the server refuses is told with its own words, and nothing on the page changes."""
    api.refuse_next = {
        "status": 409,
        "code": "illegal_transition",
        "detail": "the order is withdrawn: accept is not possible now",
    }
    page = await open_console("/incidents/4102")
    await page.get_by_role("button", name="Accept").click()

    strip = page.locator(".command-strip")
    await expect(strip).to_contain_text("failed. The server refused: the order is withdrawn")
    await expect(strip).to_contain_text("illegal_transition")
    await expect(page.locator(".order-card")).to_contain_text("waiting for an answer")


async def test_a_lost_answer_is_repeated_under_the_same_key(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """Pressing again after a network failure cannot do a thing twice."""
    api.refuse_next = {"status": 503, "code": "unavailable", "detail": "down"}
    page = await open_console("/incidents/4102")
    accept = page.get_by_role("button", name="Accept")
    await accept.click()
    await expect(page.locator(".command-strip")).to_contain_text("cannot be reached")

    await accept.click()

    await expect(page.locator(".command-strip")).to_contain_text("confirmed")
    first, second = api.commands
    assert first.key == second.key


async def test_the_story_is_told_in_words(open_console: OpenConsole) -> None:
    """Who was asked, what failed and why, both times of a late entry, and the raw code of news."""
    page = await open_console("/incidents/4104")

    story = page.locator(".story")
    await expect(story).to_contain_text("No answer in time Demo Crew 9 L1")
    await expect(story).to_contain_text("Escalated to the next level")
    await expect(story).to_contain_text("nobody arrived in time")
    await expect(story).to_contain_text("entered 13:43:17, 4 min later")
    await expect(story).to_contain_text("‹a_new_event›")
    limits = page.locator(".panel", has_text="Limits")
    await expect(limits).to_contain_text("missed at 13:33:37")
    await expect(page.locator(".panel", has_text="Crews considered")).to_contain_text(
        "not eligible: off duty"
    )
    ledger = page.locator(".ledger")
    await expect(ledger).to_contain_text("in a signed checkpoint, leaf 9122")
    await expect(ledger).to_contain_text("waits for the next checkpoint")
    plot = page.get_by_role("img", name="At onset: Speed")
    await expect(plot).to_have_attribute(
        "aria-label",
        "At onset: Speed, m/s: 0, Car door: closed, "
        "Door zone: outside, Load, kg: 142, Car: occupied, Alarm button (in samples): not pressed",
    )
    await expect(plot).to_contain_text("pressed, at the latest 13:30:35")
    assert await plot.locator(".plot-silence").count() > 0
    await expect(page.get_by_text("latitude 30.29800°, longitude 120.19800°")).to_be_visible()
    await expect(page.get_by_role("link", name="+00 555 041")).to_be_visible()
    await screenshot(page, "incident-story-desktop-en")  # fmt: skip


@pytest.mark.parametrize(
    ("language", "facts", "behind"),
    [
        (
            "en-GB",
            ("surge: many (21 open)", "62 % 12 s ago", "Alarm 2 of 3"),
            ("by the roads", "from its base: the position is too old · 46 min old"),
        ),
        (
            "zh-CN",
            ("高峰：many（21 起未结）", "62 % 12 秒前", "告警 2/3 级"),
            ("按道路计算", "按驻地：位置已过期 · 46 分钟前"),
        ),
    ],
)
async def test_policy_prediction_and_what_stood_behind_the_ranking_are_shown(
    open_console: OpenConsole, language: str, facts: tuple[str, ...], behind: tuple[str, ...]
) -> None:
    """Region and rule of the stamped policy, P(late) with its age, alarm level, candidate facts."""
    page = await open_console("/incidents/4104", language=language)

    for words in ("sample-north-1", *facts):
        await expect(page.locator(".incident-header .facts")).to_contain_text(words)
    for words in behind:
        await expect(page.locator("section[aria-labelledby=candidates-title]")).to_contain_text(
            words
        )


@pytest.mark.parametrize(
    ("name", "size"),
    [("incident-story-desktop-zh", (1440, 900)), ("incident-story-phone-zh", PHONE)],
)
async def test_the_story_fits_chinese_and_phones(
    open_console: OpenConsole, name: str, size: tuple[int, int]
) -> None:
    """The same story in Chinese, and nothing is wider than the screen."""
    page = await open_console("/incidents/4104", size=size, language="zh-CN")

    await expect(page.locator(".story")).to_contain_text("13:43:17 补录，晚 4 分钟")
    await expect(page.locator(".plot svg")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
    await screenshot(page, name)


async def test_closing_asks_for_outcome_and_cause(open_console: OpenConsole, api: FakeApi) -> None:
    """The dialog offers what the state allows, sends what was chosen, and the incident leaves."""
    page = await open_console("/incidents/4106")
    await page.get_by_role("button", name="Close").wait_for()
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="Close incident 4106")
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("say who confirmed it")
    await dialog.get_by_label("Confirmed by").select_option("a passenger")
    await dialog.get_by_label("How").select_option("by telephone")
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("closed with its cause")
    await dialog.get_by_label("The lift is made safe").check()
    await dialog.get_by_label("Cause").select_option("landing-door lock")
    await dialog.get_by_label("Release method").select_option("doors opened at the landing")
    await dialog.get_by_label("When").select_option("5 min ago")
    await dialog.get_by_label("Note").fill("Sample note")
    await screenshot(page, "close-dialog")

    await dialog.get_by_role("button", name="Close").click()

    await expect(dialog).to_have_count(0)
    await expect(page.locator(".incident-header")).to_contain_text("Closed 14:03:27")
    (command,) = api.commands
    assert command.path == "/api/incidents/4106/close"
    assert command.body == {
        "outcome": "freed",
        "lift_made_safe": True,
        "cause_code": "door.landing_door_lock",
        "release_method": "open_at_level",
        "confirmed_by": "passenger",
        "confirmed_how": "telephone",
        "persons_count": 2,
        "note": "Sample note",
        "occurred_at": "2026-03-02T13:58:27.000Z",
    }
    assert command.key


async def test_lists_that_got_lost_are_asked_for_again(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """A dialog opened while the lists of causes do not come has them as soon as they do."""
    page = await open_console("/incidents/4106")
    losing = True

    async def lose(route: Route) -> None:
        await (route.abort() if losing else route.continue_())

    await page.route("**/api/closing-codes", lose)
    await page.reload()
    await page.get_by_role("button", name="Close").wait_for()
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="Close incident 4106")
    await expect(dialog.get_by_label("Cause")).not_to_contain_text("landing-door lock")
    losing = False

    await expect(dialog.get_by_label("Cause")).to_contain_text("landing-door lock")


async def test_a_silent_lift_keeps_its_last_state_with_its_age(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """After the last report the plot goes on, hatched, with what was last known and since when."""
    api.incident(4102)["last_observed_at"] = scenes.at(-83)
    page = await open_console("/incidents/4102")

    plot = page.get_by_role("img", name="At onset: Speed")
    await expect(plot).to_have_attribute(
        "aria-label",
        re.compile("Last report 14:02:02, then no data for 85 s. Dimmed: the last known state."),
    )
    silence = plot.locator(".plot-silence").last
    await expect(silence).to_contain_text("no data for 85 s, from 14:02:02 to 14:03:27")
    bars = plot.locator(".plot-bar.silent")
    await expect(bars).to_have_count(4)
    await page.locator(".plot").screenshot(path=SCREENSHOTS / "plot-silent.png")


async def test_order_freed_and_close_need_no_mouse(open_console: OpenConsole, api: FakeApi) -> None:
    """Enter sends from fields and drop-downs; in the note it is a new line and Ctrl+Enter sends."""
    page = await open_console("/incidents/4105")
    await page.get_by_role("button", name="Freed").wait_for()
    keyboard, dialog = page.keyboard, page.get_by_role("dialog")

    await keyboard.press("s")
    await expect(dialog.get_by_role("option", name="Demo Crew 6")).to_have_count(1)
    await keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text("Choose one first.")
    await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    await expect(dialog).to_have_count(0)

    await keyboard.press("f")
    await keyboard.type("2")
    await keyboard.press("Tab")
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await expect(dialog).to_have_count(0)

    await keyboard.press("c")
    await expect(dialog.get_by_label("Outcome")).to_be_focused()
    for _ in ("confirmed by", "how", "cause", "method"):
        await keyboard.press("Tab")
        await keyboard.press("ArrowDown")
    await keyboard.press("Tab")
    await keyboard.press("Space")
    await keyboard.press("Tab")
    await keyboard.type("2")
    await keyboard.press("Tab")
    await keyboard.press("Tab")
    await keyboard.type("Sample")
    await keyboard.press("Enter")
    await keyboard.type("note")
    await expect(dialog).to_contain_text("Ctrl+Enter presses “Close”")
    await keyboard.press("Control+Enter")

    await expect(dialog).to_have_count(0)
    await expect(page.locator(".incident-header")).to_contain_text("Closed 14:03:27")
    assert [(command.path, command.body) for command in api.commands] == [
        ("/api/incidents/4105/order", {"crew_id": "demo-crew-6"}),
        ("/api/orders/51/freed", {"persons_count": 2}),
        (
            "/api/incidents/4105/close",
            {
                "outcome": "freed",
                "lift_made_safe": True,
                "cause_code": "door.landing_door_lock",
                "release_method": "open_at_level",
                "confirmed_by": "passenger",
                "confirmed_how": "telephone",
                "persons_count": 2,
                "note": "Sample\nnote",
            },
        ),
    ]


async def test_enter_in_an_open_drop_down_only_chooses(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """Space opens the list, Enter takes the entry under the cursor; a second Enter sends."""
    page = await open_console("/incidents/4101")
    await page.get_by_role("button", name="Send another crew").wait_for()
    await page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="Send another crew")
    await expect(dialog.get_by_role("option", name="Demo Crew 6")).to_have_count(1)
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await expect(dialog.get_by_label("Crew")).to_have_value("demo-crew-6")
    assert api.commands == []
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    assert [command.body for command in api.commands] == [{"crew_id": "demo-crew-6"}]


async def test_escalating_is_one_letter_and_enter(open_console: OpenConsole, api: FakeApi) -> None:
    """A dialog without fields has its own button under Enter, not "Cancel"."""
    page = await open_console("/incidents/4101")
    await page.get_by_role("button", name="Escalate").wait_for()
    await page.keyboard.press("e")
    await page.keyboard.press("Enter")

    await expect(page.locator(".command-strip")).to_contain_text("Escalate: confirmed")
    assert [command.path for command in api.commands] == ["/api/incidents/4101/escalate"]


async def test_a_false_alarm_trapped_nobody(open_console: OpenConsole) -> None:
    """The page of a closed false alarm speaks of an open incident, not of trapped people."""
    page = await open_console("/incidents/4003")

    header = page.locator(".incident-now")
    await expect(header).to_contain_text("Open for 25:00 nobody was trapped", use_inner_text=True)


async def test_a_dialog_keeps_what_was_typed_when_it_fails(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """Nothing typed is lost with a refusal; keys of the page do nothing while a dialog is open."""
    page = await open_console("/incidents/4105")
    await page.get_by_role("button", name="Freed").wait_for()
    await page.keyboard.press("f")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Freed").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Enter how many people")
    await dialog.get_by_label("Persons freed").fill("3")
    api.refuse_next = {"status": 409, "code": "illegal_transition", "detail": "already freed"}
    await page.keyboard.press("Enter")

    await expect(dialog.get_by_role("alert")).to_contain_text("already freed")
    await expect(dialog.get_by_label("Persons freed")).to_have_value("3")

    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert "/incidents/4105" in page.url
    assert [command.body for command in api.commands] == [{"persons_count": 3}]


async def test_another_crew_is_chosen_by_level(open_console: OpenConsole, api: FakeApi) -> None:
    """Crews on duty that are not coming yet, grouped by level."""
    page = await open_console("/incidents/4101")
    await page.get_by_role("button", name="Send another crew").wait_for()
    await page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="Send another crew")
    await dialog.get_by_label("Crew").select_option("Demo Public Rescue (Demo Public Rescue)")
    await screenshot(page, "order-dialog")
    await dialog.get_by_role("button", name="Send another crew").click()

    await expect(dialog).to_have_count(0)
    (command,) = api.commands
    assert command.path == "/api/incidents/4101/order"
    assert command.body == {"crew_id": "demo-public-rescue"}


async def test_a_crew_that_was_silent_may_still_say_yes(
    open_console: OpenConsole, api: FakeApi
) -> None:
    """The order that got no answer in time keeps its button: a late yes is still a yes."""
    page = await open_console("/incidents/4104")
    silent = page.locator(".order-card", has_text="Demo Crew 9")

    await expect(silent).to_contain_text("no answer in time")
    await expect(silent.get_by_role("button", name="Accept")).to_be_visible()


async def test_a_regulator_sees_and_cannot_act(open_console: OpenConsole, api: FakeApi) -> None:
    """Without the right to act there are no buttons, and the keys do nothing."""
    api.role = "regulator"
    page = await open_console("/incidents/4102")
    await expect(
        page.get_by_text("Your role sees the incident and cannot change it.")
    ).to_be_visible()
    await page.keyboard.press("a")
    await page.keyboard.press("e")

    await expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert api.commands == []


async def test_help_lists_the_keys(open_console: OpenConsole) -> None:
    """A question mark opens the list of keys, Escape closes it."""
    page = await open_console()
    await page.locator(".incident-row").first.wait_for()
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")

    await expect(dialog).to_contain_text("Escalate")
    await screenshot(page, "help")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_an_incident_that_is_not_there_is_said_to_be_so(open_console: OpenConsole) -> None:
    """A wrong address leads to a sentence and a way back."""
    page = await open_console("/incidents/999")

    await expect(page.get_by_role("heading", name="There is no such incident.")).to_be_visible()
    await page.get_by_role("link", name="Back to the board").click()
    await expect(page.locator(".incident-row")).to_have_count(6)
