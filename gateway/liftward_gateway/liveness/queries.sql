-- stored_devices --
-- What is known of a page of devices: belief, rhythm, birth or will, and the last arrival, of which
-- the sequence marks know for certain.
SELECT device.device_id, known.belief, known.reason, known.since, known.rhythm,
       greatest(known.last_heard_at, mark.last_received_at) AS heard_at,
       coalesce(status.presence = 'offline', false) AS is_offline,
       status.received_at AS status_at, status.boot_id,
       (status.birth ->> 'heartbeat_period_s')::float8 AS heartbeat_s,
       (status.birth ->> 'sampling_period_s')::float8 AS sampling_s
  FROM device
  LEFT JOIN device_liveness AS known ON known.device_id = device.device_id
  LEFT JOIN device_status AS status ON status.device_id = device.device_id
  LEFT JOIN LATERAL (SELECT max(last_received_at) AS last_received_at
                       FROM sequence_mark WHERE sequence_mark.device_id = device.device_id) AS mark
    ON true
 WHERE device.shard BETWEEN %(first)s AND %(last)s AND device.revoked_at IS NULL
   AND device.device_id > %(after)s
 ORDER BY device.device_id
 LIMIT %(limit)s

-- one_at_a_time --
-- Whether a lift is unknown depends on the devices of several workers: they decide one after another.
SELECT pg_advisory_xact_lock(%(lock)s::bigint)

-- write_beliefs --
-- What is believed of these devices from now on; `since` is NULL for one that was never heard.
INSERT INTO device_liveness (device_id, belief, reason, since, decided_at, last_heard_at)
SELECT device_id, belief, reason,
       coalesce(to_timestamp(0) + since_us * interval '1 microsecond', device.enrolled_at),
       %(now)s, to_timestamp(0) + heard_us * interval '1 microsecond'
  FROM unnest(%(device_ids)s::text[], %(beliefs)s::text[], %(reasons)s::text[],
              %(since_us)s::bigint[], %(heard_us)s::bigint[])
       AS changed (device_id, belief, reason, since_us, heard_us)
  JOIN device USING (device_id)
    ON CONFLICT (device_id) DO UPDATE
   SET belief = excluded.belief, reason = excluded.reason, since = excluded.since,
       decided_at = excluded.decided_at, last_heard_at = excluded.last_heard_at

-- open_unknown --
-- Begin unknown time of the lifts of these devices of which no device is heard any more: from the
-- last arrival of any of them, or from the enrolment when none was ever heard.
INSERT INTO lift_unknown (lift_key, unknown_from, reason, noticed_at)
SELECT serving.lift_key, coalesce(max(known.last_heard_at), min(device.enrolled_at)),
       (array_agg(coalesce(known.reason, 'never_heard')
                  ORDER BY known.last_heard_at DESC NULLS LAST))[1],
       %(now)s
  FROM (SELECT DISTINCT lift_key FROM device_lift
         WHERE device_id = ANY (%(device_ids)s::text[])) AS touched
  JOIN device_lift AS serving USING (lift_key)
  JOIN device ON device.device_id = serving.device_id AND device.revoked_at IS NULL
  LEFT JOIN device_liveness AS known ON known.device_id = serving.device_id
 GROUP BY serving.lift_key
HAVING bool_and(coalesce(known.belief, 'never') IN ('dark', 'never'))
    ON CONFLICT (lift_key) WHERE unknown_until IS NULL DO NOTHING

-- close_unknown --
-- End unknown time of the lifts of these devices, which are heard again since the given arrivals.
UPDATE lift_unknown
   SET unknown_until = greatest(unknown_from, back.since)
  FROM (SELECT lift_key, to_timestamp(0) + min(since_us) * interval '1 microsecond' AS since
          FROM unnest(%(device_ids)s::text[], %(since_us)s::bigint[]) AS heard (device_id, since_us)
          JOIN device_lift USING (device_id)
         GROUP BY lift_key) AS back
 WHERE lift_unknown.lift_key = back.lift_key AND unknown_until IS NULL

