-- lifts_by_code --
-- Lifts with one of these codes or ids: exact ones and those one slip away.
SELECT lift.lift_id, rescue_code, registration_code, building, address, district,
       incident.incident_id AS open_incident_id
  FROM lift LEFT JOIN incident
    ON incident.lift_key = lift.lift_key AND incident.state NOT IN ('freed', 'confirmed', 'closed')
 WHERE (lift.rescue_code = ANY (%(codes)s) OR lift.lift_id = ANY (%(codes)s)
        OR lift.registration_code = ANY (%(exact)s))
   AND (lift.withdrawn_at IS NULL OR lift.withdrawn_at > %(now)s)
   AND (%(use_unit_id)s::text IS NULL OR lift.use_unit_id = %(use_unit_id)s)
 ORDER BY lift.rescue_code = ANY (%(exact)s) DESC, incident.incident_id IS NULL, lift.lift_id
 LIMIT %(limit)s

-- lifts_by_words --
-- Lifts whose building, address, district or id holds every word; those with people inside first.
SELECT lift.lift_id, rescue_code, registration_code, building, address, district,
       incident.incident_id AS open_incident_id
  FROM lift LEFT JOIN incident
    ON incident.lift_key = lift.lift_key AND incident.state NOT IN ('freed', 'confirmed', 'closed')
 WHERE lift.search_text LIKE ALL (%(patterns)s::text[])
   AND (lift.withdrawn_at IS NULL OR lift.withdrawn_at > %(now)s)
   AND (%(use_unit_id)s::text IS NULL OR lift.use_unit_id = %(use_unit_id)s)
 ORDER BY incident.incident_id IS NULL, position(%(first)s IN lift.search_text), lift.lift_id
 LIMIT %(limit)s

-- lift_of_code --
-- The lift whose sign carries this code.
SELECT lift_id FROM lift
 WHERE rescue_code = ANY (%(codes)s) AND (withdrawn_at IS NULL OR withdrawn_at > %(now)s)
 ORDER BY lift_id LIMIT 1

-- insert_report --
-- What somebody told, beside the incident it went to.
INSERT INTO incident_report (incident_id, source, matched_by, reported_at, received_at, actor, opened,
                             caller_kind, persons_count, injured, medical_need, authority, reference,
                             caller_phone)
VALUES (%(incident_id)s, %(source)s, %(matched_by)s, %(reported_at)s, %(received_at)s, %(actor)s,
        %(opened)s, %(caller_kind)s, %(persons_count)s, %(injured)s, %(medical_need)s, %(authority)s,
        %(reference)s, %(caller_phone)s)
RETURNING report_id

-- reports --
-- What was told about an incident, in order, without numbers.
SELECT report_id, source, matched_by, reported_at, received_at, actor, opened, caller_kind,
       persons_count, injured, medical_need, authority, reference,
       caller_phone IS NOT NULL AS has_phone, erased_at
  FROM incident_report WHERE incident_id = %(incident_id)s
 ORDER BY report_id LIMIT %(limit)s

-- phones --
-- The numbers to call back, while the incident is open.
SELECT report_id, caller_kind, caller_phone
  FROM incident_report WHERE incident_id = %(incident_id)s AND caller_phone IS NOT NULL
 ORDER BY report_id LIMIT %(limit)s

-- erase_phones --
-- Forget the numbers of an incident.
UPDATE incident_report SET caller_phone = NULL, erased_at = %(now)s
 WHERE incident_id = %(incident_id)s AND caller_phone IS NOT NULL

-- record_attempt --
-- Count an attempt at the public page before it is looked at.
INSERT INTO public_report_attempt (limited_by, key_hash, at) VALUES (%(limited_by)s, %(key_hash)s, %(now)s)

-- lock_attempts --
-- One attempt under this address or code at a time: many at once must not pass the limit together.
SELECT pg_advisory_xact_lock(%(space)s::int, hashtext(encode(%(key_hash)s::bytea, 'hex')))

-- attempts --
-- How often this address or code was used since a moment, and when first.
SELECT count(*) AS count, min(at) AS first_at FROM public_report_attempt
 WHERE limited_by = %(limited_by)s AND key_hash = %(key_hash)s AND at > %(since)s

-- forget_attempts --
-- Attempts that no longer count.
DELETE FROM public_report_attempt
 WHERE ctid IN (SELECT ctid FROM public_report_attempt WHERE at < %(before)s LIMIT %(limit)s)

-- own_incidents --
-- The incidents of a use unit's lifts that are not closed, and its last closed ones.
SELECT incident_id FROM incident JOIN lift USING (lift_key)
 WHERE lift.use_unit_id = %(party_id)s
 ORDER BY incident.state = 'closed', opened_at DESC LIMIT %(limit)s
