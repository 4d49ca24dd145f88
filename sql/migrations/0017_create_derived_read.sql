-- Reads: deduplicated, resolved, labelled, in the order in which they are asked for. A double click
-- keeps its row: `superseded_ms` is how much later the next click of the chain came, plus one (0:
-- nobody clicked again), and the sums run over the chain so far; so the same row serves every as_of.
-- Labels: 0 kept, 1 unknown write-up, 2 after deletion, 3 robot, 4 contributor's own, 5 draft.
CREATE TABLE derived_read
(
    generation UInt32 CODEC(ZSTD(1)),
    writeup UInt32 CODEC(ZSTD(1)),
    label UInt8 CODEC(ZSTD(1)),
    person UInt32 CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    session UInt64 CODEC(ZSTD(1)),
    engaged_ms Nullable(UInt32) CODEC(ZSTD(1)),
    scroll_milli Nullable(UInt16) CODEC(ZSTD(1)),
    superseded_ms UInt32 CODEC(ZSTD(1)),
    age_day Int32 CODEC(ZSTD(1)),
    assigned Bool CODEC(ZSTD(1)),
    agent Bool CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (writeup, label, person, at)
