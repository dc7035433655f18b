-- Which vocabulary a device speaks: the contract's own, or that of another standard.

ALTER TABLE device
    ADD COLUMN profile text NOT NULL DEFAULT 'liftward-v1'
    CONSTRAINT device_profile_known CHECK (profile IN (
        'liftward-v1', 'gbt24476-2017', 'bacnet-lift', 'regional-a', 'regional-b', 'sparkplug-b'
    ));

-- A Sparkplug edge node as each path of the gateway knows it: births, aliases, count, values held.
-- Written with the rows it led to, so that a killed gateway goes on where it had committed.
CREATE TABLE sparkplug_node (
    device_id text NOT NULL REFERENCES device,
    stream    text NOT NULL CHECK (stream IN ('telemetry', 'event')),
    state     bytea NOT NULL,
    PRIMARY KEY (device_id, stream)
) WITH (fillfactor = 70);
