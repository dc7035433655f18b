-- lift_span --
-- The part of a period in which a lift was watched: registered and not withdrawn.
SELECT lift_id AS subject_id, lift_key,
       greatest(registered_at, %(start)s) AS span_start,
       least(coalesce(withdrawn_at, 'infinity'), %(end)s) AS span_end
  FROM lift
 WHERE lift_id = %(lift_id)s

-- maintainer_spans --
-- The parts of a period in which maintainers answered for lifts that were watched.
SELECT maintainer_id AS subject_id, lift_key,
       greatest(valid_from, registered_at, %(start)s) AS span_start,
       least(coalesce(valid_until, 'infinity'), coalesce(withdrawn_at, 'infinity'), %(end)s)
           AS span_end
  FROM maintenance_contract JOIN lift USING (lift_key)
 WHERE maintainer_id = ANY (%(maintainer_ids)s)
   AND greatest(valid_from, registered_at, %(start)s)
     < least(coalesce(valid_until, 'infinity'), coalesce(withdrawn_at, 'infinity'), %(end)s)
 ORDER BY maintainer_id, lift_key, span_start

-- maintainers --
-- The firms figures are made for, a page at a time.
SELECT party_id, name
  FROM party
 WHERE kind = 'maintainer' AND party_id > %(after)s
 ORDER BY party_id
 LIMIT %(limit)s

-- maintainer --
-- One firm.
SELECT party_id, name FROM party WHERE party_id = %(party_id)s AND kind = 'maintainer'

-- heard_s --
-- Seconds of each span in which the lift was heard: between two of its samples that lie no further
-- apart than the longest silence that still counts as listening. Now stands in for the next sample
-- of a lift that is still talking. Whole hours come from their summaries, where those are up to date;
-- the rest, the pieces, from samples. What a summary says about a piece's hour cannot be less: it
-- holds when the samples are gone. Reads each sample of a piece once, in index order.
WITH span AS (
     SELECT number, lift_key, span_start, span_end,
            date_bin('1 hour', span_start + interval '1 hour' - interval '1 microsecond', 'epoch')
                AS whole_from,
            least(date_bin('1 hour', span_end, 'epoch'), complete_until) AS whole_until
       FROM unnest(%(lift_keys)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
            WITH ORDINALITY AS span (lift_key, span_start, span_end, number)
      CROSS JOIN history_progress),
piece AS (
     SELECT number, lift_key, span_start AS piece_start, span_end AS piece_end
       FROM span WHERE whole_from >= whole_until
      UNION ALL
     SELECT number, lift_key, span_start, whole_from
       FROM span WHERE span_start < whole_from AND whole_from < whole_until
      UNION ALL
     SELECT number, lift_key, whole_until, span_end
       FROM span WHERE whole_from < whole_until AND whole_until < span_end
      UNION ALL
     SELECT number, lift_key, hour_start, hour_start + interval '1 hour'
       FROM span JOIN summary_due USING (lift_key)
      WHERE hour_start >= whole_from AND hour_start < whole_until),
heard AS (
     SELECT number, heard_us::numeric AS heard_us
       FROM span JOIN lift_hour_course AS summary USING (lift_key)
      WHERE hour_start >= whole_from AND hour_start < whole_until
        AND NOT EXISTS (SELECT FROM summary_due
                         WHERE summary_due.lift_key = summary.lift_key
                           AND summary_due.hour_start = summary.hour_start)
      UNION ALL
     SELECT number, greatest(sampled.heard_us, summarised.heard_us)
       FROM piece
      CROSS JOIN LATERAL (
            SELECT coalesce(sum(extract(epoch FROM
                       least(pair.heard_until, piece_end) - greatest(pair.heard_from, piece_start))
                   ), 0) * 1000000 AS heard_us
              FROM (SELECT observed_at AS heard_from,
                           coalesce(lead(observed_at) OVER (ORDER BY observed_at), %(now)s)
                               AS heard_until
                      FROM sample
                     WHERE sample.lift_key = piece.lift_key
                       AND observed_at >= piece_start - %(silence)s::interval
                       AND observed_at <= piece_end + %(silence)s::interval) AS pair
             WHERE pair.heard_until - pair.heard_from <= %(silence)s::interval
               AND pair.heard_until > pair.heard_from
               AND pair.heard_until > piece_start AND pair.heard_from < piece_end) AS sampled
      CROSS JOIN LATERAL (
            SELECT coalesce(sum(greatest(0, heard_us - 3600000000 + 1000000 * extract(epoch FROM
                       least(piece_end, hour_start + interval '1 hour')
                       - greatest(piece_start, hour_start)))), 0) AS heard_us
              FROM lift_hour_course AS summary
             WHERE summary.lift_key = piece.lift_key
               AND hour_start > piece_start - interval '1 hour' AND hour_start < piece_end
            ) AS summarised)
SELECT span.number, coalesce(sum(heard.heard_us) / 1000000, 0)::float8 AS heard_s
  FROM span LEFT JOIN heard USING (number)
 GROUP BY span.number
 ORDER BY span.number

-- entrapments --
-- Confirmed entrapments that began in each span, by cause, and those not closed yet (cause NULL,
-- is_open). False alarms and duplicates are no entrapments, nor is what nobody believes yet.
SELECT span.number, incident.state <> 'closed' AS is_open, incident.cause_code, count(*) AS count
  FROM unnest(%(lift_keys)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
       WITH ORDINALITY AS span (lift_key, span_start, span_end, number)
  JOIN incident ON incident.lift_key = span.lift_key
   AND incident.onset_at >= span.span_start AND incident.onset_at < span.span_end
 WHERE incident.kind = 'entrapment'
   AND (incident.outcome IN ('freed', 'self_freed')
        OR (incident.state <> 'closed'
            AND (incident.held_at IS NULL OR incident.response_level > 0)))
 GROUP BY span.number, is_open, incident.cause_code

-- limit_time --
-- A figure over too much data fails in time instead of holding a connection.
SELECT set_config('statement_timeout', %(timeout_ms)s::text, true)
