-- candidates --
-- Crews that may be sent to a lift: those of its maintainer, of rescue stations and public rescue;
-- per standing the free and able ones first, then the nearest by a flat-earth guess, which is good
-- enough to leave the far ones out.
WITH place AS (
    SELECT lift.latitude_deg, lift.longitude_deg, cos(radians(lift.latitude_deg)) AS narrowing,
           lift.skills_needed
      FROM lift WHERE lift_key = %(lift_key)s
), contract AS (
    SELECT maintainer_id FROM maintenance_contract
     WHERE lift_key = %(lift_key)s AND valid_from <= %(now)s
       AND (valid_until IS NULL OR valid_until > %(now)s)
), standing AS (
    SELECT crew.*,
           CASE WHEN crew.party_id IN (SELECT maintainer_id FROM contract)
                THEN 'contracted_maintainer' ELSE party.kind::text END AS standing
      FROM crew JOIN party USING (party_id)
     WHERE party.kind IN ('rescue_station', 'public_rescue')
        OR crew.party_id IN (SELECT maintainer_id FROM contract)
), elsewhere AS (
    SELECT crew_id, count(*) AS load_count FROM rescue_order
     WHERE incident_id <> %(incident_id)s AND state IN ('sent', 'accepted', 'under_way', 'arrived')
     GROUP BY crew_id
), working AS (
    SELECT standing.*, shift_from_minute IS NULL
               OR mod(%(minute)s - shift_from_minute + 1440, 1440)
                  < mod(shift_until_minute - shift_from_minute + 1439, 1440) + 1 AS in_shift
      FROM standing
), near AS (
    SELECT standing.*, coalesce(elsewhere.load_count, 0) AS load_count,
           row_number() OVER (PARTITION BY standing ORDER BY
               (elsewhere.crew_id IS NULL AND standing.on_duty AND standing.in_shift
                AND standing.skills @> place.skills_needed) DESC,
               (coalesce(standing.latitude_deg, base_latitude_deg) - place.latitude_deg) ^ 2
               + ((coalesce(standing.longitude_deg, base_longitude_deg) - place.longitude_deg)
                  * place.narrowing) ^ 2) AS place_number
      FROM working AS standing CROSS JOIN place LEFT JOIN elsewhere USING (crew_id)
)
SELECT near.crew_id, near.standing, near.on_duty, near.base_latitude_deg, near.base_longitude_deg,
       near.latitude_deg, near.longitude_deg, near.position_at, near.load_count, near.in_shift,
       near.skills,
       asked.count AS asked_count, asked.live AS asked_live, asked.refused AS asked_refused
  FROM near
  CROSS JOIN LATERAL (
       SELECT count(*) AS count,
              coalesce(bool_or(state IN ('sent', 'accepted', 'under_way', 'arrived')), false) AS live,
              coalesce(bool_or(state = 'refused'), false) AS refused
         FROM rescue_order
        WHERE incident_id = %(incident_id)s AND crew_id = near.crew_id) AS asked
 WHERE near.place_number <= %(limit)s

-- lift_wants --
-- Where the lift is, and what it asks of a crew.
SELECT latitude_deg, longitude_deg, district, skills_needed FROM lift WHERE lift_key = %(lift_key)s

-- running_in_region --
-- How much is going on: other incidents of the region with people inside. What an anonymous report
-- says and nobody believes yet is none: a prankster could set off a surge.
SELECT count(*) AS count FROM incident
 WHERE region = %(region)s AND state IN ('open', 'ordered', 'accepted', 'under_way', 'arrived')
   AND (held_at IS NULL OR response_level > 0)
   AND incident_id <> %(incident_id)s

-- stamp --
-- The policy that an incident opened with, and why it is that one.
UPDATE incident SET region = %(region)s, policy = %(policy)s, policy_applied = %(policy_applied)s
 WHERE incident_id = %(incident_id)s

-- keep_prediction --
-- How likely it is that nobody is there in time, and what was done about it.
UPDATE incident
   SET late_probability = %(late_probability)s, late_predicted_at = %(now)s, prediction_armed = %(armed)s,
       prediction_acted_at = CASE WHEN %(acted)s THEN %(now)s::timestamptz ELSE prediction_acted_at END
 WHERE incident_id = %(incident_id)s

-- keep_alarm_level --
-- How loudly the dispatchers were told; it never falls.
UPDATE incident SET alarm_level = greatest(alarm_level, %(alarm_level)s::smallint)
 WHERE incident_id = %(incident_id)s

