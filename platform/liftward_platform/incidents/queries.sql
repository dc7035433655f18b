-- insert_incident --
-- Open an incident; nothing comes back when the lift already has one with people inside.
INSERT INTO incident (lift_key, kind, state, source, level, onset_at, detected_at, opened_at, held_at,
                      policy)
VALUES (%(lift_key)s, %(kind)s, 'open', %(source)s, %(level)s, %(onset_at)s, %(detected_at)s, %(now)s,
        %(held_at)s, %(policy)s)
ON CONFLICT (lift_key, kind) WHERE state NOT IN ('freed', 'confirmed', 'closed') DO NOTHING
RETURNING *

-- lock_incident --
-- Take the incident for a change: every change of it, its orders and deadlines begins here. NO KEY: rows
-- that only refer to it, messages of several incidents on their way, do not wait.
SELECT * FROM incident WHERE incident_id = %(incident_id)s FOR NO KEY UPDATE

-- lock_open_incident --
-- Take the lift's incident with people inside, if it has one.
SELECT * FROM incident
 WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND state NOT IN ('freed', 'confirmed', 'closed')
   FOR NO KEY UPDATE

-- update_incident --
-- Write back what a change may touch.
UPDATE incident
   SET state = %(state)s, level = %(level)s, response_level = %(response_level)s,
       onset_at = %(onset_at)s, held_at = %(held_at)s, injured = %(injured)s,
       medical_need = %(medical_need)s, passenger_told_at = %(passenger_told_at)s,
       confirmed_at = %(confirmed_at)s, confirmed_by = %(confirmed_by)s,
       confirmed_how = %(confirmed_how)s, lift_made_safe_at = %(lift_made_safe_at)s,
       lift_made_safe_by = %(lift_made_safe_by)s, cause_reported_at = %(cause_reported_at)s,
       cause_reported_by = %(cause_reported_by)s, incomplete_reason = %(incomplete_reason)s,
       duplicate_of = %(duplicate_of)s,
       release_seen_at = %(release_seen_at)s, withdrawn_at = %(withdrawn_at)s,
       arrived_at = %(arrived_at)s, freed_at = %(freed_at)s, persons_count = %(persons_count)s,
       closed_at = %(closed_at)s, outcome = %(outcome)s, cause_code = %(cause_code)s,
       release_method = %(release_method)s
 WHERE incident_id = %(incident_id)s

-- set_note --
-- The dispatcher's words at closing: kept here, never in the ledger.
UPDATE incident SET note = %(note)s WHERE incident_id = %(incident_id)s

-- hand_on_caller_phones --
-- A duplicate's people are still inside: who can be called back is so under the incident that stands,
-- while it is open.
INSERT INTO incident_report (incident_id, source, matched_by, reported_at, received_at, actor, opened,
                             caller_kind, persons_count, injured, medical_need, authority, reference,
                             caller_phone)
SELECT original.incident_id, report.source, report.matched_by, report.reported_at, report.received_at,
       report.actor, false, report.caller_kind, report.persons_count, report.injured,
       report.medical_need, report.authority, report.reference, report.caller_phone
  FROM incident_report AS report
  JOIN incident AS duplicate ON duplicate.incident_id = report.incident_id
  JOIN incident AS original ON original.incident_id = duplicate.duplicate_of
 WHERE report.incident_id = %(incident_id)s AND report.caller_phone IS NOT NULL
   AND original.state <> 'closed'
 ORDER BY report.report_id

-- erase_caller_phones --
-- Nobody has to be called back any more: the numbers go when the incident is closed.
UPDATE incident_report SET caller_phone = NULL, erased_at = %(now)s
 WHERE incident_id = %(incident_id)s AND caller_phone IS NOT NULL

