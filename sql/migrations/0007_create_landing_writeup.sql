-- Descriptions of write-ups as they came; null and empty mean that the source does not say.
CREATE TABLE landing_writeup
(
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    id String,
    title Nullable(String),
    url Nullable(String),
    aliases Array(String),
    published_at Nullable(DateTime64(3, 'UTC')),
    deleted_at Nullable(DateTime64(3, 'UTC')),
    owner_team Nullable(String),
    contributors Array(UInt128),
    contributor_teams Array(String),
    responders Array(UInt128),
    words Nullable(UInt32),
    diagrams Nullable(UInt32),
    hyperlinks Nullable(UInt32),
    acronyms Nullable(UInt32),
    acronyms_unexplained Nullable(UInt32),
    template Nullable(String),
    tags Array(String),
    restricted Bool
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
