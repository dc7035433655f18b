"""Crews at work: each polls its orders, answers, travels, frees people, reports; a desk closes.

The edge between the decisions in `crews` and `desk`, the HTTP API, and the simulated town, where a
crew can open a car. Towards the platform they know only what a phone knows. They act on lifts of
the simulated world alone: an order or an incident of any other lift is left to people.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
import numpy as np
import structlog

from liftward_kit.clock import Clock, monotonic_s
from liftward_simulator.city.document import TownCrew
from liftward_simulator.crews.client import PhoneClient, Reply, Verdict
from liftward_simulator.crews.desk import (
    Closing,
    CrewsWord,
    IncidentLift,
    IncidentView,
    LogView,
    cause_code_of,
    decide_closing,
    freed_by_crew,
)
from liftward_simulator.crews.earlier import Scene
from liftward_simulator.crews.habits import (
    LIVE_STATES,
    Answer,
    Circumstances,
    CrewHabits,
    LiftView,
    Mission,
    OrderState,
    OrderView,
    Position,
    between,
    plan_mission,
    release_method,
)
from liftward_simulator.crews.shifts import SHIFT_CODES, hour_of, on_duty
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.world import SceneReport, SceneState

POSITION_EVERY_S = 5.0
SCENE_LOOK_S = 0.2
# Winding the car to a landing and opening takes so long in the world, which nobody can speed up;
# it is part of the published time from arrival to release.
WINDING_S = 8.0
# A lift whose people were out for longer when the order came has another story.
LOOK_BACK = timedelta(minutes=10)

log = structlog.get_logger()
View = TypeVar("View", OrderView, IncidentView, LogView)


class MissionOverError(Exception):
    """The order is not this crew's business any more."""


@dataclass(slots=True, kw_only=True)
class Team:
    """What all crews and the desk of one run share."""

    scene: Scene
    habits: CrewHabits
    journal: Journal
    clock: Clock
    rng: np.random.Generator
    lift_ids: frozenset[str]  # of the simulated world; all other lifts are people's
    crew_account_ids: frozenset[str]  # under which the crews of this and earlier runs report
    started_at: datetime
    hour_of: Callable[[datetime], float] = hour_of  # of the town's day, at a moment of the clock
    orders_seen_count: int = 0
    # Told to the desk, by incident: who was freed, and what was found where nobody was to be freed.
    freed: set[int] = field(default_factory=set)
    found: dict[int, SceneReport] = field(default_factory=dict)

    def simulates(self, lift: LiftView | IncidentLift) -> bool:
        """Tell whether a lift is of the simulated world; any other is left to people."""
        return lift.lift_id in self.lift_ids

    def tell(self, event: str, **facts: Any) -> None:  # noqa: ANN401 - any JSON
        self.journal.tell(event, self.clock(), **facts)