-- close_reassigned --
-- After the registration changed: end unknown time of lifts that a device serves which is heard.
UPDATE lift_unknown
   SET unknown_until = greatest(unknown_from, %(now)s)
 WHERE unknown_until IS NULL
   AND EXISTS (SELECT FROM device_lift
                 JOIN device USING (device_id)
                 JOIN device_liveness USING (device_id)
                WHERE device_lift.lift_key = lift_unknown.lift_key
                  AND device.revoked_at IS NULL AND belief IN ('live', 'quiet')
                  AND device.shard BETWEEN %(first)s AND %(last)s)

-- silent_devices --
-- After the registration changed: the devices that may leave a lift without any that is heard.
SELECT device_id
  FROM device JOIN device_liveness USING (device_id)
 WHERE revoked_at IS NULL AND belief IN ('dark', 'never')
   AND shard BETWEEN %(first)s AND %(last)s
 ORDER BY device_id

-- open_unserved --
-- After the registration changed: begin unknown time of lifts whose devices were all withdrawn.
INSERT INTO lift_unknown (lift_key, unknown_from, reason, noticed_at)
SELECT lift_key, max(device.revoked_at), 'no_device', %(now)s
  FROM device_lift
  JOIN device USING (device_id)
  JOIN lift USING (lift_key)
 WHERE lift.withdrawn_at IS NULL
 GROUP BY lift_key
HAVING bool_and(device.revoked_at IS NOT NULL)
   AND bool_or(device.shard BETWEEN %(first)s AND %(last)s)
   AND NOT EXISTS (SELECT FROM lift_unknown AS open
                    WHERE open.lift_key = device_lift.lift_key
                      AND coalesce(open.unknown_until, 'infinity') > max(device.revoked_at))

-- note_filled --
-- Late observations reach into unknown time: say from where to where. The time stays unknown.
UPDATE lift_unknown
   SET filled_from = least(filled_from, greatest(unknown_from, late.first_at)),
       filled_until = greatest(filled_until, least(unknown_until, late.last_at))
  FROM (SELECT lift_key, to_timestamp(0) + first_us * interval '1 microsecond' AS first_at,
               to_timestamp(0) + last_us * interval '1 microsecond' AS last_at
          FROM unnest(%(lift_keys)s::integer[], %(first_us)s::bigint[], %(last_us)s::bigint[])
               AS given (lift_key, first_us, last_us)) AS late
 WHERE lift_unknown.lift_key = late.lift_key
   AND unknown_from < late.last_at
   AND coalesce(unknown_until, 'infinity') > late.first_at

-- save_devices --
-- Last arrivals and rhythms of some devices that have a belief.
UPDATE device_liveness
   SET last_heard_at = greatest(last_heard_at, to_timestamp(0) + heard_us * interval '1 microsecond'),
       rhythm = saved.rhythm
  FROM unnest(%(device_ids)s::text[], %(heard_us)s::bigint[], %(rhythms)s::bytea[])
       AS saved (device_id, heard_us, rhythm)
 WHERE device_liveness.device_id = saved.device_id

-- tell --
-- How well this worker hears, and what it believes in total.
INSERT INTO liveness_worker (worker, shard_first, shard_last, as_of, hearing, never_count,
                             live_count, quiet_count, dark_count)
VALUES (%(worker)s, %(first)s, %(last)s, %(now)s, %(hearing)s, %(never)s, %(live)s, %(quiet)s,
        %(dark)s)
    ON CONFLICT (worker) DO UPDATE
   SET as_of = excluded.as_of, hearing = excluded.hearing, never_count = excluded.never_count,
       live_count = excluded.live_count, quiet_count = excluded.quiet_count,
       dark_count = excluded.dark_count

-- forget_workers --
-- Workers with other ranges that had some of these shards before: their counts would count twice.
DELETE FROM liveness_worker
 WHERE worker <> %(worker)s AND shard_first <= %(last)s AND shard_last >= %(first)s
