-- sole --
-- One engine at a time looks at the whole fleet; false: another one does.
SELECT pg_try_advisory_xact_lock(%(lock)s) AS alone

-- looked_until --
-- How far events and replies were looked at.
SELECT nullif(looked_until, '-infinity') AS looked_until FROM test_call_progress

-- hear --
-- Take in test calls since then, by event or by the reply to a command: the latest of each lift
-- counts. A lift that is heard for the first time is watched from now on.
INSERT INTO test_call_watch AS known (lift_key, last_test_call_at, source)
SELECT DISTINCT ON (lift_key) lift_key, at, source
  FROM (SELECT lift_key, received_at AS at, 'event' AS source FROM lift_event
         WHERE kind = 'test_call' AND recorded_at >= %(since)s
         UNION ALL
        SELECT lift_key, reply_received_at, 'reply' FROM device_command
         WHERE kind = 'test_call' AND reply_result = 'done' AND reply_received_at >= %(since)s
       ) AS heard
 WHERE at <= %(now)s
 ORDER BY lift_key, at DESC
ON CONFLICT (lift_key) DO UPDATE
   SET last_test_call_at = excluded.last_test_call_at, source = excluded.source
 WHERE known.last_test_call_at < excluded.last_test_call_at

-- set_looked_until --
-- Remember how far this look went.
UPDATE test_call_progress SET looked_until = %(now)s

-- judge --
-- Open, raise and close notices of the whole fleet in one statement; only those that change are
-- written. A withdrawn lift owes nothing.
UPDATE test_call_watch AS watch
   SET notice_level = judged.level,
       notice_opened_at = CASE WHEN judged.level = 0 THEN NULL
                               ELSE coalesce(watch.notice_opened_at, %(now)s) END
  FROM (SELECT lift_key,
               CASE WHEN lift.withdrawn_at <= %(now)s THEN 0
                    ELSE (last_test_call_at < %(first)s)::int + (last_test_call_at < %(second)s)::int
                         + (last_test_call_at < %(third)s)::int END AS level
          FROM test_call_watch JOIN lift USING (lift_key)
         WHERE last_test_call_at < %(first)s OR notice_level > 0) AS judged
 WHERE judged.lift_key = watch.lift_key AND watch.notice_level <> judged.level

-- overdue --
-- Lifts whose test call is overdue, the loudest and longest first; a use unit's own only.
SELECT lift_id, building, address, district, rescue_code, last_test_call_at, notice_opened_at,
       notice_level
  FROM test_call_watch JOIN lift USING (lift_key)
 WHERE notice_level > 0 AND (%(use_unit_id)s::text IS NULL OR use_unit_id = %(use_unit_id)s)
 ORDER BY notice_level DESC, last_test_call_at, lift_id LIMIT %(limit)s

-- counts --
-- How many lifts are watched, and how many of them are overdue.
SELECT count(*) AS watched_count, count(*) FILTER (WHERE notice_level > 0) AS overdue_count
  FROM test_call_watch JOIN lift USING (lift_key)
 WHERE %(use_unit_id)s::text IS NULL OR use_unit_id = %(use_unit_id)s

-- last_of_lift --
-- When this lift made its last test call.
SELECT last_test_call_at, source, notice_level FROM test_call_watch WHERE lift_key = %(lift_key)s
