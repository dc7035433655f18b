-- The detector's memory in slices of some thousand lifts, each with its own place in time, so that
-- a save stops nothing and a restart replays seconds. Takes the place of detector_state, which
-- stays for what an earlier version saved until a worker has saved its memory here.
CREATE TABLE detector_slice (
    worker               text NOT NULL,         -- shard range, '00-ff'
    run_us               bigint NOT NULL,       -- when this run of the worker began, microseconds
    slice                integer NOT NULL CHECK (slice >= 0),
    first_shard          smallint NOT NULL CHECK (first_shard BETWEEN 0 AND 255),
    last_shard           smallint NOT NULL CHECK (last_shard BETWEEN first_shard AND 255),
    saved_at             timestamptz NOT NULL,  -- before it was copied
    telemetry_through_us bigint NOT NULL,       -- arrival of the last message it has seen
    event_through_us     bigint NOT NULL,       -- the same of the event path
    version              text NOT NULL,
    lift_keys            bytea NOT NULL,        -- little-endian int32
    state                bytea NOT NULL,
    PRIMARY KEY (worker, run_us, slice)
);
-- Packed already: the server need not try again.
ALTER TABLE detector_slice ALTER COLUMN state SET STORAGE EXTERNAL;
ALTER TABLE detector_slice ALTER COLUMN lift_keys SET STORAGE EXTERNAL;

-- As of samples: a restarted gateway replays what was recorded lately.
CREATE INDEX lift_event_by_recorded ON lift_event USING brin (recorded_at);
