-- What every indicator says: one row for each number of it, by its place in the result. Days are kept for
-- history.
CREATE TABLE published_indicator_row
(
    day Date,
    generation UInt64,
    as_of DateTime64(3, 'UTC'),
    code LowCardinality(String),
    name String,
    path String,
    value Nullable(Float64),
    text Nullable(String),
    suppressed Bool
)
ENGINE = MergeTree
ORDER BY (day, generation, code, path)
SETTINGS fsync_after_insert = 1
