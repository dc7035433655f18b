"""Channels over time, against the real database: tests, bundles, lines, health, the command."""

import asyncio
import json
from argparse import ArgumentParser
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from liftward_kit.subcommand import CallError
from liftward_platform.access.model import Role
from liftward_platform.engine.metrics import METRICS
from liftward_platform.engine.telling import Notifications
from liftward_platform.incidents.model import RESCUE_STATES, IncidentState
from liftward_platform.notifications import command, service, store
from liftward_platform.notifications.dispatch import Dispatch
from liftward_platform.notifications.model import SENT, Message, Outcome, Subject, failed
from support.platform_scene import api_scene, connect
from support.rescue_story import RescueStory, rescue_story
from support.telling import Line, document_of, notifications_to
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

DESK = {"id": "desk", "who": "dispatchers", "subjects": ["all"], "channels": ["duty"]}
TESTED = {**DESK, "test_every_h": 24}


async def news(story: RescueStory, count: int) -> None:
    """Something happens so many times; each is told to the dispatchers."""
    async with story.connection.transaction():
        for _ in range(count):
            await service.to_console(
                story.connection, Subject.INCIDENT_OPENED, {}, incident_id=None, now=story.now
            )


async def seconds_pass(
    story: RescueStory, telling: Notifications, seconds: int, *, step_s: int = 1
) -> None:
    for _ in range(seconds // step_s):
        story.clock.advance(step_s)
        await telling.run(story.connection, story.now, 200)


async def test_every_channel_is_tested_at_once_and_then_daily(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """One message that says it is a test; the next one a day later; the result is kept."""
    duty = Line()
    telling = notifications_to(document_of(TESTED), {"duty": duty})
    async with rescue_story(database_dsn, virtual_clock) as story:
        for hours in (0, 1, 22, 1, 0):
            virtual_clock.advance(minutes=60 * hours)
            await telling.run(story.connection, story.now, 10)

        assert [one.subject for one in duty.took] == ["channel_test"] * 2
        (row,) = await story._rows("SELECT * FROM notify_channel")
        assert row["last_test_sent_at"] == row["last_sent_at"] == story.now
        assert row["failing_since"] is None


async def test_a_channel_that_fails_its_test_is_told_of_once_and_tested_until_it_works(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The dispatchers hear that it fails and that it works again, and nothing in between."""
    duty = Line()
    duty.goes_down("the receiver answered 503")
    telling = notifications_to(document_of({**TESTED, "subjects": ["unanswered"]}), {"duty": duty})
    async with rescue_story(database_dsn, virtual_clock) as story:
        await seconds_pass(story, telling, 30 * 60, step_s=5)
        told = await story._rows("SELECT subject FROM outbox WHERE destination IS NULL")
        (row,) = await story._rows("SELECT * FROM notify_channel")
        assert [one["subject"] for one in told] == ["channel_failed"]
        assert row["failing_since"] is not None
        assert row["last_error"] == "the receiver answered 503"
        assert 4 <= duty.asked_count <= 10

        duty.comes_back()
        await seconds_pass(story, telling, 11 * 60, step_s=5)

        told = await story._rows("SELECT subject FROM outbox WHERE destination IS NULL")
        (row,) = await story._rows("SELECT * FROM notify_channel")
        assert [one["subject"] for one in told] == ["channel_failed", "channel_works_again"]
        assert (row["failing_since"], row["last_error"]) == (None, None)


async def test_a_storm_becomes_few_messages_that_name_all(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The first goes at once; what the window collects comes as one; what is urgent waits not."""
    duty = Line()
    telling = notifications_to(document_of({**DESK, "bundle_s": 60}), {"duty": duty})
    async with rescue_story(database_dsn, virtual_clock) as story:
        await news(story, 1)
        await telling.run(story.connection, story.now, 200)
        await news(story, 30)
        await seconds_pass(story, telling, 30)
        assert len(duty.took) == 1
        async with story.connection.transaction():
            await service.to_console(
                story.connection, Subject.UNANSWERED, {}, incident_id=None, now=story.now
            )
        await seconds_pass(story, telling, 1)
        assert [one.subject for one in duty.took] == ["incident_opened", "unanswered"]

        await seconds_pass(story, telling, 30)

        assert [len(one.all_messages) for one in duty.took] == [1, 1, 30]
        assert max(Counter(duty.numbers).values()) == 1


async def test_a_bundle_that_failed_comes_again_unchanged(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A receiver drops repeats by the number: what came later goes with the next one."""
    duty = Line()
    duty.goes_down()
    telling = notifications_to(document_of({**DESK, "bundle_s": 10}), {"duty": duty})
    async with rescue_story(database_dsn, virtual_clock) as story:
        await telling.run(story.connection, story.now, 200)
        await news(story, 3)
        await telling.run(story.connection, story.now, 200)
        await news(story, 4)
        duty.comes_back()
        await seconds_pass(story, telling, 20)

        assert [len(one.all_messages) for one in duty.took] == [3, 4]
        assert sorted(duty.numbers) == duty.numbers


async def test_a_line_keeps_its_order_through_failures(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Every third attempt fails; the receiver still gets all, once, in order."""

    class Stumbling(Line):
        async def send(self, message: Message, *, now: datetime) -> Outcome:
            if self.asked_count % 3 == 2:
                self.goes_down()
            else:
                self.comes_back()
            return await super().send(message, now=now)

    duty = Stumbling()
    telling = notifications_to(document_of(DESK), {"duty": duty})
    async with rescue_story(database_dsn, virtual_clock) as story:
        await news(story, 12)
        await seconds_pass(story, telling, 120)

        numbers = [one.number for one in duty.took if one.subject == "incident_opened"]
        assert len(numbers) == 12
        assert numbers == sorted(set(numbers))


async def test_a_message_that_is_never_taken_holds_up_no_other_incident(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The receiver breaks over one incident; all of the other comes, in order, at once."""

    class Choking(Line):
        chokes_on: int | None = None

        async def send(self, message: Message, *, now: datetime) -> Outcome:
            self.answer = failed("broke") if message.incident_id == self.chokes_on else SENT
            return await super().send(message, now=now)

    duty = Choking()
    telling = notifications_to(document_of(DESK), {"duty": duty})
    lift_ids = ("lift-1", "lift-2")
    async with rescue_story(database_dsn, virtual_clock, lift_ids=lift_ids) as story:
        duty.chokes_on, other = [await story.someone_is_trapped(one) for one in lift_ids]
        await seconds_pass(story, telling, 1)

        taken = [one for one in duty.took if one.incident_id == other]
        assert [one.subject for one in taken] == ["incident_opened", "order_sent"]
        assert duty.chokes_on not in {one.incident_id for one in duty.took}


async def test_a_channel_that_hung_while_the_next_one_delivered_does_not_try_again(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The order has come: what was at work then and failed later disturbs nobody on the road."""
    devices, sms = Line(), Line()
    devices.goes_down()
    sms.goes_down()
    lines = {"mqtt_devices": devices, "sms": sms}
    crews = {"id": "crews", "who": "crew", "subjects": ["order_sent"], "channels": list(lines)}
    dispatch = Dispatch(lines, patience_s=0.02, attempt_s_max=0.3)
    telling = Notifications(document_of(crews), dispatch, chance=lambda: 0.0)
    async with rescue_story(database_dsn, virtual_clock) as story, dispatch:
        await story.someone_is_trapped()
        await telling.run(story.connection, story.now, 10)
        devices.hangs = True
        sms.comes_back()
        virtual_clock.advance(5)
        ended = "SELECT end_reason FROM outbox WHERE channel = 'mqtt' AND gave_up_at IS NOT NULL"
        for _ in range(200):
            await telling.run(story.connection, story.now, 10)
            if await story._rows(ended):
                break
        devices.comes_back()
        await seconds_pass(story, telling, 60)

        assert [row["end_reason"] for row in await story._rows(ended)] == ["other_channel"]
        assert (sms.subjects(), devices.asked_count) == (["order_sent"], 2)


async def test_an_order_does_not_wait_for_a_channel_that_hangs(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """No word from the first channel for five seconds: the next one is at work beside it."""
    lines = {"mqtt_devices": Line(hangs=True), "sms": Line()}
    crews = {"id": "crews", "who": "crew", "subjects": ["all"], "channels": list(lines)}
    dispatch = Dispatch(lines, patience_s=0.02)
    telling = Notifications(document_of(crews), dispatch, chance=lambda: 0.0)
    async with rescue_story(database_dsn, virtual_clock) as story, dispatch:
        await story.someone_is_trapped()
        await telling.run(story.connection, story.now, 10)
        await seconds_pass(story, telling, 4)
        assert lines["sms"].asked_count == 0

        await seconds_pass(story, telling, 1)

        assert lines["sms"].subjects() == ["order_sent"]
        assert lines["mqtt_devices"].asked_count == 1


async def test_nobody_knocks_at_a_channel_that_asked_to_be_left_alone(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Not with a message of another line either; when the time is over, all of it goes."""
    duty = Line()
    duty.asks_to_wait(timedelta(seconds=60))
    telling = notifications_to(document_of(DESK), {"duty": duty})
    async with rescue_story(database_dsn, virtual_clock) as story:
        await news(story, 1)
        await telling.run(story.connection, story.now, 200)
        async with story.connection.transaction():
            await service.to_console(
                story.connection, Subject.UNANSWERED, {}, incident_id=None, now=story.now
            )
        await seconds_pass(story, telling, 58)
        assert duty.asked_count == 1

        duty.comes_back()
        await seconds_pass(story, telling, 3)

        assert sorted(duty.subjects()) == ["incident_opened", "unanswered"]


async def test_two_engines_tell_everything_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Both work at the same time on the same outbox: nothing lost, nothing doubled."""
    duty = Line()
    document = document_of(DESK)
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        await connect(database_dsn) as second,
    ):
        await news(story, 40)
        engines = [
            (notifications_to(document, {"duty": duty}), connection)
            for connection in (story.connection, second)
        ]
        for _ in range(60):
            virtual_clock.advance(1)
            await asyncio.gather(
                *(one.run(connection, virtual_clock(), 10) for one, connection in engines)
            )

        assert sorted(duty.numbers) == sorted(set(duty.numbers))
        assert len(duty.numbers) == 40


async def test_a_refusal_is_final_and_the_line_goes_on(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A channel that the document lost ends loudly too, when the message has become old."""
    duty = Line()
    duty.goes_down()
    telling = notifications_to(document_of(DESK), {"duty": duty})
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident = await story.someone_is_trapped()
        await telling.run(story.connection, story.now, 200)
        other = notifications_to(document_of({**DESK, "id": "night"}), {"duty": Line()})
        virtual_clock.advance(minutes=61)
        await other.run(story.connection, story.now, 200)

        rows = await story._rows(
            "SELECT end_reason FROM outbox WHERE destination = 'desk' AND incident_id IS NOT NULL"
        )
        assert {row["end_reason"] for row in rows} == {"no_channel"}
        assert ("notification_failed", "retries_exhausted") in await story.told(incident)
        retired = await story._rows(
            "SELECT destination FROM notify_channel WHERE retired_at IS NULL"
        )
        assert [row["destination"] for row in retired] == ["night"]


@pytest.mark.parametrize("state", [state for state in IncidentState if state != "closed"])
async def test_an_order_that_reached_nobody_is_shown_while_people_are_inside(
    state: IncidentState, database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It is a lack of today until they are out; confirming the release does not bring it back."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        await story.someone_is_trapped()
        await story.connection.execute(
            "UPDATE rescue_order SET state = 'no_answer', not_delivered = true, ended_at = %s",
            [story.now],
        )
        await story.connection.execute("UPDATE incident SET state = %s", [state])

        since = story.now - timedelta(minutes=1)
        shown = await store.orders_not_delivered(story.connection, since, 10)

        assert len(shown) == (1 if state in RESCUE_STATES else 0)


async def test_the_health_is_told_without_addresses_and_a_test_can_be_asked_for(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Ages, what waits, what fails, whom no channel reached; a crew may not see it."""
    duty = Line()
    crews = {"id": "crews", "who": "crew", "subjects": ["order_sent"], "channels": ["sms"]}
    sms = Line()
    sms.goes_down()
    telling = notifications_to(document_of(TESTED, crews), {"duty": duty, "sms": sms})
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        await story.someone_is_trapped()
        await seconds_pass(story, telling, 20)
        headers = await scene.headers(Role.DISPATCHER)
        answer = await scene.client.get("/api/notifications/channels", headers=headers)
        document = answer.json()

        failing, working = document["channels"]
        assert (failing["channel_name"], failing["last_error"]) == ("sms", "no connection")
        assert (working["channel_name"], working["failing_since"]) == ("duty", None)
        assert 0 <= working["last_test_sent_age_s"] <= 20
        lost = [one["crew_id"] for one in document["orders_not_delivered"]]
        assert lost == ["public", "station", "near"]
        for secret in ("example.invalid", "sample-shared-secret", "000-"):
            assert secret not in answer.text

        asked = "/api/notifications/channels/{}/test"
        keyed = {**headers, "Idempotency-Key": "test-of-duty-01"}
        assert (
            await scene.client.post(asked.format("desk/duty"), headers=keyed)
        ).status_code == 202
        before = duty.subjects(tests=True).count("channel_test")
        await seconds_pass(story, telling, 1)
        assert duty.subjects(tests=True).count("channel_test") == before + 1
        other = {**headers, "Idempotency-Key": "test-of-other-1"}
        missing = await scene.client.post(asked.format("desk/pager"), headers=other)
        assert (missing.status_code, missing.json()["code"]) == (404, "channel_unknown")
        untested = await scene.client.post(
            asked.format("crews/sms"), headers={**headers, "Idempotency-Key": "test-of-crews-1"}
        )
        assert (untested.status_code, untested.json()["code"]) == (409, "channel_not_tested")
        crew = {"Authorization": f"Bearer {await scene.token(Role.CREW, crew_id='near')}"}
        denied = await scene.client.get("/api/notifications/channels", headers=crew)
        assert denied.status_code == 403


async def test_what_waits_is_measured(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """Sent, failed, retried, waiting and the age of the oldest, by channel."""
    measured = Line()
    measured.goes_down()
    document = document_of({**DESK, "channels": ["measured"]})
    telling = notifications_to(document, {"measured": measured})
    async with rescue_story(database_dsn, virtual_clock) as story:
        await news(story, 2)
        await telling.run(story.connection, story.now, 200)
        await seconds_pass(story, telling, 4)
        text = generate_latest(METRICS.registry).decode()
        for line in (
            'liftward_notifications_failed_total{channel="measured"} 1.0',
            'liftward_notifications_retried_total{channel="measured"} 1.0',
            'liftward_notifications_waiting{channel="measured"} 2.0',
            'liftward_notifications_oldest_waiting_seconds{channel="measured"} 4.0',
        ):
            assert line in text
        measured.comes_back()
        await seconds_pass(story, telling, 10)

        text = generate_latest(METRICS.registry).decode()
        assert 'liftward_notifications_sent_total{channel="measured"} 2.0' in text
        assert 'liftward_notifications_waiting{channel="measured"} 0.0' in text


TOWN = """
version = "sample-1"
[channels.duty]
kind = "webhook"
url = "http://127.0.0.1:1/hook"
secret = "env:SAMPLE_SECRET"
[[destinations]]
id = "desk"
who = "dispatchers"
subjects = ["all"]
channels = ["duty"]
language = "zh"
"""


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    parser = ArgumentParser()
    command.configure(parser)
    status = command.run(parser.parse_args(words))
    return status, capsys.readouterr().out


def test_the_command_lists_and_tests(
    database_dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Who is told how, with no secret; a test that fails says why and ends with status 1."""
    file = tmp_path / "town.toml"
    file.write_text(TOWN)
    monkeypatch.setenv("LIFTWARD_DATABASE_URL", database_dsn)
    monkeypatch.setenv("LIFTWARD_NOTIFY_FILE", str(file))
    monkeypatch.setenv("SAMPLE_SECRET", "sample-shared-secret")

    status, text = told(capsys, "list")
    assert status == 0
    assert text.splitlines() == [
        "desk  dispatchers *  zh  all",
        "    duty  webhook  nothing sent yet",
    ]
    status, text = told(capsys, "list", "--json")
    assert json.loads(text)["destinations"][0]["channels"][0]["kind"] == "webhook"

    status, text = told(capsys, "test", "desk", "--json")
    assert status == 1
    assert json.loads(text) == {
        "destination": "desk",
        "sent": False,
        "channels": [
            {
                "channel_name": "duty",
                "result": "failed",
                "reason": "no connection: ConnectError",
            }
        ],
    }
    for words in (("test", "night"), ("test", "desk", "--channel", "pager")):
        with pytest.raises(CallError, match=r"no destination 'night'|has the channels duty"):
            told(capsys, *words)
