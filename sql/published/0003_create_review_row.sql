-- Reviews: of one the total, and how many need not have come. Only of the last report.
CREATE TABLE published_review_row
(
    day Date,
    generation UInt64,
    as_of DateTime64(3, 'UTC'),
    meeting String,
    date Date,
    writeup Nullable(String),
    title Nullable(String),
    attendees Nullable(Int64),
    need_not_have_come Nullable(Int64),
    suppressed Bool
)
ENGINE = MergeTree
ORDER BY (day, generation, meeting)
SETTINGS fsync_after_insert = 1
