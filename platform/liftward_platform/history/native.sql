-- try_lock --
-- One program at a time makes and drops days; the others leave it to that one.
SELECT pg_try_advisory_xact_lock(%(lock)s) AS locked

-- limit_lock_wait --
-- Rather try again later than make every writer wait behind us.
SELECT set_config('lock_timeout', %(wait)s, true)

-- partitions --
-- The days there are, by name.
SELECT child.relname AS name
  FROM pg_inherits
  JOIN pg_class AS child ON child.oid = inhrelid
 WHERE inhparent = 'sample'::regclass AND child.relname ~ '^sample_[0-9]{8}$'
 ORDER BY child.relname

-- delete_stray --
-- Samples outside all days that are older than what is kept.
DELETE FROM sample_default WHERE observed_at < %(cutoff)s
