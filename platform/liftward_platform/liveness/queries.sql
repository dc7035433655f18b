-- devices --
-- A page of all devices in order of id. `usual_code` is the byte of the asked hour, or the overall.
SELECT device_belief.*, coalesce(nullif(get_byte(rhythm, %(hour)s), 0),
                                 nullif(get_byte(rhythm, 168), 0)) AS usual_code
  FROM device_belief
 WHERE device_id > %(after)s
 ORDER BY device_id
 LIMIT %(limit)s

-- devices_of_belief --
-- The same for the devices of one belief.
SELECT device_belief.*, coalesce(nullif(get_byte(rhythm, %(hour)s), 0),
                                 nullif(get_byte(rhythm, 168), 0)) AS usual_code
  FROM device_belief
 WHERE told = %(belief)s AND device_id > %(after)s
 ORDER BY device_id
 LIMIT %(limit)s

-- devices_of_lift --
-- The same for the devices that serve a lift.
SELECT device_belief.*, coalesce(nullif(get_byte(rhythm, %(hour)s), 0),
                                 nullif(get_byte(rhythm, 168), 0)) AS usual_code
  FROM device_lift JOIN device_belief USING (device_id)
 WHERE lift_key = %(lift_key)s
 ORDER BY device_id
 LIMIT %(limit)s

-- unknown_s --
-- Seconds of a period in which nobody knew the lift's state.
SELECT coalesce(sum(extract(epoch FROM least(coalesce(unknown_until, %(end)s), %(end)s)
                                       - greatest(unknown_from, %(start)s))), 0)::float8 AS unknown_s
  FROM lift_unknown
 WHERE lift_key = %(lift_key)s
   AND unknown_from < %(end)s AND coalesce(unknown_until, 'infinity') > %(start)s

-- intervals --
-- The unknown time that reaches into a period, oldest first.
SELECT unknown_from, unknown_until, reason, noticed_at, filled_from, filled_until
  FROM lift_unknown
 WHERE lift_key = %(lift_key)s
   AND unknown_from < %(end)s AND coalesce(unknown_until, 'infinity') > %(start)s
 ORDER BY unknown_from, unknown_id
 LIMIT %(limit)s

-- workers --
-- What each gateway worker said last; a small table.
SELECT worker, as_of, hearing, never_count, live_count, quiet_count, dark_count
  FROM liveness_worker
 ORDER BY worker
