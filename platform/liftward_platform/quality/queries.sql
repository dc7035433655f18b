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
-- of a lift that is still talking. (FILTER: least and greatest would read an absent pair as the
-- whole span.) Reads each sample of the span once, in index order.
SELECT span.number, coalesce(sum(extract(epoch FROM
           least(pair.heard_until, span.span_end) - greatest(pair.heard_from, span.span_start))
       ) FILTER (WHERE pair.heard_from IS NOT NULL), 0)::float8 AS heard_s
  FROM unnest(%(lift_keys)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
       WITH ORDINALITY AS span (lift_key, span_start, span_end, number)
  LEFT JOIN LATERAL (
       SELECT observed_at AS heard_from,
              coalesce(lead(observed_at) OVER (ORDER BY observed_at), %(now)s) AS heard_until
         FROM sample
        WHERE sample.lift_key = span.lift_key
          AND observed_at >= span.span_start - %(silence)s::interval
          AND observed_at <= span.span_end + %(silence)s::interval
       ) AS pair
    ON pair.heard_until - pair.heard_from <= %(silence)s::interval
   AND pair.heard_until > pair.heard_from
   AND pair.heard_until > span.span_start AND pair.heard_from < span.span_end
 GROUP BY span.number
 ORDER BY span.number

-- entrapments --
-- Confirmed entrapments that began in each span, by cause, and those not closed yet (cause NULL,
-- is_open). False alarms and duplicates are no entrapments.
SELECT span.number, incident.state <> 'closed' AS is_open, incident.cause_code, count(*) AS count
  FROM unnest(%(lift_keys)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
       WITH ORDINALITY AS span (lift_key, span_start, span_end, number)
  JOIN incident ON incident.lift_key = span.lift_key
   AND incident.onset_at >= span.span_start AND incident.onset_at < span.span_end
 WHERE incident.kind = 'entrapment'
   AND (incident.state <> 'closed' OR incident.outcome IN ('freed', 'self_freed'))
 GROUP BY span.number, is_open, incident.cause_code

-- limit_time --
-- A figure over too much data fails in time instead of holding a connection.
SELECT set_config('statement_timeout', %(timeout_ms)s::text, true)