-- pull_forward --
-- Have a deadline of this kind fire at once.
UPDATE deadline SET due_at = %(now)s
 WHERE incident_id = %(incident_id)s AND kind = %(kind)s AND due_at > %(now)s
   AND fired_at IS NULL AND cancelled_at IS NULL

-- trips --
-- Past drives: local hour of the departure, how long it took, and the estimate with its speed.
SELECT extract(hour FROM under_way_at AT TIME ZONE 'UTC'
               + (policy -> 'travel' ->> 'utc_offset_min')::integer * interval '1 minute')::integer AS hour,
       extract(epoch FROM rescue_order.arrived_at - under_way_at)::float8 AS duration_s,
       travel_time_s::float8 AS travel_time_s,
       (policy -> 'travel' -> 'speed_kmh' ->> extract(
           hour FROM sent_at AT TIME ZONE 'UTC'
           + (policy -> 'travel' ->> 'utc_offset_min')::integer * interval '1 minute')::integer)::float8 AS speed_kmh
  FROM rescue_order JOIN incident USING (incident_id)
 WHERE under_way_at IS NOT NULL AND rescue_order.arrived_at > under_way_at
   AND sent_at > now() - %(days)s * interval '1 day' AND policy ? 'travel'
   AND NOT EXISTS (SELECT FROM rescue_candidate AS chosen
                    WHERE chosen.incident_id = rescue_order.incident_id
                      AND chosen.crew_id = rescue_order.crew_id
                      AND chosen.detail ->> 'travel_source' = 'routing')
 ORDER BY sent_at DESC LIMIT %(limit)s

-- crew_fixes --
-- Where crews were a moment ago.
SELECT crew_id, latitude_deg, longitude_deg, position_at FROM crew
 WHERE crew_id = ANY (%(crew_ids)s) AND position_at >= %(since)s

-- mark_seen --
-- A crew's device has asked for its orders. One that is changing at this moment is not waited for: no
-- incident is locked here. The next look has it, if it is still to be answered.
UPDATE rescue_order SET seen_at = %(now)s
 WHERE order_id IN (SELECT order_id FROM rescue_order
                     WHERE crew_id = %(crew_id)s AND seen_at IS NULL AND state = 'sent'
                       FOR NO KEY UPDATE SKIP LOCKED)

-- reserve_crew --
-- Keep other engines from ordering this crew until this transaction ends; false: one does already.
SELECT pg_try_advisory_xact_lock(%(space)s, hashtext(%(crew_id)s)) AS reserved

-- crew_is_busy --
-- Look again once the crew is reserved: another engine may have committed an order in between.
SELECT EXISTS (SELECT FROM rescue_order
                WHERE crew_id = %(crew_id)s AND incident_id <> %(incident_id)s
                  AND state IN ('sent', 'accepted', 'under_way', 'arrived')) AS busy

-- insert_candidates --
-- Keep a ranking; a second one at the same moment is put a microsecond later.
INSERT INTO rescue_candidate (incident_id, ranked_at, rank, crew_id, response_level, travel_time_s,
                              eligible, reason, detail)
SELECT %(incident_id)s, moment.ranked_at, ranked.*
  FROM (SELECT greatest(%(now)s, max(ranked_at) + interval '1 microsecond') AS ranked_at
          FROM rescue_candidate WHERE incident_id = %(incident_id)s) AS moment
 CROSS JOIN unnest(%(ranks)s::smallint[], %(crew_ids)s::text[], %(levels)s::smallint[],
                   %(travel_times_s)s::real[], %(eligible)s::boolean[], %(reasons)s::text[],
                   %(details)s::jsonb[]) AS ranked

-- insert_order --
-- Order a crew.
INSERT INTO rescue_order (incident_id, crew_id, response_level, state, sent_at, travel_time_s, reason)
VALUES (%(incident_id)s, %(crew_id)s, %(response_level)s, 'sent', %(now)s, %(travel_time_s)s, %(reason)s)
RETURNING *

-- update_order --
-- Write back what an event may touch.
UPDATE rescue_order
   SET state = %(state)s, answered_at = %(answered_at)s, refusal_reason = %(refusal_reason)s,
       under_way_at = %(under_way_at)s, arrived_at = %(arrived_at)s, ended_at = %(ended_at)s
 WHERE order_id = %(order_id)s

