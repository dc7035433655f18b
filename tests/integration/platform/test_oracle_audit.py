"""The conservation oracle over real rescues: silent about good ones, loud about damaged records."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from liftward_platform.auditor.conservation import check
from liftward_platform.auditor.model import TrueEntrapment
from liftward_platform.auditor.store import read_seen
from liftward_platform.incidents.model import Outcome
from support.call_story import dispatcher_believes, someone_calls, someone_scans
from support.processes import LiftwardProcesses
from support.rescue_centre import centre
from support.rescue_story import DETECTED_AFTER, LIFT, RescueStory, rescue_story
from support.story_audit import complaints as audit_now
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

_ARRIVED_TWICE = """
INSERT INTO ledger_entry (lift_key, lift_entry_number, kind, incident_id, occurred_at, recorded_at,
                          actor, body, lift_previous_hash, leaf_hash)
SELECT lift_key, 999, kind, incident_id, occurred_at, recorded_at, actor, body, lift_previous_hash,
       leaf_hash
  FROM ledger_entry WHERE kind = 'arrived'
"""
TRAPPED_AT = START - DETECTED_AFTER


def truth(to_at: datetime | None) -> TrueEntrapment:
    return TrueEntrapment(lift_id=LIFT, from_at=TRAPPED_AT, to_at=to_at, persons_count=2)


async def complaints(story: RescueStory, to_at: datetime | None) -> list[str]:
    """Return the kinds of what the oracle complains about at this moment."""
    # The database stamps recorded_at with the real time; the story plays in virtual time.
    await story.connection.execute("UPDATE detection SET recorded_at = received_at")
    seen = await read_seen(story.connection, since=START - timedelta(days=1))
    return [str(one.kind) for one in check([truth(to_at)], seen, now=story.now)]


async def eventful_rescue(story: RescueStory) -> int:
    """Everything that can happen to a rescue: silence, refusal, a second crew, a late release."""
    incident_id = await story.someone_is_trapped()
    await story.time_passes(minutes=3.5)  # `near` says nothing, the station is ordered
    await story.crew("station", "refuses")
    await story.engine_looks()
    await story.crew("near", "accepts")  # late, but welcome
    await story.time_passes(minutes=1)
    await story.crew("near", "departs")
    await story.detected()  # and the detector sees them again
    await story.time_passes(minutes=40)  # the limit to arrive passes: a level goes up
    await story.crew("near", "arrives")
    await story.time_passes(minutes=5)
    await story.crew("near", "frees", persons_count=2)
    await story.time_passes(minutes=1)
    return incident_id


async def test_the_oracle_is_silent_through_a_whole_rescue(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """While it runs and when it is over, an eventful but proper rescue gives no complaint."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident_id = await eventful_rescue(story)
        freed_at = story.now - timedelta(minutes=1)
        while_open = await complaints(story, freed_at)
        await story.dispatcher_closes(incident_id, Outcome.FREED)
        after = await complaints(story, freed_at)

    assert (while_open, after) == ([], [])


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("DELETE FROM ledger_entry WHERE kind = 'departed'", "not_in_ledger"),
        ("DELETE FROM ledger_entry WHERE kind = 'escalated'", "not_in_ledger"),
        (_ARRIVED_TWICE, "step_doubled"),
        ("UPDATE incident SET persons_count = 1", "people_do_not_add_up"),
        ("UPDATE incident SET outcome = 'false'", "declared_false"),
        (
            "UPDATE deadline SET cancelled_at = NULL, fired_at = NULL WHERE kind = 'arrive'",
            "deadline_outlived",
        ),
        ("UPDATE detection SET handling = NULL", "detection_not_handled"),
    ],
)
async def test_a_damaged_record_is_noticed(
    database_dsn: str, virtual_clock: VirtualClock, damage: str, complaint: str
) -> None:
    """What no service would write is found by the one who did not write it."""
    async with rescue_story(database_dsn, virtual_clock, audited=False) as story:
        incident_id = await eventful_rescue(story)
        freed_at = story.now - timedelta(minutes=1)
        await story.dispatcher_closes(incident_id, Outcome.FREED)
        async with story.connection.transaction():
            await story.connection.execute("SET LOCAL session_replication_role = replica")
            changed = await story.connection.execute(damage.encode())
        found = await complaints(story, freed_at)

    assert changed.rowcount >= 1
    assert complaint in found


