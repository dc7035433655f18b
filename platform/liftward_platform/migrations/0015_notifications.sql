-- Messages that leave the house: one row for each channel of a message's chain, and how each channel
-- of each destination is doing. No address and no secret stands here: those are in the document.

ALTER TABLE outbox DROP CONSTRAINT outbox_channel_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_channel_check
    CHECK (channel IN ('console', 'crew', 'webhook', 'apprise', 'mqtt'));

ALTER TABLE outbox
    ADD COLUMN of_message_id   bigint REFERENCES outbox,  -- what it carries; NULL: it is the message itself
    ADD COLUMN destination     text,                      -- of the document; NULL: read, not pushed
    ADD COLUMN channel_name    text,
    ADD COLUMN channel_number  smallint NOT NULL DEFAULT 0,      -- its place in the chain
    ADD COLUMN is_last_channel boolean NOT NULL DEFAULT true,
    ADD COLUMN line            text,                      -- within a line the order of messages holds
    ADD COLUMN urgent          boolean NOT NULL DEFAULT false,   -- never waits for a bundle
    ADD COLUMN leased_until    timestamptz,               -- an attempt is running
    ADD COLUMN failures_count  integer NOT NULL DEFAULT 0,
    ADD COLUMN bundled_into    bigint REFERENCES outbox,  -- goes with that one
    ADD COLUMN acknowledge_by  timestamptz,               -- not acknowledged by then: the next channel
    ADD COLUMN moved_on_at     timestamptz,               -- the chain has gone on from here
    ADD COLUMN expires_at      timestamptz,
    ADD COLUMN end_reason      text;                      -- why it was given up

UPDATE outbox SET destination = 'configured', channel_name = 'webhook', line = 'configured',
                  expires_at = created_at + interval '1 hour'
 WHERE channel = 'webhook';
ALTER TABLE outbox ADD CONSTRAINT outbox_pushed_has_its_channel
    CHECK ((destination IS NULL) = (channel IN ('console', 'crew'))
           AND (destination IS NULL) = (channel_name IS NULL)
           AND (destination IS NULL) = (line IS NULL)
           AND (destination IS NULL) = (expires_at IS NULL));
-- Whatever is killed at whatever moment: a message goes into a channel once.
CREATE UNIQUE INDEX outbox_channel_once ON outbox (of_message_id, destination, channel_name);

CREATE INDEX outbox_line ON outbox (line, channel_name, message_id)
    WHERE sent_at IS NULL AND gave_up_at IS NULL AND bundled_into IS NULL AND destination IS NOT NULL;
CREATE INDEX outbox_bundle ON outbox (bundled_into) WHERE bundled_into IS NOT NULL;
-- Looked for every second, so never among what is old.
CREATE INDEX outbox_chain_open ON outbox (expires_at) WHERE moved_on_at IS NULL AND destination IS NOT NULL;
CREATE INDEX outbox_gave_up ON outbox (gave_up_at) WHERE gave_up_at IS NOT NULL AND destination IS NOT NULL;
CREATE INDEX outbox_by_order ON outbox (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE notify_channel (
    destination        text NOT NULL,
    channel_name       text NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('webhook', 'apprise', 'mqtt')),
    who                text NOT NULL CHECK (who IN ('crew', 'party', 'dispatchers', 'regulator')),
    recipient          text NOT NULL,
    channel_number     smallint NOT NULL,
    language           text NOT NULL,
    throttled_until    timestamptz,     -- the receiver asked to be left alone until then
    bundle_until       timestamptz,     -- what comes before then becomes one message
    last_sent_at       timestamptz,
    last_failed_at     timestamptz,
    last_error         text,
    failing_since      timestamptz,     -- shown, loudly, until it works
    last_test_at       timestamptz,
    last_test_sent_at  timestamptz,
    next_test_at       timestamptz,     -- NULL: it is not tested
    retired_at         timestamptz,     -- the document does not have it any more
    PRIMARY KEY (destination, channel_name)
);
CREATE INDEX notify_channel_test_due ON notify_channel (next_test_at) WHERE retired_at IS NULL;

-- The order ended because nobody at the crew could be told: shown apart from a crew that is silent.
ALTER TABLE rescue_order ADD COLUMN not_delivered boolean NOT NULL DEFAULT false;
CREATE INDEX rescue_order_not_delivered ON rescue_order (ended_at) WHERE not_delivered;
