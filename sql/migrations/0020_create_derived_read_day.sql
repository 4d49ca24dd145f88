-- Reads rolled up by write-up, local date and floor of the elapsed age in days (-1: undated), with
-- exact distinct people as bitmaps of dense numbers (0 among them: somebody unknown). First and last instants keep gaps exact.
CREATE TABLE derived_read_day
(
    generation UInt32 CODEC(ZSTD(1)),
    writeup UInt32 CODEC(ZSTD(1)),
    date Int32 CODEC(Delta, ZSTD(1)),
    age_day Int32 CODEC(Delta, ZSTD(1)),
    reads UInt64 CODEC(ZSTD(1)),
    single UInt64 CODEC(ZSTD(1)),
    anonymous UInt64 CODEC(ZSTD(1)),
    first_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    last_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    people AggregateFunction(groupBitmap, UInt32) CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (writeup, date, age_day)
