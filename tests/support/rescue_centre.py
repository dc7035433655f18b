"""A rescue centre in a test: the story's town with the API over it, called by people and phones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from liftward_platform.access.model import Role
from liftward_platform.api.app import create_app
from liftward_platform.crews.endpoints import router as crews_router
from liftward_platform.fleet.endpoints import router as fleet_router
from liftward_platform.incidents.endpoints import router as incidents_router
from liftward_platform.parties.endpoints import router as parties_router
from liftward_platform.rescue.endpoints import router as rescue_router
from support.platform_scene import ApiScene, api_scene, api_settings
from support.rescue_story import RescueStory, rescue_story
from support.virtual_time import VirtualClock

ROUTERS = (incidents_router, rescue_router, crews_router, parties_router, fleet_router)


@dataclass(frozen=True, slots=True)
class Centre:
    """The story's town with the API over it."""

    story: RescueStory
    scene: ApiScene

    async def call(
        self, role: Role, method: str, path: str, body: Any = None, *, crew: str = "", key: str = ""
    ) -> httpx.Response:
        account_id = f"test-{crew}" if crew else f"test-{role}"
        token = await self.scene.token(role, account_id, crew or None)
        headers = {"Authorization": f"Bearer {token}"}
        if key:
            headers["Idempotency-Key"] = key
        return await self.scene.client.request(method, path, json=body, headers=headers)

    async def dispatcher(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.call(Role.DISPATCHER, method, path, body)

    async def crew(
        self, crew: str, method: str, path: str, body: Any = None, *, key: str = ""
    ) -> httpx.Response:
        return await self.call(Role.CREW, method, path, body, crew=crew, key=key)


@asynccontextmanager
async def centre(
    dsn: str, clock: VirtualClock, *, lift_ids: tuple[str, ...] = ()
) -> AsyncIterator[Centre]:
    """Begin a story and serve its town."""
    app = create_app(api_settings(dsn), clock=clock, routers=ROUTERS)
    async with (
        rescue_story(dsn, clock, lift_ids=lift_ids) as story,
        api_scene(dsn, clock, app) as scene,
    ):
        yield Centre(story, scene)
