"""Why the detector said so, over HTTP: sentence, picture, warnings, who may see them."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Role
from liftward_platform.api.board_source import IncidentBoard
from liftward_platform.engine.modules import Evidence
from support.platform_scene import ApiScene, api_scene
from support.rescue_story import LIFT, RescueStory, rescue_story
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

SVG = "{http://www.w3.org/2000/svg}"
WEIGHED = {
    "stationary": True,
    "off_level": True,
    "doors_shut": True,
    "occupied": True,
    "power_lost": True,
    "seconds_stationary": 14.0,
    "floor": 5,
    "probability": 0.9612,
    "weights": {"prior": -31.0, "off_level": 24.5, "power_lost": 6.0, "sensor_empty": -4.0},
}
SENTENCE = (
    "Probably trapped: the car has stood between floors near floor 5 for 14 s with its doors shut "
    "and someone aboard; mains are lost. Against it: the people sensor sees nobody."
)


async def get(
    scene: ApiScene, path: str, role: Role = Role.DISPATCHER, crew_id: str | None = None
) -> httpx.Response:
    token = await scene.token(role, f"account-{crew_id or role}", crew_id)
    return await scene.client.get(path, headers={"Authorization": f"Bearer {token}"})


async def suspected_and_raised(story: RescueStory) -> int:
    """Samples every two seconds for a minute; suspected, and raised six seconds later."""
    onset_at = story.now
    for _ in range(4):
        await story.data_arrives()
        story.clock.advance(2)
    await story.detected(level="suspected", onset_at=onset_at, evidence=WEIGHED)
    await story.engine_looks()
    for _ in range(3):
        await story.data_arrives()
        story.clock.advance(2)
    raised = await story.detected(
        transition="raised", reason="belief", onset_at=onset_at, evidence=WEIGHED
    )
    await story.engine_looks()
    return raised


def levels(svg: str) -> list[str]:
    """Return the levels that a picture draws, in order."""
    drawn = [one.get("class", "").split() for one in ET.fromstring(svg).iter(f"{SVG}rect")]  # noqa: S314 - our own server's
    return [classes[1] for classes in drawn if classes[0] == "level"]


async def test_a_verdict_is_explained_to_people_and_machines(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """One sentence in each language, weights, what it rests on; the incident's story has it too."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        raised = await suspected_and_raised(story)

        told = (await get(scene, f"/api/detections/{raised}/explanation")).json()
        whole = (await get(scene, "/api/incidents/1")).json()

    assert told["sentence"]["en"] == SENTENCE
    assert told["sentence"]["zh-CN"].startswith("很可能困人：轿厢停在楼层之间（5 层附近）已 14 秒")
    assert (told["kind"], told["level"], told["reason"]) == ("entrapment", "probable", "belief")
    assert (told["probability"], told["detector_version"]) == (0.9612, "test")
    assert (told["lift_id"], told["handling"]) == (LIFT, "opened_raised")
    assert told["pieces"][0] == {
        "word": "prior",
        "weight_decibans": -31.0,
        "value": None,
        "text": {"en": "how rare it is to begin with", "zh-CN": "困人本属少见"},
    }
    shown = [(one["transition"], one["level"]) for one in whole["detections"]]
    assert shown == [("began", "suspected"), ("raised", "probable")]
    assert whole["detections"][1]["sentence"]["en"] == SENTENCE
    assert whole["incident"]["level"] == "probable"


