-- episodes --
-- A lift's episodes of some kinds, open ones first, then the latest; with the evidence of the last transition.
SELECT began.kind, began.onset_at, began.detected_at, ended.detected_at AS ended_at,
       ended.reason AS ended_reason, coalesce(ended.evidence, began.evidence) AS evidence
  FROM detection AS began
  LEFT JOIN detection AS ended
    ON ended.lift_key = began.lift_key AND ended.kind = began.kind
   AND ended.onset_at = began.onset_at AND ended.transition = 'ended'
 WHERE began.lift_key = %(lift_key)s AND began.kind = ANY(%(kinds)s::text[])
   AND began.transition = 'began'
 ORDER BY ended.detected_at IS NOT NULL, began.detected_at DESC, began.detection_id DESC
 LIMIT %(limit)s
