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
