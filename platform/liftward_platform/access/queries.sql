-- insert_account --
-- A new account; an id is never given twice.
INSERT INTO account (account_id, role, name, secret_hash, crew_id, party_id, created_at)
VALUES (%(account_id)s, %(role)s::account_role, %(name)s, %(secret_hash)s, %(crew_id)s, %(party_id)s,
        %(now)s)
ON CONFLICT (account_id) DO NOTHING
RETURNING account_id

-- account_by_id --
-- One account with its secret's hash, for signing in.
SELECT account_id, role::text AS role, name, crew_id, party_id, secret_hash, created_at, disabled_at
  FROM account
 WHERE account_id = %(account_id)s

-- all_accounts --
-- Everybody who may sign in, and those who may no longer.
SELECT account_id, role::text AS role, name, crew_id, party_id, secret_hash, created_at, disabled_at
  FROM account
 ORDER BY account_id

-- disable_account --
-- Shut an account; the first time counts.
UPDATE account
   SET disabled_at = coalesce(disabled_at, %(now)s)
 WHERE account_id = %(account_id)s
RETURNING account_id

-- set_secret --
-- Replace a forgotten or leaked secret.
UPDATE account SET secret_hash = %(secret_hash)s WHERE account_id = %(account_id)s
RETURNING account_id

-- crew_exists --
-- Whether a crew account would have a crew to speak for.
SELECT 1 FROM crew WHERE crew_id = %(crew_id)s

-- use_unit_exists --
-- Whether a use unit's account would have a party to speak for.
SELECT 1 FROM party WHERE party_id = %(party_id)s AND kind = 'use_unit'

-- insert_token --
-- Begin a session; only the token's hash is kept.
INSERT INTO access_token (token_hash, account_id, issued_at, expires_at)
VALUES (%(token_hash)s, %(account_id)s, %(now)s, %(expires_at)s)

-- account_of_token --
-- Who holds a token that is neither expired nor revoked, and whose account is not disabled.
SELECT account_id, role::text AS role, name, crew_id, party_id, secret_hash, created_at, disabled_at
  FROM access_token JOIN account USING (account_id)
 WHERE token_hash = %(token_hash)s
   AND revoked_at IS NULL AND expires_at > %(now)s AND disabled_at IS NULL

-- revoke_token --
-- End one session.
UPDATE access_token SET revoked_at = coalesce(revoked_at, %(now)s) WHERE token_hash = %(token_hash)s

-- revoke_tokens_of_account --
-- End every session of an account.
UPDATE access_token
   SET revoked_at = %(now)s
 WHERE account_id = %(account_id)s AND revoked_at IS NULL

-- record_attempt --
-- Count a sign-in as failed before its secret is checked; parallel guesses gain nothing.
INSERT INTO failed_sign_in (account_id, at) VALUES (%(account_id)s, %(now)s)

-- failed_sign_ins --
-- How often an account was tried with a wrong secret since a moment, and when first.
SELECT count(*) AS failures_count, min(at) AS first_at
  FROM failed_sign_in
 WHERE account_id = %(account_id)s AND at > %(since)s

-- forget_failed_sign_ins --
-- A right secret wipes the slate.
DELETE FROM failed_sign_in WHERE account_id = %(account_id)s

-- delete_old_tokens --
-- Housekeeping: sessions that ended long ago.
DELETE FROM access_token
 WHERE token_hash IN (SELECT token_hash FROM access_token
                       WHERE expires_at < %(before)s ORDER BY expires_at LIMIT %(limit)s)

-- delete_old_failed_sign_ins --
-- Housekeeping: failures that no longer count.
DELETE FROM failed_sign_in
 WHERE ctid IN (SELECT ctid FROM failed_sign_in WHERE at < %(before)s LIMIT %(limit)s)
