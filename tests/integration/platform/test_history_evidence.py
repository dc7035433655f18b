"""Evidence: what is pinned to an incident is there when the samples are gone, and proves itself."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from liftward_platform.access.model import Role
from liftward_platform.engine.modules import Evidence, Housekeeping
from liftward_platform.history import evidence
from liftward_platform.history.evidence_content import AFTER, BEFORE, LENGTH_MAX, window_around
from liftward_platform.incidents.model import Outcome
from support.platform_scene import ApiScene, api_scene
from support.rescue_story import LIFT, RescueStory, rescue_story
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATE_SAMPLE = (
    "INSERT INTO sample (lift_key, observed_at, received_at, boot_id, sequence, car_door, load_kg)"
    " SELECT lift_key, %s, %s, 1, 99, 1, 75.0 FROM lift WHERE lift_id = %s"
)


async def pinned(story: RescueStory, *, keep_days: int = 3653) -> int:
    """The engine pins what is due; return how many windows it looked at."""
    return await Evidence(keep_days).run(story.connection, story.now, 100)


async def minutes_pass(story: RescueStory, count: int) -> None:
    """The lift goes on talking, and the engine goes on pinning."""
    for _ in range(count):
        await story.data_arrives()
        await pinned(story)
        story.clock.advance(minutes=1)


async def an_incident_that_is_over(story: RescueStory) -> int:
    """Twenty minutes before, ten minutes trapped, twenty minutes afterwards; the number of it."""
    await minutes_pass(story, 20)
    incident_id = await story.someone_is_trapped()
    await minutes_pass(story, 10)
    await story.dispatcher_closes(incident_id, Outcome.SELF_FREED, persons_count=1)
    await minutes_pass(story, 20)
    return incident_id


async def versions(scene: ApiScene, incident_id: int) -> list[dict[str, Any]]:
    answer = await scene.client.get(
        f"/api/incidents/{incident_id}/evidence", headers=await scene.headers(Role.REGULATOR)
    )
    found: list[dict[str, Any]] = answer.json()["versions"]
    return found


async def document(scene: ApiScene, incident_id: int, version: int) -> bytes:
    answer = await scene.client.get(
        f"/api/incidents/{incident_id}/evidence/{version}",
        headers=await scene.headers(Role.REGULATOR),
    )
    assert answer.status_code == 200, answer.text
    return answer.content


async def ledger_hashes(story: RescueStory, incident_id: int) -> list[str]:
    rows = await story._rows(
        "SELECT body FROM ledger_entry WHERE incident_id = %(incident_id)s"
        " AND kind = 'evidence_pinned' ORDER BY entry_id",
        incident_id=incident_id,
    )
    return [json.loads(row["body"])["sha256"] for row in rows]


async def test_the_plot_is_there_and_its_hash_holds_when_the_samples_are_gone(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Raw days dropped: the same samples, from bytes whose SHA-256 stands in the ledger."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        incident_id = await an_incident_that_is_over(story)
        path = f"/api/incidents/{incident_id}/samples"
        before = await scene.client.get(path, headers=await scene.headers(Role.DISPATCHER))
        await story.connection.execute("UPDATE access_token SET expires_at = expires_at + '1 year'")
        virtual_clock.advance(minutes=60 * 24 * 20)
        await Housekeeping(keep_days=7).run(story.connection, story.now, 100)
        left = await story._rows("SELECT FROM sample")
        after = await scene.client.get(path, headers=await scene.headers(Role.DISPATCHER))
        (version,) = await versions(scene, incident_id)
        content = await document(scene, incident_id, 1)

        assert left == []
        assert len(before.json()["observed_at"]) == 15  # a minute apart, two minutes around
        assert after.json() == before.json()
        assert hashlib.sha256(content).hexdigest() == version["sha256"]
        assert await ledger_hashes(story, incident_id) == [version["sha256"]]
        assert (version["complete"], version["in_ledger"]) == (True, True)
        kept = json.loads(content)
        assert (kept["lift_id"], len(kept["samples"]["observed_at"])) == (LIFT, 26)
        assert kept["samples"]["signals"]["car_door"][0] == "closed"


async def test_a_window_grows_with_its_incident_and_stops_when_it_is_named(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """While open, the one version is kept anew; afterwards it stays, however often one looks."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        incident_id = await story.someone_is_trapped()
        await minutes_pass(story, 7)
        (first,) = await versions(scene, incident_id)
        await minutes_pass(story, 7)
        (grown,) = await versions(scene, incident_id)
        hashes_open = await ledger_hashes(story, incident_id)
        await story.dispatcher_closes(incident_id, Outcome.FALSE)
        await minutes_pass(story, 40)
        (last,) = await versions(scene, incident_id)
        story.clock.advance(minutes=90)
        looked = await pinned(story)
        same = await versions(scene, incident_id)

    assert (first["samples_count"], grown["samples_count"]) == (6, 11)
    assert hashes_open == []
    assert (first["in_ledger"], last["in_ledger"]) == (False, True)
    assert last["samples_count"] == 14 + 6  # to five minutes after the closing
    assert (looked, same) == (1, [last])


