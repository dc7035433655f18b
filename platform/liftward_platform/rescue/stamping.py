"""Stamps an incident that opens with its region's policy: a later edit changes nothing for it."""

from dataclasses import replace
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import Incident
from liftward_platform.incidents.service import Happening
from liftward_platform.rescue import store
from liftward_platform.rescue.policy_book import EVERYWHERE, PolicyBook, effective

Connection = AsyncConnection[DictRow]


async def stamp(
    connection: Connection, incident: Incident, book: PolicyBook, now: datetime
) -> Incident:
    """Give a new incident the policy that holds for it now, with the rules that made it.

    Said in its story when it is not the plain one.
    """
    lift = await store.lift_wants(connection, incident.lift_key)
    regional = book.for_lift(lift.district, lift.place)
    region = regional.region.name
    open_count = await store.running_in_region(connection, region, incident.incident_id)
    policy, applied = effective(regional, now, open_count=open_count)
    stamped = replace(
        incident, policy=policy.document(), policy_applied=applied.document(), region=region
    )
    await store.stamp(connection, stamped)
    if region != EVERYWHERE or applied.hours is not None or applied.surge is not None:
        reason = "surge" if applied.surge else "hours" if applied.hours else "region"
        await incidents.note(
            connection, stamped, Happening(now=now, actor=ENGINE_ACTOR_ID),
            event="policy_stamped", reason=reason, detail=applied.document(),
        )  # fmt: skip
    return stamped
