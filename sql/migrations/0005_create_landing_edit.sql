-- Changes to write-ups as they came; their text never does.
CREATE TABLE landing_edit
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    target LowCardinality(String),
    canonical LowCardinality(String),
    person UInt128,
    team LowCardinality(String),
    words_added Nullable(UInt32),
    words_removed Nullable(UInt32),
    sections Nullable(UInt32),
    minor Bool
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