-- take_alarms --
-- Alarm signs of lifts whose incident is not closed, since shortly before it began, each once.
WITH found AS (
    SELECT event.event_id, incident.incident_id, event.kind, event.observed_at
      FROM incident
      JOIN lift_event AS event ON event.lift_key = incident.lift_key
       AND event.observed_at >= incident.onset_at - %(before_onset)s::interval
       AND event.kind IN ('alarm_pressed', 'alarm_released', 'alarm_filtered', 'alarm_ended')
     WHERE incident.state <> 'closed'
       AND NOT EXISTS (SELECT FROM incident_alarm AS known WHERE known.event_id = event.event_id)
     ORDER BY event.event_id, incident.incident_id DESC
     LIMIT %(limit)s
), taken AS (
    INSERT INTO incident_alarm (event_id, incident_id)
    SELECT DISTINCT ON (event_id) event_id, incident_id FROM found
     ORDER BY event_id, incident_id DESC
    ON CONFLICT DO NOTHING
    RETURNING event_id, incident_id
)
SELECT taken.incident_id, found.kind, found.observed_at AS at
  FROM taken JOIN found USING (event_id, incident_id)
 ORDER BY taken.incident_id, taken.event_id

-- take_answers --
-- Commands asked for an incident that have ended or were answered, each told once.
WITH found AS (
    SELECT command_id FROM device_command
     WHERE incident_id IS NOT NULL AND told_at IS NULL AND ended_at IS NOT NULL
     ORDER BY ended_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), told AS (
    UPDATE device_command AS command SET told_at = %(now)s
      FROM found WHERE command.command_id = found.command_id
    RETURNING command.*
)
SELECT command_id, incident_id, kind, state, reply_reason,
       least(ended_at, %(now)s) AS at
  FROM told ORDER BY incident_id, ended_at

-- insert_log --
-- One line of the story.
INSERT INTO incident_log (incident_id, at, actor, event, from_state, to_state, reason, detail)
VALUES (%(incident_id)s, %(at)s, %(actor)s, %(event)s, %(from_state)s, %(to_state)s, %(reason)s, %(detail)s)

-- announce_incident --
-- Wake the engine and the boards when this transaction commits.
SELECT pg_notify('incident', %(payload)s)

-- link_detection --
-- Say which incident a detection went to.
INSERT INTO incident_detection (incident_id, detection_id) VALUES (%(incident_id)s, %(detection_id)s)

-- claim_detection --
-- Lock the first detection that waits for a decision; other engines skip it.
SELECT detection_id, lift_key, kind, transition, level, onset_at, detected_at, received_at, reason
  FROM detection
 WHERE handled_at IS NULL AND next_look_at <= %(now)s AND detection_id <> ALL (%(tried)s)
 ORDER BY next_look_at, detection_id
 LIMIT 1
   FOR UPDATE SKIP LOCKED

-- lift_context --
-- What is known about a detection's lift and episode, for the decision.
SELECT (SELECT incident_id FROM incident
         WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND state NOT IN ('freed', 'confirmed', 'closed')
       ) AS open_incident_id,
       (SELECT incident_id FROM incident
         WHERE lift_key = %(lift_key)s AND kind = %(kind)s
           AND onset_at - CASE source WHEN 'detection' THEN interval '0' ELSE %(told_late)s END
               <= %(onset_at)s
           AND freed_at >= %(onset_at)s
         ORDER BY opened_at DESC LIMIT 1) AS freed_incident_id,
       (SELECT link.incident_id FROM detection JOIN incident_detection AS link USING (detection_id)
         WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND onset_at = %(onset_at)s
           AND transition IN ('began', 'raised')
         ORDER BY link.incident_id DESC LIMIT 1) AS episode_incident_id,
       (SELECT max(closed_at) FROM incident
         WHERE lift_key = %(lift_key)s AND kind = %(kind)s) AS last_closed_at,
       (SELECT max(began.onset_at) FROM detection AS began
         WHERE began.lift_key = %(lift_key)s AND began.kind = %(kind)s
           AND began.transition <> 'ended'
           AND NOT EXISTS (SELECT FROM detection AS ended
                            WHERE ended.lift_key = began.lift_key AND ended.kind = began.kind
                              AND ended.onset_at = began.onset_at
                              AND ended.transition = 'ended')) AS unended_onset_at,
       EXISTS (SELECT FROM detection
                WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND onset_at = %(onset_at)s
                  AND transition = 'ended') AS episode_ended,
       EXISTS (SELECT FROM detection
                WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND onset_at = %(onset_at)s
                  AND transition = 'began' AND handled_at IS NULL
                  AND (handling IS NULL OR handling = %(deferred)s)) AS episode_undecided

