-- What outlives the raw samples: figures of each lift's hours, its trips, and the windows around
-- incidents.

-- How far the summaries are: one row.
CREATE TABLE history_progress (
    only_one       boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    marked_until   timestamptz NOT NULL,  -- by recorded_at: what came until then is summarised or due
    complete_until timestamptz NOT NULL,  -- hours that ended by then are summarised or due
    kept_from      timestamptz NOT NULL   -- samples before this may be gone: nothing is computed anew
);
INSERT INTO history_progress (marked_until, complete_until, kept_from)
SELECT coalesce(min(recorded_at), now()) - interval '1 microsecond', '2000-01-01Z', '2000-01-01Z'
  FROM sample;

-- Hours of lifts whose samples have changed since their summary was made.
CREATE TABLE summary_due (
    hour_start timestamptz NOT NULL,
    lift_key   integer NOT NULL,
    PRIMARY KEY (hour_start, lift_key)
);

-- What follows from the order of an hour's samples. A row where the lift said anything in the hour;
-- NULL where nothing was known. The range of its values is `lift_hour_range` (0011).
CREATE TABLE lift_hour_course (
    lift_key          integer NOT NULL,
    hour_start        timestamptz NOT NULL,
    heard_us          bigint NOT NULL CHECK (heard_us BETWEEN 0 AND 3600000000),
    mode_us           jsonb NOT NULL,  -- of the heard time, by the code of the service mode
    trips_count       integer,         -- increases of the device's running counters
    door_cycles_count integer,
    run_time_s        real,
    distance_m        real,
    counter_breaks_count integer NOT NULL,  -- counters that fell or jumped: those increases are unknown
    PRIMARY KEY (lift_key, hour_start)
);
CREATE INDEX lift_hour_course_by_hour ON lift_hour_course USING brin (hour_start);

-- One row per trip seen in the samples.
CREATE TABLE lift_trip (
    lift_key      integer NOT NULL,
    started_at    timestamptz NOT NULL,  -- last seen at rest before it, or first seen moving
    ended_at      timestamptz,           -- first seen at rest after it; NULL: not seen
    from_floor    smallint,
    to_floor      smallint,
    moving_s      double precision,      -- between the first and the last sample in motion; NULL: none
    speed_max_mps real,
    load_max_kg   real,
    samples_count integer NOT NULL,      -- samples in motion
    PRIMARY KEY (lift_key, started_at)
);
CREATE INDEX lift_trip_by_start ON lift_trip USING brin (started_at);

-- The samples and events around an incident, kept as long as the incident. A version is what a
-- ledger entry names by its hash; data that comes later makes another version.
CREATE TABLE evidence_window (
    incident_id   bigint NOT NULL REFERENCES incident,
    version       integer NOT NULL CHECK (version > 0),
    window_from   timestamptz NOT NULL,
    window_to     timestamptz NOT NULL,
    samples_count integer NOT NULL,
    events_count  integer NOT NULL,
    complete      boolean NOT NULL,      -- false: the limits, or the days kept, cut something off
    sha256        bytea NOT NULL CHECK (length(sha256) = 32),  -- of the content before compression
    content_bytes integer NOT NULL,
    content       bytea,                 -- zlib; NULL: erased when its time was over
    pinned_at     timestamptz NOT NULL,
    in_ledger     boolean NOT NULL,      -- named in the ledger: never changed again
    PRIMARY KEY (incident_id, version)
);
-- When to look at an incident's window again; settled: nothing can come any more.
CREATE TABLE evidence_watch (
    incident_id  bigint PRIMARY KEY REFERENCES incident,
    next_look_at timestamptz,
    settled_at   timestamptz,
    CONSTRAINT evidence_watch_ends CHECK ((next_look_at IS NULL) = (settled_at IS NOT NULL))
);
CREATE INDEX evidence_watch_due ON evidence_watch (next_look_at) WHERE settled_at IS NULL;
CREATE INDEX evidence_window_kept ON evidence_window (pinned_at) WHERE content IS NOT NULL;
