-- lifts --
-- Lifts whose id, code, building or address contains the text, in order of id; of one use unit, or all.
SELECT lift.*, maker.name AS maker_name, use_unit.name AS use_unit_name,
       maintainer.party_id AS maintainer_id, maintainer.name AS maintainer_name
  FROM lift
  JOIN party AS maker ON maker.party_id = lift.maker_id
  JOIN party AS use_unit ON use_unit.party_id = lift.use_unit_id
  LEFT JOIN maintenance_contract AS contract
    ON contract.lift_key = lift.lift_key AND contract.valid_from <= %(now)s
   AND (contract.valid_until IS NULL OR contract.valid_until > %(now)s)
  LEFT JOIN party AS maintainer ON maintainer.party_id = contract.maintainer_id
 WHERE lift.lift_id > %(after)s
   AND (%(use_unit_id)s::text IS NULL OR lift.use_unit_id = %(use_unit_id)s)
   AND (%(query)s = '' OR position(lower(%(query)s) IN lower(
        lift.lift_id || ' ' || lift.rescue_code || ' ' || lift.building || ' ' || lift.address)) > 0)
 ORDER BY lift.lift_id LIMIT %(limit)s

-- lift_by_id --
-- One lift by its public id.
SELECT lift.*, maker.name AS maker_name, use_unit.name AS use_unit_name,
       maintainer.party_id AS maintainer_id, maintainer.name AS maintainer_name
  FROM lift
  JOIN party AS maker ON maker.party_id = lift.maker_id
  JOIN party AS use_unit ON use_unit.party_id = lift.use_unit_id
  LEFT JOIN maintenance_contract AS contract
    ON contract.lift_key = lift.lift_key AND contract.valid_from <= %(now)s
   AND (contract.valid_until IS NULL OR contract.valid_until > %(now)s)
  LEFT JOIN party AS maintainer ON maintainer.party_id = contract.maintainer_id
 WHERE lift.lift_id = %(lift_id)s

-- lift_id_of_key --
-- The public id behind a narrow key.
SELECT lift_id FROM lift WHERE lift_key = %(lift_key)s

-- known_lifts --
-- Which lifts and rescue codes there are, for checking a document.
SELECT lift_id, rescue_code FROM lift

-- lock_loading --
-- One document at a time: two loads of the same lifts would wait for each other half-way.
SELECT pg_advisory_xact_lock(%(lock)s)

-- upsert_lifts --
-- Load lifts; one that is there is brought up to date and keeps the day it was registered.
INSERT INTO lift (lift_id, rescue_code, registration_code, building, address, district, site_type,
                  latitude_deg, longitude_deg, floors_count, rated_speed_mps, rated_load_kg, maker_id,
                  model, installed_on, use_unit_id, skills_needed, registered_at)
SELECT lift_id, rescue_code, registration_code, building, address, district, site_type, latitude_deg,
       longitude_deg, floors_count, rated_speed_mps, rated_load_kg, maker_id, model, installed_on,
       use_unit_id, skills_needed, %(now)s
  FROM jsonb_to_recordset(%(rows)s) AS given (lift_id text, rescue_code text, registration_code text,
       building text, address text, district text, site_type text, latitude_deg double precision,
       longitude_deg double precision, floors_count integer, rated_speed_mps real, rated_load_kg real,
       maker_id text, model text, installed_on date, use_unit_id text, skills_needed text[])
ON CONFLICT (lift_id) DO UPDATE
   SET rescue_code = excluded.rescue_code, registration_code = excluded.registration_code,
       building = excluded.building, address = excluded.address, district = excluded.district,
       site_type = excluded.site_type, latitude_deg = excluded.latitude_deg,
       longitude_deg = excluded.longitude_deg, floors_count = excluded.floors_count,
       rated_speed_mps = excluded.rated_speed_mps, rated_load_kg = excluded.rated_load_kg,
       maker_id = excluded.maker_id, model = excluded.model, installed_on = excluded.installed_on,
       use_unit_id = excluded.use_unit_id, skills_needed = excluded.skills_needed
RETURNING lift_key, lift_id, (xmax = 0) AS is_new

-- open_contracts --
-- Who answers for these lifts from when on, as far as the contract is open.
SELECT lift_key, maintainer_id, valid_from FROM maintenance_contract
 WHERE lift_key = ANY (%(lift_keys)s) AND valid_until IS NULL

-- end_contract --
-- The old maintainer answers until the new one does.
UPDATE maintenance_contract SET valid_until = %(valid_until)s
 WHERE lift_key = %(lift_key)s AND valid_until IS NULL

-- begin_contract --
-- From then on this maintainer answers.
INSERT INTO maintenance_contract (lift_key, maintainer_id, valid_from)
VALUES (%(lift_key)s, %(maintainer_id)s, %(valid_from)s)

-- upsert_devices --
-- Enrol devices; one that is there keeps its day, may change its kind, and changes its profile only
-- where one is given.
INSERT INTO device (device_id, kind, shard, enrolled_at, profile)
SELECT given.device_id, given.kind, given.shard, %(now)s,
       coalesce(given.profile, known.profile, 'liftward-v1')
  FROM jsonb_to_recordset(%(rows)s)
       AS given (device_id text, kind text, shard smallint, profile text)
  LEFT JOIN device AS known USING (device_id)
ON CONFLICT (device_id) DO UPDATE SET kind = excluded.kind, profile = excluded.profile

-- link_devices --
-- Which lifts a device speaks for.
INSERT INTO device_lift (device_id, lift_key)
SELECT given.device_id, lift.lift_key
  FROM jsonb_to_recordset(%(rows)s) AS given (device_id text, lift_id text)
  JOIN lift USING (lift_id)
ON CONFLICT DO NOTHING

-- unlink_devices --
-- A lift the document no longer names for a device is no longer the device's.
DELETE FROM device_lift USING lift
 WHERE device_lift.lift_key = lift.lift_key AND device_lift.device_id = ANY (%(device_ids)s::text[])
   AND NOT EXISTS (
       SELECT FROM jsonb_to_recordset(%(rows)s) AS given (device_id text, lift_id text)
        WHERE given.device_id = device_lift.device_id AND given.lift_id = lift.lift_id)
