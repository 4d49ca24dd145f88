-- Reads and page counts as they came. One row survives an id: the key is the keyed hash of
-- (source, id), which no correction changes; the version is (version, content hash) in one number,
-- so that ties are settled the same way everywhere. A zero person or session means unknown.
CREATE TABLE landing_read
(
    key UInt64 CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    source LowCardinality(String),
    target LowCardinality(String),
    canonical LowCardinality(String),
    person UInt128 CODEC(ZSTD(1)),
    team LowCardinality(String),
    session UInt64 CODEC(ZSTD(1)),
    engaged_ms Nullable(UInt32) CODEC(ZSTD(1)),
    scroll_milli Nullable(UInt16) CODEC(ZSTD(1)),
    bot Bool CODEC(ZSTD(1)),
    agent LowCardinality(String),
    arrival LowCardinality(String),
    assigned Bool CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
