-- What silence means: one belief for each device, and the time in which nobody knew a lift's state.

-- Written by the gateway worker that owns the device's shard. A device without a row was not looked
-- at yet. `since` is the arrival that ended the silence for `live`, the last arrival for `quiet` and
-- `dark`, and the enrolment for `never`.
CREATE TABLE device_liveness (
    device_id     text PRIMARY KEY REFERENCES device,
    belief        text NOT NULL CHECK (belief IN ('never', 'live', 'quiet', 'dark')),
    reason        text NOT NULL,
    since         timestamptz NOT NULL,
    decided_at    timestamptz NOT NULL,   -- when the gateway came to believe it
    last_heard_at timestamptz,            -- saved now and then; sequence marks may know a later one
    rhythm        bytea CHECK (octet_length(rhythm) = 169),  -- 168 hours of the week, then overall
    CONSTRAINT device_liveness_heard_unless_never CHECK (belief = 'never' OR last_heard_at IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX device_liveness_by_belief ON device_liveness (belief, device_id);

-- Time in which no device that serves the lift was heard: never up, never down, never good. From the
-- last arrival to the next one. Rows are closed and annotated, never deleted.
CREATE TABLE lift_unknown (
    unknown_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_key      integer NOT NULL REFERENCES lift,
    unknown_from  timestamptz NOT NULL,
    unknown_until timestamptz CHECK (unknown_until >= unknown_from),  -- NULL: still
    reason        text NOT NULL,          -- of the device that was heard last
    noticed_at    timestamptz NOT NULL,
    -- Observations that were stored meanwhile and forwarded later reach from here to there.
    filled_from   timestamptz,
    filled_until  timestamptz CHECK (filled_until >= filled_from)
);
CREATE UNIQUE INDEX lift_unknown_one_open ON lift_unknown (lift_key) WHERE unknown_until IS NULL;
CREATE INDEX lift_unknown_by_lift ON lift_unknown (lift_key, unknown_from);

-- How well each gateway worker hears, and what it believes in total: the age of every belief.
CREATE TABLE liveness_worker (
    worker       text PRIMARY KEY,        -- shard range, '00-ff'
    shard_first  smallint NOT NULL CHECK (shard_first BETWEEN 0 AND 255),
    shard_last   smallint NOT NULL CHECK (shard_last BETWEEN shard_first AND 255),
    as_of        timestamptz NOT NULL,
    hearing      text NOT NULL,
    never_count  integer NOT NULL,
    live_count   integer NOT NULL,
    quiet_count  integer NOT NULL,
    dark_count   integer NOT NULL
);

-- Each registered device with what is believed of it. `told` is the stored belief, which has an
-- index; `belief` says `never` where there is none. The last arrival is the one of the sequence
-- marks where they know a later one, and `as_of` is when the device's worker last said it looks.
CREATE VIEW device_belief AS
SELECT device.device_id, device.kind, known.belief AS told,
       coalesce(known.belief, 'never') AS belief,
       coalesce(known.reason, 'never_heard') AS reason,
       coalesce(known.since, device.enrolled_at) AS since,
       greatest(known.last_heard_at, mark.last_received_at) AS last_heard_at,
       known.rhythm, serving.lift_ids, worker.as_of, worker.hearing
  FROM device
  LEFT JOIN device_liveness AS known ON known.device_id = device.device_id
  LEFT JOIN liveness_worker AS worker
    ON device.shard BETWEEN worker.shard_first AND worker.shard_last
  LEFT JOIN LATERAL (SELECT max(last_received_at) AS last_received_at
                       FROM sequence_mark WHERE sequence_mark.device_id = device.device_id) AS mark
    ON true
  LEFT JOIN LATERAL (SELECT coalesce(array_agg(lift_id ORDER BY lift_id), '{}') AS lift_ids
                       FROM device_lift JOIN lift USING (lift_key)
                      WHERE device_lift.device_id = device.device_id) AS serving
    ON true
 WHERE device.revoked_at IS NULL;
