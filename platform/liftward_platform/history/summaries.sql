-- allow_time --
-- These statements read what a city said in an hour; compiling their plans costs more than it saves.
SELECT set_config('statement_timeout', %(timeout_ms)s::text, false), set_config('jit', 'off', false)

-- try_roll_lock --
-- One program at a time makes summaries; the lock goes with its connection.
SELECT pg_try_advisory_lock(%(lock)s) AS locked

-- roll_unlock --
-- Let others make summaries.
SELECT pg_advisory_unlock(%(lock)s)

-- progress --
-- How far the mark is, and until when every transaction that wrote samples has ended, by the
-- database's clock: a writer that runs now may still commit rows recorded when it began.
SELECT marked_until, clock_timestamp() AS database_now,
       least(clock_timestamp() - %(settle)s::interval,
             (SELECT min(xact_start) FROM pg_stat_activity
               WHERE datname = current_database() AND backend_xid IS NOT NULL
                 AND pid <> pg_backend_pid())) AS settled_until
  FROM history_progress

-- index_recorded --
-- The index by recording time leaves its newest pages out until somebody says so.
SELECT sum(brin_summarize_new_values(child_index.oid::regclass)) AS ranges
  FROM pg_inherits
  JOIN pg_index ON pg_index.indrelid = inhrelid
  JOIN pg_class AS child_index ON child_index.oid = pg_index.indexrelid
  JOIN pg_am ON pg_am.oid = child_index.relam AND pg_am.amname = 'brin'
 WHERE inhparent = 'sample'::regclass

-- mark_due --
-- Hours whose figures change with samples recorded since the last mark: their own, and a
-- neighbouring one where a sample lies near the border. Nothing before the days kept.
INSERT INTO summary_due (hour_start, lift_key)
SELECT hour_start, lift_key
  FROM (SELECT lift_key, min(observed_at) AS first_at, max(observed_at) AS last_at
          FROM sample
         WHERE recorded_at > %(since)s AND recorded_at <= %(until)s
         GROUP BY lift_key, date_bin('1 hour', observed_at, 'epoch')) AS changed
 CROSS JOIN LATERAL generate_series(
           date_bin('1 hour', first_at - %(reach_back)s::interval, 'epoch'),
           date_bin('1 hour', last_at + %(silence)s::interval, 'epoch'), '1 hour') AS hour_start
 WHERE hour_start > (SELECT kept_from FROM history_progress)
ON CONFLICT DO NOTHING

-- set_marked --
-- What was recorded until then is summarised or due. Only forwards.
UPDATE history_progress SET marked_until = greatest(marked_until, %(marked_until)s)

-- set_complete --
-- Hours that ended by then are summarised or due. Only forwards.
UPDATE history_progress SET complete_until = greatest(complete_until, %(complete_until)s)

-- forget_before --
-- Samples before this may go: what is still due there stays as it is. Only forwards.
WITH moved AS (
    UPDATE history_progress SET kept_from = greatest(kept_from, %(kept_from)s) RETURNING kept_from)
DELETE FROM summary_due USING moved WHERE hour_start <= moved.kept_from

-- unfinished --
-- Hours before this that are still to be summarised, or a mark that stands still.
SELECT EXISTS (SELECT FROM summary_due WHERE hour_start < %(before)s)
       OR EXISTS (SELECT FROM history_progress
                   WHERE marked_until < clock_timestamp() - %(stands_still)s::interval) AS unfinished

-- due_hours --
-- Hours that are over, the oldest first.
SELECT lift_key, hour_start FROM summary_due
 WHERE hour_start <= %(until)s
 ORDER BY hour_start, lift_key
 LIMIT %(limit)s

-- done_hours --
-- These hours are summarised.
DELETE FROM summary_due
 USING unnest(%(lift_keys)s::int[], %(hours)s::timestamptz[]) AS done (lift_key, hour_start)
 WHERE summary_due.hour_start = done.hour_start AND summary_due.lift_key = done.lift_key

-- samples_of_hours --
-- The samples that the figures of these hours follow from, in order, absent values as the arrays have
-- them: a binary COPY of it has rows of one width. `number` counts the asked hours from 0.
SELECT due.number::int - 1 AS number, near.*
  FROM unnest(%(lift_keys)s::int[], %(hours)s::timestamptz[])
       WITH ORDINALITY AS due (lift_key, hour_start, number)
 CROSS JOIN LATERAL (
       SELECT observed_at, coalesce(service_mode, 0::smallint), coalesce(car_door, 0::smallint),
              coalesce(floor, '-9223372036854775808'::bigint), coalesce(trips_count, '-9223372036854775808'::bigint),
              coalesce(door_cycles_count, '-9223372036854775808'::bigint),
              coalesce(run_time_h, 'NaN'::real), coalesce(position_m, 'NaN'::real),
              coalesce(abs(speed_mps), 'NaN'::real), coalesce(load_kg, 'NaN'::real)
         FROM sample
        WHERE sample.lift_key = due.lift_key
          AND observed_at >= due.hour_start - %(before)s::interval
          AND observed_at <= due.hour_start + %(through)s::interval
        ORDER BY observed_at, boot_id, sequence) AS near

-- store_course --
-- What followed from the order of the samples of these hours.
INSERT INTO lift_hour_course AS stored
       (lift_key, hour_start, heard_us, mode_us, trips_count, door_cycles_count, run_time_s,
        distance_m, counter_breaks_count)
SELECT * FROM unnest(%(lift_keys)s::int[], %(hours)s::timestamptz[], %(heard_us)s::bigint[],
                     %(mode_us)s::jsonb[], %(trips_counts)s::int[], %(door_cycles_counts)s::int[],
                     %(run_times_s)s::real[], %(distances_m)s::real[], %(breaks_counts)s::int[])
ON CONFLICT (lift_key, hour_start) DO UPDATE
   SET heard_us = excluded.heard_us, mode_us = excluded.mode_us,
       trips_count = excluded.trips_count, door_cycles_count = excluded.door_cycles_count,
       run_time_s = excluded.run_time_s, distance_m = excluded.distance_m,
       counter_breaks_count = excluded.counter_breaks_count

-- clear_trips --
-- The trips of these hours, to be written anew.
DELETE FROM lift_trip
 USING unnest(%(lift_keys)s::int[], %(hours)s::timestamptz[]) AS due (lift_key, hour_start)
 WHERE lift_trip.lift_key = due.lift_key AND started_at >= due.hour_start
   AND started_at < due.hour_start + interval '1 hour'

-- copy_trips --
-- Trips, written anew.
COPY lift_trip (lift_key, started_at, ended_at, from_floor, to_floor, moving_s, speed_max_mps,
                load_max_kg, samples_count) FROM STDIN

-- delete_old_courses --
-- Hours older than what is kept, a bite at a time.
DELETE FROM lift_hour_course
 WHERE ctid = ANY (ARRAY (SELECT ctid FROM lift_hour_course
                           WHERE hour_start < %(cutoff)s LIMIT %(limit)s))

-- delete_old_trips --
-- Trips older than what is kept, a bite at a time.
DELETE FROM lift_trip
 WHERE ctid = ANY (ARRAY (SELECT ctid FROM lift_trip
                           WHERE started_at < %(cutoff)s LIMIT %(limit)s))

-- range_kind --
-- Whether the range of values is a table of ours ('r') or a continuous aggregate ('v').
SELECT relkind::text AS kind FROM pg_class WHERE oid = 'lift_hour_range'::regclass
