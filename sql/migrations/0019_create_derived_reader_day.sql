-- Who read what on which local day, double clicks removed: the unit of reading (INDICATORS R4).
CREATE TABLE derived_reader_day
(
    generation UInt32 CODEC(ZSTD(1)),
    writeup UInt32 CODEC(ZSTD(1)),
    date Int32 CODEC(Delta, ZSTD(1)),
    person UInt32 CODEC(ZSTD(1)),
    first_age_day Int32 CODEC(ZSTD(1)),
    last_age_day Int32 CODEC(ZSTD(1)),
    engaged_ms Nullable(UInt64) CODEC(ZSTD(1)),
    scroll_milli Nullable(UInt16) CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (writeup, date, person)
