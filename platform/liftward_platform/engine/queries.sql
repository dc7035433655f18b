-- beat --
-- A module ran; when it failed, why. A failing module's age shows in the health.
INSERT INTO engine_heartbeat AS beat (module, last_run_at, last_error_at, last_error)
VALUES (%(module)s, %(now)s, %(error_at)s, %(error)s)
ON CONFLICT (module) DO UPDATE
   SET last_run_at = CASE WHEN excluded.last_error IS NULL THEN excluded.last_run_at
                          ELSE beat.last_run_at END,
       last_error_at = coalesce(excluded.last_error_at, beat.last_error_at),
       last_error = coalesce(excluded.last_error, beat.last_error)

-- listen_detections --
-- The gateway says when there is something to decide.
LISTEN detection

-- listen_incidents --
-- People say when a rescue changed.
LISTEN incident

-- limit_statements --
-- A limit on everything: no statement of the engine runs for ever, and no transaction of an engine
-- that vanished keeps its locks.
SELECT set_config('statement_timeout', %(timeout)s, false),
       set_config('idle_in_transaction_session_timeout', %(idle)s, false)
