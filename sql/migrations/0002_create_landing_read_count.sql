-- Figures of page counters as they came; never summed with reads.
CREATE TABLE landing_read_count
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    target LowCardinality(String),
    canonical LowCardinality(String),
    granularity Enum8('day' = 1, 'cumulative' = 2),
    count UInt64,
    uniques Nullable(UInt64)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
