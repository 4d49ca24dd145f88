-- What is told by month or quarter: a quarter by its first month.
CREATE TABLE published_series_row
(
    day Date,
    generation UInt64,
    as_of DateTime64(3, 'UTC'),
    code LowCardinality(String),
    series LowCardinality(String),
    month Date,
    name LowCardinality(String),
    value Nullable(Float64),
    suppressed Bool
)
ENGINE = MergeTree
ORDER BY (day, generation, code, series, month, name)
SETTINGS fsync_after_insert = 1