class Crew:
    """One crew with its phone."""

    def __init__(self, team: Team, phone: PhoneClient, crew: TownCrew) -> None:
        self._team, self._phone, self._crew = team, phone, crew
        self._crew_id = crew.crew_id
        self._position = Position(crew.base_latitude_deg, crew.base_longitude_deg)
        self._missions: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look for orders, for ever; each order is worked on beside the looking."""
        async with asyncio.TaskGroup() as group:
            while True:
                orders = orders_of(await self._phone.get("/api/orders"))
                self._forget({order.order_id for order in orders})
                for order in orders:
                    if self._is_mine(order) and order.order_id not in self._missions:
                        self._missions[order.order_id] = group.create_task(
                            self._work(order), name=f"order-{order.order_id}"
                        )
                await asyncio.sleep(self._team.habits.poll_s)

    def _is_mine(self, order: OrderView) -> bool:
        """Tell whether there is something to do that is not left to people."""
        return order.state in LIVE_STATES and self._team.simulates(order.lift)

    def _forget(self, shown: set[int]) -> None:
        """Drop finished missions whose order the platform does not show any more."""
        over = [i for i, task in self._missions.items() if task.done() and i not in shown]
        for order_id in over:
            del self._missions[order_id]

    async def _work(self, order: OrderView) -> None:
        team = self._team
        # The task that runs this is one of the missions already.
        busy = sum(not task.done() for task in self._missions.values()) > 1
        hour = team.hour_of(team.clock())
        around = Circumstances(
            party_id=self._crew.party_id,
            hour=hour,
            on_shift=bool(on_duty(SHIFT_CODES[self._crew.shift], hour)),
            busy=busy and order.state is OrderState.SENT,
            orders_before=team.orders_seen_count,
        )
        mission = plan_mission(order, self._position, team.habits, team.rng, around)
        team.orders_seen_count += 1
        self._tell("order_seen", order)
        try:
            await self._carry_out(order, mission)
        except MissionOverError:
            self._tell("order_over", order)

    async def _carry_out(self, order: OrderView, mission: Mission) -> None:
        """Do what is left of a mission, from wherever the order stands."""
        state = order.state
        if state is OrderState.SENT:
            if not await self._answer(order, mission):
                return
            state = OrderState.ACCEPTED
        if state is OrderState.ACCEPTED:
            await asyncio.sleep(mission.depart_after_s)
            await self._say(order, "depart", {}, told="departed")
            state = OrderState.UNDER_WAY
        if state is OrderState.UNDER_WAY:
            await self._travel(order, mission.travel_s)
            await self._say(order, "arrive", _place(self._position), told="arrived")
        await self._on_scene(order, mission.on_scene_s)

    async def _answer(self, order: OrderView, mission: Mission) -> bool:
        await asyncio.sleep(mission.answer_after_s)
        if mission.answer is Answer.SILENT:
            self._tell("order_silent", order)
            return False
        if mission.answer is Answer.REFUSE:
            body = {"reason": mission.reason.value}
            await self._say(order, "refuse", body, told="order_refused")
            return False
        await self._say(order, "accept", {}, told="order_accepted")
        return True

    async def _travel(self, order: OrderView, travel_s: float) -> None:
        """Drive to the lift, telling the platform where the van is now and then."""
        start, started_s = self._position, monotonic_s()
        while (left_s := travel_s - (monotonic_s() - started_s)) > 0:
            self._position = between(start, order.lift.position, 1 - left_s / travel_s)
            body = _place(self._position) | {"observed_at": self._team.clock().isoformat()}
            # Under its own clock: a slow API must not slow the van.
            report = self._phone.post(f"/api/crews/{self._crew_id}/position", body)
            await _at_most(report, min(POSITION_EVERY_S, left_s))
        self._position = order.lift.position

    async def _on_scene(self, order: OrderView, on_scene_s: float) -> None:
        """Look who is inside, get them out, and report; or tell the desk that nobody was there."""
        team, lift_id = self._team, order.lift.lift_id
        since = (order.sent_at or team.clock()) - LOOK_BACK
        report = team.scene.report(lift_id, since=since)
        if report.state is SceneState.TRAPPED:
            await asyncio.sleep(max(on_scene_s - WINDING_S, 0.0))
            if team.scene.release(lift_id):
                self._tell("rescue_begun", order)
        report = await self._until_over(lift_id, since)
        if report.state is not SceneState.FREED or report.cause is None:
            team.found[order.incident_id] = report
            self._tell("found_nobody", order, state=report.state.value)
            return
        body = {
            "persons_count": report.persons,
            "cause_code": cause_code_of(report),
            "release_method": release_method(report.cause),
        }
        await self._say(order, "freed", body, told="reported_freed")
        team.freed.add(order.incident_id)

    async def _until_over(self, lift_id: str, since: datetime) -> SceneReport:
        while True:
            report = self._team.scene.report(lift_id, since=since)
            if report.state is not SceneState.TRAPPED:
                return report
            await asyncio.sleep(SCENE_LOOK_S)

    async def _say(self, order: OrderView, verb: str, body: dict[str, Any], *, told: str) -> None:
        """Report one step of the order; MissionOverError when it is not possible any more."""
        body = body | {"occurred_at": self._team.clock().isoformat()}
        reply = await self._phone.post(f"/api/orders/{order.order_id}/{verb}", body)
        if reply.verdict is not Verdict.DONE:
            raise MissionOverError(verb)
        self._tell(told, order)

    def _tell(self, event: str, order: OrderView, **facts: Any) -> None:  # noqa: ANN401 - any JSON
        self._team.tell(
            event,
            lift_id=order.lift.lift_id,
            incident_id=order.incident_id,
            order_id=order.order_id,
            crew_id=self._crew_id,
            **facts,
        )


class Desk:
    """The dispatcher who closes what simulated crews brought to an end, and nothing else.

    That is: incidents of simulated lifts whose people one of its own crews reported freed, in this
    run or before a restart, and those where one of its crews found nobody trapped (any more). It
    leaves to people what a person reported freed, and every incident of any other lift.
    """

    def __init__(self, team: Team, phone: PhoneClient) -> None:
        self._team, self._phone = team, phone
        self._looked_up: set[int] = set()  # incidents an earlier run may have left to be closed

    async def run(self) -> None:
        """Look at the board, for ever."""
        team = self._team
        word = CrewsWord(lift_ids=team.lift_ids, freed=team.freed, found=team.found)
        while True:
            for incident in incidents_of(await self._phone.get("/api/incidents?state=open")):
                await self._remember(incident)
                closing = decide_closing(
                    incident, word, now=team.clock(), time_scale=team.habits.time_scale
                )
                if isinstance(closing, Closing):
                    await self._close(incident, closing)
            await asyncio.sleep(team.habits.poll_s)

    async def _remember(self, incident: IncidentView) -> None:
        """Look up, once, who reported an incident freed that was freed before this run began."""
        team, incident_id = self._team, incident.incident_id
        before = incident.freed_at is not None and incident.freed_at < team.started_at
        if not before or incident_id in self._looked_up or not team.simulates(incident.lift):
            return
        reply = await self._phone.get(f"/api/incidents/{incident_id}")
        if reply.verdict is not Verdict.DONE:
            return
        self._looked_up.add(incident_id)
        if freed_by_crew(_views(reply, "log", LogView), team.crew_account_ids):
            team.freed.add(incident_id)

    async def _close(self, incident: IncidentView, closing: Closing) -> None:
        reply = await self._phone.post(
            f"/api/incidents/{incident.incident_id}/close", dict(closing.body())
        )
        self._team.found.pop(incident.incident_id, None)
        if reply.verdict is Verdict.DONE:
            self._team.tell(
                "closed",
                lift_id=incident.lift.lift_id,
                incident_id=incident.incident_id,
                outcome=closing.outcome.value,
            )


def orders_of(reply: Reply) -> list[OrderView]:
    """Return the orders of a reply; one that cannot be read is logged and left out."""
    return _views(reply, "orders", OrderView)


def incidents_of(reply: Reply) -> list[IncidentView]:
    """Return the incidents of a reply; one that cannot be read is logged and left out."""
    return _views(reply, "incidents", IncidentView)


def _views(reply: Reply, key: str, kind: type[View]) -> list[View]:
    views: list[View] = []
    rows = reply.body.get(key, []) if reply.verdict is Verdict.DONE else []
    for row in rows:
        try:
            views.append(msgspec.convert(row, kind))
        except msgspec.ValidationError as error:
            log.warning("reply_not_understood", key=key, error=str(error))
    return views


async def _at_most(report: Awaitable[Reply], duration_s: float) -> None:
    """Wait for a report, and in any case exactly as long as said."""
    started_s = monotonic_s()
    with suppress(TimeoutError):
        async with asyncio.timeout(duration_s):
            await report
    await asyncio.sleep(max(duration_s - (monotonic_s() - started_s), 0.0))


def _place(position: Position) -> dict[str, Any]:
    return {"latitude_deg": position.latitude_deg, "longitude_deg": position.longitude_deg}
