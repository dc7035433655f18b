-- What devices said, and what was made of it. The gateway writes all of this in one transaction.

-- Columns follow liftward_wire.signals; NULL means absent, states are their small codes.
-- 0003 turns it into native partitions, or into a hypertable where TimescaleDB is there.
CREATE TABLE sample (
    lift_key                      integer NOT NULL,
    observed_at                   timestamptz NOT NULL,
    received_at                   timestamptz NOT NULL,
    recorded_at                   timestamptz NOT NULL DEFAULT now(),
    boot_id                       bigint NOT NULL,
    sequence                      bigint NOT NULL,
    service_mode                  smallint,
    position_m                    real,
    floor                         bigint,
    speed_mps                     real,
    direction                     smallint,
    car_door                      smallint,
    landing_door                  smallint,
    door_zone                     smallint,
    levelling_error_mm            real,
    load_kg                       real,
    occupancy                     smallint,
    alarm_button                  smallint,
    power_source                  smallint,
    safety_chain                  smallint,
    brake                         smallint,
    car_calls_count               bigint,
    door_open_presses_count       bigint,
    motor_current_a               real,
    motor_temperature_degc        real,
    machine_room_temperature_degc real,
    vibration_mps2                real,
    trips_count                   bigint,
    door_cycles_count             bigint,
    run_time_h                    real
);
-- History is asked for one lift and a window. No unique index: sequence marks drop repeats.
CREATE INDEX sample_by_lift ON sample (lift_key, observed_at DESC);
-- A restarted gateway replays what was recorded since its last saved detector state.
CREATE INDEX sample_by_recorded ON sample USING brin (recorded_at);

CREATE TABLE lift_event (
    event_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_key     integer NOT NULL REFERENCES lift,
    observed_at  timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    boot_id      bigint NOT NULL,
    sequence     bigint NOT NULL,
    kind         text NOT NULL,
    code         text,
    vocabulary   text,
    service_mode smallint,
    note         text,
    extension    jsonb
);
CREATE INDEX lift_event_by_lift ON lift_event (lift_key, observed_at DESC);

-- The last birth or will of each device.
CREATE TABLE device_status (
    device_id   text PRIMARY KEY REFERENCES device,
    presence    text NOT NULL CHECK (presence IN ('online', 'offline')),
    boot_id     bigint NOT NULL,
    received_at timestamptz NOT NULL,
    birth       jsonb
);

-- Per device, stream and boot: every sequence up to `contiguous_through` is stored, and of the
-- higher ones all but the open gaps. Written with the rows it speaks of.
CREATE TABLE sequence_mark (
    device_id          text NOT NULL REFERENCES device,
    stream             text NOT NULL CHECK (stream IN ('telemetry', 'event')),
    boot_id            bigint NOT NULL,
    contiguous_through bigint NOT NULL CHECK (contiguous_through >= -1),
    highest            bigint NOT NULL CHECK (highest >= contiguous_through),
    open_gaps          int8multirange NOT NULL DEFAULT '{}',
    duplicates_count   bigint NOT NULL DEFAULT 0,
    late_count         bigint NOT NULL DEFAULT 0,
    last_observed_at   timestamptz NOT NULL,
    last_received_at   timestamptz NOT NULL,
    PRIMARY KEY (device_id, stream, boot_id)
) WITH (fillfactor = 70);  -- updated with every batch: room for the next version on the same page

-- What the detector concluded: one row when an episode begins, one when it ends.
CREATE TABLE detection (
    detection_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_key         integer NOT NULL REFERENCES lift,
    kind             text NOT NULL,      -- 'entrapment' or 'gb_01' ... 'gb_90'
    transition       text NOT NULL CHECK (transition IN ('began', 'ended')),
    level            text NOT NULL CHECK (level IN ('suspected', 'probable', 'confirmed')),
    onset_at         timestamptz NOT NULL,   -- when the episode began, by the device's clock
    detected_at      timestamptz NOT NULL,   -- when the evidence sufficed, by the device's clock
    received_at      timestamptz NOT NULL,   -- when the deciding message, or tick, was here
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    reason           text NOT NULL,
    evidence         jsonb NOT NULL,
    detector_version text NOT NULL,
    thresholds_hash  text NOT NULL,
    handled_at       timestamptz,            -- when the engine decided what to do about it
    handling         text,                   -- and what it decided
    next_look_at     timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT detection_episode_once UNIQUE (lift_key, kind, onset_at, transition)
);
CREATE INDEX detection_unhandled ON detection (next_look_at, detection_id) WHERE handled_at IS NULL;

-- The detector's memory, saved now and then; samples recorded later are replayed over it.
CREATE TABLE detector_state (
    worker     text PRIMARY KEY,             -- shard range, '00-ff'
    saved_at   timestamptz NOT NULL,
    version    text NOT NULL,
    state      bytea NOT NULL
);

-- Refused messages, kept for a look and a replay. A storm of one kind is counted, not copied.
CREATE TABLE quarantine (
    quarantine_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic           text NOT NULL,
    reason          text NOT NULL,
    detail          text NOT NULL,
    path            text NOT NULL,
    payload_start   bytea NOT NULL,          -- first bytes
    payload_bytes   integer NOT NULL,
    payload_sha256  bytea NOT NULL,
    count           bigint NOT NULL DEFAULT 1,
    first_at        timestamptz NOT NULL,
    last_at         timestamptz NOT NULL,
    replayed_at     timestamptz,
    CONSTRAINT quarantine_same_message UNIQUE (topic, payload_sha256, reason)
);
CREATE INDEX quarantine_by_time ON quarantine (last_at DESC);
