-- TimescaleDB: `sample` becomes a hypertable of daily chunks. Its default time index is left out:
-- it costs a third of the write rate and no query of ours uses it.
SELECT create_hypertable('sample', by_range('observed_at', INTERVAL '1 day'), create_default_indexes => false);
