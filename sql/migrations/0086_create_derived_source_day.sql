-- What each source saw of the pages of write-ups that several watch, by local day; `page` as in
-- `registry_target`, `counter` as in `staged_watch`. Reads: those by people, contributors' own, excluded
-- people's and double clicks among them, drafts and what came after a deletion not; or a counter's figures. Sights: the same, and
-- drafts. Agents: reads by AI agents. People: who was named.
CREATE TABLE derived_source_day
(
    generation UInt32 CODEC(ZSTD(1)),
    writeup UInt32 CODEC(ZSTD(1)),
    page UInt32 CODEC(ZSTD(1)),
    date Int32 CODEC(ZSTD(1)),
    source LowCardinality(String),
    counter Bool,
    reads UInt64 CODEC(ZSTD(1)),
    sights UInt64 CODEC(ZSTD(1)),
    agents UInt64 CODEC(ZSTD(1)),
    people AggregateFunction(groupBitmap, UInt32) CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (writeup, page, date, source)
