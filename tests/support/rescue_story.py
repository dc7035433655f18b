"""Rescue stories in virtual time: one lift, a few crews, a real database, the real engine.

The town is small enough to know by heart. Around lift TOWER-01: crews `near` and `far` of the
maintainer under contract, `station` of a rescue station, `public` of public rescue; and `stranger`
of a maintainer who has nothing to do with the lift.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from liftward_platform.engine.cycle import run_cycle
from liftward_platform.engine.modules import Module, rescue_modules
from liftward_platform.fleet import service as fleet
from liftward_platform.incidents import intake
from liftward_platform.incidents.model import Confirmer, Outcome
from liftward_platform.incidents.service import Happening
from liftward_platform.rescue import due, service
from liftward_platform.rescue.policy import load
from support.story_audit import complaints
from support.virtual_time import VirtualClock

Connection = AsyncConnection[DictRow]

LIFT = "TOWER-01"
_HOME = (31.20, 121.40)


def _party(party_id: str, kind: str) -> dict[str, Any]:
    return {"party_id": party_id, "kind": kind, "name": f"Demo {party_id}", "phone": "000-0000"}


def _lift(lift_id: str) -> dict[str, Any]:
    return {
        "lift_id": lift_id,
        "rescue_code": f"R-{lift_id}",
        "building": "Sample Tower",
        "address": "Sample Road 1",
        "district": "Sample District",
        "site_type": "residential",
        "latitude_deg": _HOME[0],
        "longitude_deg": _HOME[1],
        "floors_count": 20,
        "rated_speed_mps": 1.75,
        "rated_load_kg": 1000,
        "maker_id": "maker-01",
        "model": "Demo 1",
        "installed_on": "2020-01-01",
        "use_unit_id": "use-unit-01",
        "maintainer_id": "maintainer-01",
        "contract_from": "2025-01-01",
    }


def _crew(crew_id: str, party_id: str, north_deg: float) -> dict[str, Any]:
    return {
        "crew_id": crew_id,
        "party_id": party_id,
        "name": f"Demo crew {crew_id}",
        "phone": "000-0001",
        "base_latitude_deg": _HOME[0] + north_deg,
        "base_longitude_deg": _HOME[1],
    }


def town(*lift_ids: str) -> dict[str, Any]:
    """Return the town document of the stories, by default with its one lift."""
    lifts = lift_ids or (LIFT,)
    return {
        "parties": [
            _party("maker-01", "maker"),
            _party("use-unit-01", "use_unit"),
            _party("maintainer-01", "maintainer"),
            _party("maintainer-02", "maintainer"),
            _party("station-01", "rescue_station"),
            _party("public-rescue", "public_rescue"),
        ],
        "lifts": [_lift(lift_id) for lift_id in lifts],
        "crews": [
            _crew("near", "maintainer-01", 0.01),
            _crew("far", "maintainer-01", 0.05),
            _crew("station", "station-01", 0.02),
            _crew("public", "public-rescue", 0.03),
            _crew("stranger", "maintainer-02", 0.001),
        ],
        "devices": [
            {"device_id": lift_id, "kind": "lift", "lift_ids": [lift_id]} for lift_id in lifts
        ],
    }


_DETECTION = """
INSERT INTO detection (lift_key, kind, transition, level, onset_at, detected_at, received_at,
                       reason, evidence, detector_version, thresholds_hash)
SELECT lift_key, %(kind)s, %(transition)s, %(level)s, %(onset_at)s, %(detected_at)s,
       %(received_at)s, %(reason)s, %(evidence)s, 'test', 'test'
  FROM lift WHERE lift_id = %(lift_id)s