-- mark_not_delivered --
-- Nobody at the crew could be told: shown apart from a crew that is silent.
UPDATE rescue_order SET not_delivered = true WHERE order_id = %(order_id)s

-- incident_of_order --
-- Which incident to lock before the order is looked at.
SELECT incident_id FROM rescue_order WHERE order_id = %(order_id)s

-- orders_of_incident --
-- All orders of an incident whose lock is held.
SELECT * FROM rescue_order WHERE incident_id = %(incident_id)s ORDER BY order_id

-- insert_deadline --
-- Something is due then.
INSERT INTO deadline (incident_id, order_id, kind, due_at)
VALUES (%(incident_id)s, %(order_id)s, %(kind)s, %(due_at)s)

-- insert_deadlines --
-- Several things are due, each at its time.
INSERT INTO deadline (incident_id, order_id, kind, due_at)
SELECT %(incident_id)s, %(order_id)s, one.kind, one.due_at
  FROM unnest(%(kinds)s::text[], %(due_ats)s::timestamptz[]) AS one (kind, due_at)

-- cancel_deadlines --
-- These kinds are no longer due for an incident, or for one order of it.
UPDATE deadline SET cancelled_at = %(now)s, result = %(result)s
 WHERE incident_id = %(incident_id)s AND kind = ANY (%(kinds)s::text[])
   AND (%(order_id)s::bigint IS NULL OR order_id = %(order_id)s)
   AND fired_at IS NULL AND cancelled_at IS NULL

-- begin_lone_work --
-- The crew of this order is one person.
UPDATE rescue_order SET alone = true, last_sign_at = %(now)s WHERE order_id = %(order_id)s

-- note_sign_of_life --
-- A technician who is alone was heard.
UPDATE rescue_order SET last_sign_at = %(now)s WHERE order_id = %(order_id)s AND alone

-- missed_check_ins --
-- How many signs of life are missing in a row.
SELECT count(*) AS count FROM deadline JOIN rescue_order USING (order_id)
 WHERE deadline.order_id = %(order_id)s AND deadline.kind = 'check_in'
   AND deadline.fired_at > rescue_order.last_sign_at

-- has_deadline --
-- Tell whether a deadline of this kind is still to come.
SELECT EXISTS (SELECT FROM deadline WHERE incident_id = %(incident_id)s AND kind = %(kind)s
                  AND fired_at IS NULL AND cancelled_at IS NULL) AS there

-- claim_deadline --
-- Lock the first deadline due, with its incident; other engines skip both.
SELECT deadline.deadline_id, deadline.incident_id, deadline.order_id, deadline.kind, deadline.due_at
  FROM deadline JOIN incident USING (incident_id)
 WHERE deadline.fired_at IS NULL AND deadline.cancelled_at IS NULL AND deadline.due_at <= %(now)s
   AND deadline.deadline_id <> ALL (%(tried)s)
 ORDER BY deadline.due_at, deadline.deadline_id
 LIMIT 1
   FOR NO KEY UPDATE OF deadline, incident SKIP LOCKED

-- fire_deadline --
-- It fired, once, and this is what came of it.
UPDATE deadline SET fired_at = %(now)s, result = %(result)s WHERE deadline_id = %(deadline_id)s

-- next_deadline --
-- When the next deadline is due.
SELECT min(due_at) AS due_at FROM deadline WHERE fired_at IS NULL AND cancelled_at IS NULL

-- claim_unattended --
-- Lock an incident nobody is asked for and nothing is due for: a new one, or one left alone.
SELECT incident.incident_id FROM incident
 WHERE incident.state IN ('open', 'ordered') AND incident.incident_id <> ALL (%(tried)s)
   AND (incident.held_at IS NULL OR incident.response_level > 0)
   AND NOT EXISTS (SELECT FROM deadline
                    WHERE deadline.incident_id = incident.incident_id
                      AND kind IN ('accept', 'order') AND fired_at IS NULL AND cancelled_at IS NULL)
 ORDER BY incident.onset_at, incident.incident_id
 LIMIT 1
   FOR NO KEY UPDATE SKIP LOCKED

