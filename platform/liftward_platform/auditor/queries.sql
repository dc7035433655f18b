-- audit_detections --
-- The beginnings and raises of entrapments since a moment, with the decision and the incident of each.
SELECT detection_id, lift_id, level, onset_at, recorded_at, handling, incident_id
  FROM detection
  JOIN lift USING (lift_key)
  LEFT JOIN incident_detection USING (detection_id)
 WHERE kind = 'entrapment' AND transition IN ('began', 'raised') AND recorded_at >= %(since)s

-- audit_incidents --
-- The incidents opened since a moment, with how many orders each had; and whether a report waits for
-- somebody to believe it, so that nobody is owed an order.
SELECT incident_id, lift_id, state, onset_at, opened_at, closed_at, outcome, persons_count,
       held_at IS NOT NULL AND response_level = 0 AS is_held,
       (SELECT count(*) FROM rescue_order WHERE rescue_order.incident_id = incident.incident_id)
           AS orders_count
  FROM incident
  JOIN lift USING (lift_key)
 WHERE opened_at >= %(since)s

-- audit_orders --
-- Their orders, and which of them are live.
SELECT order_id, incident_id, crew_id,
       rescue_order.state IN ('sent', 'accepted', 'under_way', 'arrived') AS is_live
  FROM rescue_order
  JOIN incident USING (incident_id)
 WHERE opened_at >= %(since)s

-- audit_deadlines --
-- Their deadlines that have neither fired nor been cancelled.
SELECT deadline_id, incident_id, deadline.kind, due_at, fired_at, cancelled_at
  FROM deadline
  JOIN incident USING (incident_id)
 WHERE opened_at >= %(since)s AND fired_at IS NULL AND cancelled_at IS NULL

-- audit_steps --
-- How often each kind of event stands in the story of each of them.
SELECT incident_id, event, count(*) AS count
  FROM incident_log
  JOIN incident USING (incident_id)
 WHERE opened_at >= %(since)s
 GROUP BY incident_id, event

-- audit_repeats --
-- Steps of one order that the ledger has twice and that happen once: sent, answered alike, withdrawn,
-- departed, arrived, freed. Parts, doubted reports, missed signs of life and corrections may repeat.
SELECT incident_id, order_id, kind, answer, count(*) AS count
  FROM (SELECT ledger_entry.incident_id, ledger_entry.kind,
               (body::jsonb ->> 'order_id')::bigint AS order_id, body::jsonb ->> 'answer' AS answer
          FROM ledger_entry
          JOIN incident USING (incident_id)
         WHERE opened_at >= %(since)s
           AND ledger_entry.kind IN ('order_sent', 'order_answered', 'order_withdrawn', 'departed',
                                     'arrived', 'freed')) AS step
 WHERE order_id IS NOT NULL
 GROUP BY incident_id, order_id, kind, answer
HAVING count(*) > 1

-- audit_entries --
-- How often the ledger records each kind of thing about each of them.
SELECT ledger_entry.incident_id, ledger_entry.kind, count(*) AS count
  FROM ledger_entry
  JOIN incident USING (incident_id)
 WHERE opened_at >= %(since)s
 GROUP BY ledger_entry.incident_id, ledger_entry.kind
