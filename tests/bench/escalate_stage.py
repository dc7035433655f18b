"""What the escalation benchmark stands on: a durable database, a town with 2,000 crews, the engine.

fsync and synchronous_commit are on and the database keeps the time of every commit, so that both
waits are read from the server's own clock: nothing the benchmark's processes do is in them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.types.json import Jsonb

from liftward_platform.migrations.runner import migrate
from liftward_platform.rescue.policy import load
from support.directories import open_folder
from support.durable_postgres import DurablePostgres, durable_postgres
from support.processes import LiftwardProcess, LiftwardProcesses, liftward_processes

CREWS_COUNT = 2_000
# Odd, so that each of them has crews: every fourth crew is of a station.
MAINTAINERS_COUNT = 41
# Every rescue that is only waiting for a confirmation holds so many of the open deadlines.
DEADLINES_PER_INCIDENT = 20
LIFTS_COUNT = 20_000
_ENGINE_READY_WITHIN_S = 60.0

_PARTIES: LiteralString = """
INSERT INTO party (party_id, kind, name) VALUES
    ('maker-01', 'maker', 'Bench Maker 1'), ('use-unit-01', 'use_unit', 'Bench Use Unit 1'),
    ('public-rescue', 'public_rescue', 'Bench Public Rescue');
INSERT INTO party (party_id, kind, name)
SELECT 'maintainer-' || n, 'maintainer'::party_kind, 'Bench Maintainer ' || n
  FROM generate_series(1, {maintainers}) AS n
 UNION ALL
SELECT 'station-' || n, 'rescue_station'::party_kind, 'Bench Station ' || n
  FROM generate_series(1, 50) AS n;
"""
# A city of a quarter of a degree; positions are those of a few minutes ago, for nine in ten.
_CREWS: LiteralString = """
SELECT setseed(0.5);
INSERT INTO crew (crew_id, party_id, name, base_latitude_deg, base_longitude_deg, latitude_deg,
                  longitude_deg, position_at)
SELECT 'crew-' || n,
       CASE WHEN n % 20 = 0 THEN 'public-rescue'
            WHEN n % 4 = 0 THEN 'station-' || (1 + n % 50)
            ELSE 'maintainer-' || (1 + n % {maintainers}) END,
       'Bench Crew ' || n, 31 + random() / 4, 121 + random() / 4, 31 + random() / 4,
       121 + random() / 4, now() - (n % 10) * interval '4 minutes'
  FROM generate_series(1, {crews}) AS n;
"""
_LIFTS: LiteralString = """
INSERT INTO lift (lift_id, rescue_code, building, address, district, site_type, latitude_deg,
                  longitude_deg, floors_count, rated_speed_mps, rated_load_kg, maker_id, model,
                  installed_on, use_unit_id, registered_at)
SELECT 'LIFT-' || n, 'R-' || n, 'Bench Tower', 'Bench Road ' || n, 'Bench District', 'residential',
       31 + random() / 4, 121 + random() / 4, 20, 1.75, 1000, 'maker-01', 'Bench 1', '2020-01-01',
       'use-unit-01', '2024-01-01'
  FROM generate_series(1, {lifts}) AS n;
INSERT INTO maintenance_contract (lift_key, maintainer_id, valid_from)
SELECT lift_key, 'maintainer-' || (1 + lift_key % {maintainers}), '2024-01-01' FROM lift;
CREATE TABLE bench_mark (detection_id bigint PRIMARY KEY);
"""
_OLD_INCIDENTS = """
INSERT INTO incident (lift_key, kind, state, source, level, onset_at, detected_at, opened_at,
                      response_level, freed_at, policy)
SELECT 1 + n %% %(lifts)s, 'entrapment', 'freed', 'detection', 'confirmed', now(), now(), now(), 1,
       now(), %(policy)s
  FROM generate_series(1, %(incidents)s) AS n
"""
# Their evidence was pinned long ago: only that of the incidents of the run is still to be.
_EVIDENCE_SETTLED = """
INSERT INTO evidence_watch (incident_id, settled_at) SELECT incident_id, now() FROM incident
"""
# Spread evenly over all incidents, and from `after_s` on over time.
_OPEN_DEADLINES = """
INSERT INTO deadline (incident_id, kind, due_at)
SELECT 1 + (n::bigint * 7919) %% %(incidents)s, 'confirm_release',
       now() + (%(after_s)s + n / %(fired_per_s)s::float8) * interval '1 second'
  FROM generate_series(1, %(deadlines)s) AS n
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A migrated database with its town, and the processes started on it."""

    postgres: DurablePostgres
    processes: LiftwardProcesses
    folder: Path

    @property
    def dsn(self) -> str:
        return self.postgres.dsn

    def start_engine(self) -> LiftwardProcess:
        """Start an engine and wait until it works."""
        environ = {
            "LIFTWARD_DATABASE_URL": self.dsn,
            "LIFTWARD_LEDGER_KEY_FILE": str(self.folder / "ledger.key"),
            "LIFTWARD_LOG_LEVEL": "WARNING",
        }
        engine = self.processes.start("engine", environ=environ)
        engine.wait_ready(within_s=_ENGINE_READY_WITHIN_S)
        return engine

    def fill(self, *, deadlines: int) -> None:
        """Add so many open deadlines, due from an hour on: none during a measurement."""
        incidents = max(1, deadlines // DEADLINES_PER_INCIDENT)
        values = {
            "lifts": LIFTS_COUNT, "incidents": incidents, "policy": Jsonb(load().document())
        }  # fmt: skip
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(_OLD_INCIDENTS, values)
            connection.execute(_EVIDENCE_SETTLED)
            connection.execute(_OPEN_DEADLINES, _spread(deadlines, incidents, 20.0, 3600.0))
            connection.execute("VACUUM (ANALYZE) deadline, incident, crew, lift")
            connection.execute("CHECKPOINT")

    def fall_due(self, deadlines: int, *, per_s: float) -> None:
        """Add so many that come due one after the other from now on."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM incident").fetchone()
            assert row is not None
            connection.execute(_OPEN_DEADLINES, _spread(deadlines, row[0], per_s, 0.0))


def _spread(deadlines: int, incidents: int, per_s: float, after_s: float) -> dict[str, Any]:
    return {
        "deadlines": deadlines, "incidents": incidents, "fired_per_s": per_s, "after_s": after_s
    }  # fmt: skip


@contextmanager
def stage() -> Iterator[Stage]:
    """Yield a stage with lifts and crews, and nobody trapped."""
    with (
        open_folder() as folder,
        durable_postgres(folder) as postgres,
        liftward_processes() as processes,
    ):
        migrate(postgres.dsn)
        with psycopg.connect(postgres.dsn, autocommit=True) as connection:
            for text in (_PARTIES, _CREWS, _LIFTS):
                connection.execute(
                    text.format(
                        maintainers=MAINTAINERS_COUNT, crews=CREWS_COUNT, lifts=LIFTS_COUNT
                    ).encode()
                )
        yield Stage(postgres, processes, folder)
