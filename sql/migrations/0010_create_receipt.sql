-- What each batch held when it was loaded. The batch's name is made of its content and its run, so
-- that a batch sent again after a crash replaces its own receipt.
CREATE TABLE receipt
(
    batch UInt128,
    kind LowCardinality(String),
    source LowCardinality(String),
    lines UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (batch, kind, source)
SETTINGS fsync_after_insert = 1
