-- insert_message --
-- Something to tell, in the transaction in which it came true.
INSERT INTO outbox (incident_id, order_id, channel, recipient, subject, body, created_at, next_attempt_at)
VALUES (%(incident_id)s, %(order_id)s, %(channel)s, %(recipient)s, %(subject)s, %(body)s, %(now)s, %(now)s)

-- claim_messages --
-- Take messages of these channels that are due. The lease puts the next attempt off: a sender that
-- dies in between is followed by another attempt, so that a message may come twice, but not never.
UPDATE outbox SET attempts_count = attempts_count + 1, next_attempt_at = %(lease_until)s
 WHERE message_id IN (
       SELECT message_id FROM outbox
        WHERE sent_at IS NULL AND gave_up_at IS NULL AND next_attempt_at <= %(now)s
          AND channel = ANY (%(channels)s::text[])
        ORDER BY next_attempt_at, message_id
        LIMIT %(limit)s
          FOR UPDATE SKIP LOCKED)
RETURNING message_id, incident_id, order_id, channel, recipient, subject, body, created_at,
          attempts_count

-- mark_sent --
-- It was delivered.
UPDATE outbox SET sent_at = %(now)s, last_error = NULL WHERE message_id = ANY (%(message_ids)s)

-- mark_failed --
-- It was not delivered: when it is tried again, or that it is given up.
UPDATE outbox SET next_attempt_at = coalesce(%(next_attempt_at)s, next_attempt_at),
                  gave_up_at = %(gave_up_at)s, last_error = %(last_error)s
 WHERE message_id = %(message_id)s
