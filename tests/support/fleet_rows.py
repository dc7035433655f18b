"""Lifts and devices for tests, written as plain rows: a gateway test needs no platform service."""

from collections.abc import Sequence

import psycopg

from liftward_wire.topics import shard_of

_PARTIES = """
INSERT INTO party (party_id, kind, name)
VALUES ('maker-01', 'maker', 'Demo Maker 1'), ('use-unit-01', 'use_unit', 'Sample Estate 01')
    ON CONFLICT DO NOTHING"""
_LIFT = """
INSERT INTO lift (lift_id, rescue_code, building, address, district, site_type, latitude_deg,
                  longitude_deg, floors_count, rated_speed_mps, rated_load_kg, maker_id, model,
                  installed_on, use_unit_id, registered_at)
VALUES (%(lift_id)s, %(lift_id)s, 'Sample Tower 03', '1 Sample Road', 'Sample District',
        'residential', 31.2, 121.4, 20, 1.75, 1000, 'maker-01', 'Model S', '2015-05-01',
        'use-unit-01', '2024-01-01T00:00:00Z')
    ON CONFLICT (lift_id) DO NOTHING"""
_DEVICE = """
INSERT INTO device (device_id, kind, shard, enrolled_at)
VALUES (%(device_id)s, %(kind)s, %(shard)s, '2024-01-01T00:00:00Z')"""
_SERVES = """
INSERT INTO device_lift (device_id, lift_key)
SELECT %(device_id)s, lift_key FROM lift WHERE lift_id = ANY (%(lift_ids)s)"""


def register_lifts(dsn: str, lift_ids: Sequence[str]) -> dict[str, int]:
    """Register lifts, each with a gateway of its own, and return their keys by id."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(_PARTIES)
        cursor.executemany(_LIFT, [{"lift_id": lift_id} for lift_id in lift_ids])
        cursor.executemany(
            _DEVICE,
            [
                {"device_id": lift_id, "kind": "lift", "shard": shard_of(lift_id)}
                for lift_id in lift_ids
            ],
        )
        cursor.executemany(
            _SERVES, [{"device_id": lift_id, "lift_ids": [lift_id]} for lift_id in lift_ids]
        )
        cursor.execute("SELECT lift_id, lift_key FROM lift WHERE lift_id = ANY (%s)", [[*lift_ids]])
        return dict(cursor.fetchall())


def register_edge(dsn: str, edge_id: str, lift_ids: Sequence[str]) -> dict[str, int]:
    """Register lifts that one building edge serves and return their keys by id."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(_PARTIES)
        cursor.executemany(_LIFT, [{"lift_id": lift_id} for lift_id in lift_ids])
        device = {"device_id": edge_id, "kind": "edge", "shard": shard_of(edge_id)}
        cursor.execute(_DEVICE, device)
        cursor.execute(_SERVES, {"device_id": edge_id, "lift_ids": [*lift_ids]})
        cursor.execute("SELECT lift_id, lift_key FROM lift WHERE lift_id = ANY (%s)", [[*lift_ids]])
        return dict(cursor.fetchall())
