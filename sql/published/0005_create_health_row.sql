-- How the measurement went: one row a number.
CREATE TABLE published_health_row
(
    day Date,
    generation UInt64,
    as_of DateTime64(3, 'UTC'),
    path String,
    value Nullable(Float64),
    text Nullable(String),
    suppressed Bool
)
ENGINE = MergeTree
ORDER BY (day, generation, path)
SETTINGS fsync_after_insert = 1
