-- try_fence --
-- Take the path's lock of each shard; return the shards that another session holds.
SELECT shard
  FROM unnest(%(shards)s::integer[]) AS shard
 WHERE NOT pg_try_advisory_lock(%(lock_class)s::integer, shard)
 ORDER BY shard

-- current_transaction --
-- The number of this transaction, to ask for its fate when the connection breaks in the commit.
SELECT pg_current_xact_id()::text AS transaction_id

-- transaction_status --
-- Whether a transaction of an earlier connection was committed.
SELECT pg_xact_status(%(transaction_id)s::text::xid8) AS status

-- registration --
-- Every device of these shards with the lifts it serves; a device without lifts has one row.
SELECT device.device_id, device.profile, lift.lift_id, lift.lift_key,
       lift.rated_speed_mps, lift.rated_load_kg, lift.floors_count
  FROM device
  LEFT JOIN device_lift ON device_lift.device_id = device.device_id
  LEFT JOIN lift ON lift.lift_key = device_lift.lift_key AND lift.withdrawn_at IS NULL
 WHERE device.shard BETWEEN %(first)s AND %(last)s AND device.revoked_at IS NULL
 ORDER BY lift.lift_key

-- registration_of --
-- The same for some devices.
SELECT device.device_id, device.profile, lift.lift_id, lift.lift_key,
       lift.rated_speed_mps, lift.rated_load_kg, lift.floors_count
  FROM device
  LEFT JOIN device_lift ON device_lift.device_id = device.device_id
  LEFT JOIN lift ON lift.lift_key = device_lift.lift_key AND lift.withdrawn_at IS NULL
 WHERE device.device_id = ANY (%(device_ids)s::text[]) AND device.revoked_at IS NULL
   AND device.shard BETWEEN %(first)s AND %(last)s
 ORDER BY lift.lift_key

-- registration_fingerprint --
-- A number that changes when the registration does: loading all of it is for when it changed.
SELECT count(*) AS rows_count,
       coalesce(sum(hashtextextended(concat_ws(' ', device.device_id, device.profile,
                                               lift.rated_speed_mps, lift.rated_load_kg,
                                               lift.floors_count),
                                     coalesce(lift.lift_key, 0))), 0)::text AS hash
  FROM device
  LEFT JOIN device_lift ON device_lift.device_id = device.device_id
  LEFT JOIN lift ON lift.lift_key = device_lift.lift_key AND lift.withdrawn_at IS NULL
 WHERE device.shard BETWEEN %(first)s AND %(last)s AND device.revoked_at IS NULL

-- marks_of --
-- All remembered boots of some devices in one stream; times as microseconds since 1970.
SELECT device_id, stream, boot_id, contiguous_through, highest, open_gaps::text AS open_gaps,
       duplicates_count, late_count,
       (extract(epoch FROM last_observed_at) * 1000000)::bigint AS observed_us,
       (extract(epoch FROM last_received_at) * 1000000)::bigint AS received_us,
       (extract(epoch FROM delay_window_at) * 1000000)::bigint AS window_us,
       delay_min_us, delay_before_us, skew, overlaps_count,
       (extract(epoch FROM last_overlap_at) * 1000000)::bigint AS overlap_us
  FROM sequence_mark
 WHERE stream = %(stream)s AND device_id = ANY (%(device_ids)s::text[])

-- write_marks --
-- Replace the marks that a batch moved; this worker is the only one that writes them.
INSERT INTO sequence_mark (device_id, stream, boot_id, contiguous_through, highest, open_gaps,
                           duplicates_count, late_count, last_observed_at, last_received_at,
                           delay_window_at, delay_min_us, delay_before_us, skew, overlaps_count,
                           last_overlap_at)
