"""Photos from the spot: kept clean, named by hash in the ledger, shown to few, erasable."""

import hashlib

import httpx
import pytest

from liftward_platform.access.model import Role
from liftward_platform.api.edge import BODY_BYTES_MAX
from liftward_platform.crews.photo_content import PHOTO_BYTES_MAX, PHOTOS_PER_ORDER_MAX
from support.pictures import picture
from support.rescue_centre import Centre, centre
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

PHOTOS = "/api/orders/1/photos"


async def send(
    town: Centre, data: bytes, *, crew: str = "near", path: str = PHOTOS, key: str = ""
) -> httpx.Response:
    token = await town.scene.token(Role.CREW, f"test-{crew}", crew)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/html"}
    if key:
        headers["Idempotency-Key"] = key
    return await town.scene.client.post(path, content=data, headers=headers)


async def at_the_lift(town: Centre) -> int:
    incident = await town.story.someone_is_trapped()
    for does in ("accepts", "departs", "arrives"):
        await town.story.crew("near", does)
    return incident


async def test_a_photo_is_kept_without_its_metadata_and_named_by_its_hash(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The content decides its type; story and ledger hold the hash of what is kept, no picture."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await at_the_lift(town)

        answer = await send(town, picture(text=b"GPS\x00sample"), key="photo-0001")
        again = await send(town, picture(text=b"GPS\x00sample"), key="photo-0001")

        assert answer.json() == again.json()
        sha256 = hashlib.sha256(picture()).hexdigest()
        assert answer.json() == {"photo_id": 1, "sha256": sha256}
        shown = await town.crew("near", "GET", "/api/photos/1")
        assert (shown.content, shown.headers["content-type"]) == (picture(), "image/png")
        assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
        story = (await town.dispatcher("GET", f"/api/incidents/{incident}")).json()
        entry = story["ledger"][-1]
        assert (entry["kind"], entry["body"]["sha256"]) == ("photo_added", sha256)


async def test_a_photo_is_shown_to_few_and_can_be_erased(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Its crew, dispatchers and regulators see it; once erased nobody does, and the hash stays."""
    async with centre(database_dsn, virtual_clock) as town:
        incident = await at_the_lift(town)
        await send(town, picture())

        seen = {
            role: (await town.call(role, "GET", "/api/photos/1")).status_code
            for role in (Role.DISPATCHER, Role.REGULATOR, Role.EVALUATOR, Role.OPERATOR)
        }
        other = await town.crew("far", "GET", "/api/photos/1")
        by_crew = await town.crew("near", "DELETE", "/api/photos/1")
        erased = await town.dispatcher("DELETE", "/api/photos/1")
        gone = await town.dispatcher("GET", "/api/photos/1")

        assert seen == {
            Role.DISPATCHER: 200, Role.REGULATOR: 200, Role.EVALUATOR: 403, Role.OPERATOR: 403,
        }  # fmt: skip
        assert (other.status_code, by_crew.status_code, erased.status_code) == (403, 403, 204)
        assert (gone.status_code, gone.json()["code"]) == (404, "photo_erased")
        row = await (
            await town.scene.connection.execute("SELECT content, sha256 FROM crew_photo")
        ).fetchone()
        assert row is not None
        assert row["content"] is None
        assert bytes(row["sha256"]) == hashlib.sha256(picture()).digest()
        assert (await town.story.ledger(incident))[-2:] == ["photo_added", "photo_erased"]


async def test_what_is_no_photo_or_too_much_is_refused(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """By type, size, number, owner and place; other requests keep their small limit."""
    async with centre(database_dsn, virtual_clock) as town:
        await town.story.someone_is_trapped()
        early = await send(town, picture())
        for does in ("accepts", "departs", "arrives"):
            await town.story.crew("near", does)

        page = await send(town, b"<html>")
        huge = await send(town, picture(filling=PHOTO_BYTES_MAX))
        large = await send(town, picture(filling=BODY_BYTES_MAX * 2))
        elsewhere = await send(town, bytes(BODY_BYTES_MAX + 1), path="/api/orders/1/check-in")
        other = await send(town, picture(), crew="far")
        for _ in range(PHOTOS_PER_ORDER_MAX - 1):
            assert (await send(town, picture())).status_code == 200
        one_more = await send(town, picture())

        assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
        assert (page.status_code, page.json()["code"]) == (422, "photo_type_unknown")
        assert (huge.status_code, large.status_code, elsewhere.status_code) == (413, 200, 413)
        assert other.status_code == 403
        assert (one_more.status_code, one_more.json()["code"]) == (409, "too_many_photos")
