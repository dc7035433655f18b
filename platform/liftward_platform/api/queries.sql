-- lock_key --
-- Two requests with the same key, at the same time: the second waits and then sees the first's answer.
SELECT pg_advisory_xact_lock(hashtextextended(%(account_id)s || ' ' || %(key)s, %(seed)s))

-- answer_of_key --
-- What this account was answered under this key, and to which request.
SELECT request_hash, status, response
  FROM idempotency_key
 WHERE account_id = %(account_id)s AND key = %(key)s

-- remember_answer --
-- Keep an answer, in the transaction of what it tells of.
INSERT INTO idempotency_key (account_id, key, request_hash, status, response, created_at)
VALUES (%(account_id)s, %(key)s, %(request_hash)s, %(status)s, %(response)s, %(now)s)

-- delete_old_answers --
-- Housekeeping: keys that no client will repeat any more.
DELETE FROM idempotency_key
 WHERE (account_id, key) IN (SELECT account_id, key FROM idempotency_key
                              WHERE created_at < %(before)s LIMIT %(limit)s)

-- heartbeats --
-- When each engine module and each gateway range last worked.
SELECT module, last_run_at FROM engine_heartbeat
