-- Links as they came. `page` is the canonical name of what the link stands in, so that a write-up
-- that links to itself is known.
CREATE TABLE landing_link
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    target LowCardinality(String),
    canonical LowCardinality(String),
    person UInt128,
    team LowCardinality(String),
    place LowCardinality(String),
    stands_in String,
    page String,
    removed_at Nullable(DateTime64(3, 'UTC')),
    role LowCardinality(String)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