async def test_what_an_order_may_bring_twice_is_no_complaint(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Two doubted arrivals, missed signs of life, two parts, a corrected cause: one good rescue."""
    far_away = {"latitude_deg": 31.56, "longitude_deg": 121.4, "accuracy_m": 15, "alone": True}
    parts = [{"part_name": "door contact"}, {"part_name": "door roller"}]
    async with centre(database_dsn, virtual_clock) as town:
        incident_id = await town.story.someone_is_trapped()
        for step in ("accept", "depart", "arrive", "arrive"):
            virtual_clock.advance(minutes=1)
            body = far_away if step == "arrive" else {}
            await town.crew("near", "POST", f"/api/orders/1/{step}", body)
        await town.dispatcher("POST", "/api/crew-reports/1/decide", {"believe": True})
        await town.story.time_passes(minutes=16)
        await town.crew("near", "POST", "/api/orders/1/parts", {"parts": parts})
        for cause_code in ("door.contact", "door.operator"):
            cause = {"cause_code": cause_code}
            answer = await town.crew("near", "POST", "/api/orders/1/cause", cause)
            assert answer.status_code == 200, answer.text

        written = Counter(await town.story.ledger(incident_id))
        found = await audit_now(town.story.connection, town.story.now)

    assert found == []
    for kind in ("report_doubted", "check_in_missed", "part_used", "cause_reported"):
        assert written[kind] > 1, kind


async def test_a_call_that_joins_a_weaker_detection_raises_the_level_in_the_ledger_too(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The story says that the level rose, and so does the ledger: once, with who said it."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident_id = await story.someone_is_trapped()
        taken = await someone_calls(story)
        await someone_calls(story)

        assert (taken.incident_id, taken.opened) == (incident_id, False)
        assert (await story.incident(incident_id))["level"] == "confirmed"
        assert (await story.ledger(incident_id)).count("level_raised") == 1
        assert await audit_now(story.connection, story.now) == []


async def test_a_held_report_is_no_broken_promise_until_somebody_has_to_come(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Three minutes without an order are right for it; believed, they would be wrong."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        taken = await someone_scans(story)
        await story.time_passes(minutes=3)
        while_held = await audit_now(story.connection, story.now)
        await dispatcher_believes(story, taken.incident_id)
        believed = await audit_now(story.connection, story.now)

        assert await story.orders(taken.incident_id) == []
        assert (await story.ledger(taken.incident_id)).count("level_raised") == 1
    assert while_held == []
    assert [one.split(",")[0] for one in believed] == ["nobody_ordered"]


async def test_a_bounded_audit_does_not_ask_for_what_it_did_not_read(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """People trapped before the bound are not missed, and still explain their incident."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident_id = await eventful_rescue(story)
        freed_at = story.now - timedelta(minutes=1)
        await story.dispatcher_closes(incident_id, Outcome.FREED)
        seen = await read_seen(story.connection, since=START)
        older = truth(freed_at)
        gone = replace(older, lift_id="OLD-01", from_at=START - timedelta(days=9))

        bounded = check([older, gone], seen, now=story.now, since=START)
        whole = check([older, gone], seen, now=story.now)

    assert bounded == []
    assert "OLD-01" in {one.lift_id for one in whole}


def record(**changes: Any) -> str:
    begin = {
        "record": "begin",
        "lift_id": LIFT,
        "kind": "entrapment",
        "from": TRAPPED_AT.isoformat(),
        "to": None,
        "persons": 2,
        "cause": "mains_cut",
        "ended_by": None,
    }
    return json.dumps(begin | changes) + "\n"


async def test_the_command_compares_a_truth_file(
    database_dsn: str, virtual_clock: VirtualClock, processes: LiftwardProcesses, tmp_path: Path
) -> None:
    """Exit 0 when all add up, 1 with the complaints when people vanished, 2 for a wrong file."""
    environ = {"LIFTWARD_DATABASE_URL": database_dsn}
    file = tmp_path / "truth.jsonl"
    async with rescue_story(database_dsn, virtual_clock) as story:
        incident_id = await eventful_rescue(story)
        freed_at = (story.now - timedelta(minutes=1)).isoformat()
        await story.dispatcher_closes(incident_id, Outcome.FREED)
        await story.connection.execute("UPDATE detection SET recorded_at = received_at")
        end = record(record="end", to=freed_at, ended_by="freed")

        file.write_text(record() + end)
        good = processes.run("audit", "--truth", str(file), "--json", environ=environ)
        file.write_text(record() + end + record(lift_id="NOWHERE"))
        lost = processes.run("audit", "--truth", str(file), "--json", environ=environ)
        file.write_text("nonsense\n")
        wrong = processes.run("audit", "--truth", str(file), environ=environ)
        without = processes.run("audit", environ=environ)

    assert (good.returncode, lost.returncode, wrong.returncode, without.returncode) == (0, 1, 2, 0)
    assert json.loads(good.stdout)["outcomes"] == {"freed": 1}
    report = json.loads(lost.stdout)
    assert [one["kind"] for one in report["violations"]] == ["not_detected"]
    assert report["violations"][0]["lift_id"] == "NOWHERE"
    assert "line 1" in wrong.stderr
