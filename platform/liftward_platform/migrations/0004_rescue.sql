-- Incidents, who was sent, by when, who was told; and the ledger that none of it changes quietly.

CREATE TABLE incident (
    incident_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_key        integer NOT NULL REFERENCES lift,
    kind            text NOT NULL CHECK (kind IN ('entrapment')),
    state           text NOT NULL CHECK (state IN
                    ('open', 'ordered', 'accepted', 'under_way', 'arrived', 'freed', 'closed')),
    source          text NOT NULL CHECK (source IN ('detection', 'call')),
    level           text NOT NULL CHECK (level IN ('suspected', 'probable', 'confirmed')),
    onset_at        timestamptz NOT NULL,
    detected_at     timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL,
    response_level  smallint NOT NULL DEFAULT 0 CHECK (response_level BETWEEN 0 AND 3),
    policy          jsonb NOT NULL,          -- stamped when it opens: a later edit changes nothing here
    release_seen_at timestamptz,             -- the detector saw the car level, open and empty
    arrived_at      timestamptz,
    freed_at        timestamptz,
    persons_count   smallint CHECK (persons_count BETWEEN 0 AND 100),
    closed_at       timestamptz,
    outcome         text CHECK (outcome IN ('freed', 'self_freed', 'false', 'duplicate')),
    cause_code      text,
    release_method  text,
    note            text,
    CONSTRAINT incident_closed_with_outcome
        CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (state = 'closed') = (outcome IS NOT NULL))
);
-- One incident with people inside per lift; one that waits for confirmation does not hide the next.
CREATE UNIQUE INDEX incident_one_open ON incident (lift_key, kind) WHERE state NOT IN ('freed', 'closed');
CREATE INDEX incident_not_closed ON incident (onset_at) WHERE state <> 'closed';
CREATE INDEX incident_by_opened ON incident (opened_at DESC);
CREATE INDEX incident_by_lift ON incident (lift_key, opened_at DESC);

-- A detection has a second incident when the first was closed while it had not ended.
CREATE TABLE incident_detection (
    incident_id  bigint NOT NULL REFERENCES incident,
    detection_id bigint NOT NULL REFERENCES detection,
    PRIMARY KEY (incident_id, detection_id)
);
CREATE INDEX incident_detection_by_detection ON incident_detection (detection_id);

