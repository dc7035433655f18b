-- listeners --
-- The devices that are enrolled for a lift.
SELECT device.device_id, device.revoked_at
  FROM device_lift JOIN device USING (device_id)
 WHERE device_lift.lift_key = %(lift_key)s
 ORDER BY device.device_id

-- lock_lift_for_command --
-- One asker at a time for a lift: the limit of live commands is counted under this lock.
SELECT lift_key FROM lift WHERE lift_key = %(lift_key)s FOR NO KEY UPDATE

-- live_count --
-- How many commands of a lift have no end yet.
SELECT count(*) AS live_count FROM device_command
 WHERE lift_key = %(lift_key)s AND state IN ('asked', 'sent')

-- insert_command --
-- A command that someone asks for; the gateway takes it from here.
INSERT INTO device_command (command_id, lift_key, device_id, shard, kind, sampling_period_s, asked_by,
                            incident_id, purpose, asked_at, deadline_at)
VALUES (%(command_id)s, %(lift_key)s, %(device_id)s, %(shard)s, %(kind)s, %(sampling_period_s)s,
        %(asked_by)s, %(incident_id)s, %(purpose)s, %(asked_at)s, %(deadline_at)s)

-- wake_gateways --
-- Shorten the gateways' wait; they also look by themselves.
SELECT pg_notify('device_command', '')

-- command_by_id --
-- One command.
SELECT device_command.*, lift.lift_id
  FROM device_command JOIN lift USING (lift_key)
 WHERE command_id = %(command_id)s

-- commands_of_lift --
-- What was asked of a lift, the latest first, a page at a time.
SELECT device_command.*, lift.lift_id
  FROM device_command JOIN lift USING (lift_key)
 WHERE lift_key = %(lift_key)s
   AND (%(before)s::timestamptz IS NULL OR asked_at < %(before)s)
 ORDER BY asked_at DESC, command_id
 LIMIT %(limit)s
