-- insert_message --
-- Something to tell, in the transaction in which it came true; crews and consoles read it.
INSERT INTO outbox (incident_id, order_id, channel, recipient, subject, body, created_at, next_attempt_at)
VALUES (%(incident_id)s, %(order_id)s, %(channel)s, %(recipient)s, %(subject)s, %(body)s, %(now)s, %(now)s)

-- insert_copy --
-- A message goes into one channel; a second engine that has the same idea changes nothing.
INSERT INTO outbox (incident_id, order_id, channel, recipient, subject, body, created_at, next_attempt_at,
                    of_message_id, destination, channel_name, channel_number, is_last_channel, line,
                    urgent, expires_at)
VALUES (%(incident_id)s, %(order_id)s, %(channel)s, %(recipient)s, %(subject)s, %(body)s, %(created_at)s,
        %(now)s, %(of_message_id)s, %(destination)s, %(channel_name)s, %(channel_number)s,
        %(is_last_channel)s, %(line)s, %(urgent)s, %(expires_at)s)
ON CONFLICT (of_message_id, destination, channel_name) DO NOTHING

-- claim_to_read --
-- Take messages that crews and consoles can now read, oldest first.
SELECT message_id, incident_id, order_id, channel, recipient, subject, body, created_at, attempts_count
  FROM outbox
 WHERE sent_at IS NULL AND gave_up_at IS NULL AND destination IS NULL AND next_attempt_at <= %(now)s
 ORDER BY message_id
 LIMIT %(limit)s
   FOR UPDATE SKIP LOCKED

-- parties_concerned --
-- Whose business an incident is: who maintains the lift, who uses it, whose crews were asked.
SELECT maintainer_id AS party_id
  FROM incident JOIN maintenance_contract USING (lift_key)
 WHERE incident_id = %(incident_id)s AND valid_from <= %(now)s
   AND (valid_until IS NULL OR valid_until > %(now)s)
UNION
SELECT use_unit_id FROM incident JOIN lift USING (lift_key) WHERE incident_id = %(incident_id)s
UNION
SELECT crew.party_id FROM rescue_order JOIN crew USING (crew_id) WHERE incident_id = %(incident_id)s

