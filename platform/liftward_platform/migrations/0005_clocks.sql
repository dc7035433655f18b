-- What is known of each device's clock, and alarms whose device did not know the time.

-- A message's delay is its transport plus what the clock is behind: the smallest one of a window
-- tells the clock's error. `skew` is the gateway's conclusion from this window and the one before.
ALTER TABLE sequence_mark
    ADD COLUMN delay_window_at timestamptz,   -- arrival that began the present window
    ADD COLUMN delay_min_us    bigint,        -- smallest delay in it; negative: the clock is ahead
    ADD COLUMN delay_before_us bigint,        -- smallest delay of the window before
    ADD COLUMN skew            text NOT NULL DEFAULT 'unknown'
        CONSTRAINT sequence_mark_skew CHECK (skew IN ('unknown', 'ok', 'ahead', 'behind')),
    -- Messages of this boot observed after a newer boot had spoken: two publishers under one id.
    ADD COLUMN overlaps_count  bigint NOT NULL DEFAULT 0,
    ADD COLUMN last_overlap_at timestamptz;

-- An alarm with an implausible time is taken as of its arrival; this is the time it claimed.
ALTER TABLE lift_event ADD COLUMN claimed_at timestamptz;
CREATE INDEX lift_event_untimely ON lift_event (lift_key, received_at DESC)
    WHERE claimed_at IS NOT NULL;
