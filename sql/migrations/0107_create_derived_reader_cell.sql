-- The day roll-up put together once more, in three cuts: 1 by ISO week (`at` is its Monday, days since 1970),
-- 2 by thirty days of age and 3 by seven (`at` counts them; undated reads are in neither). What was read up to
-- `last_date` is in it. Assigned reads have rows of their own. So facts that ask for weeks or ages need not go
-- through all days again.
CREATE TABLE IF NOT EXISTS derived_reader_cell
(
    generation UInt32 CODEC(ZSTD(1)),
    cut UInt8 CODEC(ZSTD(1)),
    writeup UInt32 CODEC(ZSTD(1)),
    at Int32 CODEC(Delta, ZSTD(1)),
    assigned Bool CODEC(ZSTD(1)),
    last_date Int32 CODEC(Delta, ZSTD(1)),
    reads UInt64 CODEC(ZSTD(1)),
    anonymous UInt64 CODEC(ZSTD(1)),
    people AggregateFunction(groupBitmap, UInt32) CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (cut, writeup, at)
