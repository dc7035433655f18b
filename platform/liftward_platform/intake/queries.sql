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

-- sequence_marks --
-- How far a device's numbering is known, its latest boots first; of many gaps the first ones.
SELECT stream, boot_id, contiguous_through, highest, duplicates_count, late_count, last_observed_at,
       last_received_at, gap.gaps_count, gap.missing_count, gap.firsts, gap.lasts
  FROM sequence_mark
 CROSS JOIN LATERAL (
       SELECT count(*) AS gaps_count, coalesce(sum(upper(one) - lower(one)), 0)::bigint AS missing_count,
              coalesce((array_agg(lower(one) ORDER BY one))[:%(gaps)s], '{}') AS firsts,
              coalesce((array_agg(upper(one) - 1 ORDER BY one))[:%(gaps)s], '{}') AS lasts
         FROM unnest(open_gaps) AS one) AS gap
 WHERE device_id = %(device_id)s
 ORDER BY last_received_at DESC, stream, boot_id DESC
 LIMIT %(limit)s
