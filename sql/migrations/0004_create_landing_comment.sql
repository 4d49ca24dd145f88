-- Comments as they came; their text never does.
CREATE TABLE landing_comment
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    target LowCardinality(String),
    canonical LowCardinality(String),
    person UInt128,
    team LowCardinality(String),
    parent UInt64,
    words Nullable(UInt32),
    deleted_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
