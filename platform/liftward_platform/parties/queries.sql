-- current_maintainer --
-- Who answers for a lift at a moment.
SELECT party.party_id, party.kind::text AS kind, party.name
  FROM maintenance_contract AS contract JOIN party ON party.party_id = contract.maintainer_id
 WHERE contract.lift_key = %(lift_key)s AND contract.valid_from <= %(now)s
   AND (contract.valid_until IS NULL OR contract.valid_until > %(now)s)

-- crews --
-- Crews by id; everybody who can be sent anywhere.
SELECT crew.*, party.kind::text AS party_kind, party.name AS party_name
  FROM crew JOIN party USING (party_id)
 WHERE crew.crew_id > %(after)s
 ORDER BY crew.crew_id LIMIT %(limit)s

-- crew_by_id --
-- One crew.
SELECT crew.*, party.kind::text AS party_kind, party.name AS party_name
  FROM crew JOIN party USING (party_id)
 WHERE crew.crew_id = %(crew_id)s

-- set_position --
-- A newer fix replaces an older one; one that comes late changes nothing. No doubted fix is left.
UPDATE crew SET latitude_deg = %(latitude_deg)s, longitude_deg = %(longitude_deg)s,
                position_at = %(observed_at)s, position_accuracy_m = %(accuracy_m)s,
                doubted_latitude_deg = NULL, doubted_longitude_deg = NULL, doubted_accuracy_m = NULL,
                doubted_position_at = NULL
 WHERE crew_id = %(crew_id)s AND (position_at IS NULL OR position_at < %(observed_at)s)

-- set_doubted_position --
-- A fix that is not believed is kept beside the one that is, until the next one. The first of those
-- that agree with each other stays: they are borne out by time.
UPDATE crew SET doubted_latitude_deg = %(latitude_deg)s, doubted_longitude_deg = %(longitude_deg)s,
                doubted_accuracy_m = %(accuracy_m)s, doubted_position_at = %(observed_at)s
 WHERE crew_id = %(crew_id)s

-- positions --
-- The last fix of a crew that was believed, and the last that was not.
SELECT latitude_deg, longitude_deg, position_at, position_accuracy_m, doubted_latitude_deg,
       doubted_longitude_deg, doubted_accuracy_m, doubted_position_at
  FROM crew WHERE crew_id = %(crew_id)s

-- lock_positions --
-- The same, before one of them is replaced. Whoever changes incidents too locks those first; an order
-- of this crew, which refers to the row, does not wait.
SELECT latitude_deg, longitude_deg, position_at, position_accuracy_m, doubted_latitude_deg,
       doubted_longitude_deg, doubted_accuracy_m, doubted_position_at
  FROM crew WHERE crew_id = %(crew_id)s FOR NO KEY UPDATE

-- erase_position --
-- The crew does not share its position any more.
UPDATE crew SET latitude_deg = NULL, longitude_deg = NULL, position_at = NULL, position_accuracy_m = NULL,
                doubted_latitude_deg = NULL, doubted_longitude_deg = NULL, doubted_accuracy_m = NULL,
                doubted_position_at = NULL
 WHERE crew_id = %(crew_id)s

-- erase_old_positions --
-- Housekeeping: positions that serve no running order, and are old.
UPDATE crew SET latitude_deg = NULL, longitude_deg = NULL, position_at = NULL, position_accuracy_m = NULL,
                doubted_latitude_deg = NULL, doubted_longitude_deg = NULL, doubted_accuracy_m = NULL,
                doubted_position_at = NULL
 WHERE crew_id IN (
       SELECT crew_id FROM crew
        WHERE greatest(position_at, doubted_position_at) < %(before)s
          AND NOT EXISTS (SELECT FROM rescue_order
                           WHERE rescue_order.crew_id = crew.crew_id
                             AND (state IN ('accepted', 'under_way', 'arrived')
                                  OR ended_at > %(before)s))
        LIMIT %(limit)s)

-- upsert_parties --
-- Load parties; one that is there is brought up to date.
INSERT INTO party (party_id, kind, name, phone)
SELECT party_id, kind::party_kind, name, phone
  FROM jsonb_to_recordset(%(rows)s) AS given (party_id text, kind text, name text, phone text)
ON CONFLICT (party_id) DO UPDATE
   SET kind = excluded.kind, name = excluded.name, phone = excluded.phone

-- upsert_crews --
-- Load crews; where one is, and whether it is on duty, is not the document's to say.
INSERT INTO crew (crew_id, party_id, name, phone, base_latitude_deg, base_longitude_deg, members_count,
                  skills, shift_from_minute, shift_until_minute)
SELECT crew_id, party_id, name, phone, base_latitude_deg, base_longitude_deg, members_count,
       skills, shift_from_minute, shift_until_minute
  FROM jsonb_to_recordset(%(rows)s) AS given (crew_id text, party_id text, name text, phone text,
       base_latitude_deg double precision, base_longitude_deg double precision, members_count smallint,
       skills text[], shift_from_minute smallint, shift_until_minute smallint)
ON CONFLICT (crew_id) DO UPDATE
   SET party_id = excluded.party_id, name = excluded.name, phone = excluded.phone,
       base_latitude_deg = excluded.base_latitude_deg, base_longitude_deg = excluded.base_longitude_deg,
       members_count = excluded.members_count, skills = excluded.skills,
       shift_from_minute = excluded.shift_from_minute, shift_until_minute = excluded.shift_until_minute

-- party_kinds --
-- Which parties there are, for checking references.
SELECT party_id, kind::text AS kind FROM party