-- claim_to_push --
-- Take the first message of each line that is due, through channels this program knows. The lease
-- keeps others off; a sender that dies is followed by another attempt once it is over: a message may
-- come twice, but not never. A receiver gets a few at a time.
WITH head AS (
    SELECT waiting.message_id,
           row_number() OVER (PARTITION BY waiting.destination, waiting.channel_name, waiting.recipient
                              ORDER BY waiting.urgent DESC, waiting.message_id) AS place
      FROM outbox AS waiting
      LEFT JOIN notify_channel AS channel USING (destination, channel_name)
     WHERE waiting.sent_at IS NULL AND waiting.gave_up_at IS NULL AND waiting.bundled_into IS NULL
       AND waiting.destination || '/' || waiting.channel_name = ANY (%(known)s::text[])
       AND waiting.next_attempt_at <= %(now)s
       AND (waiting.leased_until IS NULL OR waiting.leased_until <= %(now)s)
       AND waiting.destination || '/' || waiting.channel_name || '/' || waiting.recipient
           <> ALL (%(busy)s::text[])
       AND (channel.throttled_until IS NULL OR channel.throttled_until <= %(now)s)
       AND (waiting.urgent OR waiting.attempts_count > 0
            OR channel.bundle_until IS NULL OR channel.bundle_until <= %(now)s)
       AND NOT EXISTS (
           SELECT FROM outbox AS before
            WHERE before.line = waiting.line AND before.channel_name = waiting.channel_name
              AND before.message_id < waiting.message_id
              AND before.sent_at IS NULL AND before.gave_up_at IS NULL
              AND before.bundled_into IS NULL AND before.destination IS NOT NULL)
       AND NOT EXISTS (   -- of two channels of a chain that are due, the first: the other may be spared
           SELECT FROM outbox AS sooner
            WHERE sooner.of_message_id = waiting.of_message_id
              AND sooner.destination = waiting.destination
              AND sooner.channel_number < waiting.channel_number
              AND sooner.sent_at IS NULL AND sooner.gave_up_at IS NULL
              AND sooner.next_attempt_at <= %(now)s
              AND (sooner.leased_until IS NULL OR sooner.leased_until <= %(now)s)
              AND NOT EXISTS (SELECT FROM notify_channel AS held
                               WHERE held.destination = sooner.destination
                                 AND held.channel_name = sooner.channel_name
                                 AND held.throttled_until > %(now)s))
), taken AS (
    SELECT message_id FROM outbox
     WHERE message_id IN (SELECT message_id FROM head WHERE place <= %(at_once)s)
       AND sent_at IS NULL AND gave_up_at IS NULL AND bundled_into IS NULL
       AND (leased_until IS NULL OR leased_until <= %(now)s)
     ORDER BY urgent DESC, message_id
     LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET attempts_count = attempts_count + 1, leased_until = %(lease_until)s
 WHERE message_id IN (SELECT message_id FROM taken)
RETURNING message_id, attempts_count, urgent, destination, channel_name

-- bundle --
-- What waits in the same line goes with this message, which is sent for the first time.
UPDATE outbox SET bundled_into = %(message_id)s
 WHERE message_id IN (
       SELECT other.message_id
         FROM outbox AS first JOIN outbox AS other USING (line, channel_name)
        WHERE first.message_id = %(message_id)s AND other.message_id > first.message_id
          AND other.attempts_count = 0 AND other.sent_at IS NULL AND other.gave_up_at IS NULL
          AND other.bundled_into IS NULL AND other.destination IS NOT NULL
        ORDER BY other.message_id
        LIMIT %(limit)s
          FOR UPDATE OF other SKIP LOCKED)

-- hold_bundle --
-- What comes within the window waits for its end.
UPDATE notify_channel SET bundle_until = %(until)s
 WHERE destination = %(destination)s AND channel_name = %(channel_name)s

-- messages_with_facts --
-- Claimed messages, and those bundled with them, with what a person needs to read.
SELECT outbox.message_id, outbox.incident_id, outbox.order_id, outbox.channel, outbox.recipient,
       outbox.subject, outbox.body, outbox.created_at, outbox.attempts_count, outbox.of_message_id,
       outbox.destination, outbox.channel_name, outbox.urgent, outbox.expires_at, outbox.bundled_into,
       lift.lift_id, lift.rescue_code, lift.building, lift.address, crew.phone AS crew_phone
  FROM outbox
  LEFT JOIN incident USING (incident_id)
  LEFT JOIN lift USING (lift_key)
  LEFT JOIN crew ON crew.crew_id = outbox.recipient
 WHERE outbox.message_id = ANY (%(message_ids)s) OR outbox.bundled_into = ANY (%(message_ids)s)
 ORDER BY outbox.message_id

-- mark_read --
-- Crews and consoles can read it.
UPDATE outbox SET sent_at = %(now)s, attempts_count = attempts_count + 1
 WHERE message_id = ANY (%(message_ids)s)

-- mark_sent --
-- The receiver took it, and all that went with it.
UPDATE outbox SET sent_at = %(now)s, last_error = NULL, leased_until = NULL,
                  acknowledge_by = %(acknowledge_by)s
 WHERE (message_id = %(message_id)s OR bundled_into = %(message_id)s)
   AND sent_at IS NULL

-- mark_failed --
-- It was not delivered, nor what went with it: when it is tried again, or why it is given up. An
-- attempt whose lease another has taken over meanwhile does not undo what that one found.
UPDATE outbox SET next_attempt_at = coalesce(%(next_attempt_at)s, next_attempt_at), leased_until = NULL,
                  gave_up_at = %(gave_up_at)s, end_reason = %(end_reason)s, last_error = %(last_error)s,
                  failures_count = failures_count + 1
 WHERE (message_id = %(message_id)s OR bundled_into = %(message_id)s)
   AND sent_at IS NULL AND gave_up_at IS NULL

-- stop_other_channels --
-- It came by this channel: the others of its chain need not be tried again.
UPDATE outbox SET gave_up_at = %(now)s, end_reason = 'other_channel'
 WHERE of_message_id = %(of_message_id)s AND destination = %(destination)s
   AND message_id <> %(message_id)s AND sent_at IS NULL AND gave_up_at IS NULL
   AND (leased_until IS NULL OR leased_until <= %(now)s)

-- end_overtaken_channels --
-- A channel was at work when a later one of its chain delivered, and failed: it need not try again.
UPDATE outbox SET gave_up_at = %(now)s, end_reason = 'other_channel'
  FROM outbox AS later
 WHERE later.of_message_id = outbox.of_message_id AND later.destination = outbox.destination
   AND later.channel_number > outbox.channel_number AND later.sent_at IS NOT NULL
   AND outbox.destination IS NOT NULL AND outbox.sent_at IS NULL AND outbox.gave_up_at IS NULL
   AND (outbox.leased_until IS NULL OR outbox.leased_until <= %(now)s)

-- end_overtaken_orders --
-- A crew is not told any more of an order that has ended: it would drive for nothing. Nor once more of
-- one that it has answered.
UPDATE outbox SET gave_up_at = %(now)s, end_reason = 'order_over'
  FROM rescue_order
 WHERE outbox.order_id = rescue_order.order_id
   AND outbox.destination IS NOT NULL AND outbox.recipient = rescue_order.crew_id
   AND (outbox.subject = 'order_sent'
        AND rescue_order.state NOT IN ('sent', 'accepted', 'under_way', 'arrived')
        OR outbox.subject = 'order_told_again' AND rescue_order.state <> 'sent')
   AND outbox.sent_at IS NULL AND outbox.gave_up_at IS NULL
   AND (outbox.leased_until IS NULL OR outbox.leased_until <= %(now)s)

-- end_never_told --
-- Nor that an order is withdrawn or over of which it knows nothing: neither sent nor sent once more, not
-- shown by its page, not answered.
UPDATE outbox SET gave_up_at = %(now)s, end_reason = 'never_told'
  FROM rescue_order
 WHERE outbox.order_id = rescue_order.order_id
   AND outbox.subject IN ('order_withdrawn', 'order_expired')
   AND rescue_order.seen_at IS NULL AND rescue_order.answered_at IS NULL
   AND outbox.destination IS NOT NULL AND outbox.recipient = rescue_order.crew_id
   AND outbox.sent_at IS NULL AND outbox.gave_up_at IS NULL
   AND (outbox.leased_until IS NULL OR outbox.leased_until <= %(now)s)
   AND NOT EXISTS (SELECT FROM outbox AS told
                    WHERE told.order_id = outbox.order_id AND told.recipient = outbox.recipient
                      AND told.destination IS NOT NULL
                      AND told.subject IN ('order_sent', 'order_told_again')
                      AND (told.sent_at IS NOT NULL OR told.gave_up_at IS NULL))
   AND EXISTS (SELECT FROM outbox AS tried
                WHERE tried.order_id = outbox.order_id AND tried.recipient = outbox.recipient
                  AND tried.destination IS NOT NULL
                  AND tried.subject IN ('order_sent', 'order_told_again'))

-- end_orphans --
-- No program knows this channel any more, and the message has become old.
UPDATE outbox SET gave_up_at = %(now)s, end_reason = 'no_channel'
 WHERE sent_at IS NULL AND gave_up_at IS NULL AND destination IS NOT NULL AND expires_at <= %(now)s
   AND bundled_into IS NULL
   AND destination || '/' || channel_name <> ALL (%(known)s::text[])
RETURNING message_id, incident_id, subject, channel, channel_name, destination

-- open_chains --
-- Messages whose chain may have to go on: a channel failed, is throttled, hangs (its lease ends by
-- `hung_until`), or was not acknowledged.
SELECT DISTINCT outbox.of_message_id, outbox.destination
  FROM outbox
  LEFT JOIN rescue_order USING (order_id)
  LEFT JOIN notify_channel AS channel USING (destination, channel_name)
 WHERE outbox.moved_on_at IS NULL AND outbox.destination IS NOT NULL AND outbox.of_message_id IS NOT NULL
   AND outbox.expires_at > %(now)s
   AND outbox.end_reason IS DISTINCT FROM 'other_channel'
   AND outbox.end_reason IS DISTINCT FROM 'order_over'
   AND outbox.end_reason IS DISTINCT FROM 'never_told'
   AND CASE WHEN outbox.sent_at IS NOT NULL
            THEN outbox.acknowledge_by <= %(now)s AND rescue_order.state = 'sent'
                 AND NOT outbox.is_last_channel
            ELSE (outbox.failures_count > 0 OR channel.throttled_until > %(now)s
                  OR (outbox.subject = 'order_sent' AND outbox.leased_until > %(now)s
                      AND outbox.leased_until <= %(hung_until)s))
                 AND (NOT outbox.is_last_channel
                      OR (outbox.subject = 'order_sent' AND rescue_order.state = 'sent'
                          AND outbox.recipient = rescue_order.crew_id)) END
 ORDER BY outbox.of_message_id, outbox.destination
 LIMIT %(limit)s

-- lock_message --
-- The message a chain belongs to; one engine at a time decides about it.
SELECT message_id, incident_id, order_id, channel, recipient, subject, body, created_at, attempts_count
  FROM outbox WHERE message_id = %(message_id)s
   FOR UPDATE SKIP LOCKED

-- steps_of_chain --
-- How far each channel of a chain got, in order; and whether an order hangs on it.
SELECT outbox.channel_number, outbox.is_last_channel AS is_last, outbox.sent_at IS NOT NULL AS sent,
       outbox.failures_count, outbox.gave_up_at IS NOT NULL AS given_up,
       coalesce(channel.throttled_until > %(now)s, false) AS throttled,
       coalesce(outbox.leased_until > %(now)s AND outbox.leased_until <= %(hung_until)s, false) AS hangs,
       outbox.acknowledge_by,
       outbox.recipient, rescue_order.state = 'sent' AND outbox.subject = 'order_sent'
           AND outbox.recipient = rescue_order.crew_id AS order_waits
  FROM outbox
  LEFT JOIN rescue_order USING (order_id)
  LEFT JOIN notify_channel AS channel USING (destination, channel_name)
 WHERE outbox.of_message_id = %(message_id)s AND outbox.destination = %(destination)s
 ORDER BY outbox.channel_number

-- moved_on --
-- The chain has gone on from these channels.
UPDATE outbox SET moved_on_at = %(now)s
 WHERE of_message_id = %(message_id)s AND destination = %(destination)s AND moved_on_at IS NULL
   AND channel_number <= %(channel_number)s

-- register_channel --
-- The document has this channel; its first test comes at once.
INSERT INTO notify_channel AS known (destination, channel_name, kind, who, recipient, channel_number,
                                     language, next_test_at)
VALUES (%(destination)s, %(channel_name)s, %(kind)s, %(who)s, %(recipient)s, %(channel_number)s,
        %(language)s, %(next_test_at)s)
ON CONFLICT (destination, channel_name) DO UPDATE
   SET kind = excluded.kind, who = excluded.who, recipient = excluded.recipient,
       channel_number = excluded.channel_number, language = excluded.language, retired_at = NULL,
       next_test_at = CASE WHEN excluded.next_test_at IS NULL THEN NULL
                           ELSE coalesce(known.next_test_at, excluded.next_test_at) END

-- retire_channels --
-- The document does not have these any more.
UPDATE notify_channel SET retired_at = %(now)s, failing_since = NULL
 WHERE retired_at IS NULL AND destination || '/' || channel_name <> ALL (%(known)s::text[])

-- claim_test --
-- Lock a channel whose quiet test is due.
SELECT destination, channel_name FROM notify_channel
 WHERE retired_at IS NULL AND next_test_at <= %(now)s
   AND destination || '/' || channel_name = ANY (%(known)s::text[])
 ORDER BY next_test_at
 LIMIT 1
   FOR UPDATE SKIP LOCKED

-- test_begun --
-- Its test goes out now; the next one is due then.
UPDATE notify_channel SET last_test_at = %(now)s, next_test_at = %(next_test_at)s
 WHERE destination = %(destination)s AND channel_name = %(channel_name)s

-- channel_worked --
-- The channel took a message; returns since when it had been failing.
UPDATE notify_channel AS channel
   SET last_sent_at = %(now)s, failing_since = NULL, throttled_until = NULL,
       last_test_sent_at = CASE WHEN %(is_test)s THEN %(now)s ELSE channel.last_test_sent_at END,
       last_error = NULL
  FROM (SELECT destination, channel_name, failing_since FROM notify_channel
         WHERE destination = %(destination)s AND channel_name = %(channel_name)s FOR UPDATE) AS before
 WHERE channel.destination = before.destination AND channel.channel_name = before.channel_name
RETURNING before.failing_since

-- channel_failed --
-- The channel did not take a message; returns since when it had been failing before.
UPDATE notify_channel AS channel
   SET last_failed_at = %(now)s, last_error = %(error)s,
       throttled_until = coalesce(%(throttled_until)s, channel.throttled_until),
       failing_since = CASE WHEN %(is_failing)s THEN coalesce(channel.failing_since, %(now)s)
                            ELSE channel.failing_since END,
       next_test_at = CASE WHEN %(is_failing)s AND channel.next_test_at IS NOT NULL
                           THEN least(channel.next_test_at, %(retest_at)s)
                           ELSE channel.next_test_at END
  FROM (SELECT destination, channel_name, failing_since FROM notify_channel
         WHERE destination = %(destination)s AND channel_name = %(channel_name)s FOR UPDATE) AS before
 WHERE channel.destination = before.destination AND channel.channel_name = before.channel_name
RETURNING before.failing_since

-- ask_for_test --
-- A person wants a test now.
UPDATE notify_channel SET next_test_at = %(now)s
 WHERE destination = %(destination)s AND channel_name = %(channel_name)s AND retired_at IS NULL
RETURNING destination

-- phone_of --
-- Where a crew's text messages go.
SELECT phone FROM crew WHERE crew_id = %(crew_id)s

-- channels_shown --
-- Every channel with its health and what waits for it.
SELECT channel.*, coalesce(queue.waiting_count, 0) AS waiting_count, queue.oldest_at,
       coalesce(queue.gave_up_count, 0) AS gave_up_count
  FROM notify_channel AS channel
  LEFT JOIN (
       SELECT destination, channel_name,
              count(*) FILTER (WHERE gave_up_at IS NULL) AS waiting_count,
              min(created_at) FILTER (WHERE gave_up_at IS NULL) AS oldest_at,
              count(*) FILTER (WHERE gave_up_at > %(since)s AND end_reason IN
                  ('attempts_exhausted', 'too_old', 'refused', 'no_channel')
                  AND subject <> 'channel_test') AS gave_up_count
         FROM outbox
        WHERE destination IS NOT NULL AND sent_at IS NULL
          AND (gave_up_at IS NULL OR gave_up_at > %(since)s)
        GROUP BY destination, channel_name) AS queue USING (destination, channel_name)
 WHERE channel.retired_at IS NULL
 ORDER BY channel.failing_since IS NULL, channel.destination, channel.channel_number

-- orders_not_delivered --
-- Crews that could not be told of an order, lately, in incidents that are not over.
SELECT order_id, incident_id, crew_id, crew.name AS crew_name, ended_at
  FROM rescue_order
  JOIN crew USING (crew_id)
  JOIN incident USING (incident_id)
 WHERE incident.state NOT IN ('freed', 'confirmed', 'closed') AND rescue_order.state = 'no_answer'
   AND rescue_order.not_delivered AND ended_at > %(since)s
 ORDER BY order_id DESC
 LIMIT %(limit)s

-- waiting_by_channel --
-- For the metrics: what waits, and since when.
SELECT channel_name, count(*) AS waiting_count, min(created_at) AS oldest_at
  FROM outbox
 WHERE destination IS NOT NULL AND sent_at IS NULL AND gave_up_at IS NULL
 GROUP BY channel_name