-- mark_handled --
-- Record the decision about a detection.
UPDATE detection SET handled_at = %(now)s, handling = %(handling)s WHERE detection_id = %(detection_id)s

-- look_again --
-- Put the decision about a detection off; why it waits, if that is to be shown, stands beside it.
UPDATE detection SET next_look_at = %(next_look_at)s, handling = coalesce(%(handling)s, handling)
 WHERE detection_id = %(detection_id)s

-- lock_suspicion --
-- Take the beginning of an episode that waits as a suspicion: its raise decides about both.
SELECT detection_id FROM detection
 WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND onset_at = %(onset_at)s
   AND transition = 'began' AND handled_at IS NULL AND handling = %(deferred)s
   FOR UPDATE

-- wake_suspicion --
-- The episode is over: its beginning need not wait any longer for its decision.
UPDATE detection SET next_look_at = '-infinity'
 WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND onset_at = %(onset_at)s
   AND transition = 'began' AND handled_at IS NULL AND handling = %(deferred)s

-- end_warning --
-- A warning is over: the board need not look at it any more.
UPDATE detection SET handling = 'warning_over'
 WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND onset_at = %(onset_at)s
   AND transition = 'began' AND handled_at IS NOT NULL

-- look_again_after_closing --
-- An incident was closed while the detector still saw its episodes: look at those again later. Each
-- keeps its decision, and gets `next_look_at` from how often its incidents were closed.
UPDATE detection AS began SET handled_at = NULL, next_look_at = %(next_look_at)s
  FROM incident_detection AS link
 WHERE link.incident_id = %(incident_id)s AND link.detection_id = began.detection_id
   AND began.kind = 'entrapment'
   AND (began.transition = 'began' OR began.transition = 'raised' AND NOT EXISTS (
        SELECT FROM detection AS first WHERE first.lift_key = began.lift_key
           AND first.kind = began.kind AND first.onset_at = began.onset_at
           AND first.transition = 'began'))
   AND NOT EXISTS (SELECT FROM detection AS ended
                    WHERE ended.lift_key = began.lift_key AND ended.kind = began.kind
                      AND ended.onset_at = began.onset_at AND ended.transition = 'ended')

-- closings_count --
-- How often incidents of this incident's episodes were closed, this one included.
SELECT count(DISTINCT other.incident_id) AS count
  FROM incident_detection AS link
  JOIN incident_detection AS other USING (detection_id)
 WHERE link.incident_id = %(incident_id)s

-- next_look --
-- When the next detection that was put off is due.
SELECT min(next_look_at) AS due_at FROM detection
 WHERE handled_at IS NULL AND next_look_at > '-infinity'

-- ids_open --
-- Every incident that is not closed, the longest trapped first.
SELECT incident_id FROM incident WHERE state <> 'closed'
 ORDER BY onset_at, incident_id LIMIT %(limit)s

-- ids_closed --
-- The last closed incidents, newest first.
SELECT incident_id FROM incident WHERE state = 'closed'
 ORDER BY opened_at DESC, incident_id DESC LIMIT %(limit)s

-- ids_all --
-- The last incidents of any state, newest first.
SELECT incident_id FROM incident ORDER BY opened_at DESC, incident_id DESC LIMIT %(limit)s

-- board_rows --
-- Incidents with their lift and the maintainer who answered for it when they opened.
SELECT incident.*, lift.lift_id, lift.building, lift.address, lift.district, lift.rescue_code,
       lift.latitude_deg, lift.longitude_deg, lift.floors_count,
       party.party_id AS maintainer_id, party.name AS maintainer_name,
       ARRAY (SELECT DISTINCT report.source FROM incident_report AS report
               WHERE report.incident_id = incident.incident_id ORDER BY 1) AS reported_by
  FROM incident
  JOIN lift USING (lift_key)
  LEFT JOIN maintenance_contract AS contract
    ON contract.lift_key = lift.lift_key AND contract.valid_from <= incident.opened_at
   AND (contract.valid_until IS NULL OR contract.valid_until > incident.opened_at)
  LEFT JOIN party ON party.party_id = contract.maintainer_id
 WHERE incident.incident_id = ANY (%(incident_ids)s)

