-- What the platform asked of a device, who asked, and what became of it. Nothing of this can move a
-- car, open a door or change a safety parameter: the kinds are all there are, and all there will be.
CREATE TABLE device_command (
    command_id         text PRIMARY KEY CHECK (command_id ~ '^[A-Za-z0-9_-]{1,32}$'),
    lift_key           integer NOT NULL REFERENCES lift,
    device_id          text NOT NULL REFERENCES device,   -- listens on the lift's command topic
    shard              smallint NOT NULL CHECK (shard BETWEEN 0 AND 255),   -- of the lift's id
    kind               text NOT NULL CONSTRAINT device_command_kind CHECK (kind IN
                       ('play_calming_message', 'snapshot', 'test_call', 'set_sampling_period')),
    sampling_period_s  double precision,
    asked_by           text NOT NULL REFERENCES account,
    incident_id        bigint REFERENCES incident,
    purpose            text CHECK (length(purpose) BETWEEN 1 AND 200),   -- what for, in the asker's words
    asked_at           timestamptz NOT NULL,
    deadline_at        timestamptz NOT NULL,
    state              text NOT NULL DEFAULT 'asked' CONSTRAINT device_command_state CHECK (state IN
                       ('asked', 'sent', 'done', 'refused', 'failed', 'expired', 'undeliverable')),
    state_reason       text NOT NULL DEFAULT 'asked',
    sent_at            timestamptz,             -- when the broker had acknowledged it
    ended_at           timestamptz,
    reply_result       text CHECK (reply_result IN ('done', 'refused', 'failed', 'expired')),
    reply_reason       text,
    reply_observed_at  timestamptz,
    reply_received_at  timestamptz,             -- of the first reply; later than ended_at: it came late
    replies_count      integer NOT NULL DEFAULT 0,   -- repeats included
    snapshot           jsonb,                   -- the sample in the reply, as the device told it
    CONSTRAINT device_command_deadline_later CHECK (deadline_at > asked_at),
    CONSTRAINT device_command_period_with_its_kind
        CHECK ((kind = 'set_sampling_period') = (sampling_period_s IS NOT NULL)),
    CONSTRAINT device_command_ended_once
        CHECK ((ended_at IS NOT NULL) = (state NOT IN ('asked', 'sent'))),
    CONSTRAINT device_command_reply_whole
        CHECK ((reply_result IS NULL) = (reply_received_at IS NULL))
);
CREATE INDEX device_command_live ON device_command (shard, deadline_at) WHERE state IN ('asked', 'sent');
CREATE INDEX device_command_by_lift ON device_command (lift_key, asked_at DESC);
