-- watch_new --
-- Incidents whose window nobody watches yet. Numbers are given before they are committed: a little
-- way back is looked at again.
INSERT INTO evidence_watch (incident_id, next_look_at)
SELECT incident_id, opened_at FROM incident
 WHERE incident_id > (SELECT coalesce(max(incident_id), 0) FROM evidence_watch) - %(look_back)s
   AND NOT EXISTS (SELECT FROM evidence_watch WHERE evidence_watch.incident_id = incident.incident_id)
 ORDER BY incident_id
 LIMIT %(limit)s
ON CONFLICT DO NOTHING

-- claim --
-- Lock the window that waits longest for a look; other engines skip it.
SELECT incident_id, lift_key, lift_id, onset_at, closed_at, kept_from
  FROM evidence_watch JOIN incident USING (incident_id) JOIN lift USING (lift_key)
 CROSS JOIN history_progress
 WHERE settled_at IS NULL AND next_look_at <= %(now)s AND incident_id <> ALL (%(tried)s)
 ORDER BY next_look_at, incident_id
 LIMIT 1
   FOR UPDATE OF evidence_watch SKIP LOCKED

-- look_again --
-- When to look at this window again.
UPDATE evidence_watch SET next_look_at = %(next_look_at)s WHERE incident_id = %(incident_id)s

-- settle --
-- Nothing can come any more.
UPDATE evidence_watch SET next_look_at = NULL, settled_at = %(now)s WHERE incident_id = %(incident_id)s

-- count_window --
-- How much there is in a window.
SELECT (SELECT count(*) FROM sample
         WHERE lift_key = %(lift_key)s AND observed_at >= %(start)s AND observed_at <= %(end)s
       ) AS samples_count,
       (SELECT count(*) FROM lift_event
         WHERE lift_key = %(lift_key)s AND observed_at >= %(start)s AND observed_at <= %(end)s
       ) AS events_count

-- samples --
-- A window's samples with everything that is kept about them, in order.
SELECT observed_at, received_at, boot_id, sequence, service_mode, position_m, floor, speed_mps,
       direction, car_door, landing_door, door_zone, levelling_error_mm, load_kg, occupancy,
       alarm_button, power_source, safety_chain, brake, car_calls_count, door_open_presses_count,
       motor_current_a, motor_temperature_degc, machine_room_temperature_degc, vibration_mps2,
       trips_count, door_cycles_count, run_time_h
  FROM sample
 WHERE lift_key = %(lift_key)s AND observed_at >= %(start)s AND observed_at <= %(end)s
 ORDER BY observed_at, boot_id, sequence
 LIMIT %(limit)s

-- events --
-- A window's events, in order.
SELECT observed_at, received_at, boot_id, sequence, kind, code, vocabulary, service_mode
  FROM lift_event
 WHERE lift_key = %(lift_key)s AND observed_at >= %(start)s AND observed_at <= %(end)s
 ORDER BY observed_at, boot_id, sequence, event_id
 LIMIT %(limit)s

-- latest --
-- The last version of an incident's window, without its content.
SELECT version, window_from, window_to, samples_count, events_count, sha256, in_ledger
  FROM evidence_window WHERE incident_id = %(incident_id)s
 ORDER BY version DESC LIMIT 1

-- pin --
-- Keep a version; one that no ledger entry names yet may be replaced.
INSERT INTO evidence_window (incident_id, version, window_from, window_to, samples_count, events_count,
                             complete, sha256, content_bytes, content, pinned_at, in_ledger)
VALUES (%(incident_id)s, %(version)s, %(window_from)s, %(window_to)s, %(samples_count)s,
        %(events_count)s, %(complete)s, %(sha256)s, %(content_bytes)s, %(content)s, %(now)s,
        %(in_ledger)s)
ON CONFLICT (incident_id, version) DO UPDATE
   SET window_from = excluded.window_from, window_to = excluded.window_to,
       samples_count = excluded.samples_count, events_count = excluded.events_count,
       complete = excluded.complete, sha256 = excluded.sha256,
       content_bytes = excluded.content_bytes, content = excluded.content,
       pinned_at = excluded.pinned_at, in_ledger = excluded.in_ledger
 WHERE NOT evidence_window.in_ledger

-- name_in_ledger --
-- A ledger entry names this version now.
UPDATE evidence_window SET in_ledger = true
 WHERE incident_id = %(incident_id)s AND version = %(version)s

-- erase_old --
-- Contents older than they are kept; their hashes stay.
UPDATE evidence_window SET content = NULL
 WHERE (incident_id, version) IN (
       SELECT incident_id, version FROM evidence_window
        WHERE content IS NOT NULL AND pinned_at < %(cutoff)s
        ORDER BY pinned_at LIMIT %(limit)s)

-- versions --
-- All versions of an incident's window, the first one first.
SELECT version, window_from, window_to, samples_count, events_count, complete, sha256, content_bytes,
       pinned_at, in_ledger, content IS NULL AS erased
  FROM evidence_window WHERE incident_id = %(incident_id)s
 ORDER BY version LIMIT %(limit)s

-- content --
-- One version's content; the last one when no version is asked for.
SELECT version, content, sha256 FROM evidence_window
 WHERE incident_id = %(incident_id)s
   AND (%(version)s::int IS NULL OR version = %(version)s::int)
 ORDER BY version DESC LIMIT 1

-- gone --
-- Whether raw samples of this moment may be gone.
SELECT kept_from > %(moment)s AS gone FROM history_progress
