-- Reads by day of write-ups that several sources watch, each by its source: robots, drafts and what came after
-- a deletion are left out, contributors' own and double clicks are in. Rank, of a source for a write-up: 0 a
-- counter's figures, 1 reads, 2 reads with engaged time, 3 and 4 the same where they name readers, 9 too few
-- reads to take part. Rows of write-up 0 say on which days a source watches.
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
