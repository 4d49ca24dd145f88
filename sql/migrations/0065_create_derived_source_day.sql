-- Reads by day of write-ups that several sources watch, each by its source: robots, contributors' own,
-- drafts and what came after a deletion are left out, double clicks are in. A day counts by its highest
-- rank: 0 a counter's figure, 1 reads, 2 reads with engaged time, 3 and 4 the same where at least half of
-- them name their reader.
CREATE TABLE derived_source_day
(
    generation UInt32 CODEC(ZSTD(1)),
    writeup UInt32 CODEC(ZSTD(1)),
    date Int32 CODEC(ZSTD(1)),
    source LowCardinality(String),
    rank UInt8 CODEC(ZSTD(1)),
    reads UInt64 CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (writeup, date, source)
