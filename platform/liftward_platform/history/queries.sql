-- window --
-- A lift's samples of a window, oldest first.
SELECT observed_at, service_mode, position_m, floor, speed_mps, direction, car_door, landing_door,
       door_zone, levelling_error_mm, load_kg, occupancy, alarm_button, power_source, safety_chain, brake,
       car_calls_count, door_open_presses_count, motor_current_a, motor_temperature_degc,
       machine_room_temperature_degc, vibration_mps2, trips_count, door_cycles_count, run_time_h
  FROM sample
 WHERE lift_key = %(lift_key)s AND observed_at >= %(start)s AND observed_at <= %(end)s
 ORDER BY observed_at, sequence
 LIMIT %(limit)s

-- last_observed --
-- When each of these lifts last said anything.
SELECT wanted.lift_key, greatest(last_sample.observed_at, last_event.observed_at) AS observed_at
  FROM unnest(%(lift_keys)s::integer[]) AS wanted (lift_key)
  LEFT JOIN LATERAL (SELECT observed_at FROM sample WHERE sample.lift_key = wanted.lift_key
                      ORDER BY observed_at DESC LIMIT 1) AS last_sample ON true
  LEFT JOIN LATERAL (SELECT observed_at FROM lift_event WHERE lift_event.lift_key = wanted.lift_key
                      ORDER BY observed_at DESC LIMIT 1) AS last_event ON true

-- has_timescale --
-- Tell which kind of storage this database has.
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') AS there

-- hours --
-- A lift's summarised hours from one, included, to another, excluded; oldest first.
SELECT hour_start, samples_count, first_observed_at, last_observed_at, heard_us, mode_us, trips_count,
       door_cycles_count, run_time_s, distance_m, counter_breaks_count, speed_max_mps,
       levelling_error_max_mm, load_max_kg, motor_current_max_a, motor_temperature_min_degc,
       motor_temperature_max_degc, machine_room_temperature_min_degc,
       machine_room_temperature_max_degc, vibration_max_mps2, trips_reading, door_cycles_reading,
       run_time_reading_h
  FROM lift_hour
 WHERE lift_key = %(lift_key)s AND hour_start >= %(start)s AND hour_start < %(end)s
 ORDER BY hour_start
 LIMIT %(limit)s

-- trips --
-- A lift's trips that began from one moment, included, to another, excluded; oldest first.
SELECT started_at, ended_at, from_floor, to_floor, moving_s, speed_max_mps, load_max_kg, samples_count
  FROM lift_trip
 WHERE lift_key = %(lift_key)s AND started_at >= %(start)s AND started_at < %(end)s
 ORDER BY started_at
 LIMIT %(limit)s

-- complete_until --
-- Hours that ended by then are summarised, late data aside.
SELECT complete_until FROM history_progress
