-- lock_device --
-- One device, held while its credentials change.
SELECT device_id, kind, revoked_at FROM device WHERE device_id = %(device_id)s FOR UPDATE

-- crew_there --
-- A crew whose device may have a credential.
SELECT crew_id FROM crew WHERE crew_id = %(crew_id)s

-- lifts_of_device --
-- The lifts a device speaks for, in the order in which everybody locks them.
SELECT lift_key FROM device_lift WHERE device_id = %(device_id)s ORDER BY lift_key

-- insert_credential --
-- Keep what is known of a credential that was just made.
INSERT INTO device_credential (device_id, username, kind, issued_at, issued_by, expires_at,
                               password_hash, certificate_serial, certificate_sha256)
VALUES (%(device_id)s, %(username)s, %(kind)s, %(issued_at)s, %(issued_by)s, %(expires_at)s,
        %(password_hash)s, %(certificate_serial)s, %(certificate_sha256)s)

-- revoke_credentials --
-- Withdraw what somebody holds; of one kind, or all.
UPDATE device_credential
   SET revoked_at = greatest(%(now)s, issued_at), revoked_by = %(actor)s, reason = %(reason)s
 WHERE username = %(username)s AND revoked_at IS NULL
   AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)

-- set_device_revoked --
-- Refuse everything from a device (or, with NULL, take its messages again).
UPDATE device SET revoked_at = %(revoked_at)s WHERE device_id = %(device_id)s

-- credentials --
-- Devices and services with their credentials, newest first; a device without any has one row.
SELECT coalesce(device.device_id, credential.username) AS username, device.kind AS device_kind,
       device.revoked_at AS device_revoked_at, credential.credential_id,
       credential.kind::text AS kind, credential.issued_at, credential.issued_by,
       credential.expires_at, credential.revoked_at, credential.revoked_by, credential.reason,
       credential.certificate_serial
  FROM device FULL JOIN device_credential AS credential USING (device_id)
 WHERE coalesce(device.device_id, credential.username) > %(after)s
   AND (%(all)s OR credential.revoked_at IS NULL)
   AND (%(expiring_before)s::timestamptz IS NULL
        OR (credential.revoked_at IS NULL AND credential.expires_at < %(expiring_before)s))
 ORDER BY 1, credential.issued_at DESC, credential.credential_id DESC
 LIMIT %(limit)s

-- lock_export --
-- One export at a time: the last to write is the last to have read.
SELECT pg_advisory_xact_lock(%(lock)s)

-- valid_passwords --
-- Whose password opens the broker now.
SELECT username, password_hash FROM device_credential
 WHERE kind = 'password' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %(now)s)
 ORDER BY username

-- revoked_certificates --
-- Certificates that would still be accepted if nobody said that they were withdrawn.
SELECT certificate_serial, revoked_at FROM device_credential
 WHERE kind = 'certificate' AND revoked_at IS NOT NULL AND expires_at > %(now)s
 ORDER BY credential_id

-- revoked_devices --
-- Devices that may say nothing.
SELECT device_id FROM device WHERE revoked_at IS NOT NULL ORDER BY device_id

-- edge_lifts --
-- The lifts of every building edge that may speak.
SELECT device.device_id, array_agg(lift.lift_id ORDER BY lift.lift_id) AS lift_ids
  FROM device
  JOIN device_lift USING (device_id)
  JOIN lift ON lift.lift_key = device_lift.lift_key AND lift.withdrawn_at IS NULL
 WHERE device.kind = 'edge' AND device.revoked_at IS NULL
 GROUP BY device.device_id
 ORDER BY device.device_id
