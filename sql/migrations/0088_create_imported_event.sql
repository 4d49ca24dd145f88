-- What imports of meetings wrote, so that one can be taken back. jobs::undo.
CREATE TABLE imported_event
(
    import UInt64,
    imported_at DateTime64(3, 'UTC'),
    reader LowCardinality(String),
    source LowCardinality(String),
    landing LowCardinality(String),
    key UInt64,
    version UInt64,
    meeting UInt64,
    at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (import, key)
SETTINGS fsync_after_insert = 1