SELECT device_id, stream, boot_id, contiguous_through, highest, open_gaps::int8multirange,
       duplicates_count, late_count,
       to_timestamp(0) + observed_us * interval '1 microsecond',
       to_timestamp(0) + received_us * interval '1 microsecond',
       to_timestamp(0) + nullif(window_us, 0) * interval '1 microsecond',
       delay_min_us, delay_before_us, skew, overlaps_count,
       to_timestamp(0) + nullif(overlap_us, 0) * interval '1 microsecond'
  FROM unnest(%(device_ids)s::text[], %(streams)s::text[], %(boot_ids)s::bigint[],
              %(contiguous)s::bigint[], %(highest)s::bigint[], %(gaps)s::text[],
              %(duplicates)s::bigint[], %(late)s::bigint[],
              %(observed_us)s::bigint[], %(received_us)s::bigint[], %(window_us)s::bigint[],
              %(delay_min_us)s::bigint[], %(delay_before_us)s::bigint[], %(skews)s::text[],
              %(overlaps)s::bigint[], %(overlap_us)s::bigint[])
       AS mark (device_id, stream, boot_id, contiguous_through, highest, open_gaps,
                duplicates_count, late_count, observed_us, received_us, window_us, delay_min_us,
                delay_before_us, skew, overlaps_count, overlap_us)
    ON CONFLICT (device_id, stream, boot_id) DO UPDATE
   SET contiguous_through = excluded.contiguous_through, highest = excluded.highest,
       open_gaps = excluded.open_gaps, duplicates_count = excluded.duplicates_count,
       late_count = excluded.late_count, last_observed_at = excluded.last_observed_at,
       last_received_at = excluded.last_received_at, delay_window_at = excluded.delay_window_at,
       delay_min_us = excluded.delay_min_us, delay_before_us = excluded.delay_before_us,
       skew = excluded.skew, overlaps_count = excluded.overlaps_count,
       last_overlap_at = excluded.last_overlap_at

-- forget_boots --
-- Drop the marks of boots that newer ones pushed out.
DELETE FROM sequence_mark
 USING unnest(%(device_ids)s::text[], %(streams)s::text[], %(boot_ids)s::bigint[])
       AS gone (device_id, stream, boot_id)
 WHERE sequence_mark.device_id = gone.device_id AND sequence_mark.stream = gone.stream
   AND sequence_mark.boot_id = gone.boot_id

-- sparkplug_nodes --
-- What one path knows of some Sparkplug edge nodes.
SELECT device_id, state FROM sparkplug_node
 WHERE stream = %(stream)s AND device_id = ANY (%(device_ids)s::text[])

-- write_sparkplug_nodes --
-- What one path knows of the nodes that a batch was about; this worker alone writes them.
INSERT INTO sparkplug_node (device_id, stream, state)
SELECT device_id, %(stream)s, state
  FROM unnest(%(device_ids)s::text[], %(states)s::bytea[]) AS node (device_id, state)
    ON CONFLICT (device_id, stream) DO UPDATE SET state = excluded.state

-- write_event --
-- One thing that happened at a lift.
INSERT INTO lift_event (lift_key, observed_at, claimed_at, received_at, boot_id, sequence, kind,
                        code, vocabulary, service_mode, note, extension)
VALUES (%(lift_key)s, %(observed_at)s, %(claimed_at)s, %(received_at)s, %(boot_id)s, %(sequence)s,
        %(kind)s, %(code)s, %(vocabulary)s, %(service_mode)s, %(note)s, %(extension)s)

-- write_status --
-- The last birth or will of a device. A will that was written before the last birth is stale; a
-- retained message that says nothing new does not make the device look fresh.
INSERT INTO device_status (device_id, presence, boot_id, received_at, birth)
VALUES (%(device_id)s, %(presence)s, %(boot_id)s, %(received_at)s, %(birth)s)
    ON CONFLICT (device_id) DO UPDATE
   SET presence = excluded.presence, boot_id = excluded.boot_id,
       received_at = excluded.received_at,
       birth = coalesce(excluded.birth, device_status.birth)
 WHERE (excluded.presence = 'online' OR excluded.boot_id >= device_status.boot_id)
   AND (NOT %(retained)s::boolean
        OR (excluded.presence, excluded.boot_id)
           IS DISTINCT FROM (device_status.presence, device_status.boot_id))

-- write_detections --
-- Transitions of episodes; a repeat after a restart is the same row. One statement for all: a power
-- cut concludes something for every lift of a city at once.
INSERT INTO detection (lift_key, kind, transition, level, onset_at, detected_at, received_at,
                       reason, evidence, detector_version, thresholds_hash)
