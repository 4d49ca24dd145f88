-- Daily counts of page counters, resolved and labelled; they stand at local noon of their day.
CREATE TABLE derived_count
(
    generation UInt32,
    writeup UInt32,
    label UInt8,
    date Int32,
    at DateTime64(3, 'UTC'),
    age_day Int32,
    count UInt64,
    cumulative Bool
)
ENGINE = MergeTree
ORDER BY (writeup, date)