async def test_the_picture_has_the_samples_and_the_levels(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Both steps of the episode, the lift's doors, the asked language, the local clock."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        raised = await suspected_and_raised(story)
        path = f"/api/detections/{raised}/plot.svg"

        plain = await get(scene, path)
        chinese = await get(scene, f"{path}?language=zh-CN&width_px=340&utc_offset_min=480")
        wrong = await get(scene, f"{path}?language=fr")

    assert plain.headers["content-type"] == "image/svg+xml"
    assert levels(plain.text) == levels(chinese.text) == ["suspected", "probable"]
    assert "Car door" in plain.text
    assert "(UTC)" in plain.text
    assert "轿门" in chinese.text
    assert "（UTC+8）" in chinese.text
    assert ET.fromstring(chinese.text).get("width") == "340"  # noqa: S314 - our own server's
    assert wrong.status_code == 422


async def forget_samples(story: RescueStory) -> None:
    """The raw samples of that time are gone."""
    await story.connection.execute("DELETE FROM sample")
    await story.connection.execute(
        "UPDATE history_progress SET kept_from = %(now)s", {"now": story.now}
    )


async def test_the_picture_outlives_the_samples_and_says_so_when_it_cannot(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Pinned to the incident: still drawn. Nothing pinned: told plainly, with the levels."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        raised = await suspected_and_raised(story)
        path = f"/api/detections/{raised}/plot.svg"
        before = (await get(scene, path)).text
        await Evidence(keep_days=3653).run(story.connection, story.now, 100)
        await forget_samples(story)

        pinned = (await get(scene, path)).text
        await story.connection.execute("DELETE FROM evidence_window")
        gone = (await get(scene, path)).text

    assert pinned.count("<rect") == before.count("<rect")
    assert "not kept any more" in gone
    assert "Car door" not in gone
    assert levels(gone) == ["suspected", "probable"]


async def test_a_crew_sees_what_it_was_asked_for(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """As with the incident itself; what never became an incident is not for crews."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        raised = await suspected_and_raised(story)
        other = await story.detected(kind="gb_41", level="confirmed")
        paths = [f"/api/detections/{raised}/{what}" for what in ("explanation", "plot.svg")]

        asked = [(await get(scene, path, Role.CREW, "near")).status_code for path in paths]
        strange = [(await get(scene, path, Role.CREW, "stranger")).status_code for path in paths]
        no_incident = await get(scene, f"/api/detections/{other}/explanation", Role.CREW, "near")
        unknown = await get(scene, "/api/detections/999/explanation")

    assert (asked, strange) == ([200, 200], [403, 403])
    assert no_incident.json()["code"] == "not_your_incident"
    assert (unknown.status_code, unknown.json()["code"]) == (404, "detection_unknown")


async def test_a_lift_has_its_warnings_until_they_end(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """What is open of each kind, newest first, named in both languages; no entrapment, no past."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        api_scene(database_dsn, virtual_clock) as scene,
    ):
        day = story.now - timedelta(days=1)
        await story.detected(kind="gb_41", level="confirmed", onset_at=day, reason="condition_held")
        await story.detected(kind="gb_42", level="confirmed", onset_at=day)
        await story.detected(
            kind="gb_42", level="confirmed", onset_at=day, transition="ended",
        )  # fmt: skip
        await story.detected(
            kind="suppression_expired", level="confirmed", onset_at=day - timedelta(days=1),
            reason="time_box_over", evidence={"suppression": "inspection"},
        )  # fmt: skip
        await story.detected()

        told = (await get(scene, f"/api/lifts/{LIFT}/warnings")).json()
        unknown = await get(scene, "/api/lifts/NOWHERE/warnings")

    found = {one["kind"]: one["sentence"]["en"] for one in told["warnings"]}
    assert list(found) == ["gb_41", "suppression_expired"]
    assert found["suppression_expired"] == "Not watched for too long: in inspection for 2 d."
    assert told["warnings"][0]["name"]["zh-CN"]
    assert unknown.status_code == 404


async def test_the_board_carries_suspicions_without_a_telephone_number(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The lift, the level, the sentences go out to all; gone once it is an incident."""

    async def sent(connection: AsyncConnection[DictRow]) -> list[dict[str, Any]]:
        return [dict(row) for row in await IncidentBoard().notices(connection, story.now)]

    async with rescue_story(database_dsn, virtual_clock) as story:
        await story.detected(level="suspected", evidence=WEIGHED)
        await story.engine_looks()
        (notice,) = await sent(story.connection)
        await story.time_passes(seconds=60)
        after = await sent(story.connection)

    assert notice["lift"]["lift_id"] == LIFT
    assert notice["level"] == "suspected"
    assert set(notice["sentence"]) == {"en", "zh-CN"}
    assert "phone" not in str(notice)
    assert after == []
