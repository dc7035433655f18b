"""Whether the other parts are at work, from their heartbeats. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# Modules run at least every second; ten silent seconds are no hiccup.
HEARTBEAT_AGE_S_MAX = 10.0
GATEWAY_PREFIX = "gateway:"  # rows 'gateway:00-7f': one per range of shards
SHARDS_COUNT = 256


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"


class DatabaseStatus(StrEnum):
    OK = "ok"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What `/api/health` and the board say. An age of None: never heard of."""

    status: Status
    version: str
    now: datetime
    database: DatabaseStatus
    engine_age_s: float | None
    gateway_age_s: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "status": self.status,
            "version": self.version,
            "now": self.now.isoformat().replace("+00:00", "Z"),
            "database": self.database,
            "engine_age_s": self.engine_age_s,
            "gateway_age_s": self.gateway_age_s,
        }


def judge(heartbeats: Mapping[str, datetime] | None, *, version: str, now: datetime) -> Health:
    """Return the health that heartbeats show; None: the database could not be asked."""
    ages = {
        module: max(0.0, (now - at).total_seconds()) for module, at in (heartbeats or {}).items()
    }
    engine = [age for module, age in ages.items() if not module.startswith(GATEWAY_PREFIX)]
    engine_age_s = max(engine, default=None)
    gateway_age_s = _gateway_age_s(ages)
    fresh = all(
        age is not None and age <= HEARTBEAT_AGE_S_MAX for age in (engine_age_s, gateway_age_s)
    )
    return Health(
        status=Status.OK if fresh else Status.DEGRADED,
        version=version,
        now=now,
        database=DatabaseStatus.UNAVAILABLE if heartbeats is None else DatabaseStatus.OK,
        engine_age_s=None if engine_age_s is None else round(engine_age_s, 3),
        gateway_age_s=None if gateway_age_s is None else round(gateway_age_s, 3),
    )


def _gateway_age_s(ages: Mapping[str, float]) -> float | None:
    """Return the age of the shard served least recently; None when a shard is served by nobody.

    Counting shards, not rows, lets rows of an earlier division fade without raising an alarm.
    """
    shard_ages: list[float | None] = [None] * SHARDS_COUNT
    for module, age_s in ages.items():
        if not module.startswith(GATEWAY_PREFIX):
            continue
        first, _, last = module.removeprefix(GATEWAY_PREFIX).partition("-")
        for shard in range(int(first, 16), int(last or first, 16) + 1):
            known = shard_ages[shard]
            shard_ages[shard] = age_s if known is None else min(known, age_s)
    served = [age for age in shard_ages if age is not None]
    return max(served) if len(served) == SHARDS_COUNT else None
