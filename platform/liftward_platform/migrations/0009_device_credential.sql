-- What lets a device, or a service of the platform, into the broker. Secrets are never kept: of a
-- password the hash that Mosquitto compares, of a certificate its serial number and fingerprint.

CREATE TABLE device_credential (
    credential_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id          text REFERENCES device,  -- NULL: a service of the platform
    -- What the broker knows it as. A service's has a dot, which no device id can have.
    username           text NOT NULL CHECK (username ~ '^[A-Za-z0-9_.-]{1,40}$'),
    kind               text NOT NULL CHECK (kind IN ('password', 'certificate')),
    issued_at          timestamptz NOT NULL,
    issued_by          text NOT NULL,           -- an account id, or 'command-line'
    expires_at         timestamptz CHECK (expires_at > issued_at),
    revoked_at         timestamptz CHECK (revoked_at >= issued_at),
    revoked_by         text,
    reason             text,                    -- why it was revoked
    password_hash      text,
    certificate_serial text UNIQUE,             -- hexadecimal, as in certificate and CRL
    certificate_sha256 bytea,
    CONSTRAINT device_credential_is_its_device_s
        CHECK (CASE WHEN device_id IS NULL THEN position('.' IN username) > 0
                    ELSE username = device_id END),
    CONSTRAINT device_credential_has_what_its_kind_has
        CHECK ((password_hash IS NOT NULL) = (kind = 'password')
           AND (certificate_serial IS NOT NULL) = (kind = 'certificate')
           AND (certificate_sha256 IS NOT NULL) = (kind = 'certificate')
           AND (kind = 'password' OR expires_at IS NOT NULL)),
    CONSTRAINT device_credential_revoked_with_reason
        CHECK ((revoked_at IS NULL) = (revoked_by IS NULL) AND (revoked_at IS NULL) = (reason IS NULL))
);
-- One password at a time: the broker compares with one.
CREATE UNIQUE INDEX device_credential_one_password ON device_credential (username)
    WHERE kind = 'password' AND revoked_at IS NULL;
CREATE INDEX device_credential_by_username ON device_credential (username, issued_at);
