-- quarantine --
-- Refused messages, the latest first, a page at a time.
SELECT quarantine_id, topic, reason, detail, path, payload_start, payload_bytes, count, first_at,
       last_at, replayed_at
  FROM quarantine
 WHERE (%(reason)s::text IS NULL OR reason = %(reason)s)
   AND (%(before)s::timestamptz IS NULL OR last_at < %(before)s)
 ORDER BY last_at DESC, quarantine_id DESC
 LIMIT %(limit)s

-- device_exists --
-- Whether a device of this id was enrolled.
SELECT 1 FROM device WHERE device_id = %(device_id)s

-- stream_marks --
-- What is known of a device's streams, its latest boots first; of many gaps the first ones.
SELECT stream, boot_id, contiguous_through, highest, duplicates_count, late_count, last_observed_at,
       last_received_at, gap.gaps_count, gap.missing_count, gap.firsts, gap.lasts, skew,
       least(delay_min_us, delay_before_us) AS smallest_delay_us, overlaps_count, last_overlap_at
  FROM sequence_mark
 CROSS JOIN LATERAL (
       SELECT count(*) AS gaps_count, coalesce(sum(upper(one) - lower(one)), 0)::bigint AS missing_count,
              coalesce((array_agg(lower(one) ORDER BY one))[:%(gaps)s], '{}') AS firsts,
              coalesce((array_agg(upper(one) - 1 ORDER BY one))[:%(gaps)s], '{}') AS lasts
         FROM unnest(open_gaps) AS one) AS gap
 WHERE device_id = %(device_id)s
 ORDER BY last_received_at DESC, stream, boot_id DESC
 LIMIT %(limit)s

-- untimely_alarms --
-- Alarms of a device's lifts that claimed an impossible time, the latest first.
SELECT lift_id, kind, received_at, claimed_at
  FROM device_lift
  JOIN lift USING (lift_key)
  JOIN lift_event USING (lift_key)
 WHERE device_id = %(device_id)s AND claimed_at IS NOT NULL
 ORDER BY received_at DESC
 LIMIT %(limit)s
