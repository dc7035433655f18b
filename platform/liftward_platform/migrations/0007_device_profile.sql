-- Which vocabulary a device speaks: the contract's own, or that of another standard.

ALTER TABLE device
    ADD COLUMN profile text NOT NULL DEFAULT 'liftward-v1'
    CONSTRAINT device_profile_known CHECK (profile IN (
        'liftward-v1', 'gbt24476-2017', 'bacnet-lift', 'regional-a', 'regional-b', 'sparkplug-b'
    ));
