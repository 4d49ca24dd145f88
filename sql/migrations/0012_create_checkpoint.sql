-- Where a pulled source goes on.
CREATE TABLE checkpoint
(
    source String,
    version UInt64,
    value String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY source
SETTINGS fsync_after_insert = 1
