-- Plain PostgreSQL: the range of an hour's values is a table that the roll-up writes.
CREATE TABLE lift_hour_range (
    lift_key                          integer NOT NULL,
    hour_start                        timestamptz NOT NULL,
    samples_count                     bigint NOT NULL,
    first_observed_at                 timestamptz NOT NULL,
    last_observed_at                  timestamptz NOT NULL,
    speed_max_mps                     real,     -- largest amounts, whatever the direction
    levelling_error_max_mm            real,
    load_max_kg                       real,
    motor_current_max_a               real,
    motor_temperature_min_degc        real,
    motor_temperature_max_degc        real,
    machine_room_temperature_min_degc real,
    machine_room_temperature_max_degc real,
    vibration_max_mps2                real,
    trips_reading                     bigint,   -- highest readings of the running counters
    door_cycles_reading               bigint,
    run_time_reading_h                real,
    PRIMARY KEY (lift_key, hour_start)
);
CREATE INDEX lift_hour_range_by_hour ON lift_hour_range USING brin (hour_start);

CREATE VIEW lift_hour AS
SELECT lift_key, hour_start, samples_count, first_observed_at, last_observed_at, heard_us, mode_us,
       trips_count, door_cycles_count, run_time_s, distance_m, counter_breaks_count,
       speed_max_mps, levelling_error_max_mm, load_max_kg, motor_current_max_a,
       motor_temperature_min_degc, motor_temperature_max_degc, machine_room_temperature_min_degc,
       machine_room_temperature_max_degc, vibration_max_mps2, trips_reading, door_cycles_reading,
       run_time_reading_h
  FROM lift_hour_course LEFT JOIN lift_hour_range USING (lift_key, hour_start);
