"""Who may call what: every route, called by nobody and by every role that it does not name."""

import pytest

from liftward_platform.access.model import Role
from liftward_platform.api.routes import api_routes, roles_allowed
from support.platform_scene import ApiScene, add_town, api_scene
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration


def guarded_calls(scene: ApiScene) -> list[tuple[str, str, frozenset[Role]]]:
    """Return method, path and roles of every route that is not public."""
    return [
        (method, route.path.replace("{", "").replace("}", ""), roles_allowed(route))
        for route in api_routes(scene.app)
        if roles_allowed(route)
        for method in sorted(route.methods or ())
    ]


def with_numbers(path: str) -> str:
    """Return a path whose ids are well-formed, so that only the guard can refuse."""
    return "/".join("1" if word.endswith("_id") else word for word in path.split("/"))


async def test_nobody_gets_in_without_signing_in(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Every route that is not public answers 401 to a call without, or with an invented, token."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        answers = {
            (method, path, bool(headers)): await scene.client.request(
                method, with_numbers(path), headers=headers
            )
            for method, path, _ in guarded_calls(scene)
            for headers in ({}, {"Authorization": "Bearer invented"})
        }

    assert len(answers) > 20
    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(
        answers, 401
    )
    assert {answer.headers["content-type"] for answer in answers.values()} == {
        "application/problem+json"
    }


async def test_a_role_that_is_not_named_is_refused(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Every route answers 403 to each role that it does not name."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        headers = {role: await scene.headers(role) for role in Role}
        answers = {
            (method, path, role): await scene.client.request(
                method, with_numbers(path), headers=headers[role]
            )
            for method, path, roles in guarded_calls(scene)
            for role in Role
            if role not in roles
        }

    assert len(answers) > 20
    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(
        answers, 403
    )
    assert {answer.json()["code"] for answer in answers.values()} == {"role_not_allowed"}


@pytest.mark.parametrize(
    "authorization", ["Basic YTpi", "Bearer", "Bearer ", "bearer\tx", "x" * 5000]
)
async def test_a_strange_header_is_no_token(
    database_dsn: str, virtual_clock: VirtualClock, authorization: str
) -> None:
    """Whatever else stands in the header, the answer is the same plain 401."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        answer = await scene.client.get("/api/session", headers={"Authorization": authorization})

    assert answer.status_code == 401