-- What happened, in order: the story of an incident. Never updated.
CREATE TABLE incident_log (
    log_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    at          timestamptz NOT NULL,        -- when it happened, by whoever says so
    recorded_at timestamptz NOT NULL DEFAULT now(),
    actor       text NOT NULL,               -- 'engine', 'detector' or an account id
    event       text NOT NULL,
    from_state  text,
    to_state    text,
    reason      text NOT NULL,
    detail      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX incident_log_by_incident ON incident_log (incident_id, log_id);

CREATE TABLE rescue_order (
    order_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id    bigint NOT NULL REFERENCES incident,
    crew_id        text NOT NULL REFERENCES crew,
    response_level smallint NOT NULL CHECK (response_level BETWEEN 1 AND 3),
    state          text NOT NULL CHECK (state IN
                   ('sent', 'accepted', 'refused', 'no_answer', 'under_way', 'arrived', 'done', 'withdrawn')),
    sent_at        timestamptz NOT NULL,
    answered_at    timestamptz,
    refusal_reason text,
    under_way_at   timestamptz,
    arrived_at     timestamptz,
    ended_at       timestamptz,
    travel_time_s  real NOT NULL CHECK (travel_time_s >= 0),
    reason         text NOT NULL              -- why this crew, at this moment
);
-- A crew is asked once at a time for one incident; several crews may be under way to it.
CREATE UNIQUE INDEX rescue_order_one_live ON rescue_order (incident_id, crew_id)
    WHERE state IN ('sent', 'accepted', 'under_way', 'arrived');
CREATE INDEX rescue_order_by_crew ON rescue_order (crew_id, sent_at DESC);
CREATE INDEX rescue_order_by_incident ON rescue_order (incident_id, order_id);

-- Every crew that was considered, in order, and why it stands where it stands.
CREATE TABLE rescue_candidate (
    incident_id    bigint NOT NULL REFERENCES incident,
    ranked_at      timestamptz NOT NULL,
    rank           smallint NOT NULL,
    crew_id        text NOT NULL REFERENCES crew,
    response_level smallint NOT NULL,
    travel_time_s  real,
    eligible       boolean NOT NULL,
    reason         text NOT NULL,
    PRIMARY KEY (incident_id, ranked_at, rank)
);

-- A deadline fires once: claimed with SKIP LOCKED by whichever engine comes first.
CREATE TABLE deadline (
    deadline_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id  bigint NOT NULL REFERENCES incident,
    order_id     bigint REFERENCES rescue_order,
    kind         text NOT NULL CHECK (kind IN ('order', 'accept', 'arrive', 'confirm_release')),
    due_at       timestamptz NOT NULL,
    fired_at     timestamptz,
    cancelled_at timestamptz,
    result       text,
    CONSTRAINT deadline_ends_once CHECK (fired_at IS NULL OR cancelled_at IS NULL)
);
CREATE INDEX deadline_due ON deadline (due_at) WHERE fired_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX deadline_by_incident ON deadline (incident_id);

-- Messages to people. A row is sent, or still to be sent; it is never marked sent on hope.
CREATE TABLE outbox (
    message_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id     bigint REFERENCES incident,
    order_id        bigint REFERENCES rescue_order,
    channel         text NOT NULL CHECK (channel IN ('console', 'crew', 'webhook')),
    recipient       text NOT NULL,
    subject         text NOT NULL,
    body            jsonb NOT NULL,
    created_at      timestamptz NOT NULL,
    attempts_count  integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    sent_at         timestamptz,
    gave_up_at      timestamptz,
    last_error      text
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE sent_at IS NULL AND gave_up_at IS NULL;

-- A repeated command (same key, same account) gets the first answer again and does nothing twice.
CREATE TABLE idempotency_key (
    account_id   text NOT NULL REFERENCES account,
    key          text NOT NULL CHECK (length(key) BETWEEN 8 AND 128),
    request_hash bytea NOT NULL,
    status       smallint NOT NULL,
    response     jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, key)
);

-- The ledger. `body` is the exact text that was hashed (RFC 8785 canonical JSON); personal data
-- never stands in it. `lift_previous_hash` chains the entries of one lift; `leaf_index` is given
-- when a checkpoint takes the entry into the global Merkle tree (RFC 6962).
CREATE TABLE ledger_entry (
    entry_id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_key           integer NOT NULL REFERENCES lift,
    lift_entry_number  bigint NOT NULL CHECK (lift_entry_number >= 0),
    kind               text NOT NULL,
    incident_id        bigint REFERENCES incident,
    occurred_at        timestamptz NOT NULL,
    recorded_at        timestamptz NOT NULL,
    actor              text NOT NULL,
    body               text NOT NULL,
    lift_previous_hash bytea NOT NULL CHECK (length(lift_previous_hash) = 32),
    leaf_hash          bytea NOT NULL CHECK (length(leaf_hash) = 32),
    leaf_index         bigint CONSTRAINT ledger_leaf_index_unique UNIQUE,
    CONSTRAINT ledger_lift_entry_unique UNIQUE (lift_key, lift_entry_number)
);
CREATE INDEX ledger_entry_unintegrated ON ledger_entry (entry_id) WHERE leaf_index IS NULL;
CREATE INDEX ledger_entry_by_incident ON ledger_entry (incident_id);

CREATE TABLE ledger_checkpoint (
    tree_size  bigint PRIMARY KEY CHECK (tree_size > 0),
    root_hash  bytea NOT NULL CHECK (length(root_hash) = 32),
    frontier   bytea NOT NULL,               -- hashes of the perfect subtrees, to go on from here
    note       text NOT NULL,                -- signed note, C2SP tlog-checkpoint
    created_at timestamptz NOT NULL
);

-- History is not rewritten by our own programs: only `leaf_index` may be set, once.
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.leaf_index IS NULL AND NEW.leaf_index IS NOT NULL
       AND (to_jsonb(NEW) - 'leaf_index') = (to_jsonb(OLD) - 'leaf_index') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the ledger is append-only: write a correcting entry instead';
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- One row per engine module and replica: what it last did, and its own failure if any.
CREATE TABLE engine_heartbeat (
    module        text PRIMARY KEY,
    last_run_at   timestamptz NOT NULL,
    last_error_at timestamptz,
    last_error    text
);
