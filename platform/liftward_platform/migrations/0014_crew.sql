-- What crews report from the spot: doubted reports, parts, photos; signs of life of a lone technician.

ALTER TABLE deadline DROP CONSTRAINT deadline_kind_check;
ALTER TABLE deadline ADD CONSTRAINT deadline_kind_check CHECK (kind IN (
    'order', 'accept', 'arrive', 'confirm_release', 'predict', 'passenger_update', 'test_call', 'check_in',
    'order_seen', 'make_safe', 'cause_report'));

-- A technician alone gives signs of life from the arrival on; the last one counts.
ALTER TABLE rescue_order
    ADD COLUMN alone        boolean NOT NULL DEFAULT false,
    ADD COLUMN last_sign_at timestamptz;

-- How sure a fix is; and the last one that was not believed, in case the next one bears it out.
ALTER TABLE crew
    ADD COLUMN position_accuracy_m    real CHECK (position_accuracy_m >= 0),
    ADD COLUMN doubted_latitude_deg   double precision CHECK (doubted_latitude_deg BETWEEN -90 AND 90),
    ADD COLUMN doubted_longitude_deg  double precision CHECK (doubted_longitude_deg BETWEEN -180 AND 180),
    ADD COLUMN doubted_accuracy_m     real CHECK (doubted_accuracy_m >= 0),
    ADD COLUMN doubted_position_at    timestamptz;
-- Positions are personal data: those whose time is over are looked for often.
CREATE INDEX crew_position_kept ON crew (position_at) WHERE position_at IS NOT NULL;

-- What a crew said that is hard to believe. A held report has changed nothing until a person or a fix
-- confirms it; one that is not held was taken, and only its time was replaced. Never deleted.
CREATE TABLE crew_report (
    report_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    order_id    bigint NOT NULL REFERENCES rescue_order,
    action      text NOT NULL,
    content     jsonb NOT NULL,               -- what else was said: counts and codes, no position
    claimed_at  timestamptz NOT NULL,         -- when it happened, by the crew's word
    received_at timestamptz NOT NULL,
    actor       text NOT NULL,
    doubts      text[] NOT NULL CHECK (cardinality(doubts) > 0),
    distance_m  integer CHECK (distance_m >= 0),  -- from the lift, in hundreds of metres
    held        boolean NOT NULL,
    decided_at  timestamptz,
    decided_by  text,
    decision    text CHECK (decision IN ('believed', 'dismissed')),
    CONSTRAINT crew_report_decided_once
        CHECK ((decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by IS NULL)),
    CONSTRAINT crew_report_only_held_is_decided CHECK (held OR decision IS NULL)
);
CREATE INDEX crew_report_by_incident ON crew_report (incident_id, report_id);
CREATE INDEX crew_report_undecided ON crew_report (order_id, report_id) WHERE held AND decision IS NULL;

-- Parts that went into the lift: by number and batch they are found again when a batch is recalled.
CREATE TABLE part_used (
    part_used_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_key     integer NOT NULL REFERENCES lift,
    incident_id  bigint NOT NULL REFERENCES incident,
    order_id     bigint NOT NULL REFERENCES rescue_order,
    part_name    text NOT NULL CHECK (length(part_name) BETWEEN 1 AND 64),
    part_number  text CHECK (length(part_number) BETWEEN 1 AND 64),
    batch        text CHECK (length(batch) BETWEEN 1 AND 64),
    parts_count  integer NOT NULL CHECK (parts_count BETWEEN 1 AND 1000),
    occurred_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    actor        text NOT NULL
);
CREATE INDEX part_used_by_incident ON part_used (incident_id, part_used_id);
CREATE INDEX part_used_by_batch ON part_used (part_number, batch);

-- Photos may show people: their content can be erased, its hash in the ledger stays.
CREATE TABLE crew_photo (
    photo_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    order_id    bigint NOT NULL REFERENCES rescue_order,
    media_type  text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
    size_bytes  integer NOT NULL CHECK (size_bytes > 0),
    sha256      bytea NOT NULL CHECK (length(sha256) = 32),
    content     bytea,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor       text NOT NULL,
    erased_at   timestamptz,
    CONSTRAINT crew_photo_there_or_erased CHECK ((content IS NULL) = (erased_at IS NOT NULL))
);
-- Compressed already: trying again costs time only.
ALTER TABLE crew_photo ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX crew_photo_by_incident ON crew_photo (incident_id, photo_id);

-- Facts of the incident that a crew reports after the release.
ALTER TABLE incident
    ADD COLUMN IF NOT EXISTS lift_made_safe_at timestamptz,
    ADD COLUMN IF NOT EXISTS lift_made_safe_by text,
    ADD COLUMN IF NOT EXISTS cause_reported_at timestamptz,
    ADD COLUMN IF NOT EXISTS cause_reported_by text;

-- How many people a crew is; NULL: not told.
ALTER TABLE crew ADD COLUMN members_count smallint CHECK (members_count BETWEEN 1 AND 50);
