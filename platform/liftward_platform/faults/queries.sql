-- episodes --
-- A lift's episodes of some kinds that were there in a period, the latest onset first.
SELECT began.kind, began.onset_at, began.detected_at, began.level, began.reason, began.evidence,
       ended.detected_at AS ended_at, ended.level AS level_at_end, ended.reason AS end_reason,
       ended.evidence AS evidence_at_end
  FROM detection AS began
  LEFT JOIN LATERAL (SELECT detected_at, level, reason, evidence
                       FROM detection
                      WHERE lift_key = began.lift_key AND kind = began.kind
                        AND onset_at = began.onset_at AND transition = 'ended'
                      LIMIT 1) AS ended ON true
 WHERE began.lift_key = %(lift_key)s AND began.transition = 'began'
   AND began.kind = ANY (%(kinds)s::text[]) AND began.onset_at < %(end)s
   AND coalesce(ended.detected_at, 'infinity') >= %(start)s
 ORDER BY began.onset_at DESC, began.kind
 LIMIT %(limit)s
