-- Entries of the roster as they came; pseudonyms only.
CREATE TABLE landing_person
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    person UInt128,
    aliases Array(UInt128),
    team LowCardinality(String),
    joined_at Nullable(DateTime64(3, 'UTC')),
    left_at Nullable(DateTime64(3, 'UTC')),
    kind LowCardinality(String)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