async def test_samples_that_come_late_make_another_version(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """What the ledger named stays as it is; the next entry names what is known now."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        incident_id = await an_incident_that_is_over(story)
        first = await document(scene, incident_id, 1)
        late_at = START + 25 * MINUTE + timedelta(seconds=30)
        await story.connection.execute(LATE_SAMPLE, (late_at, story.now, LIFT))
        virtual_clock.advance(minutes=120)
        await pinned(story)
        second = await document(scene, incident_id, 2)

        assert await document(scene, incident_id, 1) == first
        assert await ledger_hashes(story, incident_id) == [
            hashlib.sha256(content).hexdigest() for content in (first, second)
        ]
        counts = [version["samples_count"] for version in await versions(scene, incident_id)]
        assert counts == [26, 27]


async def test_after_the_last_late_sample_nobody_looks_any_more(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A window is settled once nothing can come; years later its content goes, its hash stays."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        incident_id = await an_incident_that_is_over(story)
        virtual_clock.advance(minutes=9 * 24 * 60)
        looked = [await pinned(story), await pinned(story)]
        virtual_clock.advance(minutes=100 * 24 * 60)
        await pinned(story, keep_days=30)
        (version,) = await versions(scene, incident_id)
        gone = await scene.client.get(
            f"/api/incidents/{incident_id}/evidence/1", headers=await scene.headers(Role.OPERATOR)
        )

        assert looked == [1, 0]
        assert (version["erased"], [version["sha256"]]) == (
            True,
            await ledger_hashes(story, incident_id),
        )
        assert (gone.status_code, gone.json()["code"]) == (404, "evidence_erased")


async def test_an_incident_from_before_is_pinned_as_far_as_it_can_be(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Its samples are partly gone already: what is there is kept and said to be incomplete."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        incident_id = await story.someone_is_trapped()
        await story.data_arrives()
        await story.dispatcher_closes(incident_id, Outcome.FALSE)
        await story.connection.execute("UPDATE history_progress SET kept_from = %s", (START,))
        virtual_clock.advance(minutes=60)
        await pinned(story)
        (version,) = await versions(scene, incident_id)
        looked = await pinned(story)

        assert (version["complete"], version["samples_count"], looked) == (False, 1, 0)
        assert await ledger_hashes(story, incident_id) == [version["sha256"]]


async def test_events_are_pinned_too(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """The alarm press is part of what happened."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident_id = await story.someone_is_trapped()
        await story.connection.execute(
            "INSERT INTO lift_event (lift_key, observed_at, received_at, boot_id, sequence, kind,"
            " service_mode) VALUES (1, %s, %s, 1, 7, 'alarm_pressed', 1)",
            (story.now, story.now),
        )
        await pinned(story)
        content, sha256 = await evidence.content(story.connection, incident_id)

    (event,) = json.loads(content)["events"]
    assert (event["kind"], event["service_mode"], event["sequence"]) == (
        "alarm_pressed",
        "normal",
        7,
    )
    assert hashlib.sha256(content).hexdigest() == sha256


async def test_two_engines_pin_a_window_once(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The second skips what the first holds: one version, one ledger entry."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as other,
    ):
        incident_id = await story.someone_is_trapped()
        await story.dispatcher_closes(incident_id, Outcome.FALSE)
        await evidence.watch_new(story.connection, 10)
        virtual_clock.advance(minutes=60)
        async with story.connection.transaction():
            watched = await evidence.claim(story.connection, story.now, [])
            assert watched is not None
            await evidence.pin(story.connection, watched, story.now)
            skipped = await Evidence(3653).run(other.connection, story.now, 100)
        again = await pinned(story)

        assert (skipped, again) == (0, 0)
        assert len(await ledger_hashes(story, incident_id)) == 1


@pytest.mark.parametrize(
    ("closed_after", "end_after"),
    [
        (None, 30 * MINUTE + AFTER),
        (20 * MINUTE, 20 * MINUTE + AFTER),
        (3 * DAY, LENGTH_MAX),
    ],
)
def test_a_window_is_bounded(closed_after: timedelta | None, end_after: timedelta) -> None:
    """An open one reaches a little past now, a closed one past its closing, none for days."""
    onset_at: datetime = START
    closed_at = None if closed_after is None else onset_at + closed_after

    window = window_around(onset_at, closed_at, onset_at + 30 * MINUTE)

    assert (window.start, window.end) == (onset_at - BEFORE, onset_at + end_after)