-- duplicates --
-- Which incidents were closed as duplicates of this one.
SELECT incident_id FROM incident WHERE duplicate_of = %(incident_id)s ORDER BY incident_id

-- story_log --
-- What happened, in order.
SELECT log_id, at, recorded_at, actor, event, from_state, to_state, reason, detail
  FROM incident_log WHERE incident_id = %(incident_id)s
 ORDER BY log_id LIMIT %(limit)s

-- story_detections --
-- The detections that belong to an incident: those that led to it, and their ends.
SELECT detection_id, kind, transition, level, onset_at, detected_at, received_at, recorded_at, reason,
       evidence, detector_version, thresholds_hash, handled_at, handling,
       extract(epoch FROM detected_at - onset_at)::float8 AS lasted_s
  FROM incident_detection JOIN detection USING (detection_id)
 WHERE incident_id = %(incident_id)s
 ORDER BY detection_id LIMIT %(limit)s

-- detection_told --
-- One row of the detector with its lift, and how long its episode had lasted.
SELECT detection_id, lift_key, lift_id, kind, transition, level, onset_at, detected_at, reason,
       evidence, detector_version, thresholds_hash, handled_at, handling,
       extract(epoch FROM detected_at - onset_at)::float8 AS lasted_s
  FROM detection JOIN lift USING (lift_key)
 WHERE detection_id = %(detection_id)s

-- detection_incidents --
-- The incidents a detection's episode went to, the last one first.
SELECT DISTINCT incident_id
  FROM detection JOIN incident_detection USING (detection_id)
 WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND onset_at = %(onset_at)s
 ORDER BY incident_id DESC LIMIT %(limit)s

-- episode --
-- The rows of an episode until a moment, in order of time.
SELECT transition, level, detected_at, evidence
  FROM detection
 WHERE lift_key = %(lift_key)s AND kind = %(kind)s AND onset_at = %(onset_at)s
   AND detected_at <= %(until)s
 ORDER BY detected_at, detection_id LIMIT %(limit)s

-- warnings --
-- What a lift's detector sees now besides entrapment: the last episode of each kind, if it is open.
SELECT * FROM (
    SELECT DISTINCT ON (kind) detection_id, kind, transition, level, reason, evidence, onset_at,
           detected_at, extract(epoch FROM %(now)s - onset_at)::float8 AS lasted_s
      FROM detection
     WHERE lift_key = %(lift_key)s AND kind <> 'entrapment' AND transition = 'began'
     ORDER BY kind, onset_at DESC) AS last
 WHERE NOT EXISTS (SELECT FROM detection AS ended
                    WHERE ended.lift_key = %(lift_key)s AND ended.kind = last.kind
                      AND ended.onset_at = last.onset_at AND ended.transition = 'ended')
 ORDER BY onset_at DESC

-- notices --
-- What the board shows besides incidents: suspicions that wait, and lifts left unwatched too long.
SELECT detection_id, kind, transition, level, reason, evidence, onset_at, detected_at,
       extract(epoch FROM %(now)s - onset_at)::float8 AS lasted_s,
       lift_id, building, address, district, rescue_code, latitude_deg, longitude_deg, floors_count
  FROM (SELECT detection_id FROM detection WHERE handled_at IS NULL AND handling = %(deferred)s
         UNION ALL
        SELECT detection_id FROM detection
         WHERE transition = 'began' AND kind = 'suppression_expired'
           AND handling IS DISTINCT FROM 'warning_over') AS shown
  JOIN detection AS began USING (detection_id) JOIN lift USING (lift_key)
 WHERE withdrawn_at IS NULL
   AND NOT EXISTS (SELECT FROM detection AS ended
                    WHERE ended.lift_key = began.lift_key AND ended.kind = began.kind
                      AND ended.onset_at = began.onset_at AND ended.transition = 'ended')
 ORDER BY kind, onset_at LIMIT %(limit)s
