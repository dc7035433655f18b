-- Plain PostgreSQL: `sample` becomes a table of daily partitions; history/partitions.py makes and
-- drops the days. The default partition takes what falls outside them, so nothing is ever refused.
ALTER TABLE sample RENAME TO sample_shape;
CREATE TABLE sample (LIKE sample_shape INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (observed_at);
DROP TABLE sample_shape;
CREATE INDEX sample_by_lift ON sample (lift_key, observed_at DESC);
CREATE INDEX sample_by_recorded ON sample USING brin (recorded_at);
CREATE TABLE sample_default PARTITION OF sample DEFAULT;
