-- drop_chunks --
-- TimescaleDB: drop the chunks that end before the cutoff.
SELECT count(*) AS dropped FROM drop_chunks('sample', older_than => %(cutoff)s::timestamptz)

-- refresh_ranges --
-- TimescaleDB (TSL): bring the continuous aggregate up to date for these hours; in no transaction.
CALL refresh_continuous_aggregate('lift_hour_range', %(start)s::timestamptz, %(end)s::timestamptz)

-- drop_ranges --
-- TimescaleDB (TSL): drop the aggregate's chunks that end before the cutoff.
SELECT count(*) AS dropped FROM drop_chunks('lift_hour_range', older_than => %(cutoff)s::timestamptz)
