-- When sources were watching, as they said.
CREATE TABLE landing_coverage
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    kind LowCardinality(String),
    scope String,
    from_at DateTime64(3, 'UTC'),
    to_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
