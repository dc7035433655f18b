-- live_commands --
-- Commands of these shards that are to be sent, or whose reply is overdue, the oldest first.
SELECT command_id, lift.lift_id, device_command.kind, sampling_period_s, deadline_at,
       state = 'sent' AS is_sent, device.revoked_at IS NOT NULL AS device_revoked,
       coalesce(lift.withdrawn_at <= %(now)s, false) AS lift_withdrawn
  FROM device_command
  JOIN lift USING (lift_key)
  JOIN device USING (device_id)
 WHERE device_command.shard BETWEEN %(first)s AND %(last)s
   AND (state = 'asked' OR (state = 'sent' AND deadline_at <= %(overdue)s))
 ORDER BY asked_at, command_id
 LIMIT %(limit)s

-- mark_commands_sent --
-- The broker has acknowledged these. One that was answered already keeps its answer.
UPDATE device_command
   SET sent_at = coalesce(sent_at, %(now)s),
       state = CASE WHEN state = 'asked' THEN 'sent' ELSE state END,
       state_reason = CASE WHEN state = 'asked' THEN %(reason)s ELSE state_reason END
 WHERE command_id = ANY (%(command_ids)s::text[])

-- end_command --
-- This one gets no further; a reply that came meanwhile stands.
UPDATE device_command
   SET state = %(state)s, state_reason = %(reason)s, ended_at = %(now)s
 WHERE command_id = %(command_id)s AND state IN ('asked', 'sent')

-- known_commands --
-- Whose commands these were.
SELECT command_id, lift.lift_id, device.revoked_at IS NOT NULL AS device_revoked
  FROM device_command
  JOIN lift USING (lift_key)
  JOIN device USING (device_id)
 WHERE command_id = ANY (%(command_ids)s::text[])

-- record_reply --
-- The first reply stands and ends a command that has no end; one that comes too late is kept beside
-- the end. Repeats are counted.
UPDATE device_command
   SET replies_count = replies_count + 1,
       reply_result = coalesce(reply_result, %(result)s),
       reply_reason = CASE WHEN reply_result IS NULL THEN %(reason)s ELSE reply_reason END,
       reply_observed_at = coalesce(reply_observed_at, %(observed_at)s),
       reply_received_at = coalesce(reply_received_at, %(received_at)s),
       snapshot = CASE WHEN reply_result IS NULL THEN %(snapshot)s::jsonb ELSE snapshot END,
       state = CASE WHEN ended_at IS NULL THEN %(result)s ELSE state END,
       state_reason = CASE WHEN ended_at IS NULL THEN %(replied)s ELSE state_reason END,
       ended_at = coalesce(ended_at, %(received_at)s)
 WHERE command_id = %(command_id)s

-- listen_commands --
-- Hear at once that something was asked.
LISTEN device_command
