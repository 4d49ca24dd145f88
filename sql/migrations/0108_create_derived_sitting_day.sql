-- R2 by write-up and the local date on which each of its units (fact_unique_reads) was first seen, so that no
-- unit is counted again: `which` is 0 of all reads, 1 of those not assigned, 2 of those assigned.
CREATE TABLE IF NOT EXISTS derived_sitting_day
(
    generation UInt32 CODEC(ZSTD(1)),
    which UInt8 CODEC(ZSTD(1)),
    writeup UInt32 CODEC(ZSTD(1)),
    date Int32 CODEC(Delta, ZSTD(1)),
    sittings UInt64 CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (which, writeup, date)