RETURNING detection_id
"""
_SAMPLE = """
INSERT INTO sample (lift_key, observed_at, received_at, boot_id, sequence, car_door, load_kg)
SELECT lift_key, %(at)s, %(at)s, 1, 1, 1, 75.0 FROM lift WHERE lift_id = %(lift_id)s
"""
# The detector concludes so long after people are trapped.
DETECTED_AFTER = timedelta(seconds=45)


@dataclass(slots=True)
class RescueStory:
    """What happens in a story, in words a dispatcher uses."""

    connection: Connection
    clock: VirtualClock
    modules: tuple[Module, ...] = field(default_factory=lambda: rescue_modules(load()))

    @property
    def now(self) -> datetime:
        return self.clock()

    async def detected(
        self,
        lift_id: str = LIFT,
        *,
        transition: str = "began",
        kind: str = "entrapment",
        level: str = "probable",
        reason: str = "test",
        evidence: dict[str, Any] | None = None,
        onset_at: datetime | None = None,
        detected_at: datetime | None = None,
    ) -> int:
        """The gateway wrote what the detector concluded; it arrives now."""
        detected_at = detected_at or self.now
        values = {
            "lift_id": lift_id,
            "kind": kind,
            "transition": transition,
            "level": level,
            "reason": reason,
            "evidence": Jsonb(evidence or {}),
            "onset_at": onset_at or detected_at - DETECTED_AFTER,
            "detected_at": detected_at,
            "received_at": self.now,
        }
        row = await self._row(_DETECTION, **values)
        return int(row["detection_id"])

    async def someone_is_trapped(self, lift_id: str = LIFT) -> int:
        """The detector finds people trapped; the engine looks; the incident's number."""
        await self.detected(lift_id)
        await self.engine_looks()
        row = await self._row(
            "SELECT max(incident_id) AS incident_id FROM incident JOIN lift USING (lift_key)"
            " WHERE lift_id = %(lift_id)s",
            lift_id=lift_id,
        )
        return int(row["incident_id"])

    async def data_arrives(self, lift_id: str = LIFT) -> None:
        """A sample that the lift took at this moment is stored."""
        await self.connection.execute(_SAMPLE, {"lift_id": lift_id, "at": self.now})

    async def engine_looks(self) -> dict[str, int]:
        """The engine runs one cycle at this moment."""
        handled = await run_cycle(self.connection, self.now, modules=self.modules)
        assert -1 not in handled.values(), handled
        return handled

    async def time_passes(self, *, minutes: float = 0, seconds: float = 0) -> None:
        """The engine wakes whenever something is due until that much time has passed."""
        until = self.now + timedelta(minutes=minutes, seconds=seconds)
        while True:
            await self.engine_looks()
            moments = [
                await due.next_deadline(self.connection),
                await intake.next_look(self.connection),
            ]
            next_at = min((at for at in moments if at is not None), default=until)
            if next_at > until or self.now == until:
                break
            self.clock.advance(max(0.0, (next_at - self.now).total_seconds()))
        self.clock.advance((until - self.now).total_seconds())
        await self.engine_looks()

    async def engine_is_down_for(self, *, minutes: float) -> None:
        """Time passes and nobody looks."""
        self.clock.advance(minutes=minutes)

    async def crew(self, crew_id: str, does: str, **what: Any) -> None:
        """A crew accepts, refuses, departs, arrives or frees, by its last order."""
        row = await self._row(
            "SELECT max(order_id) AS order_id FROM rescue_order WHERE crew_id = %(crew_id)s",
            crew_id=crew_id,
        )
        actions: dict[str, Callable[..., Awaitable[None]]] = {
            "accepts": service.accept,
            "refuses": service.refuse,
            "departs": service.depart,
            "arrives": service.arrive,
            "frees": service.freed,
        }
        if does == "refuses":
            what = {"refusal_reason": "too_far"} | what
        if does == "frees":
            usual = {"cause_code": "door.contact", "release_method": "hand_wind"}
            what = {"persons_count": 1} | usual | what
        happening = Happening(now=self.now, actor=f"account-{crew_id}")
        async with self.connection.transaction():
            await actions[does](self.connection, row["order_id"], happening, **what)

    async def dispatcher_closes(self, incident_id: int, outcome: Outcome, **what: Any) -> None:
        """The dispatcher closes an incident; a rescue with all that the closing asks for."""
        rescued = {"confirmed_by": Confirmer.PASSENGER, "confirmed_how": "telephone"}
        usual: dict[Outcome, dict[str, Any]] = {
            Outcome.FREED: {**rescued, "lift_made_safe": True},
            Outcome.SELF_FREED: rescued,
        }
        what = {**usual.get(outcome, {}), **what}
        closing = service.Closing(outcome=outcome, **what)
        happening = Happening(now=self.now, actor="account-dispatcher")
        async with self.connection.transaction():
            await service.close(self.connection, incident_id, closing, happening)

    async def incident(self, incident_id: int) -> DictRow:
        return await self._row(
            "SELECT * FROM incident WHERE incident_id = %(incident_id)s", incident_id=incident_id
        )

    async def orders(self, incident_id: int) -> list[tuple[str, str]]:
        """Whom we asked, in order, and what became of it."""
        rows = await self._rows(
            "SELECT crew_id, state FROM rescue_order WHERE incident_id = %(incident_id)s"
            " ORDER BY order_id",
            incident_id=incident_id,
        )
        return [(row["crew_id"], row["state"]) for row in rows]

    async def last_order(self, incident_id: int) -> DictRow:
        """The order that went out last."""
        return await self._row(
            "SELECT * FROM rescue_order WHERE incident_id = %(incident_id)s"
            " ORDER BY order_id DESC LIMIT 1",
            incident_id=incident_id,
        )

    async def due_at(self, incident_id: int, kind: str) -> datetime | None:
        """When the next thing of this kind is due for an incident; None: never."""
        row = await self._row(
            "SELECT min(due_at) AS due_at FROM deadline WHERE incident_id = %(incident_id)s"
            " AND kind = %(kind)s AND fired_at IS NULL AND cancelled_at IS NULL",
            incident_id=incident_id, kind=kind,
        )  # fmt: skip
        due_at: datetime | None = row["due_at"]
        return due_at

    async def messages(self, incident_id: int) -> list[tuple[str, str]]:
        """Who was told what about an incident: recipient and subject of every message."""
        rows = await self._rows(
            "SELECT recipient, subject FROM outbox WHERE incident_id = %(incident_id)s"
            " ORDER BY message_id",
            incident_id=incident_id,
        )
        return [(row["recipient"], row["subject"]) for row in rows]

    async def told(self, incident_id: int) -> list[tuple[str, str]]:
        """The story so far: event and reason of every line."""
        rows = await self._rows(
            "SELECT event, reason FROM incident_log WHERE incident_id = %(incident_id)s"
            " ORDER BY log_id",
            incident_id=incident_id,
        )
        return [(row["event"], row["reason"]) for row in rows]

    async def open_deadlines(self, incident_id: int) -> list[str]:
        """What is still due for an incident."""
        rows = await self._rows(
            "SELECT kind FROM deadline WHERE incident_id = %(incident_id)s"
            " AND fired_at IS NULL AND cancelled_at IS NULL ORDER BY due_at, deadline_id",
            incident_id=incident_id,
        )
        return [row["kind"] for row in rows]

    async def deadlines(self, incident_id: int, kind: str) -> list[DictRow]:
        """The deadlines of one kind that fired, in order: when, and what came of it."""
        return await self._rows(
            "SELECT fired_at, result AS reason FROM deadline WHERE incident_id = %(incident_id)s"
            " AND kind = %(kind)s AND fired_at IS NOT NULL ORDER BY fired_at, deadline_id",
            incident_id=incident_id,
            kind=kind,
        )

    async def ledger(self, incident_id: int) -> list[str]:
        """The kinds of the ledger's entries about an incident, in order."""
        rows = await self._rows(
            "SELECT kind FROM ledger_entry WHERE incident_id = %(incident_id)s ORDER BY entry_id",
            incident_id=incident_id,
        )
        return [row["kind"] for row in rows]

    async def handling(self, detection_id: int) -> str | None:
        """What was decided about a detection; None: nothing yet."""
        row = await self._row(
            "SELECT handling FROM detection WHERE detection_id = %(detection_id)s",
            detection_id=detection_id,
        )
        handling: str | None = row["handling"]
        return handling

    async def incidents_count(self) -> int:
        return int((await self._row("SELECT count(*) AS count FROM incident"))["count"])

    async def _rows(self, query: str, **values: Any) -> list[DictRow]:
        cursor = await self.connection.execute(query.encode(), values)
        return await cursor.fetchall()

    async def _row(self, query: str, **values: Any) -> DictRow:
        rows = await self._rows(query, **values)
        assert len(rows) == 1
        return rows[0]


@asynccontextmanager
async def rescue_story(
    dsn: str, clock: VirtualClock, *, lift_ids: tuple[str, ...] = (), audited: bool = True
) -> AsyncIterator[RescueStory]:
    """Load the town into a fresh database and begin; at the end the oracle must not complain.

    `audited` is false where a test damages the record, has fewer crews than rescues, or plays by
    the real clock.
    """
    connection = await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)
    async with connection:
        async with connection.transaction():
            await fleet.load_town(connection, town(*lift_ids), now=clock())
        yield RescueStory(connection, clock)
        if audited:
            handled = await run_cycle(connection, clock(), modules=rescue_modules(load()))
            assert -1 not in handled.values(), handled
            found = await complaints(connection, clock())
            assert found == [], "\n".join(found)
