-- The life of an incident: where word of it comes from, what was done for the people in the car, how
-- its end was confirmed; and lifts that have not made their test call.

-- Confirmed: the release was confirmed by a person. Like one that is freed it hides no next one.
DROP INDEX incident_one_open;
ALTER TABLE incident DROP CONSTRAINT incident_state_check;
ALTER TABLE incident ADD CONSTRAINT incident_state_check CHECK (state IN
    ('open', 'ordered', 'accepted', 'under_way', 'arrived', 'freed', 'confirmed', 'closed'));
CREATE UNIQUE INDEX incident_one_open ON incident (lift_key, kind)
    WHERE state NOT IN ('freed', 'confirmed', 'closed');

ALTER TABLE incident DROP CONSTRAINT incident_source_check;
ALTER TABLE incident ADD CONSTRAINT incident_source_check CHECK (source IN
    ('detection', 'call', 'use_unit', 'public_page', 'hand_over'));

ALTER TABLE incident
    ADD COLUMN held_at             timestamptz,  -- an anonymous report: nobody is sent before a person or the detector agrees
    ADD COLUMN injured             boolean,      -- NULL: nobody has said
    ADD COLUMN medical_need        boolean,
    ADD COLUMN passenger_told_at   timestamptz,  -- when somebody last spoke to the people in the car
    ADD COLUMN confirmed_at        timestamptz,
    ADD COLUMN confirmed_by        text CHECK (confirmed_by IN ('passenger', 'use_unit', 'dispatcher')),
    ADD COLUMN confirmed_how       text,
    ADD COLUMN incomplete_reason   text,         -- why it was closed with a fact missing
    ADD COLUMN duplicate_of        bigint REFERENCES incident,
    ADD CONSTRAINT incident_confirmed_whole
        CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)
               AND (confirmed_at IS NULL) = (confirmed_how IS NULL)),
    ADD CONSTRAINT incident_made_safe_whole CHECK ((lift_made_safe_at IS NULL) = (lift_made_safe_by IS NULL)),
    ADD CONSTRAINT incident_cause_reported_whole CHECK ((cause_reported_at IS NULL) = (cause_reported_by IS NULL)),
    ADD CONSTRAINT incident_not_its_own_duplicate CHECK (duplicate_of <> incident_id);
CREATE INDEX incident_duplicates ON incident (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- What people said: callers, use units, the public page, other services. The first one may have
-- opened the incident. The telephone number is there while the incident is open, and nowhere else.
CREATE TABLE incident_report (
    report_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id   bigint NOT NULL REFERENCES incident,
    source        text NOT NULL CHECK (source IN ('call', 'use_unit', 'public_page', 'hand_over')),
    matched_by    text NOT NULL,              -- how the lift was found: the reasons of the matching
    reported_at   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    actor         text NOT NULL,
    opened        boolean NOT NULL,           -- false: it joined an incident that was there
    caller_kind   text NOT NULL CHECK (caller_kind IN ('passenger', 'bystander', 'use_unit', 'authority', 'unknown')),
    persons_count smallint CHECK (persons_count BETWEEN 0 AND 100),
    injured       boolean,
    medical_need  boolean,
    authority     text CHECK (authority IN ('110', '119', '120')),
    reference     text CHECK (length(reference) BETWEEN 1 AND 64),
    caller_phone  text CHECK (length(caller_phone) BETWEEN 3 AND 32),
    erased_at     timestamptz,
    CONSTRAINT incident_report_hand_over_named
        CHECK ((source = 'hand_over') = (authority IS NOT NULL AND reference IS NOT NULL))
);
CREATE INDEX incident_report_by_incident ON incident_report (incident_id, report_id);

-- Attempts at the public page, counted before they are looked at; kept for as long as they count.
CREATE TABLE public_report_attempt (
    limited_by text NOT NULL CHECK (limited_by IN ('address', 'rescue_code')),
    key_hash   bytea NOT NULL,                -- SHA-256: neither addresses nor codes are kept
    at         timestamptz NOT NULL
);
CREATE INDEX public_report_attempt_by_key ON public_report_attempt (limited_by, key_hash, at);

-- What a caller says is searched in this.
ALTER TABLE lift ADD COLUMN search_text text GENERATED ALWAYS AS
    (lower(building || ' ' || address || ' ' || district || ' ' || lift_id)) STORED;
CREATE INDEX lift_by_registration_code ON lift (registration_code) WHERE registration_code IS NOT NULL;
CREATE INDEX lift_by_use_unit ON lift (use_unit_id);

-- A use unit's safety officer acts for the lifts of one party.
ALTER TYPE account_role ADD VALUE 'use_unit';
ALTER TABLE account
    ADD COLUMN party_id text REFERENCES party,
    ADD CONSTRAINT account_use_unit_has_party CHECK ((role::text = 'use_unit') = (party_id IS NOT NULL));

-- What became of a command belongs into the story of the incident it was asked for, once.
ALTER TABLE device_command ADD COLUMN told_at timestamptz;
CREATE INDEX device_command_untold ON device_command (ended_at)
    WHERE incident_id IS NOT NULL AND told_at IS NULL;

-- Alarm signs of a lift's device (EN 81-28) that belong to an incident's story, each once.
CREATE TABLE incident_alarm (
    event_id    bigint PRIMARY KEY REFERENCES lift_event,
    incident_id bigint NOT NULL REFERENCES incident
);
CREATE INDEX incident_alarm_by_incident ON incident_alarm (incident_id);

-- When each lift last made its test call (EN 81-28: every three days, the same way as an alarm).
-- Only lifts whose device has ever made one are watched: from then on it owes the next.
CREATE TABLE test_call_watch (
    lift_key           integer PRIMARY KEY REFERENCES lift,
    last_test_call_at  timestamptz NOT NULL,  -- received by us
    source             text NOT NULL CHECK (source IN ('event', 'reply')),
    notice_opened_at   timestamptz,           -- overdue, and said so
    notice_level       smallint NOT NULL DEFAULT 0 CHECK (notice_level BETWEEN 0 AND 3),
    CONSTRAINT test_call_notice_whole CHECK ((notice_level = 0) = (notice_opened_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX test_call_watch_by_time ON test_call_watch (last_test_call_at);
CREATE INDEX test_call_watch_notices ON test_call_watch (notice_level, last_test_call_at) WHERE notice_level > 0;
-- How far events and replies were looked at; each look goes back a little, for late commits.
CREATE TABLE test_call_progress (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    looked_until timestamptz NOT NULL
);
INSERT INTO test_call_progress (looked_until) VALUES ('-infinity');
CREATE INDEX lift_event_test_calls ON lift_event (recorded_at) WHERE kind = 'test_call';
CREATE INDEX device_command_test_calls ON device_command (reply_received_at)
    WHERE kind = 'test_call' AND reply_result = 'done';