-- open_deadlines --
-- What is still due for these incidents, soonest first; looks of the engine are no limit of anybody.
-- The limit to arrive is shown as it was set: asking again does not make it later, it is overdue until
-- somebody is there. So is a sign of life.
SELECT deadline_id, incident_id, order_id, kind,
       CASE kind
           WHEN 'arrive' THEN (SELECT min(first.due_at) FROM deadline AS first
                                WHERE first.incident_id = deadline.incident_id
                                  AND first.kind = 'arrive')
           WHEN 'check_in' THEN (SELECT min(first.due_at)
                                   FROM deadline AS first JOIN rescue_order USING (order_id)
                                  WHERE first.order_id = deadline.order_id
                                    AND first.kind = 'check_in' AND first.cancelled_at IS NULL
                                    AND first.due_at > rescue_order.last_sign_at)
           ELSE due_at
       END AS due_at
  FROM deadline
 WHERE incident_id = ANY (%(incident_ids)s) AND fired_at IS NULL AND cancelled_at IS NULL
   AND kind NOT IN ('predict', 'order_seen')
 ORDER BY due_at, deadline_id

-- story_deadlines --
-- All deadlines of an incident, also those that fired or were cancelled.
SELECT deadline_id, incident_id, order_id, kind, due_at, fired_at, cancelled_at, result FROM deadline
 WHERE incident_id = %(incident_id)s ORDER BY deadline_id LIMIT %(limit)s

-- story_candidates --
-- Every ranking of an incident.
SELECT ranked_at, rank, crew_id, crew.name AS crew_name, response_level, travel_time_s, eligible, reason,
       detail
  FROM rescue_candidate JOIN crew USING (crew_id)
 WHERE incident_id = %(incident_id)s ORDER BY ranked_at, rank LIMIT %(limit)s

-- orders_shown --
-- Orders of these incidents with their crews, oldest first; live ones only when asked so.
SELECT rescue_order.*, crew.name AS crew_name, crew.phone AS crew_phone
  FROM rescue_order JOIN crew USING (crew_id)
 WHERE incident_id = ANY (%(incident_ids)s)
   AND (NOT %(live_only)s OR rescue_order.state IN ('sent', 'accepted', 'under_way', 'arrived'))
 ORDER BY order_id

-- order_shown --
-- One order with its crew.
SELECT rescue_order.*, crew.name AS crew_name, crew.phone AS crew_phone
  FROM rescue_order JOIN crew USING (crew_id)
 WHERE order_id = %(order_id)s

-- live_orders --
-- All live orders with crew and lift, for a dispatcher.
SELECT rescue_order.*, crew.name AS crew_name, crew.phone AS crew_phone, incident.state AS incident_state,
       lift.lift_id, lift.building, lift.address, lift.district, lift.rescue_code,
       lift.latitude_deg, lift.longitude_deg, lift.floors_count
  FROM rescue_order
  JOIN crew USING (crew_id) JOIN incident USING (incident_id) JOIN lift USING (lift_key)
 WHERE rescue_order.state IN ('sent', 'accepted', 'under_way', 'arrived')
 ORDER BY order_id LIMIT %(limit)s

-- crew_orders --
-- A crew's live orders and its last few others, newest first.
SELECT rescue_order.*, crew.name AS crew_name, crew.phone AS crew_phone, incident.state AS incident_state,
       lift.lift_id, lift.building, lift.address, lift.district, lift.rescue_code,
       lift.latitude_deg, lift.longitude_deg, lift.floors_count
  FROM rescue_order
  JOIN crew USING (crew_id) JOIN incident USING (incident_id) JOIN lift USING (lift_key)
 WHERE order_id IN (
       SELECT order_id FROM rescue_order
        WHERE crew_id = %(crew_id)s AND state IN ('sent', 'accepted', 'under_way', 'arrived')
       UNION ALL
       (SELECT order_id FROM rescue_order
         WHERE crew_id = %(crew_id)s AND state NOT IN ('sent', 'accepted', 'under_way', 'arrived')
         ORDER BY sent_at DESC LIMIT %(limit)s))
 ORDER BY order_id DESC

-- crew_has_order --
-- Tell whether a crew was ever asked for an incident: it may then see its story.
SELECT EXISTS (SELECT FROM rescue_order
                WHERE incident_id = %(incident_id)s AND crew_id = %(crew_id)s) AS there

-- is_of_use_unit --
-- Tell whether an incident is about a lift that this use unit runs.
SELECT EXISTS (SELECT FROM incident JOIN lift USING (lift_key)
                WHERE incident_id = %(incident_id)s AND use_unit_id = %(party_id)s) AS there

-- fired_count --
-- How often reminders of this kind have said this for an incident.
SELECT count(*) AS count FROM deadline
 WHERE incident_id = %(incident_id)s AND kind = %(kind)s AND result = %(result)s
