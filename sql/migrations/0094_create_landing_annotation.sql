-- Annotations as they came: what changed, from which local day (days since 1970) on. Nobody is named.
CREATE TABLE landing_annotation
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    day Int32,
    text String,
    acts_on LowCardinality(String),
    removed Bool
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
