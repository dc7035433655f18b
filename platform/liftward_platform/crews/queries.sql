-- insert_report --
-- Keep what a crew said and what is doubted about it.
INSERT INTO crew_report (incident_id, order_id, action, content, claimed_at, received_at, actor, doubts,
                         distance_m, held)
VALUES (%(incident_id)s, %(order_id)s, %(action)s, %(content)s, %(claimed_at)s, %(now)s, %(actor)s,
        %(doubts)s, %(distance_m)s, %(held)s)
RETURNING report_id

-- held_reports --
-- What an order's crew said that still waits for confirmation, in order.
SELECT * FROM crew_report
 WHERE order_id = %(order_id)s AND held AND decision IS NULL ORDER BY report_id

-- report_by_id --
-- One report of a crew.
SELECT * FROM crew_report WHERE report_id = %(report_id)s

-- decide_report --
-- A held report counts, or does not: once.
UPDATE crew_report SET decision = %(decision)s, decided_at = %(now)s, decided_by = %(actor)s
 WHERE report_id = %(report_id)s AND held AND decision IS NULL

-- reports_of_incident --
-- Every doubted report of an incident, with its crew.
SELECT crew_report.*, crew.crew_id, crew.name AS crew_name
  FROM crew_report JOIN rescue_order USING (order_id) JOIN crew USING (crew_id)
 WHERE crew_report.incident_id = %(incident_id)s ORDER BY report_id LIMIT %(limit)s

-- crew_waiting_orders --
-- Orders of a crew with an arrival that waits for confirmation: a fix at the lift confirms it.
SELECT DISTINCT rescue_order.order_id, rescue_order.incident_id
  FROM rescue_order JOIN crew_report USING (order_id)
 WHERE rescue_order.crew_id = %(crew_id)s AND rescue_order.state IN ('accepted', 'under_way')
   AND crew_report.held AND crew_report.decision IS NULL AND crew_report.action = 'arrive'
 ORDER BY rescue_order.order_id

-- incidents_of_orders --
-- The incidents of those of these orders that are this crew's.
SELECT DISTINCT incident_id FROM rescue_order
 WHERE order_id = ANY (%(order_ids)s::bigint[]) AND crew_id = %(crew_id)s

-- insert_part --
-- A part that went into the lift.
INSERT INTO part_used (lift_key, incident_id, order_id, part_name, part_number, batch, parts_count,
                       occurred_at, recorded_at, actor)
VALUES (%(lift_key)s, %(incident_id)s, %(order_id)s, %(part_name)s, %(part_number)s, %(batch)s,
        %(parts_count)s, %(at)s, %(now)s, %(actor)s)
RETURNING part_used_id

-- parts_of_incident --
-- What was built in during a rescue.
SELECT * FROM part_used WHERE incident_id = %(incident_id)s ORDER BY part_used_id LIMIT %(limit)s

-- insert_photo --
-- A photo, cleaned of its metadata.
INSERT INTO crew_photo (incident_id, order_id, media_type, size_bytes, sha256, content, occurred_at,
                        recorded_at, actor)
VALUES (%(incident_id)s, %(order_id)s, %(media_type)s, %(size_bytes)s, %(sha256)s, %(content)s, %(at)s,
        %(now)s, %(actor)s)
RETURNING photo_id

-- photos_count --
-- How many photos an order has, erased ones too.
SELECT count(*) AS count FROM crew_photo WHERE order_id = %(order_id)s

-- photo_facts --
-- Whose photo it is, and whether it is still there.
SELECT photo_id, crew_photo.incident_id, crew_photo.order_id, crew_id, media_type, size_bytes, sha256,
       erased_at
  FROM crew_photo JOIN rescue_order USING (order_id) WHERE photo_id = %(photo_id)s

-- photo_content --
-- The picture.
SELECT media_type, content FROM crew_photo WHERE photo_id = %(photo_id)s

-- erase_photo --
-- Take the picture away; that there was one, and its hash, stays.
UPDATE crew_photo SET content = NULL, erased_at = %(now)s
 WHERE photo_id = %(photo_id)s AND erased_at IS NULL

-- photos_of_incident --
-- What was photographed during a rescue, without the pictures.
SELECT photo_id, order_id, media_type, size_bytes, sha256, occurred_at, recorded_at, actor, erased_at
  FROM crew_photo WHERE incident_id = %(incident_id)s ORDER BY photo_id LIMIT %(limit)s

-- order_extras --
-- What a crew's page shows of its orders beyond the order itself.
SELECT rescue_order.order_id, rescue_order.alone, rescue_order.last_sign_at,
       incident.persons_count, incident.cause_code, incident.release_method,
       (SELECT min(due_at) FROM deadline
         WHERE deadline.order_id = rescue_order.order_id AND kind = 'check_in'
           AND fired_at IS NULL AND cancelled_at IS NULL) AS check_in_due_at,
       (SELECT count(*) FROM deadline
         WHERE deadline.order_id = rescue_order.order_id AND kind = 'check_in'
           AND fired_at > rescue_order.last_sign_at) AS check_ins_missed_count,
       (SELECT min(due_at) FROM deadline
         WHERE deadline.order_id = rescue_order.order_id AND kind = 'accept'
           AND fired_at IS NULL AND cancelled_at IS NULL) AS accept_due_at,
       (SELECT min(due_at) FROM deadline
         WHERE deadline.incident_id = rescue_order.incident_id AND kind = 'arrive') AS arrive_due_at,
       incident.lift_made_safe_at, incident.cause_reported_at,
       (SELECT count(*) FROM crew_photo
         WHERE crew_photo.order_id = rescue_order.order_id) AS photos_count,
       (SELECT coalesce(sum(parts_count), 0) FROM part_used
         WHERE part_used.order_id = rescue_order.order_id) AS parts_count
  FROM rescue_order JOIN incident USING (incident_id)
 WHERE order_id = ANY (%(order_ids)s)
