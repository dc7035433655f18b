-- try_lock --
-- One program at a time makes and drops days; the others leave it to that one.
SELECT pg_try_advisory_xact_lock(%(lock)s) AS locked

-- limit_lock_wait --
-- Rather try again later than make every writer wait behind us.
SELECT set_config('lock_timeout', %(wait)s, true)

-- partitions --
-- The days there are, by name.
SELECT child.relname AS name
  FROM pg_inherits
  JOIN pg_class AS child ON child.oid = inhrelid
 WHERE inhparent = 'sample'::regclass AND child.relname ~ '^sample_[0-9]{8}$'
 ORDER BY child.relname

-- delete_stray --
-- Samples outside all days that are older than what is kept.
DELETE FROM sample_default WHERE observed_at < %(cutoff)s

-- roll_range --
-- The range of the values of these hours.
INSERT INTO lift_hour_range AS stored
       (lift_key, hour_start, samples_count, first_observed_at, last_observed_at, speed_max_mps,
        levelling_error_max_mm, load_max_kg, motor_current_max_a, motor_temperature_min_degc,
        motor_temperature_max_degc, machine_room_temperature_min_degc,
        machine_room_temperature_max_degc, vibration_max_mps2, trips_reading, door_cycles_reading,
        run_time_reading_h)
SELECT due.lift_key, due.hour_start, values_range.*
  FROM unnest(%(lift_keys)s::int[], %(hours)s::timestamptz[]) AS due (lift_key, hour_start)
 CROSS JOIN LATERAL (
       SELECT count(*) AS samples_count, min(observed_at), max(observed_at), max(abs(speed_mps)),
              max(abs(levelling_error_mm)), max(load_kg), max(motor_current_a),
              min(motor_temperature_degc), max(motor_temperature_degc),
              min(machine_room_temperature_degc), max(machine_room_temperature_degc),
              max(vibration_mps2), max(trips_count), max(door_cycles_count), max(run_time_h)
         FROM sample
        WHERE sample.lift_key = due.lift_key AND observed_at >= due.hour_start
          AND observed_at < due.hour_start + interval '1 hour') AS values_range
 WHERE values_range.samples_count > 0
ON CONFLICT (lift_key, hour_start) DO UPDATE
   SET samples_count = excluded.samples_count, first_observed_at = excluded.first_observed_at,
       last_observed_at = excluded.last_observed_at, speed_max_mps = excluded.speed_max_mps,
       levelling_error_max_mm = excluded.levelling_error_max_mm, load_max_kg = excluded.load_max_kg,
       motor_current_max_a = excluded.motor_current_max_a,
       motor_temperature_min_degc = excluded.motor_temperature_min_degc,
       motor_temperature_max_degc = excluded.motor_temperature_max_degc,
       machine_room_temperature_min_degc = excluded.machine_room_temperature_min_degc,
       machine_room_temperature_max_degc = excluded.machine_room_temperature_max_degc,
       vibration_max_mps2 = excluded.vibration_max_mps2, trips_reading = excluded.trips_reading,
       door_cycles_reading = excluded.door_cycles_reading,
       run_time_reading_h = excluded.run_time_reading_h

-- delete_old_ranges --
-- Hours older than what is kept, a bite at a time.
DELETE FROM lift_hour_range
 WHERE ctid = ANY (ARRAY (SELECT ctid FROM lift_hour_range
                           WHERE hour_start < %(cutoff)s LIMIT %(limit)s))
