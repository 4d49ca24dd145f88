-- Counts of story rounds as they came. What is not written up has a label and no target.
CREATE TABLE landing_story
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    target LowCardinality(String),
    canonical LowCardinality(String),
    round LowCardinality(String),
    count UInt32,
    label String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