SELECT lift_key, kind, transition, level,
       to_timestamp(0) + onset_us * interval '1 microsecond',
       to_timestamp(0) + detected_us * interval '1 microsecond',
       to_timestamp(0) + received_us * interval '1 microsecond',
       reason, evidence::jsonb, detector_version, thresholds_hash
  FROM unnest(%(lift_key)s::integer[], %(kind)s::text[], %(transition)s::text[],
              %(level)s::text[], %(onset_us)s::bigint[], %(detected_us)s::bigint[],
              %(received_us)s::bigint[], %(reason)s::text[], %(evidence)s::text[],
              %(detector_version)s::text[], %(thresholds_hash)s::text[])
       AS concluded (lift_key, kind, transition, level, onset_us, detected_us, received_us, reason,
                     evidence, detector_version, thresholds_hash)
    ON CONFLICT ON CONSTRAINT detection_episode_once DO NOTHING

-- wake_engine --
-- Tell the engine that there is something to look at; it also looks by itself.
SELECT pg_notify('detection', '')

-- write_quarantine --
-- Keep or count a refused message.
INSERT INTO quarantine (topic, reason, detail, path, payload_start, payload_bytes, payload_sha256,
                        count, first_at, last_at)
VALUES (%(topic)s, %(reason)s, %(detail)s, %(path)s, %(payload_start)s, %(payload_bytes)s,
        %(payload_sha256)s, %(count)s, %(first_at)s, %(last_at)s)
    ON CONFLICT ON CONSTRAINT quarantine_same_message DO UPDATE
   SET count = quarantine.count + excluded.count,
       last_at = greatest(quarantine.last_at, excluded.last_at), detail = excluded.detail

-- heartbeat --
-- This worker lives; and if one of its paths does not write, since when and why.
INSERT INTO engine_heartbeat (module, last_run_at, last_error_at, last_error)
VALUES (%(module)s, %(now)s, %(error_at)s, %(error)s)
    ON CONFLICT (module) DO UPDATE
   SET last_run_at = excluded.last_run_at,
       last_error_at = coalesce(excluded.last_error_at, engine_heartbeat.last_error_at),
       last_error = coalesce(excluded.last_error, engine_heartbeat.last_error)

-- database_now --
-- The database's clock: recorded_at is in it.
SELECT clock_timestamp() AS now

-- installation --
-- What tells this database from any other that shares its broker: when its schema began.
SELECT current_database() || ' ' || extract(epoch FROM min(applied_at)) AS installation
  FROM schema_migration

-- save_lazily --
-- This transaction need not wait for the disk: what a crash takes of it is only a save, and never
-- anything older than it.
SELECT set_config('synchronous_commit', 'off', true)

-- save_slice --
-- The detector's memory of some lifts after everything committed up to the stated arrivals.
INSERT INTO detector_slice (worker, run_us, slice, first_shard, last_shard, saved_at,
                            telemetry_through_us, event_through_us, version, lift_keys, state)
VALUES (%(worker)s, %(run_us)s, %(slice)s, %(first_shard)s, %(last_shard)s, %(saved_at)s,
        %(telemetry_through_us)s, %(event_through_us)s, %(version)s, %(lift_keys)s, %(state)s)
    ON CONFLICT (worker, run_us, slice) DO UPDATE
   SET saved_at = excluded.saved_at, telemetry_through_us = excluded.telemetry_through_us,
       event_through_us = excluded.event_through_us, version = excluded.version,
       lift_keys = excluded.lift_keys, state = excluded.state

-- forget_slices --
-- Slices of earlier runs, and of workers whose shards are all ours now: every lift in them that
-- still exists has been saved since.
DELETE FROM detector_slice
 WHERE run_us <> %(run_us)s AND first_shard >= %(first_shard)s AND last_shard <= %(last_shard)s

-- forget_state --
-- What an earlier version saved as a whole.
DELETE FROM detector_state WHERE worker = %(worker)s

-- slices --
-- What any worker saved that had one of these shards, the latest first.
SELECT worker, run_us, slice, saved_at, telemetry_through_us, event_through_us, version, lift_keys
  FROM detector_slice
 WHERE first_shard <= %(last_shard)s AND last_shard >= %(first_shard)s
 ORDER BY telemetry_through_us DESC, event_through_us DESC, run_us DESC, slice

