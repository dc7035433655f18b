-- drop_chunks --
-- TimescaleDB: drop the chunks that end before the cutoff.
SELECT count(*) AS dropped FROM drop_chunks('sample', older_than => %(cutoff)s::timestamptz)