-- slice_state --
-- The memory of one slice.
SELECT state FROM detector_slice
 WHERE worker = %(worker)s AND run_us = %(run_us)s AND slice = %(slice)s

-- earlier_state --
-- Whether an earlier version saved this worker's memory as a whole.
SELECT version FROM detector_state WHERE worker = %(worker)s

-- samples_since --
-- Samples that the saved memory of each lift has not seen, in the order they arrived; absent values
-- as the arrays have them, so that a binary COPY of it has rows of one width.
SELECT lift_key, observed_at, received_at, boot_id, sequence,
       coalesce(service_mode, 0::smallint), coalesce(position_m, 'NaN'::real),
       coalesce(floor, '-9223372036854775808'::bigint), coalesce(speed_mps, 'NaN'::real),
       coalesce(direction, 0::smallint), coalesce(car_door, 0::smallint),
       coalesce(landing_door, 0::smallint), coalesce(door_zone, 0::smallint),
       coalesce(levelling_error_mm, 'NaN'::real), coalesce(load_kg, 'NaN'::real),
       coalesce(occupancy, 0::smallint), coalesce(alarm_button, 0::smallint),
       coalesce(power_source, 0::smallint), coalesce(safety_chain, 0::smallint),
       coalesce(brake, 0::smallint), coalesce(car_calls_count, '-9223372036854775808'::bigint),
       coalesce(door_open_presses_count, '-9223372036854775808'::bigint),
       coalesce(motor_current_a, 'NaN'::real), coalesce(motor_temperature_degc, 'NaN'::real),
       coalesce(machine_room_temperature_degc, 'NaN'::real),
       coalesce(vibration_mps2, 'NaN'::real),
       coalesce(trips_count, '-9223372036854775808'::bigint),
       coalesce(door_cycles_count, '-9223372036854775808'::bigint),
       coalesce(run_time_h, 'NaN'::real)
  FROM sample
  JOIN unnest(%(lift_keys)s::integer[], %(after_us)s::bigint[]) AS place (lift_key, after_us)
       USING (lift_key)
 WHERE recorded_at >= %(recorded_since)s
   AND received_at > to_timestamp(0) + after_us * interval '1 microsecond'
 ORDER BY received_at, boot_id, sequence

-- events_since --
-- Events that the saved memory of each lift has not seen, in the order they arrived.
SELECT lift_key, observed_at, received_at, boot_id, sequence, kind, code, vocabulary, service_mode
  FROM lift_event
  JOIN unnest(%(lift_keys)s::integer[], %(after_us)s::bigint[]) AS place (lift_key, after_us)
       USING (lift_key)
 WHERE recorded_at >= %(recorded_since)s
   AND received_at > to_timestamp(0) + after_us * interval '1 microsecond'
 ORDER BY received_at, event_id

-- quarantine_list --
-- Refused messages, the latest first.
SELECT quarantine_id, topic, reason, detail, path, payload_start, payload_bytes, count, first_at,
       last_at, replayed_at
  FROM quarantine
 ORDER BY last_at DESC, quarantine_id DESC
 LIMIT %(limit)s

-- quarantine_to_replay --
-- Refused messages that are kept whole and were not replayed since they were last refused.
SELECT quarantine_id, topic, payload_start
  FROM quarantine
 WHERE payload_bytes = octet_length(payload_start)
   AND (replayed_at IS NULL OR replayed_at < last_at)
   AND (%(reason)s::text IS NULL OR reason = %(reason)s)
   AND (%(quarantine_id)s::bigint IS NULL OR quarantine_id = %(quarantine_id)s)
   AND topic LIKE 'liftward/v1/%%'
 ORDER BY first_at, quarantine_id
 LIMIT %(limit)s

-- quarantine_counts --
-- How much is refused, by reason, and how much of it cannot be replayed because it was too long.
SELECT reason, sum(count) AS messages_count, count(*) AS rows_count,
       count(*) FILTER (WHERE payload_bytes <> octet_length(payload_start)) AS cut_count
  FROM quarantine
 GROUP BY reason
 ORDER BY messages_count DESC, reason

-- mark_replayed --
-- These were published again.
UPDATE quarantine SET replayed_at = %(now)s WHERE quarantine_id = ANY (%(quarantine_ids)s::bigint[])
